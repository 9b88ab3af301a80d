/** What the exams of reductions have in common. */
import { DTypeError, ShapeError } from "../errors.js";
import { array, at, type Case, type ExamOf, integers, reals, type Reference } from "../exam.js";
import { type Sample, specials, truths, values } from "../exam.js";
import type * as ops from "./reduce.js";

export type Over = { axis?: number | readonly number[]; keepDims?: boolean };

/** The reduced axes, ascending. */
export function reduced(x: Reference, { axis }: Over): number[] {
  const rank = x.shape.length;
  const axes = axis === undefined ? x.shape.map((_, i) => i) : [axis].flat();
  return axes.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
}

/** f of each group of elements, the group in the order of its flattened axes. */
export function reduce(x: Reference, over: Over, f: (group: number[]) => number): Reference {
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

export const total = (group: number[]): number => group.reduce((a, b) => a + b, 0);
export const largest = (group: number[]): number => group.reduce((a, b) => Math.max(a, b), -Infinity);

/** Rows, columns, planes, all, none, and axes that are joined, of extents around the kernels' widths. */
export const cases: readonly Case<Over>[] = [
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

export const specialCases: readonly Case<Over>[] = [
  ...specials.map((special) => ({
    inputs: [values([...Array<number>(18).fill(0.5), special, 0.25], [4, 5])],
  })),
  { inputs: [values(specials)] },
  { inputs: [values(specials, [1, specials.length])], attributes: { axis: 0 } },
  { inputs: [values([...specials, ...specials].reverse(), [specials.length, 2])], attributes: { axis: 0 } },
];

/** Down columns: more of them than are folded at a time, more rows than go into a partial result, several runs. */
export const columns: readonly Case<Over>[] = [
  { inputs: [reals([9, 4103])], attributes: { axis: 0 } },
  { inputs: [reals([203, 7])], attributes: { axis: 0 } },
  { inputs: [reals([3, 11, 2, 18])], attributes: { axis: [0, 2] } },
];

export const errors: ExamOf<typeof ops.sum>["errors"] = [
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
    call: (op, make) => op(make(truths([2]))),
    error: DTypeError,
    message: /: x is bool, expected float32(, float64 or int32| or float64)$/,
  },
];

export const empty: ExamOf<typeof ops.max>["errors"][number] = {
  call: (op, make) => op(make(reals([3, 0])), { axis: 1 }),
  error: ShapeError,
  message: /: x is \[3, 0\], which has no elements along the reduced axes$/,
};

export const square = reals([1024, 1024]);
export const bench: Record<string, Case<Over>> = {
  "1024x1024 last": { inputs: [square], attributes: { axis: -1 } },
  "1024x1024 first": { inputs: [square], attributes: { axis: 0 } },
  "1M": { inputs: [reals([1 << 20])] },
};

export const sized = (n: number): Case<Over> => ({ inputs: [reals([n, n + 1])], attributes: { axis: 0 } });
export const sizedRows = (n: number): Case<Over> => ({
  inputs: [reals([3, n + 1])],
  attributes: { axis: 1 },
});

/** Whole numbers below 5, so that there are ties. */
export const tied: Sample = {
  shape: [6, 7],
  dtype: "float32",
  element: (_, random) => Math.floor(random * 5),
};

/** Different numbers, neighbours 0.005 apart: a small step changes no order. */
export const apart = (shape: number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (index) => ((index * 7919) % 1009) / 200 - 2.5,
});

/** Where an extremum is smooth. */
export const gradientsApart: readonly Case<Over>[] = [
  { inputs: [apart([])] },
  { inputs: [apart([7, 6])] },
  { inputs: [apart([7, 6])], attributes: { axis: 0 } },
  { inputs: [apart([7, 6])], attributes: { axis: -1, keepDims: true } },
  { inputs: [apart([3, 4, 5, 6])], attributes: { axis: [0, 2] } },
];

/** Of whole numbers, some of them large. */
export const wholes: readonly Case<Over>[] = [
  { inputs: [integers([37, 129], 90)], attributes: { axis: 0 } },
  { inputs: [integers([37, 129], 90)], attributes: { axis: 1, keepDims: true } },
  { inputs: [integers([203, 7], 5)] },
  { inputs: [integers([9, 4103], 5)], attributes: { axis: 0 } },
  { inputs: [values([2147483647, -2147483648, -1, 5, 7, 0], [2, 3], "int32")], attributes: { axis: 1 } },
];
