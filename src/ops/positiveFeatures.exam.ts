/** Exams of exponentials of projections. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals, type Reference, type Sample, values } from "../exam.js";
import type { Positive } from "./features/definitions.js";
import { arrayOf, back, columnOf, fixed, given, projections, shapes, table, timed } from "./features/projection.exam.js"; // prettier-ignore
import type * as ops from "./positiveFeatures.js";

type Options = Required<Positive>;

/** Exponents without and with the share of the norm, and the magnitudes that their errors are in proportion to. */
function parts([x, w, gamma]: readonly Reference[], { hyperbolic, norm, scale }: Options) {
  const p = projections(x, w);
  const width = hyperbolic ? 2 * p.D : p.D;
  const z = (row: number, k: number): number => (k < p.D ? p.z(row, k) : -p.z(row, k - p.D)) + columnOf(gamma, k % p.D); // prettier-ignore
  const size = (row: number, k: number): number =>
    1 + p.size(row, k % p.D) + Math.abs(columnOf(gamma, k % p.D)) + Math.abs(norm) * p.s(row) + Math.abs(Math.log(scale)); // prettier-ignore
  const top = (row: number): number => Array.from({ length: width }, (_, k) => z(row, k)).reduce((a, b) => Math.max(a, b), -3e38); // prettier-ignore
  return { p, width, z, size, top, share: (row: number) => norm * p.s(row) };
}

function features(inputs: readonly Reference[], options: Options): Reference {
  const { p, width, z, share } = parts(inputs, options);
  return table(p, width, (row, k) => options.scale * Math.exp(z(row, k) + share(row)));
}

function byRow(inputs: readonly Reference[], options: Options): [y: Reference, top: Reference] {
  const { p, width, z, top, share } = parts(inputs, options);
  const tops = Float64Array.from({ length: p.rows }, (_, row) => top(row));
  const y = table(p, width, (row, k) => options.scale * Math.exp(z(row, k) - tops[row]));
  return [y, { shape: p.batch, data: tops.map((most, row) => most + share(row)) }];
}

/** Results times the magnitudes of their exponents. */
function errorOf(y: Reference, inputs: readonly Reference[], options: Options): Reference {
  const { p, width, size } = parts(inputs, options);
  return table(p, width, (row, k) => y.data[row * width + k] * size(row, k));
}

const number = values([0.3], []);

const inputsOf = (
  [x, w]: readonly (readonly number[])[],
  make: (shape: readonly number[], seed: number) => Sample,
  biased: boolean,
): Sample[] => [
  make(x, 1),
  w.length === 0 ? number : make(w, 2),
  biased ? make([w[0] ?? x[x.length - 1]], 3) : number,
];

const random = (shape: readonly number[]): Sample => reals(shape);

const made = (
  shape: readonly (readonly number[])[],
  attributes: Positive = {},
  biased = true,
): Case<Options> => ({ inputs: inputsOf(shape, random, biased), attributes: attributes as Options });

const short = shapes.map((shape) => shape.map((extents) => extents.map((n) => (n === 520 ? 36 : n))));

const every = [
  ...short.map((shape) => made(shape)),
  ...short.map((shape) => made(shape, { hyperbolic: true, norm: -2, scale: 0.3 }, false)),
  made([[4, 3], [5, 3]], { norm: 0 }),
]; // prettier-ignore

const smooth = [
  made([[3, 4], [5, 4]], { scale: 0.5 }),
  made([[2, 2, 3], [3, 3]], { hyperbolic: true, norm: -2 }),
  made([[17, 3], [2, 3]], { hyperbolic: true, norm: 0 }, false),
  made([[2, 3], []]),
]; // prettier-ignore

const refused = (name: string) => [
  {
    call: (op: typeof ops.positiveFeatures, make: (sample: Sample) => never): unknown =>
      op(make(reals([4, 6])), make(reals([3, 5]))),
    error: ShapeError,
    message: `${name}: w is [3, 5], expected [D, 6] or one number (last axis of x [4, 6])`,
  },
  {
    call: (op: typeof ops.positiveFeatures, make: (sample: Sample) => never): unknown =>
      op(make(reals([4, 6])), make(reals([3, 6])), make(reals([6]))),
    error: ShapeError,
    message: `${name}: gamma is [6], expected [3] (3 columns, w [3, 6])`,
  },
  {
    call: (op: typeof ops.positiveFeatures, make: (sample: Sample) => never): unknown =>
      op(make(reals([4, 6])), 1, 0, { scale: -1 }),
    error: OptionError,
    message: `${name}: scale is -1, expected a finite number above 0`,
  },
];

const large = [[4096, 512], [2048, 512]]; // prettier-ignore
const bench = {
  "4096x512 → 2048": made(large),
  "4096x512 → 2·1024": made([[4096, 512], [1024, 512]], { hyperbolic: true }),
  "4096x64 → 256": made([[4096, 64], [256, 64]]),
}; // prettier-ignore

export const positiveFeatures: ExamOf<typeof ops.positiveFeatures> = {
  reference: (inputs, options) => features(inputs, options as Options),
  ulps: 8,
  scale: (inputs, options) => errorOf(features(inputs, options as Options), inputs, options as Options),
  sized: (n) => made([[n, 5], [6, 5]], { scale: 0.5 }), // prettier-ignore
  cases: every,
  gradients: smooth,
  errors: refused("positiveFeatures") as never,
  bench,
};

export const positiveFeaturesByRow: ExamOf<typeof ops.positiveFeaturesByRow> = {
  reference: (inputs, options) => byRow(inputs, options as Options),
  ulps: 8,
  scale(inputs, options) {
    const { p, size } = parts(inputs, options as Options);
    const [y] = byRow(inputs, options as Options);
    const tops = Float64Array.from({ length: p.rows }, (_, row) => Array.from({ length: p.D }, (_, k) => size(row, k)).reduce((a, b) => Math.max(a, b), 0)); // prettier-ignore
    // The largest exponent has its own error in every feature.
    const { width } = parts(inputs, options as Options);
    return [table(p, width, (row, k) => y.data[row * width + k] * (size(row, k) + tops[row])), { shape: p.batch, data: tops }]; // prettier-ignore
  },
  sized: (n) => made([[n, 5], [6, 5]], { scale: 0.5 }), // prettier-ignore
  cases: [
    ...every,
    // Exponents that overflow.
    { inputs: [values([40, -30, 0, 0, 1e3, 2e3], [3, 2]), values([3, 1, -2, 5], [2, 2]), number] },
  ],
  gradients: smooth,
  errors: refused("positiveFeaturesByRow") as never,
  bench,
};

type Of = "x" | "z" | "gamma";
type PullOptions = Options & { stable: boolean; of: Of };

function pulled(
  [dy, , x, w, gamma, dtop]: readonly Reference[],
  options: PullOptions,
  magnitude = false,
): Reference {
  const { hyperbolic, norm, stable, of } = options;
  const inputs = [x, w, gamma];
  const { p, width, z, size, top } = parts(inputs, options);
  const y = stable ? byRow(inputs, options)[0] : features(inputs, options);
  const sizes = (row: number, k: number): number =>
    magnitude ? size(row, k) + (stable ? Math.abs(top(row)) : 0) : 1;
  const absolute = magnitude ? Math.abs : (v: number): number => v;
  const minus = magnitude ? 1 : -1;
  const plain = table(p, width, (row, k) => absolute(dy.data[row * width + k]) * y.data[row * width + k] * sizes(row, k)); // prettier-ignore
  const total = (row: number): number => plain.data.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0); // prettier-ignore
  const de = table(p, width, (row, k) => {
    const largest = stable && z(row, k) === top(row);
    return plain.data[row * width + k] + (largest ? absolute(dtop.data[row]) + minus * total(row) : 0);
  });
  const sign = of === "gamma" || magnitude ? 1 : -1;
  const dz = table(p, p.D, (row, j) => de.data[row * width + j] + (hyperbolic ? sign * de.data[row * width + p.D + j] : 0)); // prettier-ignore
  if (of !== "x") return dz;
  const s = (row: number): number => norm * (stable ? absolute(dtop.data[row]) : total(row));
  return back(p, dz, w, x, s, magnitude ? Math.abs : undefined);
}

const pull = (
  shape: readonly (readonly number[])[],
  attributes: Partial<PullOptions> = {},
  biased = true,
): Case<PullOptions> => {
  const options = { hyperbolic: false, norm: -1, scale: 1, ...attributes };
  const inputs = inputsOf(shape, fixed, biased);
  const arrays = inputs.map(arrayOf);
  const [y, top] = options.stable ? byRow(arrays, options) : [features(arrays, options), number];
  return {
    inputs: [reals(y.shape), given(y), ...inputs, reals(top.shape)],
    attributes: attributes as PullOptions,
  };
};

export const positiveFeaturesGrad: ExamOf<typeof ops.positiveFeaturesGrad> = {
  reference: (inputs, options) => pulled(inputs, options as PullOptions),
  ulps: 12,
  scale: (inputs, options) => pulled(inputs, options as PullOptions, true),
  sized: (n) => pull([[n, 5], [6, 5]], { stable: n % 2 === 0 }), // prettier-ignore
  cases: [false, true].flatMap((stable) => [
    ...short.map((shape) => pull(shape, { stable })),
    ...short.map((shape, i) => pull(shape, { stable, of: i % 2 ? "z" : "gamma", hyperbolic: i % 4 > 1 })),
    ...short.map((shape) => pull(shape, { stable, hyperbolic: true, norm: -2, scale: 0.3 }, false)),
  ]),
  gradients: [
    pull([[3, 4], [5, 4]], { scale: 0.5 }),
    pull([[3, 4], [5, 4]], { stable: true, hyperbolic: true, norm: -2 }),
    pull([[3, 2], [3, 2]], { of: "z", stable: true }),
    pull([[3, 2], [3, 2]], { of: "gamma", hyperbolic: true }, false),
    pull([[2, 3], []]),
  ], // prettier-ignore
  errors: [
    {
      call: (op, make) =>
        op(make(reals([4, 5])), make(reals([4, 3])), make(reals([4, 2])), make(reals([3, 2])), 0, 0), // prettier-ignore
      error: ShapeError,
      message: "positiveFeaturesGrad: dy is [4, 5], expected [4, 3]",
    },
    {
      call: (op, make) =>
        op(make(reals([4, 3])), make(reals([4, 3])), make(reals([4, 2])), make(reals([3, 2])), 0, 0, { stable: true }), // prettier-ignore
      error: ShapeError,
      message: "positiveFeaturesGrad: dtop is [], expected [4]",
    },
  ],
  bench: {
    "4096x512 → 2048": { inputs: timed(2048, number, number) },
    "4096x512 → 2048, z": { inputs: timed(2048, number, number), attributes: { of: "z" } as PullOptions },
  },
};
