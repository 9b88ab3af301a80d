/** Exams of softmax and its loss. */
import { DTypeError, IndexError, ShapeError } from "../errors.js";
import {
  array,
  type Case,
  each,
  eachRow,
  type ExamOf,
  integers,
  pairs,
  reals,
  type Reference,
  values,
} from "../exam.js";
import type { Sample } from "../exam.js";
import type * as ops from "./softmax.js";

/** ln Σ eˣ of a row; NaN if it holds NaN or +∞, or only −∞. */
function logSumExp(row: ArrayLike<number>): number {
  const list = Array.from(row);
  const largest = list.reduce((a, b) => Math.max(a, b), -Infinity);
  return largest + Math.log(list.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}

const probabilities = (x: Reference): Reference =>
  eachRow(x, (row) => {
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    if (row.length > 0 && row.every((value) => value === -Infinity)) return row.map(() => 0);
    const powers = row.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  });

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

/** Rows of widths around the kernels' vectors, rows far from 0, and rows with infinities. */
const cases: readonly Case[] = [
  ...[1, 2, 3, 4, 7, 10, 16, 37, 129].map((cols) => ({ inputs: [reals([5, cols], -4, 4)] })),
  { inputs: [reals([2, 3000], -4, 4)] },
  { inputs: [reals([2, 3, 5], -4, 4)] },
  { inputs: [reals([7], -4, 4)] },
  { inputs: [reals([3, 10], 1000, 1004)] },
  { inputs: [reals([3, 10], -3e38, 3e38)] },
  { inputs: [values([0, -Infinity, 1, -Infinity, 2, 3])] },
  { inputs: [values([0, NaN, 1, Infinity, 0, 1, -Infinity, -Infinity, -Infinity, 1, 2, 3], [4, 3])] },
  { inputs: [reals([0, 3])] },
  { inputs: [reals([3, 0])] },
];

const smooth: readonly Case[] = [{ inputs: [reals([3, 5], -2, 2)] }, { inputs: [reals([7], -2, 2)] }];

const scalar: ExamOf<typeof ops.softmax>["errors"] = [
  {
    call: (op, make) => op(make(reals([]))),
    error: ShapeError,
    message: /: x is a scalar, expected at least one axis$/,
  },
  {
    call: (op, make) => op(make(integers([3], 5))),
    error: DTypeError,
    message: /: x is int32, expected float32 or float64$/,
  },
];

const bench: Record<string, Case> = {
  "1024x1024": { inputs: [reals([1024, 1024])] },
  "12x128x128": { inputs: [reals([12, 128, 128])] },
  "128x10": { inputs: [reals([128, 10])] },
};

/** x − max, down to −8, is rounded by up to 4 · 2⁻²⁴, which y is multiplied by; then come an exponential, a sum, a quotient. */
export const softmax: ExamOf<typeof ops.softmax> = {
  reference: ([x]) => probabilities(x),
  ulps: 12,
  sized: (n) => ({ inputs: [reals([3, n], -4, 4)] }),
  cases,
  gradients: smooth,
  errors: scalar,
  bench,
};

/** y = x − ln Σ eˣ may be a small difference of x and the logarithm. */
export const logSoftmax: ExamOf<typeof ops.logSoftmax> = {
  reference: ([x]) =>
    eachRow(x, (row) => {
      const log = logSumExp(row);
      return row.every((value) => value === -Infinity) ? row : row.map((value) => value - log);
    }),
  ulps: 4,
  scale: ([x]) => eachRow(x, (row) => { const log = logSumExp(row); return row.map((value) => Math.max(1, Math.abs(value), Math.abs(log))); }), // prettier-ignore
  sized: (n) => ({ inputs: [reals([3, n], -4, 4)] }),
  cases,
  gradients: smooth,
  errors: scalar,
  bench,
};

const gradientCases: readonly Case[] = [1, 2, 3, 7, 10, 37, 129, 3000].map((cols) => ({
  inputs: [reals([5, cols]), reals([5, cols], -1, 0.5)],
}));

const different: ExamOf<typeof ops.softmaxGrad>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2, 4]))),
    error: ShapeError,
    message: /: dy is \[2, 3\] and y is \[2, 4\], expected the same$/,
  },
];

const gradientBench: Record<string, Case> = {
  "1024x1024": { inputs: [reals([1024, 1024]), reals([1024, 1024])] },
  "128x10": { inputs: [reals([128, 10]), reals([128, 10])] },
};

/** dx = y · (dy − Σ dy · y), each row's error in proportion to |y| · (|dy| + Σ |dy · y|). */
export const softmaxGrad: ExamOf<typeof ops.softmaxGrad> = {
  reference: ([dy, y]) => rowsOf(dy, y, (g, p) => { const mean = dot(g, p); return g.map((value, i) => p[i] * (value - mean)); }), // prettier-ignore
  ulps: 4,
  scale: ([dy, y]) => {
    const [g, p] = [each(dy, Math.abs), each(y, Math.abs)];
    return rowsOf(g, p, (g, p) => { const mean = dot(g, p); return g.map((value, i) => p[i] * (value + mean)); }); // prettier-ignore
  },
  sized: (n) => ({ inputs: [reals([3, n]), reals([3, n])] }),
  cases: gradientCases,
  gradients: [{ inputs: [reals([3, 5]), reals([3, 5])] }],
  errors: different,
  bench: gradientBench,
};

/** dx = dy − eʸ · Σ dy */
export const logSoftmaxGrad: ExamOf<typeof ops.logSoftmaxGrad> = {
  reference: ([dy, y]) => rowsOf(dy, y, (g, p) => { const sum = dot(g, g.map(() => 1)); return g.map((value, i) => value - Math.exp(p[i]) * sum); }), // prettier-ignore
  ulps: 4,
  scale: ([dy, y]) =>
    rowsOf(each(dy, Math.abs), y, (g, p) => { const sum = dot(g, g.map(() => 1)); return g.map((value, i) => value + Math.exp(p[i]) * sum); }), // prettier-ignore
  sized: (n) => ({ inputs: [reals([3, n]), reals([3, n], -4, 0)] }),
  cases: gradientCases,
  gradients: [{ inputs: [reals([3, 5]), reals([3, 5])] }],
  errors: different,
  bench: gradientBench,
};

/** f of each pair of rows. */
function rowsOf(
  x: Reference,
  y: Reference,
  f: (x: Float64Array, y: Float64Array) => Float64Array,
): Reference {
  const cols = x.shape[x.shape.length - 1];
  return eachRow(x, (row, index) => f(row, y.data.subarray(index * cols, (index + 1) * cols)));
}

/** A row of logits and its label. */
function losses(
  logits: Reference,
  labels: Reference,
  f: (row: Float64Array, label: number) => number,
): Reference {
  const cols = logits.shape[logits.shape.length - 1];
  return {
    shape: labels.shape,
    data: labels.data.map((label, row) => f(logits.data.subarray(row * cols, (row + 1) * cols), label)),
  };
}

const labelled = (rows: number, cols: number): Case => ({
  inputs: [reals([rows, cols], -4, 4), integers([rows], cols)],
});

const mismatched: ExamOf<typeof ops.crossEntropy>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), make(integers([3], 3))),
    error: ShapeError,
    message: "crossEntropy: labels is [3], expected [2] (all but the last axis of logits [2, 3])",
  },
  {
    call: (op, make) => op(make(reals([2, 0])), make(integers([2], 1))),
    error: ShapeError,
    message: "crossEntropy: logits is [2, 0], which has no classes",
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2]))),
    error: DTypeError,
    message: "crossEntropy: labels is float32, expected int32",
  },
];

export const crossEntropy: ExamOf<typeof ops.crossEntropy> = {
  reference: ([logits, labels]) => losses(logits, labels, (row, label) => logSumExp(row) - row[label]),
  ulps: 4,
  scale: ([logits, labels]) =>
    losses(logits, labels, (row, label) => Math.max(1, Math.abs(logSumExp(row)), Math.abs(row[label]))),
  sized: (n) => labelled(n, n + 1),
  cases: [
    ...[1, 2, 3, 4, 10, 37, 129].map((cols) => labelled(9, cols)),
    labelled(2, 3000),
    { inputs: [reals([2, 3, 5], -4, 4), integers([2, 3], 5)] },
    { inputs: [reals([5], -4, 4), integers([], 5)] },
    { inputs: [reals([4, 10], 1000, 1008), integers([4], 10)] },
    { inputs: [values([0, -Infinity, 1, 0, NaN, 1], [2, 3]), values([1, 0], [2], "int32")] },
  ],
  gradients: [labelled(4, 5), { inputs: [reals([2, 3, 5], -2, 2), integers([2, 3], 5)] }],
  errors: [
    ...mismatched,
    {
      call: (op, make) => op(make(reals([3, 4])), make(values([0, 4, -1], [3], "int32"))),
      error: IndexError,
      message: "crossEntropy: labels[1] is not in [0, 4)",
    },
    {
      call: (op, make) => op(make(reals([3, 4])), make(values([0, 1, -1], [3], "int32"))),
      error: IndexError,
      message: "crossEntropy: labels[2] is not in [0, 4)",
    },
  ],
  bench: { "128x10": labelled(128, 10), "1024x1024": labelled(1024, 1024) },
};

/** Logits as a function of the index, so that logSum can be theirs. */
const wave = (index: number): number => Math.fround(3 * Math.sin(index * index + 1));

function crossEntropyGradCase(rows: number, cols: number): Case {
  const logits = array([rows, cols], ([i, j]) => wave(i * cols + j));
  const zeros: Reference = { shape: [rows], data: new Float64Array(rows) };
  const logSum = losses(logits, zeros, logSumExp);
  return {
    inputs: [
      reals([rows]),
      { shape: [rows, cols], dtype: "float32", element: wave } satisfies Sample,
      integers([rows], cols),
      values([...logSum.data], [rows]),
    ],
  };
}

export const crossEntropyGrad: ExamOf<typeof ops.crossEntropyGrad> = {
  // logSum is a function of logits, so that the derivative by logits is that of the whole.
  reference([dy, logits, labels]) {
    const cols = logits.shape[logits.shape.length - 1];
    const onehot = array([dy.data.length, cols], ([row, col]) => (labels.data[row] === col ? 1 : 0));
    const difference = pairs(
      { shape: onehot.shape, data: probabilities(logits).data },
      onehot,
      (p, one) => p - one,
    );
    return eachRow({ shape: logits.shape, data: difference.data }, (row, index) =>
      row.map((value) => dy.data[index] * value),
    );
  },
  ulps: 6, // of 1, the onehot; of the probabilities, logSum is rounded before exp: |logSum| · 2⁻²⁴
  scale: 1,
  sized: (n) => crossEntropyGradCase(n, n + 1),
  cases: [2, 3, 10, 37, 129].map((cols) => crossEntropyGradCase(9, cols)),
  gradients: [crossEntropyGradCase(4, 5)],
  errors: [
    {
      call: (op, make) => op(make(reals([3])), make(reals([2, 3])), make(integers([2], 3)), make(reals([2]))),
      error: ShapeError,
      message: "crossEntropyGrad: dy is [3] and labels is [2], expected the same",
    },
    {
      call: (op, make) =>
        op(make(reals([2])), make(reals([2, 3])), make(integers([2], 3)), make(reals([2, 1]))),
      error: ShapeError,
      message: "crossEntropyGrad: logSum is [2, 1] and labels is [2], expected the same",
    },
  ],
  bench: Object.fromEntries(
    [
      [128, 10],
      [1024, 1024],
    ].map(([rows, cols]) => [
      `${rows}x${cols}`,
      { inputs: [reals([rows]), reals([rows, cols]), integers([rows], cols), reals([rows], 7, 8)] },
    ]),
  ),
};
