/** Exams of reductions. */
import { DTypeError, ShapeError } from "../errors.js";
import { array, at, type Case, type ExamOf, integers, magnitudes, reals, type Reference } from "../exam.js";
import { type Sample, specials, values } from "../exam.js";
import type * as ops from "./reduce.js";

type Over = { axis?: number | readonly number[]; keepDims?: boolean };

/** The reduced axes, ascending. */
function reduced(x: Reference, { axis }: Over): number[] {
  const rank = x.shape.length;
  const axes = axis === undefined ? x.shape.map((_, i) => i) : [axis].flat();
  return axes.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
}

/** f of each group of elements, the group in the order of its flattened axes. */
function reduce(x: Reference, over: Over, f: (group: number[]) => number): Reference {
  const axes = reduced(x, over);
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const result = array(kept, (index) => {
    const group = array(
      axes.map((axis) => x.shape[axis]),
      (inner) => {
        const full = [...index];
        axes.forEach((axis, i) => (full[axis] = inner[i]));
        return at(x, full);
      },
    );
    return f([...group.data]);
  });
  const shape = over.keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return { shape, data: result.data };
}

const total = (group: number[]): number => group.reduce((a, b) => a + b, 0);
const largest = (group: number[]): number => group.reduce((a, b) => Math.max(a, b), -Infinity);

/** Rows, columns, planes, all, none, and axes that are joined, of extents around the kernels' widths. */
const cases: readonly Case<Over>[] = [
  { inputs: [reals([])] },
  { inputs: [reals([7, 1, 5])], attributes: { axis: 1 } },
  { inputs: [reals([37, 129])], attributes: { axis: 0 } },
  { inputs: [reals([37, 129])], attributes: { axis: -1, keepDims: true } },
  { inputs: [reals([37, 3])], attributes: { axis: 0 } },
  { inputs: [reals([3, 2100])], attributes: { axis: 1 } },
  { inputs: [reals([2100, 3])], attributes: { axis: 0 } },
  { inputs: [reals([3, 4, 5, 6])], attributes: { axis: [0, 2] } },
  { inputs: [reals([3, 4, 5, 6])], attributes: { axis: [1, 3], keepDims: true } },
  { inputs: [reals([3, 4, 5, 6])], attributes: { axis: [-3, -2] } },
  { inputs: [reals([2, 3, 2, 3, 2, 3])], attributes: { axis: [0, 2, 4] } },
  { inputs: [reals([2, 3, 2, 3, 2, 3])], attributes: { axis: [1, 3, 5] } },
  { inputs: [reals([4, 5])], attributes: { axis: [] } },
];

const specialCases: readonly Case<Over>[] = [
  ...specials.map((special) => ({
    inputs: [values([...Array<number>(18).fill(0.5), special, 0.25], [4, 5])],
  })),
  { inputs: [values(specials)] },
  { inputs: [values(specials, [1, specials.length])], attributes: { axis: 0 } },
  { inputs: [values([...specials, ...specials].reverse(), [specials.length, 2])], attributes: { axis: 0 } },
];

/** Down columns: more of them than are folded at a time, more rows than go into a partial result, several runs. */
const columns: readonly Case<Over>[] = [
  { inputs: [reals([9, 4103])], attributes: { axis: 0 } },
  { inputs: [reals([203, 7])], attributes: { axis: 0 } },
  { inputs: [reals([3, 11, 2, 18])], attributes: { axis: [0, 2] } },
];

const errors: ExamOf<typeof ops.sum>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), { axis: 2 }),
    error: ShapeError,
    message: /: axis is 2, expected a whole number in \[-2, 2\)$/,
  },
  {
    call: (op, make) => op(make(reals([2, 3])), { axis: [1, -1] }),
    error: ShapeError,
    message: /: axes \[1, -1\] name an axis twice \(rank 2\)$/,
  },
  {
    call: (op, make) => op(make(integers([2], 9))),
    error: DTypeError,
    message: /: x is int32, expected float32$/,
  },
];

const empty: ExamOf<typeof ops.max>["errors"][number] = {
  call: (op, make) => op(make(reals([3, 0])), { axis: 1 }),
  error: ShapeError,
  message: /: x is \[3, 0\], which has no elements along the reduced axes$/,
};

const square = reals([1024, 1024]);
const bench: Record<string, Case<Over>> = {
  "1024x1024 last": { inputs: [square], attributes: { axis: -1 } },
  "1024x1024 first": { inputs: [square], attributes: { axis: 0 } },
  "1M": { inputs: [reals([1 << 20])] },
};

const sized = (n: number): Case<Over> => ({ inputs: [reals([n, n + 1])], attributes: { axis: 0 } });
const sizedRows = (n: number): Case<Over> => ({ inputs: [reals([3, n + 1])], attributes: { axis: 1 } });

/** Errors are in proportion to Σ |x|. */
export const sum: ExamOf<typeof ops.sum> = {
  reference: ([x], over) => reduce(x, over, total),
  scale: (inputs, over) => sum.reference(magnitudes(inputs), over) as Reference,
  sized,
  cases: [
    ...cases,
    ...columns,
    ...specialCases,
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

/** Whole numbers below 5, so that there are ties. */
const tied: Sample = { shape: [6, 7], dtype: "float32", element: (_, random) => Math.floor(random * 5) };

/** Different numbers, neighbours 0.005 apart: a small step changes no order. */
const apart = (shape: number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (index) => ((index * 7919) % 1009) / 200 - 2.5,
});

export const max: ExamOf<typeof ops.max> = {
  reference: ([x], over) => reduce(x, over, largest),
  ulps: 0.5, // exact, but for the sign of a zero
  sized: sizedRows,
  cases: [...columns, ...cases, ...specialCases, { inputs: [reals([0, 3])], attributes: { axis: 1 } }],
  gradients: [
    { inputs: [apart([])] },
    { inputs: [apart([7, 6])] },
    { inputs: [apart([7, 6])], attributes: { axis: 0 } },
    { inputs: [apart([7, 6])], attributes: { axis: -1, keepDims: true } },
    { inputs: [apart([3, 4, 5, 6])], attributes: { axis: [0, 2] } },
  ],
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
