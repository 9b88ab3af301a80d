/** Exams of symmetric products. */
import { ShapeError } from "../../errors.js";
import { array, at, type Case, each, type ExamOf, magnitudes, reals, type Reference } from "../../exam.js";
import { eachMatrix, times, turned } from "./matrices.exam.js";
import type * as ops from "./symmetric.js";

const squared = (x: Reference, transpose: boolean): Reference => {
  const [m, n] = x.shape.slice(-2);
  const size = transpose ? n : m;
  if ((transpose ? m : n) === 0) return array([...x.shape.slice(0, -2), size, size], () => 0);
  return eachMatrix(x, size, size, (own) =>
    transpose ? times(turned(own, n), own) : times(own, turned(own, n)),
  );
};

const rows = (m: number, n: number, transpose = false, batch: number[] = []): Case => ({
  inputs: [reals([...batch, m, n])],
  attributes: { transpose },
});

const sides = [
  [1, 1],
  [3, 5],
  [8, 8],
  [13, 40],
  [33, 7],
  [130, 20],
  [17, 600],
  [5, 0],
  [0, 5],
];

export const syrk: ExamOf<typeof ops.syrk> = {
  reference: ([x], { transpose = false }) => squared(x, transpose),
  ulps: 16,
  scale: ([x], { transpose = false }) => squared(each(x, Math.abs), transpose),
  sized: (n) => rows(n, 9),
  cases: [...sides.flatMap(([m, n]) => [rows(m, n), rows(n, m, true)]), rows(4, 6, true, [2, 3])],
  gradients: [rows(3, 4), rows(3, 4, true), rows(2, 3, false, [2])],
  errors: [
    {
      call: (op, make) => op(make(reals([4]))),
      error: ShapeError,
      message: "syrk: x is [4], expected at least two axes",
    },
  ],
  bench: { "1024x1024": rows(1024, 1024), "4096x1024 transposed": rows(4096, 1024, true) },
};

const ones = (n: number) => ({ shape: [n, n], dtype: "float32" as const, element: () => 1 });

const update = (m: number, n: number, attributes: object): Case => ({
  inputs: [ones("transpose" in attributes ? n : m), reals([m, n])],
  attributes,
});

export const syrkUpdate: ExamOf<typeof ops.syrkUpdate> = {
  reference([c, x], { transpose = false, subtract }) {
    const product = squared(x, transpose);
    const sign = subtract ? -1 : 1;
    return [array(c.shape, (index) => at(c, index) + sign * at(product, index)), x];
  },
  ulps: 16,
  scale([c, x], { transpose = false }) {
    const [size, own] = magnitudes([c, x] as const);
    const product = squared(own, transpose);
    return [array(c.shape, (index) => at(size, index) + at(product, index)), own];
  },
  sized: (n) => update(n, 9, {}),
  cases: sides.flatMap(([m, n]) => [update(m, n, {}), update(n, m, { transpose: true, subtract: true })]),
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(reals([3, 3])), make(reals([2, 3]))),
      error: ShapeError,
      message: "syrkUpdate: c is [3, 3], expected [2, 2] (x is [2, 3])",
    },
    {
      call: (op, make) => op(make(reals([3, 3])), make(reals([2, 3, 3]))),
      error: ShapeError,
      message: "syrkUpdate: x is [2, 3, 3], expected two axes",
    },
  ],
  bench: { "1024 by 4096x1024": update(4096, 1024, { transpose: true }) },
};
