/** Exams of the elementary functions. */
import { type ExamOf, nonzero, reals, type Sample } from "../exam.js";
import type * as ops from "./elementary.js";
import { unary, unaryGrad, unaryInt } from "./elementwise.exam.js";

const positive = (shape: number[]): Sample => reals(shape, 0.2, 3);
const moderate = (shape: number[]): Sample => reals(shape, -3, 3);

/** Functions with steps: their derivative is 0 off the steps, where the gradient case lies. */
const steps = (f: (x: number) => number): ExamOf<typeof ops.floor> => ({
  ...unary(f, moderate, 0),
  gradients: [{ inputs: [nonzero([3, 5])] }],
});

const signOf = (x: number): number => (x === 0 || Number.isNaN(x) ? x : Math.sign(x));

export const abs: ExamOf<typeof ops.abs> = unaryInt(Math.abs, nonzero, 0);
export const absGrad: ExamOf<typeof ops.absGrad> = unaryGrad(
  (dy, x) => (x === 0 ? 0 : dy * Math.sign(x)),
  nonzero,
  1,
);
export const sign: ExamOf<typeof ops.sign> = unaryInt(signOf, nonzero, 0);
export const reciprocal: ExamOf<typeof ops.reciprocal> = unary((x) => 1 / x, nonzero, 1);
export const reciprocalGrad: ExamOf<typeof ops.reciprocalGrad> = unaryGrad(
  (dy, x) => -dy / (x * x),
  nonzero,
  4,
);
export const rsqrt: ExamOf<typeof ops.rsqrt> = unary((x) => 1 / Math.sqrt(x), positive, 2);
export const rsqrtGrad: ExamOf<typeof ops.rsqrtGrad> = unaryGrad(
  (dy, x) => -dy / (2 * x * Math.sqrt(x)),
  positive,
  6,
);
export const floor: ExamOf<typeof ops.floor> = steps(Math.floor);
export const ceil: ExamOf<typeof ops.ceil> = steps(Math.ceil);
export const round: ExamOf<typeof ops.round> = steps((x) => {
  const low = Math.floor(x);
  return x - low === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
});
export const trunc: ExamOf<typeof ops.trunc> = steps(Math.trunc);
