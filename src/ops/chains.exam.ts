/** Exams of chains around dropout. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, nonzero, reals, type Reference } from "../exam.js";
import { normalCdf } from "../special.exam.js";
import type * as ops from "./chains.js";
import { bits, stream, unit } from "./stream.exam.js";

const key = [7, -3] as const;

const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

const functions = {
  none: { of: (x: number) => x, slope: () => 1 },
  relu: { of: (x: number) => Math.max(x, 0), slope: (x: number) => Number(x > 0) },
  gelu: { of: (x: number) => x * normalCdf(x), slope: (x: number) => normalCdf(x) + x * normalDensity(x) },
};

/** What an element is multiplied by: 0 or 1 / (1 − rate). */
function factor(i: number, rate: number, of: readonly [number, number]): number {
  const threshold = Math.fround(rate);
  return unit(bits(of, i)) >= threshold ? 1 / (1 - threshold) : 0;
}

const sum = (x: Reference, bias: Reference, i: number): number => x.data[i] + bias.data[i % bias.data.length];

interface Options {
  key: readonly [number, number];
  rate: number;
  activation?: ops.ChainActivation;
}

const shapes: readonly (readonly number[])[] = [[7, 37], [3, 1], [2, 3, 4], [5, 400], [0, 3]]; // prettier-ignore
const activations = ["none", "relu", "gelu"] as const;

/** Cases with so many operands of x's shape. */
const cases = (operands: number, activation?: ops.ChainActivation): Case<Options>[] =>
  shapes.map((shape) => ({
    inputs: [...Array.from({ length: operands }, () => reals(shape, -3, 3)), reals(shape.slice(-1))],
    attributes: activation ? { key, rate: 0.4, activation } : { key, rate: 0.4 },
  }));

const errors: ExamOf<typeof ops.biasActivationDropout>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2])), key, 0.5),
    error: ShapeError,
    message: "biasActivationDropout: bias is [2], expected [3] (last axis of x [2, 3])",
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([3])), key, 1),
    error: OptionError,
    message: "biasActivationDropout: rate is 1, expected a number in [0, 1)",
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([3])), key, 0.5, { activation: "selu" as "relu" }),
    error: OptionError,
    message: 'biasActivationDropout: activation is "selu", expected one of none, relu, gelu',
  },
];

const layer = [512, 2048];

export const biasActivationDropout: ExamOf<typeof ops.biasActivationDropout> = {
  reference: ([x, bias], { key, rate, activation }) =>
    stream(x.shape, (i) => functions[activation].of(sum(x, bias, i)) * factor(i, rate, key)),
  scale: 6,
  sized: (n) => ({ inputs: [reals([n]), reals([n])], attributes: { key, rate: 0.5, activation: "relu" } }),
  cases: activations.flatMap((activation) => cases(1, activation)),
  gradients: activations.map((activation) => ({
    inputs: [nonzero([5, 7]), reals([7], -0.01, 0.01)],
    attributes: { key, rate: 0.4, activation },
  })),
  errors,
  bench: Object.fromEntries(
    activations.map((activation) => [
      activation,
      { inputs: [reals(layer), reals([2048])], attributes: { key, rate: 0.1, activation } },
    ]),
  ),
};

export const biasActivationDropoutGrad: ExamOf<typeof ops.biasActivationDropoutGrad> = {
  reference: ([dy, x, bias], { key, rate, activation }) =>
    stream(x.shape, (i) => dy.data[i] * factor(i, rate, key) * functions[activation].slope(sum(x, bias, i))),
  ulps: 16,
  scale: 3, // where a derivative of gelu crosses 0
  sized: (n) => ({
    inputs: [reals([n]), reals([n]), reals([n])],
    attributes: { key, rate: 0.5, activation: "relu" },
  }),
  cases: activations.flatMap((activation) => cases(2, activation)),
  gradients: activations.map((activation) => ({
    inputs: [reals([5, 7]), nonzero([5, 7]), reals([7], -0.01, 0.01)],
    attributes: { key, rate: 0.4, activation },
  })),
  errors: [
    {
      call: (op, make) => op(make(reals([3])), make(reals([2, 3])), make(reals([3])), key, 0.5),
      error: ShapeError,
      message: "biasActivationDropoutGrad: dy is [3] and x is [2, 3], expected the same",
    },
  ],
  bench: {
    gelu: {
      inputs: [reals(layer), reals(layer), reals([2048])],
      attributes: { key, rate: 0.1, activation: "gelu" },
    },
  },
};

export const biasDropoutAdd: ExamOf<typeof ops.biasDropoutAdd> = {
  reference: ([x, bias, residual], { key, rate }) =>
    stream(x.shape, (i) => residual.data[i] + sum(x, bias, i) * factor(i, rate, key)),
  scale: 6,
  sized: (n) => ({ inputs: [reals([n]), reals([n]), reals([n])], attributes: { key, rate: 0.5 } }),
  cases: cases(1).map(({ inputs: [x, bias], attributes }) => ({ inputs: [x, bias, x], attributes })),
  gradients: [{ inputs: [reals([5, 7]), reals([7]), reals([5, 7])], attributes: { key, rate: 0.4 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([3])), make(reals([3])), key, 0.5),
      error: ShapeError,
      message: "biasDropoutAdd: x is [2, 3] and residual is [3], expected the same",
    },
  ],
  bench: {
    "512x2048": { inputs: [reals(layer), reals([2048]), reals(layer)], attributes: { key, rate: 0.1 } },
  },
};
