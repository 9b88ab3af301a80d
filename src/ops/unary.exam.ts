/** Exams of the functions of one tensor, element by element. */
import { type ExamOf, nonzero, reals, type Sample } from "../exam.js";
import { unary, unaryGrad, unaryInt } from "./elementwise.exam.js";
import type * as ops from "./unary.js";

const positive = (shape: number[]): Sample => reals(shape, 0.2, 3);
const moderate = (shape: number[]): Sample => reals(shape, -3, 3);

export const neg: ExamOf<typeof ops.neg> = unaryInt((x) => -x, moderate, 0);
export const square: ExamOf<typeof ops.square> = unaryInt(
  (x) => x * x,
  moderate,
  1,
  (x) => Math.imul(x, x),
);
export const sqrt: ExamOf<typeof ops.sqrt> = unary(Math.sqrt, positive, 1);
export const exp: ExamOf<typeof ops.exp> = unary(Math.exp, moderate, 3);
export const log: ExamOf<typeof ops.log> = unary(Math.log, positive, 3);
export const relu: ExamOf<typeof ops.relu> = unary((x) => (x > 0 || Number.isNaN(x) ? x : 0), nonzero, 0.5); // exact, but for the sign of 0
export const tanh: ExamOf<typeof ops.tanh> = unary(Math.tanh, moderate, 4);
export const sigmoid: ExamOf<typeof ops.sigmoid> = unary((x) => 1 / (1 + Math.exp(-x)), moderate, 5);

export const sqrtGrad: ExamOf<typeof ops.sqrtGrad> = unaryGrad((dy, y) => dy / (2 * y), nonzero, 2);
export const squareGrad: ExamOf<typeof ops.squareGrad> = unaryGrad((dy, x) => 2 * dy * x, nonzero, 2);
export const reluGrad: ExamOf<typeof ops.reluGrad> = unaryGrad((dy, y) => (y > 0 ? dy : 0), nonzero);
export const tanhGrad: ExamOf<typeof ops.tanhGrad> = unaryGrad(
  (dy, y) => dy * (1 - y * y),
  nonzero,
  undefined,
  1,
);
export const sigmoidGrad: ExamOf<typeof ops.sigmoidGrad> = unaryGrad(
  (dy, y) => dy * (y * (1 - y)),
  nonzero,
  undefined,
  1,
);
