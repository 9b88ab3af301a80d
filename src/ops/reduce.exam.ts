/** Exams of sum, mean, max and argmax. */
import { ShapeError } from "../errors.js";
import { array, at, type Case, type ExamOf, magnitudes, reals, type Reference, values } from "../exam.js";
import {
  bench,
  cases,
  columns,
  empty,
  errors,
  gradientsApart,
  largest,
  type Over,
  reduce,
  sized,
  sizedRows,
  specialCases,
  square,
  tied,
  total,
  wholes,
} from "./folds.exam.js";
import type * as ops from "./reduce.js";

/** Errors are in proportion to Σ |x|. */
export const sum: ExamOf<typeof ops.sum> = {
  reference: ([x], over) =>
    reduce(x, over, (group) => (x.dtype === "int32" ? total(group) | 0 : total(group))),
  scale: (inputs, over) => sum.reference(magnitudes(inputs), over) as Reference,
  sized,
  cases: [
    ...cases,
    ...columns,
    ...specialCases,
    ...wholes,
    { inputs: [reals([3, 0])], attributes: { axis: 1 } },
    { inputs: [reals([200000], 0, 1)] },
    { inputs: [reals([50000, 4], 0, 1)], attributes: { axis: 0 } },
  ],
  gradients: cases.slice(0, 5),
  errors,
  bench,
};

export const mean: ExamOf<typeof ops.mean> = {
  reference: ([x], over) => reduce(x, over, (group) => total(group) / group.length),
  scale: (inputs, over) => mean.reference(magnitudes(inputs), over) as Reference,
  sized: sizedRows,
  cases: [...cases, ...columns, ...specialCases, { inputs: [reals([3, 0])], attributes: { axis: 1 } }],
  gradients: cases.slice(0, 5),
  errors,
  bench,
};

export const max: ExamOf<typeof ops.max> = {
  reference: ([x], over) => reduce(x, over, largest),
  ulps: 0.5, // exact, but for the sign of a zero
  sized: sizedRows,
  cases: [
    ...columns,
    ...cases,
    ...specialCases,
    ...wholes,
    { inputs: [reals([0, 3])], attributes: { axis: 1 } },
  ],
  gradients: gradientsApart,
  errors: [...errors, empty],
  bench,
};

export const argmax: ExamOf<typeof ops.argmax> = {
  reference: ([x], over) =>
    reduce(x, over, (group) => {
      const nan = group.findIndex((value) => Number.isNaN(value));
      return nan >= 0 ? nan : group.indexOf(largest(group));
    }),
  ulps: 0,
  sized: sizedRows,
  cases: [
    ...cases,
    ...specialCases,
    { inputs: [tied] },
    { inputs: [tied], attributes: { axis: 0 } },
    { inputs: [tied], attributes: { axis: 1, keepDims: true } },
    { inputs: [values([-Infinity, -Infinity, -Infinity])] },
    { inputs: [values([1, NaN, 2, NaN, 3, 3, 3, 3, 3, 3], [5, 2])], attributes: { axis: 0 } },
  ],
  gradients: [],
  errors: [...errors, empty],
  bench,
};

/** x as a function of its index, so that y can be its maximum over the last or first axis. */
const wave = (index: number): number => Math.fround(Math.floor(9 * Math.sin(index * index + 1)) / 8);

function maxGradCase(rows: number, cols: number, axis: 0 | 1, keepDims = false): Case<Over> {
  const x: Reference = array([rows, cols], ([i, j]) => wave(i * cols + j));
  const y = reduce(x, { axis, keepDims }, largest);
  return {
    inputs: [
      reals(y.shape),
      { shape: x.shape, dtype: "float32", element: wave },
      values([...y.data], y.shape),
    ],
    attributes: { axis, keepDims },
  };
}

export const maxGrad: ExamOf<typeof ops.maxGrad> = {
  // y is a function of x, so that the derivative by x, all but everywhere 0, is that of the whole.
  reference([dy, x], over) {
    const kept = { ...over, keepDims: true };
    const y = reduce(x, kept, largest);
    const share = reduce(x, kept, (group) => 1 / group.filter((value) => value === largest(group)).length);
    const groups: Reference = { shape: y.shape, data: dy.data };
    return array(x.shape, (index) =>
      at(x, index) === at(y, index) ? at(groups, index) * at(share, index) : 0,
    );
  },
  ulps: 2,
  sized: (n) => maxGradCase(3, n + 1, 1),
  cases: [
    maxGradCase(6, 37, 0),
    maxGradCase(37, 6, 1, true),
    maxGradCase(5, 129, 1),
    maxGradCase(129, 5, 0, true),
  ],
  gradients: [
    {
      inputs: [reals([3]), values([1, 2, 3, 6, 5, 4, 7, 9, 8], [3, 3]), values([3, 6, 9])],
      attributes: { axis: 1 },
    },
  ],
  errors: [
    {
      call: (maxGrad, make) => maxGrad(make(reals([3])), make(reals([2, 3])), make(reals([2])), { axis: 0 }),
      error: ShapeError,
      message: "maxGrad: dy is [3] and y is [2], expected the same",
    },
    {
      call: (maxGrad, make) => maxGrad(make(reals([2])), make(reals([2, 3])), make(reals([2])), { axis: 0 }),
      error: ShapeError,
      message: "maxGrad: y is [2] and max(x) is [3], expected the same",
    },
  ],
  bench: {
    "1024x1024 last": { inputs: [reals([1024]), square, reals([1024])], attributes: { axis: -1 } },
    "1024x1024 first": { inputs: [reals([1024]), square, reals([1024])], attributes: { axis: 0 } },
  },
};
