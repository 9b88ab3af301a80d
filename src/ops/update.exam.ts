/** Exams of the optimisers' steps. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, integers, reals, together } from "../exam.js";
import type * as ops from "./update.js";

const three = (n: number): Case["inputs"] => [reals([n]), reals([n]), reals([n])];

type Sgd = { learningRate: number; momentum?: number; nesterov?: boolean; weightDecay?: number };

/** One step rounded in float32 here and there: errors are in proportion to the terms, all below 3. */
export const sgdUpdate: ExamOf<typeof ops.sgdUpdate> = {
  reference: (inputs, { learningRate, momentum, nesterov, weightDecay }) =>
    together(inputs, (p, gradient, velocity) => {
      const g = gradient + weightDecay * p;
      if (momentum === 0) return [p - learningRate * g, gradient, velocity];
      const v = momentum * velocity + g;
      return [p - learningRate * (nesterov ? g + momentum * v : v), gradient, v];
    }),
  ulps: 2,
  scale: 3,
  sized: (n) => ({ inputs: three(n), attributes: { learningRate: 0.1, momentum: 0.9 } }),
  cases: [
    { learningRate: 0.1 },
    { learningRate: 0.1, weightDecay: 0.01 },
    { learningRate: 0.1, momentum: 0.9 },
    { learningRate: 0.1, momentum: 0.9, nesterov: true },
    { learningRate: 0.5, momentum: 0.5, nesterov: true, weightDecay: 0.1 },
  ].map((attributes: Sgd) => ({ inputs: [reals([7, 19]), reals([7, 19]), reals([7, 19])], attributes })),
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), make(reals([3])), make(reals([2])), { learningRate: 1 }),
      error: ShapeError,
      message: "sgdUpdate: gradient is [3] and parameter is [2], expected the same",
    },
    {
      call: (op, make) => op(make(reals([2])), make(reals([2])), make(integers([2], 3)), { learningRate: 1 }),
      error: DTypeError,
      message: "sgdUpdate: velocity is int32, expected float32",
    },
    {
      call: (op, make) => op(make(reals([2])), make(reals([2])), make(reals([2])), { lr: 1 } as never),
      error: OptionError,
      message:
        'sgdUpdate: unknown option "lr", expected "learningRate", "momentum", "nesterov", "weightDecay"',
    },
  ],
  bench: { "1M momentum": { inputs: three(1 << 20), attributes: { learningRate: 0.1, momentum: 0.9 } } },
};

const four = (n: number): Case["inputs"] => [reals([n]), reals([n]), reals([n]), reals([n], 0.01, 1)];

export const adamUpdate: ExamOf<typeof ops.adamUpdate> = {
  reference: (inputs, { step, learningRate, beta1, beta2, epsilon, weightDecay, decoupled }) =>
    together(inputs, (p, gradient, before, square) => {
      const g = decoupled ? gradient : gradient + weightDecay * p;
      const decayed = decoupled ? p - learningRate * weightDecay * p : p;
      const m = beta1 * before + (1 - beta1) * g;
      const v = beta2 * square + (1 - beta2) * g * g;
      const change = m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
      return [decayed - learningRate * change, gradient, m, v];
    }),
  ulps: 2, // of 3
  scale: 3,
  sized: (n) => ({ inputs: four(n), attributes: { step: 1, learningRate: 0.01 } }),
  cases: [
    { step: 1, learningRate: 0.01 },
    { step: 1000, learningRate: 0.01 },
    { step: 3, learningRate: 0.01, weightDecay: 0.1 },
    { step: 3, learningRate: 0.01, weightDecay: 0.1, decoupled: true },
    { step: 2, learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 0.1 },
  ].map((attributes) => ({
    inputs: [reals([7, 19]), reals([7, 19]), reals([7, 19]), reals([7, 19], 0.01, 1)],
    attributes,
  })),
  gradients: [],
  errors: [
    {
      call: (op, make) => {
        const x = make(reals([2]));
        op(x, make(reals([2])), make(reals([2])), make(reals([3])), { step: 1, learningRate: 1 });
      },
      error: ShapeError,
      message: "adamUpdate: v is [3] and parameter is [2], expected the same",
    },
    {
      call: (op, make) => {
        const x = make(reals([2]));
        op(x, x, x, x, { step: "1" as never, learningRate: 1 });
      },
      error: OptionError,
      message: "adamUpdate: step is a string, expected a number",
    },
  ],
  bench: { "1M": { inputs: four(1 << 20), attributes: { step: 10, learningRate: 0.01 } } },
};
