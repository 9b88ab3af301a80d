/** One step of an optimiser, in place. */
import { power } from "../exact.js";
import type { KernelName } from "../generated/kernels.js";
import { inPlace, type Launch } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { sameShapes } from "./binary.js";

/** A kernel over the elements of a parameter and of what goes with it, all of one shape. */
export function update(kernel: KernelName, named: Record<string, Spec>, numbers: readonly number[]): Launch {
  const [[name, parameter], ...others] = Object.entries(named);
  for (const [other, spec] of others) sameShapes(kernel, spec, parameter, [other, name]);
  const grid = sizeOf(parameter.shape);
  return { kernel, outputs: [], grid, numbers, bytes: 8 * grid * others.length };
}

/**
 * Stochastic gradient descent: g = gradient + weightDecay · p; v = momentum · v + g; p −= learningRate · (g + momentum · v
 * if nesterov, else v). Without momentum p −= learningRate · g, and velocity is not touched.
 * Sutskever, Martens, Dahl, Hinton: "On the importance of initialization and momentum in deep learning", 2013.
 */
export const sgdUpdate = /* @__PURE__ */ inPlace<
  [parameter: Tensor, gradient: Tensor, velocity: Tensor],
  { learningRate: number; momentum?: number; nesterov?: boolean; weightDecay?: number }
>()({
  name: "sgdUpdate",
  inputs: { parameter: "float32", gradient: "float32", velocity: "float32" },
  defaults: { learningRate: 0, momentum: 0, nesterov: false, weightDecay: 0 },
  plan: (
    [parameter, gradient, velocity],
    { learningRate, momentum = 0, nesterov = false, weightDecay = 0 },
  ) =>
    update("sgdUpdate", { parameter, gradient, velocity }, [
      learningRate,
      momentum,
      Number(nesterov),
      weightDecay,
    ]),
});

/**
 * Adam: m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= learningRate · m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ =
 * v / (1 − β₂ᵗ). Weight decay is added to g, or, when decoupled (AdamW), p −= learningRate · weightDecay · p.
 * Kingma, Ba: "Adam", 2015, algorithm 1; Loshchilov, Hutter: "Decoupled weight decay regularization", 2019.
 */
export const adamUpdate = /* @__PURE__ */ inPlace<
  [parameter: Tensor, gradient: Tensor, m: Tensor, v: Tensor],
  {
    /** t, from 1. */
    step: number;
    learningRate: number;
    beta1?: number;
    beta2?: number;
    epsilon?: number;
    weightDecay?: number;
    decoupled?: boolean;
  }
>()({
  name: "adamUpdate",
  inputs: { parameter: "float32", gradient: "float32", m: "float32", v: "float32" },
  defaults: {
    step: 1,
    learningRate: 0,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    decoupled: false,
  },
  plan([parameter, gradient, m, v], attributes) {
    const { step, learningRate, beta1, beta2, epsilon, weightDecay, decoupled } = attributes as Required<
      typeof attributes
    >;
    const corrections = [1 - power(beta1, step), 1 - power(beta2, step)];
    const numbers = [learningRate, beta1, beta2, epsilon, weightDecay, Number(decoupled), ...corrections];
    return update("adamUpdate", { parameter, gradient, m, v }, numbers);
  },
});
