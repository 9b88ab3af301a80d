/** Exams of the functions of one tensor, element by element. */
import { DTypeError, ShapeError } from "../errors.js";
import {
  each,
  type ExamOf,
  integers,
  nonzero,
  pairs,
  reals,
  type Sample,
  specials,
  values,
} from "../exam.js";
import type * as ops from "./unary.js";

const million = 1 << 20;

/** `ulps`: as in assembly/exponential.ts and logarithm.ts, in units of 2⁻²⁴, two of which are at most one unit in the last place. */
const unary = (
  f: (x: number) => number,
  sample: (shape: number[]) => Sample,
  ulps: number,
): ExamOf<typeof ops.exp> => ({
  reference: ([x]) => each(x, f),
  ulps,
  sized: (n) => ({ inputs: [sample([n])] }),
  cases: [
    { inputs: [values(specials)] },
    { inputs: [sample([])] },
    { inputs: [sample([3, 43])] },
    { inputs: [reals([1000], -20, 20)] },
    { inputs: [reals([1000], -1e-3, 1e-3)] },
  ],
  gradients: [{ inputs: [sample([3, 5])] }, { inputs: [sample([])] }],
  errors: [
    {
      call: (op, make) => op(make(integers([3], 5))),
      error: DTypeError,
      message: /: x is int32, expected float32$/,
    },
  ],
  bench: { "16": { inputs: [sample([16])] }, "1M": { inputs: [sample([million])] } },
});

const positive = (shape: number[]): Sample => reals(shape, 0.2, 3);
const moderate = (shape: number[]): Sample => reals(shape, -3, 3);

export const neg: ExamOf<typeof ops.neg> = unary((x) => -x, moderate, 0);
export const square: ExamOf<typeof ops.square> = unary((x) => x * x, moderate, 1);
export const sqrt: ExamOf<typeof ops.sqrt> = unary(Math.sqrt, positive, 1);
export const exp: ExamOf<typeof ops.exp> = unary(Math.exp, moderate, 3);
export const log: ExamOf<typeof ops.log> = unary(Math.log, positive, 3);
export const relu: ExamOf<typeof ops.relu> = unary((x) => (x > 0 || Number.isNaN(x) ? x : 0), nonzero, 0.5); // exact, but for the sign of 0
export const tanh: ExamOf<typeof ops.tanh> = unary(Math.tanh, moderate, 4);
export const sigmoid: ExamOf<typeof ops.sigmoid> = unary((x) => 1 / (1 + Math.exp(-x)), moderate, 5);

/** Gradients as functions of the cotangent and the result; `scale` is the size of the terms that cancel in 1 − y. */
const unaryGrad = (f: (dy: number, y: number) => number, scale: number): ExamOf<typeof ops.tanhGrad> => ({
  reference: ([dy, y]) => pairs(dy, y, f),
  scale,
  sized: (n) => ({ inputs: [reals([n]), nonzero([n])] }),
  cases: [
    { inputs: [reals([3, 43]), nonzero([3, 43])] },
    { inputs: [reals([specials.length]), values(specials.map((x) => (Math.abs(x) > 1e19 ? 1 : x)))] },
    { inputs: [values(specials), reals([specials.length], 0.25, 0.5)] },
  ],
  gradients: [{ inputs: [reals([3, 5]), nonzero([3, 5])] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([3]))),
      error: ShapeError,
      message: /: dy is \[2, 3\] and y is \[3\], expected the same$/,
    },
  ],
  bench: { "1M": { inputs: [reals([million]), reals([million])] } },
});

export const reluGrad: ExamOf<typeof ops.reluGrad> = unaryGrad((dy, y) => (y > 0 ? dy : 0), 0);
export const tanhGrad: ExamOf<typeof ops.tanhGrad> = unaryGrad((dy, y) => dy * (1 - y * y), 1);
export const sigmoidGrad: ExamOf<typeof ops.sigmoidGrad> = unaryGrad((dy, y) => dy * (y * (1 - y)), 1);
