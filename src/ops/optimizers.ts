/** One step of more optimisers, in place. */
import { optimizers as part } from "../generated/optimizers.js";
import { inPlace } from "../op.js";
import type { Tensor } from "../tensor.js";
import { update } from "./update.js";

/**
 * RMSprop: g = gradient + weightDecay · p; s = α · s + (1 − α) · g²; if centered m = α · m + (1 − α) · g and d = g / (√(s −
 * m²) + ε), else d = g / (√s + ε); with momentum v = momentum · v + d and d = v; p −= learningRate · d.
 * square, mean and velocity are s, m and v; m and v are not touched where they are not used.
 * Hinton: "Neural networks for machine learning", lecture 6e, 2012; centered as in Graves: "Generating sequences with
 * recurrent neural networks", 2013, equations 38–45.
 */
export const rmspropUpdate = /* @__PURE__ */ inPlace<
  [parameter: Tensor, gradient: Tensor, square: Tensor, mean: Tensor, velocity: Tensor],
  {
    learningRate: number;
    alpha?: number;
    epsilon?: number;
    weightDecay?: number;
    momentum?: number;
    centered?: boolean;
  }
>()({
  name: "rmspropUpdate",
  part,
  inputs: {
    parameter: "float32",
    gradient: "float32",
    square: "float32",
    mean: "float32",
    velocity: "float32",
  },
  defaults: { learningRate: 0, alpha: 0.99, epsilon: 1e-8, weightDecay: 0, momentum: 0, centered: false },
  plan([parameter, gradient, square, mean, velocity], attributes) {
    const { learningRate, alpha, epsilon, weightDecay, momentum, centered } = attributes as Required<
      typeof attributes
    >;
    const numbers = [learningRate, alpha, epsilon, weightDecay, momentum, Number(centered)];
    return update("rmspropUpdate", { parameter, gradient, square, mean, velocity }, numbers);
  },
});

/**
 * Adagrad: g = gradient + weightDecay · p; s += g²; p −= learningRate · g / (√s + ε). square is s.
 * Duchi, Hazan, Singer: "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
 */
export const adagradUpdate = /* @__PURE__ */ inPlace<
  [parameter: Tensor, gradient: Tensor, square: Tensor],
  { learningRate: number; epsilon?: number; weightDecay?: number }
>()({
  name: "adagradUpdate",
  part,
  inputs: { parameter: "float32", gradient: "float32", square: "float32" },
  defaults: { learningRate: 0, epsilon: 1e-10, weightDecay: 0 },
  plan: ([parameter, gradient, square], { learningRate, epsilon = 1e-10, weightDecay = 0 }) =>
    update("adagradUpdate", { parameter, gradient, square }, [learningRate, epsilon, weightDecay]),
});

/**
 * Lion: p −= learningRate · (sign(β₁ · m + (1 − β₁) · g) + weightDecay · p); m = β₂ · m + (1 − β₂) · g. The sign of 0 is 0.
 * Chen et al.: "Symbolic discovery of optimization algorithms", 2023, program 1.
 */
export const lionUpdate = /* @__PURE__ */ inPlace<
  [parameter: Tensor, gradient: Tensor, m: Tensor],
  { learningRate: number; beta1?: number; beta2?: number; weightDecay?: number }
>()({
  name: "lionUpdate",
  part,
  inputs: { parameter: "float32", gradient: "float32", m: "float32" },
  defaults: { learningRate: 0, beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  plan: ([parameter, gradient, m], { learningRate, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }) =>
    update("lionUpdate", { parameter, gradient, m }, [learningRate, beta1, beta2, weightDecay]),
});
