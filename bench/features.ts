/** Feature maps against the bare product of the same size, and against plain ops: npm run bench:features [FILTER…] [-- --quick] */
import { parseArgs } from "node:util";
import * as lanewise from "../src/index.js";
import { efforts, interleave } from "./interleave.js";
import { describe, machine } from "./machine.js";
import { duration, percent, save, table } from "./report.js";
import { reals } from "./workload.js";

const { values: options, positionals } = parseArgs({
  options: { quick: { type: "boolean" } },
  allowPositionals: true,
});
const here = machine();
console.log(describe(here) + "\n");
await lanewise.init({ threads: 1 });

const { concat, cos, exp, mul, relu, sin, square, sub, sum } = lanewise;
type Map = (x: lanewise.Tensor, w: lanewise.Tensor) => lanewise.Tensor;

const product: Map = (x, w) => lanewise.matmul(x, w, { transposeB: true });

/** Each with what it is in plain ops. */
const maps: Record<string, { ours: Map; parts?: Map }> = {
  "cos and sin": {
    ours: (x, w) => lanewise.fourierFeatures(x, w),
    parts: (x, w) => {
      const z = product(x, w);
      return concat([cos(z), sin(z)], { axis: -1 });
    },
  },
  "cos": { ours: (x, w) => lanewise.fourierFeatures(x, w, 0, { form: "cos" }), parts: (x, w) => cos(product(x, w)) },
  "exp": {
    ours: (x, w) => lanewise.positiveFeatures(x, w),
    parts: (x, w) => exp(sub(product(x, w), mul(sum(square(x), { axis: -1, keepDims: true }), 0.5))),
  },
  "exp, row by row": { ours: (x, w) => lanewise.positiveFeatures(x, w, 0, { stabilizer: "row" }) },
  "exp, all rows": { ours: (x, w) => lanewise.positiveFeatures(x, w, 0, { stabilizer: "all" }) },
  "complex": { ours: (x, w) => lanewise.complexFeatures(x, w, columns.get(w)!) },
  "relu": { ours: (x, w) => lanewise.arcCosineFeatures(x, w), parts: (x, w) => relu(product(x, w)) },
  "sign": { ours: (x, w) => lanewise.signFeatures(x, w) },
}; // prettier-ignore

/** p, q, γ, u, v, c of complex features, by w. */
const columns = new Map<lanewise.Tensor, lanewise.Tensor>();

const sizes = [[4096, 512, 2048], [4096, 64, 256], [128, 512, 2048]] as const; // prettier-ignore

const header = ["", "product", "map", "of the product", "parts / map", "gradient by x", "of its product"];
const cells: string[][] = [];
const results: object[] = [];
for (const [rows, d, D] of sizes) {
  const { data } = reals(1, rows, d);
  const x = lanewise.tensor(data.map((v) => v * Math.sqrt(3 / d)), [rows, d]); // prettier-ignore
  const w = lanewise.tensor(reals(2, D, d).data, [D, d]);
  columns.set(w, lanewise.tensor(reals(3, 6, D).data.map((v) => v / 8), [6, D])); // prettier-ignore
  for (const [kind, { ours, parts }] of Object.entries(maps)) {
    const name = `${rows}×${d} → ${D}, ${kind}`;
    if (positionals.length > 0 && !positionals.some((filter) => name.includes(filter))) continue;
    const [y, pullback] = lanewise.vjp((x: lanewise.Tensor) => ours(x, w), x);
    const dy = lanewise.tensor(reals(4, ...y.shape).data, y.shape);
    const dz = lanewise.tensor(reals(4, rows, D).data, [rows, D]);
    const contestants = [
      { name: "product", run: () => product(x, w).dispose() },
      { name: "map", run: () => ours(x, w).dispose() },
      { name: "back", run: () => pullback(dy).dispose() },
      { name: "product back", run: () => lanewise.matmul(dz, w).dispose() },
      ...(parts ? [{ name: "parts", run: () => lanewise.scope(() => void parts(x, w)) }] : []),
    ];
    const timings = await interleave(contestants, efforts[options.quick ? "quick" : "full"]);
    const time = (key: string): number => timings.get(key)?.median ?? NaN;
    const ratio = time("parts") / time("map");
    cells.push([
      name,
      duration(time("product")),
      duration(time("map")),
      percent(time("product") / time("map")),
      Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : "",
      duration(time("back")),
      percent(time("product back") / time("back")),
    ]);
    results.push({ name, timings: Object.fromEntries(timings) });
    pullback.dispose();
    for (const tensor of [y, dy, dz]) tensor.dispose();
  }
  for (const tensor of [x, w]) tensor.dispose();
}
console.log(table(header, cells));
save("features", here, { results });
