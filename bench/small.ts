/** What an op costs besides its arithmetic: on 16 elements, with its tensor and its disposal, and with a gradient. */
import { parseArgs } from "node:util";
import { add, exp, init, matmul, scope, sum, type Tensor, tensor, valueAndGrad, vjp } from "../src/index.js";
import { type Contestant, efforts, interleave } from "./interleave.js";
import { describe, machine } from "./machine.js";
import { duration, percent, save, table } from "./report.js";

const { values: options } = parseArgs({ options: { quick: { type: "boolean" } } });
const here = machine();
console.log(describe(here) + "\n");
await init({ threads: 1 });

/** So many ops follow one another where only a chain can be timed. */
const CHAIN = 64;

const numbers = Float32Array.from({ length: 16 }, (_, i) => (i - 8) / 16);
const [x, y] = [tensor(numbers), tensor(numbers)];
const square = tensor(numbers, [4, 4]);

const chain = (z: Tensor): Tensor => {
  for (let i = 0; i < CHAIN; i++) z = add(z, y);
  return z;
};
const gradient = valueAndGrad((z: Tensor) => sum(chain(z)));

const works: (Contestant & { ops: number })[] = [
  { name: "tensor of 16 numbers and disposal", ops: 1, run: () => tensor(numbers).dispose() },
  { name: "add", ops: 1, run: () => add(x, y).dispose() },
  { name: "exp", ops: 1, run: () => exp(x).dispose() },
  { name: "sum", ops: 1, run: () => sum(x).dispose() },
  { name: "matmul 4×4", ops: 1, run: () => matmul(square, square).dispose() },
  {
    name: `add, of a chain of ${CHAIN} in a scope`,
    ops: CHAIN,
    run: () => scope(() => chain(x)).dispose(),
  },
  {
    name: "the same, recorded for a gradient",
    ops: CHAIN,
    run() {
      const [value, pullback] = vjp(chain, x);
      pullback.dispose();
      value.dispose();
    },
  },
  {
    name: "the same, with the gradient",
    ops: CHAIN,
    run() {
      const [value, slope] = gradient(x);
      value.dispose();
      slope.dispose();
    },
  },
  { name: "data read back", ops: 1, run: () => x.dataSync() },
];

const timings = await interleave(works, efforts[options.quick ? "quick" : "full"]);
const results = works.map(({ name, ops }) => {
  const { median, min, spread } = timings.get(name)!;
  return { name, median: median / ops, min: min / ops, spread };
});
const rows = results.map(({ name, median, min, spread }) => [
  name,
  duration(median),
  duration(min),
  percent(spread),
]);
console.log(table(["16 elements, one op", "median", "best", "±"], rows));
save("small", here, { results });
