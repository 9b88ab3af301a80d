/** Exams of the activation functions. Errors as in assembly/activations, doubled. */
import { OptionError } from "../errors.js";
import { each, type ExamOf, nonzero, pairs, reals, type Sample, specials, values } from "../exam.js";
import { normalCdf } from "../special.exam.js";
import { unary, unaryGrad } from "./elementwise.exam.js";
import type * as ops from "./activations.js";

type Activation = ExamOf<typeof ops.silu>;
type Gradient = ExamOf<typeof ops.siluGrad>;

/** Between the kinks at ±3, and beyond them. */
const pieces = (shape: number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (index, random) => [-5, -1, 1, 2.5, 4][index % 5] + random / 4,
});

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const hard = (x: number): number => Math.min(Math.max((x + 3) / 6, 0), 1);
/** x · f(x), which tends to 0 below. */
const gate =
  (f: (x: number) => number) =>
  (x: number): number =>
    x === -Infinity ? 0 : x * f(x);

const LAMBDA = 1.0507009873554805;
const ALPHA = 1.6732632423543772;
const ROOT = Math.sqrt(8 / Math.PI);

const softplusOf = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const wave = (x: number): number => ROOT * (x + 0.044715 * x ** 3);
const mishOf = (x: number): number => Math.tanh(softplusOf(x));

export const softplus: Activation = unary(softplusOf, nonzero, 5);
export const softplusGrad: Gradient = unaryGrad((dy, x) => dy * sigma(x), nonzero, 8);
export const selu: Activation = unary((x) => LAMBDA * (x > 0 ? x : ALPHA * Math.expm1(x)), nonzero, 6);
export const seluGrad: Gradient = unaryGrad(
  (dy, x) => dy * LAMBDA * (x > 0 ? 1 : ALPHA * Math.exp(x)),
  nonzero,
  8,
);
export const relu6: Activation = unary((x) => Math.min(Math.max(x, 0), 6), pieces, 0.5);
export const relu6Grad: Gradient = unaryGrad((dy, x) => dy * Number(x > 0 && x < 6), pieces, 0.5);
export const hardSigmoid: Activation = unary(hard, pieces, 4);
export const hardSigmoidGrad: Gradient = unaryGrad((dy, x) => (dy * Number(Math.abs(x) < 3)) / 6, pieces, 4);
export const hardSwish: Activation = unary(gate(hard), pieces, 4);
export const hardSwishGrad: Gradient = unaryGrad(
  (dy, x) => dy * (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
  pieces,
  4,
  1,
);
export const silu: Activation = unary(gate(sigma), nonzero, 6);
export const siluGrad: Gradient = unaryGrad((dy, x) => dy * sigma(x) * (1 + x * sigma(-x)), nonzero, 12, 0.1);
export const gelu: Activation = unary(gate(normalCdf), nonzero, 8);
export const geluGrad: Gradient = unaryGrad(
  (dy, x) => dy * (normalCdf(x) + x * density(x)),
  nonzero,
  80,
  0.1,
);
export const geluTanh: Activation = unary(
  gate((x) => sigma(wave(x))),
  nonzero,
  6,
);
export const geluTanhGrad: Gradient = unaryGrad(
  (dy, x) => dy * sigma(wave(x)) * (1 + x * sigma(-wave(x)) * ROOT * (1 + 3 * 0.044715 * x * x)),
  nonzero,
  80,
  0.1,
);
export const mish: Activation = unary(gate(mishOf), nonzero, 8);
export const mishGrad: Gradient = unaryGrad(
  (dy, x) => dy * (mishOf(x) + x * sigma(x) * (1 - mishOf(x) ** 2)),
  nonzero,
  12,
  0.1,
);

const leaky = (x: number, slope: number): number => (x > 0 || Number.isNaN(x) ? x : slope * x);
const bent = (x: number, alpha: number): number => (x > 0 ? x : alpha * Math.expm1(x));

export const leakyRelu: ExamOf<typeof ops.leakyRelu> = {
  ...unary((x) => x, nonzero, 2),
  reference: ([x], { slope }) => each(x, (value) => leaky(value, slope)),
  cases: [
    { inputs: [values(specials)] },
    { inputs: [reals([3, 43])] },
    { inputs: [reals([3, 43])], attributes: { slope: 0.3 } },
  ],
  gradients: [{ inputs: [nonzero([3, 5])] }, { inputs: [nonzero([3, 5])], attributes: { slope: -0.5 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([3])), { slope: "a" as never }),
      error: OptionError,
      message: "leakyRelu: slope is a string, expected a number",
    },
  ],
};

export const leakyReluGrad: ExamOf<typeof ops.leakyReluGrad> = {
  ...unaryGrad((dy) => dy, nonzero, 2),
  reference: ([dy, x], { slope }) => pairs(dy, x, (a, b) => a * (b > 0 ? 1 : slope)),
  cases: [{ inputs: [reals([3, 43]), nonzero([3, 43])], attributes: { slope: 0.3 } }],
};

export const elu: ExamOf<typeof ops.elu> = {
  ...unary((x) => x, nonzero, 6),
  reference: ([x], { alpha }) => each(x, (value) => bent(value, alpha)),
  cases: [
    { inputs: [values(specials)] },
    { inputs: [reals([1000], -20, 20)] },
    { inputs: [reals([3, 43])], attributes: { alpha: 2.5 } },
  ],
  gradients: [{ inputs: [nonzero([3, 5])] }, { inputs: [nonzero([3, 5])], attributes: { alpha: 2.5 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([3])), { alpha: NaN }),
      error: OptionError,
      message: "elu: alpha is NaN",
    },
    {
      call: (op, make) => op(make(reals([3])), { alpha: -1 }),
      error: OptionError,
      message: "elu: alpha is -1, expected a number above 0",
    },
  ],
};

export const eluGrad: ExamOf<typeof ops.eluGrad> = {
  ...unaryGrad((dy) => dy, nonzero, 8),
  reference: ([dy, y], { alpha }) => pairs(dy, y, (a, b) => a * (b > 0 ? 1 : alpha + b)),
  cases: [{ inputs: [reals([3, 43]), nonzero([3, 43])], attributes: { alpha: 2.5 } }],
  gradients: [{ inputs: [reals([3, 5]), nonzero([3, 5])], attributes: { alpha: 2.5 } }],
};
