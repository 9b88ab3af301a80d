/** Exams of the steps of more optimisers. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals, together } from "../exam.js";
import type * as ops from "./optimizers.js";

const three = (n: number): Case["inputs"] => [reals([n]), reals([n]), reals([n], 0.01, 1)];
const five = (...shape: number[]): Case["inputs"] => [
  reals(shape),
  reals(shape),
  reals(shape, 1, 2), // above the mean squared, as it is in use
  reals(shape, -0.5, 0.5),
  reals(shape),
];

export const rmspropUpdate: ExamOf<typeof ops.rmspropUpdate> = {
  reference: (inputs, { learningRate, alpha, epsilon, weightDecay, momentum, centered }) =>
    together(inputs, (p, gradient, square, mean, velocity) => {
      const g = gradient + weightDecay * p;
      const s = alpha * square + (1 - alpha) * g * g;
      const m = centered ? alpha * mean + (1 - alpha) * g : mean;
      const d = g / (Math.sqrt(centered ? s - m * m : s) + epsilon);
      const v = momentum === 0 ? velocity : momentum * velocity + d;
      return [p - learningRate * (momentum === 0 ? d : v), gradient, s, m, v];
    }),
  scale: 3,
  sized: (n) => ({ inputs: five(n), attributes: { learningRate: 0.01 } }),
  cases: [
    { learningRate: 0.01 },
    { learningRate: 0.1, momentum: 0.9 },
    { learningRate: 0.1, centered: true },
    { learningRate: 0.1, alpha: 0.5, epsilon: 0.1, weightDecay: 0.1, momentum: 0.5, centered: true },
  ].map((attributes) => ({ inputs: five(7, 19), attributes })),
  gradients: [],
  errors: [
    {
      call: (op, make) => {
        const x = make(reals([2]));
        op(x, x, x, make(reals([3])), x, { learningRate: 1 });
      },
      error: ShapeError,
      message: "rmspropUpdate: mean is [3] and parameter is [2], expected the same",
    },
  ],
  bench: { "1M": { inputs: five(1 << 20), attributes: { learningRate: 0.01 } } },
};

export const adagradUpdate: ExamOf<typeof ops.adagradUpdate> = {
  reference: (inputs, { learningRate, epsilon, weightDecay }) =>
    together(inputs, (p, gradient, square) => {
      const g = gradient + weightDecay * p;
      const s = square + g * g;
      return [p - (learningRate * g) / (Math.sqrt(s) + epsilon), gradient, s];
    }),
  scale: 3,
  sized: (n) => ({ inputs: three(n), attributes: { learningRate: 0.01 } }),
  cases: [{ learningRate: 0.1 }, { learningRate: 0.1, epsilon: 0.1, weightDecay: 0.1 }].map((attributes) => ({
    inputs: [reals([7, 19]), reals([7, 19]), reals([7, 19], 0.01, 1)],
    attributes,
  })),
  gradients: [],
  errors: [
    {
      call: (op, make) => {
        const x = make(reals([2]));
        op(x, make(reals([2, 2])), x, { learningRate: 1 });
      },
      error: ShapeError,
      message: "adagradUpdate: gradient is [2, 2] and parameter is [2], expected the same",
    },
  ],
  bench: { "1M": { inputs: three(1 << 20), attributes: { learningRate: 0.01 } } },
};

export const lionUpdate: ExamOf<typeof ops.lionUpdate> = {
  reference: (inputs, { learningRate, beta1, beta2, weightDecay }) =>
    together(inputs, (p, g, m) => [
      p - learningRate * (Math.sign(beta1 * m + (1 - beta1) * g) + weightDecay * p),
      g,
      beta2 * m + (1 - beta2) * g,
    ]),
  scale: 3,
  sized: (n) => ({ inputs: three(n), attributes: { learningRate: 0.01 } }),
  cases: [{ learningRate: 0.01 }, { learningRate: 0.01, beta1: 0.5, beta2: 0.75, weightDecay: 0.1 }].map(
    (attributes) => ({ inputs: [reals([7, 19]), reals([7, 19]), reals([7, 19])], attributes }),
  ),
  gradients: [],
  errors: [
    {
      call: (op, make) => {
        const x = make(reals([2]));
        op(x, x, x, { learningRate: 1, beta3: 1 } as never);
      },
      error: OptionError,
      message: /^lionUpdate: unknown option "beta3", expected "learningRate", "beta1"/,
    },
  ],
  bench: { "1M": { inputs: three(1 << 20), attributes: { learningRate: 0.01 } } },
};
