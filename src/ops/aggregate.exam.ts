/** Exams of the reductions beyond sum, mean, max and argmax. */
import { DTypeError, OptionError } from "../errors.js";
import { type Case, type ExamOf, integers, nonzero, reals, truths, values } from "../exam.js";
import type * as ops from "./aggregate.js";
import {
  bench,
  cases,
  columns,
  empty,
  errors,
  gradientsApart,
  type Over,
  reduce,
  sized,
  sizedRows,
  specialCases,
  tied,
  total,
  wholes,
} from "./folds.exam.js";

const smallest = (group: number[]): number => group.reduce((a, b) => Math.min(a, b), Infinity);

export const min: ExamOf<typeof ops.min> = {
  reference: ([x], over) => reduce(x, over, smallest),
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

export const argmin: ExamOf<typeof ops.argmin> = {
  reference: ([x], over) =>
    reduce(x, over, (group) => {
      const nan = group.findIndex((value) => Number.isNaN(value));
      return nan >= 0 ? nan : group.indexOf(smallest(group));
    }),
  ulps: 0,
  sized: sizedRows,
  cases: [
    ...cases,
    ...specialCases,
    { inputs: [tied] },
    { inputs: [tied], attributes: { axis: 0 } },
    { inputs: [values([Infinity, Infinity, Infinity])] },
    { inputs: [values([1, NaN, 2, NaN, 3, 3, 3, 3, 3, 3], [5, 2])], attributes: { axis: 0 } },
  ],
  gradients: [],
  errors: [...errors, empty],
  bench,
};

const product = (group: number[]): number => group.reduce((a, b) => a * b, 1);
const wrapped = (group: number[]): number => group.reduce((a, b) => Math.imul(a, b), 1);

/** Of either sign and about 1, so that products of many neither vanish nor overflow. */
const about1 = (shape: number[]) => ({
  shape,
  dtype: "float32" as const,
  element: (index: number, random: number): number => (index % 3 ? 1 : -1) * (0.95 + random / 10),
});

export const prod: ExamOf<typeof ops.prod> = {
  reference: ([x], over) => reduce(x, over, x.dtype === "int32" ? wrapped : product),
  ulps: 200, // one for each factor
  sized: (n) => ({ inputs: [about1([n, n + 1])], attributes: { axis: 0 } }),
  cases: [
    ...wholes,
    { inputs: [about1([37, 129])], attributes: { axis: 0 } },
    { inputs: [about1([37, 129])], attributes: { axis: 1, keepDims: true } },
    { inputs: [about1([3, 4, 5, 6])], attributes: { axis: [0, 2] } },
    { inputs: [about1([7])] },
    { inputs: [reals([3, 0])], attributes: { axis: 1 } },
    { inputs: [values([0, 2, 3, NaN, 1, 2, Infinity, 2, 2], [3, 3])], attributes: { axis: 1 } },
  ],
  gradients: [
    { inputs: [nonzero([4])] },
    { inputs: [nonzero([4, 3])], attributes: { axis: 0 } },
    { inputs: [nonzero([4, 3])], attributes: { axis: -1, keepDims: true } },
  ],
  errors,
  bench,
};

const logical = (f: (group: number[]) => boolean): ExamOf<typeof ops.any> => ({
  reference: ([x], over) => reduce(x, over, (group) => Number(f(group))),
  ulps: 0,
  sized: (n) => ({ inputs: [truths([n, n + 1])], attributes: { axis: 0 } }),
  cases: [
    { inputs: [truths([])] },
    { inputs: [truths([3, 2])], attributes: { axis: 1 } },
    { inputs: [truths([3, 129])], attributes: { axis: 0, keepDims: true } },
    { inputs: [values(new Array<number>(40).fill(0), [40], "bool")] },
    { inputs: [values(new Array<number>(40).fill(1), [40], "bool")] },
    { inputs: [values([...new Array<number>(39).fill(0), 1], [40], "bool")] },
    { inputs: [values([...new Array<number>(39).fill(1), 0], [40], "bool")] },
    { inputs: [truths([2, 0])], attributes: { axis: 1 } },
  ],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(integers([2], 2))),
      error: DTypeError,
      message: /: x is int32, expected bool$/,
    },
  ],
  bench: { "1024x1024 last": { inputs: [truths([1024, 1024])], attributes: { axis: -1 } } },
});

export const any: ExamOf<typeof ops.any> = logical((group) => group.some(Boolean));
export const all: ExamOf<typeof ops.all> = logical((group) => group.every(Boolean));

/** ln Σ eˣ in float64. */
function logSum(group: number[]): number {
  const top = group.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(top)) return top;
  return top + Math.log(total(group.map((x) => Math.exp(x - top))));
}

export const logsumexp: ExamOf<typeof ops.logsumexp> = {
  reference: ([x], over) => reduce(x, over, logSum),
  scale: ([x], over) => reduce(x, over, (group) => Math.max(1, ...group.map(Math.abs))),
  ulps: 6,
  sized,
  cases: [
    ...cases,
    ...specialCases,
    { inputs: [reals([3, 5], -200, 200)], attributes: { axis: 1 } },
    { inputs: [values([-Infinity, -Infinity, 1, -Infinity], [2, 2])], attributes: { axis: 1 } },
    { inputs: [reals([3, 0])], attributes: { axis: 1 } },
  ],
  gradients: cases.slice(0, 5),
  errors,
  bench,
};

type Norm = Over & { ord?: number };

const orders: readonly Norm[] = [
  { ord: 1 },
  { ord: 2 },
  { ord: Infinity },
  { ord: 3.5, axis: 1 },
  { ord: 0.5, axis: 0 },
];

const magnitude =
  ({ ord = 2 }: Norm) =>
  (group: number[]): number =>
    ord === Infinity
      ? group.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      : total(group.map((x) => Math.abs(x) ** ord)) ** (1 / ord);

export const norm: ExamOf<typeof ops.norm> = {
  reference: ([x], options) => reduce(x, options, magnitude(options)),
  ulps: 16,
  sized,
  cases: [...cases, ...orders.map((attributes): Case<Norm> => ({ inputs: [reals([7, 19])], attributes }))],
  gradients: [
    ...orders.map((attributes): Case<Norm> => ({ inputs: [nonzero([4, 5])], attributes })),
    { inputs: [nonzero([4, 5])], attributes: { axis: -1, keepDims: true } },
  ],
  errors: [
    ...(errors as ExamOf<typeof ops.norm>["errors"]),
    {
      call: (norm, make) => norm(make(reals([2])), { ord: 0 }),
      error: OptionError,
      message: "norm: ord is 0, expected a number above 0",
    },
  ],
  bench,
};
