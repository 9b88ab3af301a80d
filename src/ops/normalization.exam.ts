/** Exams of normalisation by rows. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { array, type Case, each, type ExamOf, integers, reals, type Reference, values } from "../exam.js";
import type { Sample } from "../exam.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import type * as ops from "./normalization.js";

type Make = (sample: Sample) => Tensor;

/** A row's mean (0 if it is not to be subtracted) and what it is divided by. */
interface Statistics {
  readonly m: number;
  readonly spread: number;
}

const sum = (row: ArrayLike<number>): number => Array.from(row).reduce((a, b) => a + b, 0);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const colsOf = (x: Reference): number => x.shape[x.shape.length - 1];
const rowOf = (x: Reference, i: number): Float64Array => x.data.subarray(i * colsOf(x), (i + 1) * colsOf(x));
const rowsOf = (x: Reference): number => (colsOf(x) === 0 ? 0 : x.data.length / colsOf(x));

const deviation = (row: ArrayLike<number>, eps: number): Statistics => {
  const m = sum(row) / row.length;
  return { m, spread: Math.sqrt(sum(Array.from(row, (v) => (v - m) ** 2)) / row.length + eps) };
};
const rootMeanSquare = (row: ArrayLike<number>, eps: number): Statistics => ({
  m: 0,
  spread: Math.sqrt(sum(Array.from(row, (v) => v * v)) / row.length + eps),
});
const length = (row: ArrayLike<number>, eps: number): Statistics => ({
  m: 0,
  spread: Math.max(Math.sqrt(sum(Array.from(row, (v) => v * v))), eps),
});

/** A number of each column, or the only one. */
const at = (numbers: Reference | undefined, col: number, none: number): number =>
  numbers === undefined ? none : numbers.data[numbers.shape.length === 0 ? 0 : col];

/** y of every row; `magnitude`: what rounding errors are in proportion to. */
function normalized(
  x: Reference,
  statistics: (row: Float64Array) => Statistics,
  gain?: Reference,
  bias?: Reference,
  magnitude = false,
): Reference {
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < rowsOf(x); i++) {
    const row = rowOf(x, i);
    const { m, spread } = statistics(row);
    row.forEach((v, col) => {
      const [g, b] = [at(gain, col, 1), at(bias, col, 0)];
      data[i * row.length + col] = magnitude
        ? ((Math.abs(v) + Math.abs(m)) / spread) * Math.abs(g) + Math.abs(b)
        : ((v - m) / spread) * g + b;
    });
  }
  return { shape: x.shape, data };
}

/** dx, and Σ dy · x̂ and Σ dy over each 256 rows; `share`: what of x̂ · Σ g · x̂ is subtracted. */
function pulled(
  dy: Reference,
  x: Reference,
  gain: Reference | undefined,
  statistics: (row: Float64Array) => Statistics,
  centred: boolean,
  share: (row: Float64Array) => number,
  magnitude = false,
): Reference[] {
  const cols = colsOf(x);
  const units = gain === undefined || gain.shape.length === 0 ? 0 : Math.ceil(rowsOf(x) / 256);
  const dx = new Float64Array(x.data.length);
  const dgain = new Float64Array(units * cols);
  const dbias = new Float64Array(units * cols);
  const size = magnitude ? Math.abs : (v: number) => v;
  for (let i = 0; i < rowsOf(x); i++) {
    const row = rowOf(x, i);
    const { m, spread } = statistics(row);
    const xhat = row.map((v) => (magnitude ? (Math.abs(v) + Math.abs(m)) / spread : (v - m) / spread));
    const d = rowOf(dy, i).map(size);
    const g = d.map((v, col) => v * size(at(gain, col, 1)));
    const mean = centred ? sum(g) / cols : 0;
    const along = share(row) * sum(g.map((v, col) => v * xhat[col]));
    const minus = magnitude ? 1 : -1;
    g.forEach((v, col) => {
      dx[i * cols + col] = (v + minus * (mean + xhat[col] * along)) / spread;
      if (units === 0) return;
      dgain[Math.floor(i / 256) * cols + col] += d[col] * xhat[col];
      dbias[Math.floor(i / 256) * cols + col] += d[col];
    });
  }
  const shape = [units, cols];
  return [
    { shape: x.shape, data: dx },
    { shape, data: dgain },
    { shape, data: dbias },
  ];
}

const none = { shape: [], dtype: "float32" as const, element: () => 1.5 };

/** Rows of many widths, far from 0, of one value, huge, with NaN and infinities, and none. */
const shapes: readonly Case[] = [
  ...[1, 2, 3, 4, 7, 10, 16, 37, 129, 600].map((cols) => ({ inputs: [reals([5, cols], -2, 3)] })),
  { inputs: [reals([300, 5])] },
  { inputs: [reals([2, 3, 20])] },
  { inputs: [reals([7])] },
  { inputs: [reals([3, 70], 100, 101)] },
  { inputs: [reals([3, 10], -1e25, 1e25)] },
  { inputs: [values([1, 2, NaN, 4, 1, 2, Infinity, 4, 1, 2, 3, 4], [3, 4])] },
  { inputs: [reals([0, 3])] },
  { inputs: [reals([3, 0])] },
];

/** Each of these with numbers for every column, and with one for all. */
const withNumbers = (count: number): Case[] =>
  shapes.flatMap(({ inputs: [x] }) => [
    { inputs: [x, ...Array.from({ length: count }, () => reals(x.shape.slice(-1)))] },
    { inputs: [x, ...Array.from({ length: count }, () => none)] },
  ]);

const sized = (numbers: number) => (n: number) => ({
  inputs: [reals([3, n], -2, 3), ...Array.from({ length: numbers }, () => reals([n]))],
});

const wrongGain = (name: "layerNorm" | "rmsNorm") => [
  {
    call: (op: AnyOp, make: Make) => op(make(reals([2, 3])), make(reals([4]))),
    error: ShapeError,
    message: `${name}: gain is [4], expected [3] (last axis of x [2, 3])`,
  },
  {
    call: (op: AnyOp, make: Make) => op(make(reals([]))),
    error: ShapeError,
    message: `${name}: x is a scalar, expected at least one axis`,
  },
  {
    call: (op: AnyOp, make: Make) => op(make(reals([2, 3])), { eps: -1 }),
    error: OptionError,
    message: `${name}: eps is -1, expected a finite number ≥ 0`,
  },
  {
    call: (op: AnyOp, make: Make) => op(make(integers([2, 3], 5))),
    error: DTypeError,
    message: `${name}: x is int32, expected float32 or float64`,
  },
];

const benchShapes: readonly (readonly [number, number])[] = [
  [128, 768],
  [1024, 1024],
];
const bench = (count: number, gradient = false): Record<string, Case> =>
  Object.fromEntries(
    benchShapes.map((shape) => [
      shape.join("x"),
      {
        inputs: [
          ...Array.from({ length: gradient ? 2 : 1 }, () => reals(shape)),
          ...Array.from({ length: count }, () => reals(shape.slice(1))),
          ...(gradient ? [reals([shape[0], 2])] : []),
        ],
      },
    ]),
  );

/** The mean, the sum of squares, and three roundings; in proportion to what is subtracted. */
export const layerNorm: ExamOf<typeof ops.layerNorm> = {
  reference: ([x, gain, bias], { eps }) => normalized(x, (row) => deviation(row, eps), gain, bias),
  ulps: 10,
  scale: ([x, gain, bias], { eps }) => normalized(x, (row) => deviation(row, eps), gain, bias, true),
  sized: sized(2),
  cases: [...withNumbers(2), { inputs: [reals([3, 5]), reals([5]), reals([5])], attributes: { eps: 0.1 } }],
  gradients: [
    { inputs: [reals([3, 5], -2, 2), reals([5]), reals([5])] },
    { inputs: [reals([3, 5], -2, 2), none, none] },
    { inputs: [reals([2, 3, 6], -2, 2), reals([6]), none] },
  ],
  errors: wrongGain("layerNorm"),
  bench: bench(2),
};

const mean = (row: ArrayLike<number>): number => 1 / row.length;

type Measure = (row: ArrayLike<number>, eps: number) => Statistics;

/** dy, x, other inputs, and the statistics of x, whose elements follow from their places. */
function pull(
  x: Sample,
  measure: Measure,
  others: readonly Sample[] = [],
  eps = 1e-5,
): Case<{ eps?: number }> {
  const element = (i: number): number => Math.fround(x.element(i, ((i + 1) * 0.6180339887498949) % 1));
  const cols = x.shape[x.shape.length - 1];
  const rows = cols === 0 ? 0 : sizeOf(x.shape) / cols;
  const list = Array.from({ length: rows }, (_, row) => {
    const { m, spread } = measure(
      Float64Array.from({ length: cols }, (_, col) => element(row * cols + col)),
      eps,
    );
    return [1 / spread, -m / spread];
  });
  const statistics = values(list.flat(), [...x.shape.slice(0, -1), 2]);
  return { inputs: [reals(x.shape), { ...x, element }, ...others, statistics], attributes: { eps } };
}

/** Of every shape with a gain for each column, and with one for all. */
const gradients = (measure: Measure): Case[] =>
  shapes.flatMap(({ inputs: [x] }) => [
    pull(x, measure, [reals(x.shape.slice(-1))]),
    pull(x, measure, [none]),
  ]);

const wrongCotangent = (name: string) => [
  {
    call: (op: AnyOp, make: Make) => op(make(reals([2, 3])), make(reals([2, 4])), 1, make(reals([2, 2]))),
    error: ShapeError,
    message: `${name}: dy is [2, 3] and x is [2, 4], expected the same`,
  },
  {
    call: (op: AnyOp, make: Make) => op(make(reals([2, 3])), make(reals([2, 3])), 1, make(reals([2]))),
    error: ShapeError,
    message: `${name}: statistics is [2], expected [2, 2]`,
  },
];

export const layerNormGrad: ExamOf<typeof ops.layerNormGrad> = {
  reference: ([dy, x, gain], { eps }) => pulled(dy, x, gain, (row) => deviation(row, eps), true, mean),
  ulps: 24,
  scale: ([dy, x, gain], { eps }) => pulled(dy, x, gain, (row) => deviation(row, eps), true, mean, true),
  sized: (n) => pull(reals([3, n], -2, 3), deviation, [reals([n])]),
  cases: gradients(deviation),
  gradients: [
    pull(reals([3, 5], -2, 2), deviation, [reals([5])]),
    pull(reals([3, 5], -2, 2), deviation, [none]),
    pull(reals([260, 3], -2, 2), deviation, [reals([3])]),
  ],
  errors: wrongCotangent("layerNormGrad"),
  bench: bench(1, true),
};

export const rmsNorm: ExamOf<typeof ops.rmsNorm> = {
  reference: ([x, gain], { eps }) => normalized(x, (row) => rootMeanSquare(row, eps), gain),
  ulps: 8,
  sized: sized(1),
  cases: withNumbers(1),
  gradients: [{ inputs: [reals([3, 5], -2, 2), reals([5])] }, { inputs: [reals([3, 5], -2, 2), none] }],
  errors: wrongGain("rmsNorm"),
  bench: bench(1),
};

export const rmsNormGrad: ExamOf<typeof ops.rmsNormGrad> = {
  reference: ([dy, x, gain], { eps }) =>
    pulled(dy, x, gain, (row) => rootMeanSquare(row, eps), false, mean).slice(0, 2),
  ulps: 16,
  scale: ([dy, x, gain], { eps }) =>
    pulled(dy, x, gain, (row) => rootMeanSquare(row, eps), false, mean, true).slice(0, 2),
  sized: (n) => pull(reals([3, n], -2, 3), rootMeanSquare, [reals([n])]),
  cases: gradients(rootMeanSquare),
  gradients: [
    pull(reals([3, 5], -2, 2), rootMeanSquare, [reals([5])]),
    pull(reals([3, 5], -2, 2), rootMeanSquare, [none]),
  ],
  errors: wrongCotangent("rmsNormGrad"),
  bench: bench(1, true),
};

/** Rows shorter than ε among them: there y = x / ε. */
const lengths: readonly Case<{ eps?: number }>[] = [
  ...shapes,
  { inputs: [values([0, 0, 0, 0.01, 0.02, 0, 1, 2, 3], [3, 3])], attributes: { eps: 0.1 } },
];

export const l2NormalizeRows: ExamOf<typeof ops.l2NormalizeRows> = {
  reference: ([x], { eps }) => normalized(x, (row) => length(row, eps)),
  ulps: 6,
  sized: sized(0),
  cases: lengths,
  gradients: [
    { inputs: [reals([3, 5], -2, 2)] },
    { inputs: [reals([3, 5], -0.1, 0.1)], attributes: { eps: 2 } },
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([]))),
      error: ShapeError,
      message: "l2NormalizeRows: x is a scalar, expected at least one axis",
    },
    {
      call: (op, make) => op(make(reals([2, 3])), { eps: 0 }),
      error: OptionError,
      message: "l2NormalizeRows: eps is 0, expected a finite number > 0",
    },
  ],
  bench: bench(0),
};

/** Rows no longer than ε are divided by ε, which is constant. */
const lengthPull = (dy: Reference, x: Reference, eps: number, magnitude = false): Reference =>
  pulled(dy, x, undefined, (row) => length(row, eps), false, (row) => Number(length(row, 0).spread > eps), magnitude)[0]; // prettier-ignore

export const l2NormalizeRowsGrad: ExamOf<typeof ops.l2NormalizeRowsGrad> = {
  reference: ([dy, x], { eps }) => lengthPull(dy, x, eps),
  ulps: 16,
  scale: ([dy, x], { eps }) => lengthPull(dy, x, eps, true),
  sized: (n) => pull(reals([3, n], -2, 3), length, [], 1e-12),
  cases: lengths.map(({ inputs: [x], attributes: { eps = 1e-12 } = {} }) => pull(x, length, [], eps)),
  gradients: [pull(reals([3, 5], -2, 2), length, [], 1e-12), pull(reals([3, 5], -0.1, 0.1), length, [], 2)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([2, 4])), make(reals([2, 2]))),
      error: ShapeError,
      message: "l2NormalizeRowsGrad: dy is [2, 3] and x is [2, 4], expected the same",
    },
  ],
  bench: bench(0, true),
};

interface Response {
  size: number;
  alpha?: number;
  beta?: number;
  k?: number;
}

/** s of each element of a row. */
function spreads(row: Float64Array, { size, alpha = 1e-4, k = 1 }: Response): Float64Array {
  return row.map((_, c) => {
    const first = c - Math.floor(size / 2);
    return (
      k + (alpha / size) * sum(row.slice(Math.max(0, first), Math.max(0, first + size)).map((v) => v * v))
    );
  });
}

const responses = (numbers: number): Case<Response>[] =>
  [
    { shape: [2, 3, 7], size: 5 },
    { shape: [2, 9], size: 4, alpha: 0.5 },
    { shape: [3, 2], size: 5, alpha: 1 },
    { shape: [2, 33], size: 1, alpha: 2, beta: 1.5, k: 0.5 },
    { shape: [3, 64], size: 7, alpha: 1, beta: 0.5, k: 2 },
    { shape: [0, 4], size: 3 },
    { shape: [2, 0], size: 3 },
  ].map(({ shape, ...attributes }) => ({
    inputs: Array.from({ length: numbers }, () => reals(shape, -3, 3)),
    attributes,
  }));

const sizes = (name: string) => ({
  call: (op: AnyOp, make: Make) =>
    name.endsWith("Grad")
      ? op(make(reals([2, 3])), make(reals([2, 3])), { size: 0 })
      : op(make(reals([2, 3])), { size: 0 }),
  error: OptionError,
  message: `${name}: size is 0, expected a whole number ≥ 1`,
});

export const localResponseNorm: ExamOf<typeof ops.localResponseNorm> = {
  reference([x], options) {
    const data = new Float64Array(x.data.length);
    for (let i = 0; i < rowsOf(x); i++) {
      const s = spreads(rowOf(x, i), options);
      rowOf(x, i).forEach((v, c) => (data[i * colsOf(x) + c] = v * s[c] ** -options.beta));
    }
    return { shape: x.shape, data };
  },
  ulps: 12,
  sized: (n) => ({ inputs: [reals([3, n], -3, 3)], attributes: { size: 5, alpha: 0.5 } }),
  cases: responses(1),
  gradients: [{ inputs: [reals([2, 7], -2, 2)], attributes: { size: 3, alpha: 0.5 } }],
  errors: [sizes("localResponseNorm")],
  bench: { "56²x64": { inputs: [reals([56 * 56, 64])], attributes: { size: 5 } } },
};

/** dx of each row; of magnitudes, what its errors are in proportion to. */
function responsePull(dy: Reference, x: Reference, options: Required<Response>, minus: number): Reference {
  const { size, alpha, beta } = options;
  const n = colsOf(x);
  const before = Math.floor(size / 2);
  const data = array(x.shape, () => 0).data;
  for (let i = 0; i < rowsOf(x); i++) {
    const [d, row] = [rowOf(dy, i), rowOf(x, i)];
    const s = spreads(row, options);
    for (let c = 0; c < n; c++) {
      data[i * n + c] += d[c] * s[c] ** -beta;
      for (let j = Math.max(0, c - before); j < Math.min(n, c - before + size); j++)
        data[i * n + j] += ((minus * 2 * alpha * beta) / size) * row[j] * d[c] * row[c] * s[c] ** (-beta - 1);
    }
  }
  return { shape: x.shape, data };
}

export const localResponseNormGrad: ExamOf<typeof ops.localResponseNormGrad> = {
  reference: ([dy, x], options) => responsePull(dy, x, options, -1),
  ulps: 16,
  scale: ([dy, x], options) => responsePull(each(dy, Math.abs), each(x, Math.abs), options, 1),
  sized: (n) => ({ inputs: [reals([3, n]), reals([3, n], -3, 3)], attributes: { size: 5, alpha: 0.5 } }),
  cases: responses(2),
  gradients: [{ inputs: [reals([2, 7]), reals([2, 7], -2, 2)], attributes: { size: 3, alpha: 0.5 } }],
  errors: [sizes("localResponseNormGrad")],
  bench: { "56²x64": { inputs: [reals([56 * 56, 64]), reals([56 * 56, 64])], attributes: { size: 5 } } },
};
