/** Attention from short sequences to long ones, exact and by random features, one head of width 64: npm run bench:attention [-- --quick] */
import { parseArgs } from "node:util";
import * as L from "../src/index.js";
import { type Contestant, efforts, interleave } from "./interleave.js";
import { Limits } from "./limits.js";
import { describe, machine } from "./machine.js";
import { duration, figure, giga, percent, save, table } from "./report.js";
import { reals } from "./workload.js";

const { values: options } = parseArgs({ options: { quick: { type: "boolean" } } });
const here = machine();
console.log(describe(here) + "\n");
await L.init({ threads: 1 });
const limits = await Limits.create();
const registers = limits.registers();

const D = 64;
const FEATURES = 256;
const lengths = [256, 512, 1024, 2048, 4096, 8192, 16384];

const given = (seed: number, ...shape: number[]): L.Tensor => {
  const { data } = reals(seed, ...shape);
  return L.tensor(data, shape);
};
const projection = given(4, FEATURES, D);

/** Positive features. */
const features = (x: L.Tensor): L.Tensor => L.positiveFeatures(x, projection);

const flops = (length: number, causal: boolean) => ({
  exact: (causal ? 2 : 4) * length ** 2 * D,
  linear: 4 * length * FEATURES * (D + 1),
  products: 4 * length * FEATURES * D,
  maps: 4 * length * FEATURES * D,
});

const header = ["queries and keys", "exact", "linear, with maps", "exact / linear", "exact GFLOP/s", "of peak", "linear GFLOP/s", "of peak", "of 2 matmuls", "gradient", "of forward"]; // prettier-ignore
const results: object[] = [];
const cells: string[][] = [];
for (const causal of [false, true])
  for (const length of lengths) {
    const [q, k, v] = [1, 2, 3].map((seed) => given(seed, length, D));
    const [fq, fk] = [features(q), features(k)];
    const dy = given(5, length, D);
    const contestants: Contestant[] = [
      { name: "registers", run: registers.run },
      { name: "exact", run: () => L.attention(q, k, v, { causal }).dispose() },
      {
        name: "linear with maps",
        run: () => L.scope(() => void L.linearAttention(features(q), features(k), v, { causal })),
      },
      { name: "linear", run: () => L.linearAttention(fq, fk, v, { causal }).dispose() },
      {
        name: "products",
        run: () => L.scope(() => void L.matmul(fq, L.matmul(fk, v, { transposeA: true }))),
      },
      {
        name: "both",
        run: () =>
          L.scope(() => {
            const attend = ([q, k, v]: readonly L.Tensor[]): L.Tensor =>
              L.linearAttention(q, k, v, { causal });
            const [, pullback] = L.vjp(attend, [fq, fk, v]);
            pullback(dy);
          }),
      },
    ];
    const timings = await interleave(contestants, efforts[options.quick ? "quick" : "full"]);
    const time = (key: string): number => timings.get(key)!.median;
    const peak = giga(registers.flops!, time("registers"));
    const work = flops(length, causal);
    const [exact, linear] = [giga(work.exact, time("exact")), giga(work.linear, time("linear"))];
    const backward = time("both") - time("linear");
    cells.push([
      `${length}${causal ? " causal" : ""}`,
      duration(time("exact")),
      duration(time("linear with maps")),
      `${(time("exact") / time("linear with maps")).toFixed(2)} ×`,
      figure(exact),
      percent(exact / peak),
      figure(linear),
      percent(linear / peak),
      percent(time("products") / time("linear")),
      duration(backward),
      `${(backward / time("linear")).toFixed(2)} ×`,
    ]);
    results.push({ length, causal, peak, flops: work, timings: Object.fromEntries(timings) });
    for (const tensor of [q, k, v, fq, fk, dy]) tensor.dispose();
  }
console.log(table(header, cells));
console.log(
  "\nGFLOP/s of 256 flops for each pair that is seen, and of 4 · 256 · 65 for each position, without the maps; the gradient is by features.",
);
save("attention", here, { results });
