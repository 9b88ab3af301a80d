/**
 * Measures what the steps of a 3 × 3 convolution cost and fits the constants of src/ops/conv/costs.ts, by which the fastest
 * algorithm is chosen: npm run bench:costs
 */
import { conv2d, init, random, scope, type Tensor } from "../src/index.js";
import { costs } from "../src/ops/conv/costs.js";
import { type Algorithm, algorithms, costOf, type Problem, terms } from "../src/ops/conv/winograd.js";
import { convPacked, packFilter } from "../src/ops/prepack.js";
import { efforts, interleave } from "./interleave.js";
import { describe, machine } from "./machine.js";
import { duration, table } from "./report.js";

/** Batch, extent, channels, outputs: from the networks for images, and small ones. */
const sizes = [
  [1, 56, 64, 64],
  [1, 28, 128, 128],
  [1, 14, 256, 256],
  [1, 7, 512, 512],
  [1, 112, 16, 32],
  [1, 56, 24, 48],
  [1, 28, 8, 8],
  [1, 32, 32, 32],
  [1, 14, 64, 128],
  [1, 8, 16, 16],
  [1, 7, 128, 128],
  [1, 4, 256, 256],
  [1, 64, 4, 64],
  [1, 64, 64, 4],
  [16, 14, 32, 64],
  [8, 7, 256, 256],
  [32, 28, 16, 16],
] as const;

interface Sample {
  readonly problem: Problem;
  readonly algorithm: Algorithm;
  /** Nanoseconds, and what is predicted. */
  readonly took: number;
}

await init({ threads: 1 });
console.log(describe(machine()));
const samples: Sample[] = [];
for (const [batch, extent, depth, outputs] of sizes) {
  const [x, filter, bias] = scopeless(() => [
    random.uniform(random.key(1), [batch, extent, extent, depth]),
    random.uniform(random.key(2), [3, 3, depth, outputs]),
    random.uniform(random.key(3), [outputs]),
  ]);
  const options = { padding: "same" as const };
  const contestants = algorithms.flatMap((algorithm) => {
    const packed = packFilter(filter, { algorithm, groups: 1 });
    return [
      { name: algorithm, run: () => conv2d(x, filter, bias, { ...options, algorithm }).dispose() },
      {
        name: `${algorithm} packed`,
        run: () => convPacked(x, packed, bias, { ...options, algorithm, filter: filter.shape }).dispose(),
      },
    ];
  });
  const timings = await interleave(contestants, efforts.quick);
  for (const algorithm of algorithms)
    for (const packed of [false, true])
      samples.push({
        problem: { batch, extents: [extent, extent], depth, outputs, packed, source: x.size },
        algorithm,
        took: 1e6 * timings.get(packed ? `${algorithm} packed` : algorithm)!.median,
      });
}

/** As tensors that nobody disposes of: the process ends soon. */
function scopeless(make: () => Tensor[]): Tensor[] {
  return scope(make);
}

/** The constants ≥ 0 with the least squares of relative errors, by descent along one after the other. */
function fit(): number[] {
  const rows = samples.map(({ problem, algorithm, took }) =>
    terms(algorithm, problem).map((count) => count / took),
  );
  const constants = costs.map(() => 0);
  for (let round = 0; round < 20000; round++)
    for (let i = 0; i < constants.length; i++) {
      let [over, square] = [0, 0];
      for (const row of rows) {
        const rest = 1 - row.reduce((sum, value, j) => sum + (j === i ? 0 : value * constants[j]), 0);
        over += row[i] * rest;
        square += row[i] ** 2;
      }
      constants[i] = square > 0 ? Math.max(0, over / square) : 0;
    }
  return constants.map((constant) => Number(constant.toPrecision(3)));
}

const fitted = fit();
const predicted = ({ algorithm, problem }: Sample, constants: readonly number[]): number =>
  terms(algorithm, problem).reduce((sum, count, i) => sum + count * constants[i], 0);

const rows: string[][] = [];
let regret = 0;
for (let i = 0; i < sizes.length; i++)
  for (const packed of [false, true]) {
    const own = samples.slice(6 * i, 6 * i + 6).filter(({ problem }) => problem.packed === packed);
    const best = own.reduce((a, b) => (b.took < a.took ? b : a));
    const choice = (cost: (sample: Sample) => number): Sample =>
      own.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    const [now, then] = [
      choice(({ algorithm, problem }) => costOf(algorithm, problem)),
      choice((sample) => predicted(sample, fitted)),
    ];
    regret += Math.log(then.took / best.took);
    rows.push([
      `${sizes[i].join(" ")}${packed ? " packed" : ""}`,
      ...own.map((sample) => `${duration(sample.took / 1e6)} (${duration(predicted(sample, fitted) / 1e6)})`),
      best.algorithm,
      then === best ? "" : `${then.algorithm} ${(then.took / best.took).toFixed(2)} ×`,
      now === best ? "" : `${now.algorithm} ${(now.took / best.took).toFixed(2)} ×`,
    ]);
  }
console.log(
  table(
    ["batch, extent, channels, outputs", ...algorithms, "fastest", "chosen by the fit", "chosen now"],
    rows,
  ),
);
console.log(
  `the fit's choice takes ${Math.exp(regret / rows.length).toFixed(3)} × the fastest, on the geometric mean`,
);
console.log(`costs = [${fitted.join(", ")}]`);
