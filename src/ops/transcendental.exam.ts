/**
 * Exams of the transcendental functions. Errors as in assembly/functions, doubled: two units of 2⁻²⁴ are one in the
 * last place.
 */
import { DTypeError, ShapeError } from "../errors.js";
import {
  type Case,
  type ExamOf,
  integers,
  nonzero,
  pairs,
  reals,
  type Sample,
  specials,
  values,
} from "../exam.js";
import * as special from "../special.exam.js";
import { broadcasting } from "./binary.exam.js";
import { unary, unaryGrad } from "./elementwise.exam.js";
import type * as ops from "./transcendental.js";

type Elementary = ExamOf<typeof ops.sin>;

const moderate = (shape: number[]): Sample => reals(shape, -2, 2);
const inside = (shape: number[]): Sample => reals(shape, -0.9, 0.9);
const positive = (shape: number[]): Sample => reals(shape, 0.2, 3);

export const expm1: Elementary = unary(Math.expm1, moderate, 4);
export const exp2: Elementary = unary((x) => 2 ** x, moderate, 4);
export const log1p: Elementary = unary(Math.log1p, positive, 4);
export const log2: Elementary = unary(Math.log2, positive, 6);
export const sin: Elementary = unary(Math.sin, moderate, 4);
export const cos: Elementary = unary(Math.cos, moderate, 4);
export const tan: Elementary = unary(Math.tan, (shape) => reals(shape, -1, 1), 7);
export const asin: Elementary = unary(Math.asin, inside, 5);
export const acos: Elementary = unary(Math.acos, inside, 5);
export const atan: Elementary = unary(Math.atan, moderate, 5);
export const sinh: Elementary = unary(Math.sinh, moderate, 7);
export const cosh: Elementary = unary(Math.cosh, moderate, 5);
export const asinh: Elementary = unary(Math.asinh, moderate, 6);
export const acosh: Elementary = unary(Math.acosh, (shape) => reals(shape, 1.2, 3), 6);
export const atanh: Elementary = unary(Math.atanh, inside, 6);
export const erf: Elementary = unary(special.erf, moderate, 4);
export const erfc: Elementary = unary(special.erfc, moderate, 8);

type Gradient = ExamOf<typeof ops.asinGrad>;

export const expm1Grad: Gradient = unaryGrad((dy, y) => dy * (y + 1), moderate, 4, 3);
export const exp2Grad: Gradient = unaryGrad((dy, y) => dy * y * Math.LN2, moderate, 4);
export const log1pGrad: Gradient = unaryGrad((dy, x) => dy / (1 + x), positive, 4);
export const log2Grad: Gradient = unaryGrad((dy, x) => dy / (x * Math.LN2), positive, 4);
export const tanGrad: Gradient = unaryGrad((dy, y) => dy * (1 + y * y), moderate, 4);
export const asinGrad: Gradient = unaryGrad((dy, x) => dy / Math.sqrt((1 - x) * (1 + x)), inside, 6);
export const acosGrad: Gradient = unaryGrad((dy, x) => -dy / Math.sqrt((1 - x) * (1 + x)), inside, 6);
export const atanGrad: Gradient = unaryGrad((dy, x) => dy / (1 + x * x), moderate, 4);
export const asinhGrad: Gradient = unaryGrad((dy, x) => dy / Math.sqrt(x * x + 1), moderate, 5);
export const acoshGrad: Gradient = unaryGrad(
  (dy, x) => dy / Math.sqrt((x - 1) * (x + 1)),
  (shape) => reals(shape, 1.2, 3),
  6,
);
export const atanhGrad: Gradient = unaryGrad((dy, x) => dy / ((1 - x) * (1 + x)), inside, 5);

const differentDTypes: ExamOf<typeof ops.pow>["errors"] = [
  {
    call: (op, make) => op(make(reals([2])), make(integers([2], 3))),
    error: DTypeError,
    message: /: [xy] is int32, expected float32 or float64$/,
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2]))),
    error: ShapeError,
    message: /: [xy] is \[2, 3\] and [xy] is \[2\]; axis -1 has 3 and 2, which do not broadcast$/,
  },
];

/** Every pair of special values, as a row against a column. */
const more = [...specials, 0.5, 2, -2, 3, -3, 0.3333333];
const everyPair: Case = { inputs: [values(more), values(more, [more.length, 1])] };

export const pow: ExamOf<typeof ops.pow> = {
  reference: ([x, y]) =>
    pairs(x, y, (a, b) => (Math.abs(a) === 1 && Math.abs(b) === Infinity ? 1 : a === 1 ? 1 : a ** b)),
  ulps: 2,
  sized: (n) => ({ inputs: [positive([n]), reals([n], -9, 9)] }),
  cases: [
    everyPair,
    ...broadcasting,
    { inputs: [reals([1000], 0, 1e3), reals([1000], -12, 12)] },
    { inputs: [reals([300], -20, 20), { ...integers([300], 9), dtype: "float32" }] },
  ],
  gradients: [
    { inputs: [positive([3, 5]), reals([3, 5])] },
    { inputs: [positive([4, 1]), reals([5])] },
    { inputs: [positive([4]), values([0, 1, 2, 3])] },
  ],
  errors: differentDTypes,
  bench: { "1M": { inputs: [positive([1 << 20]), moderate([1 << 20])] } },
};

export const atan2: ExamOf<typeof ops.atan2> = {
  reference: ([y, x]) => pairs(y, x, Math.atan2),
  ulps: 6,
  sized: (n) => ({ inputs: [reals([n]), reals([n])] }),
  cases: [everyPair, ...broadcasting, { inputs: [reals([1000], -1e-3, 1e-3), reals([1000])] }],
  gradients: [{ inputs: [nonzero([3, 5]), nonzero([3, 5])] }, { inputs: [nonzero([4, 1]), nonzero([5])] }],
  errors: differentDTypes,
  bench: { "1M": { inputs: [reals([1 << 20]), reals([1 << 20])] } },
};
