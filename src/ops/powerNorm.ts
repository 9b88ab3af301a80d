/** PowerNorm: Shen, Yao, Gholami, Mahoney, Keutzer: "PowerNorm: rethinking batch normalization in transformers", 2020. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { normalization as part } from "../generated/normalization.js";
import { scope } from "../memory.js";
import { type Launch, op } from "../op.js";
import { sameShape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, div, each, mul, sameShapes, sub } from "./binary.js";
import { cast } from "./cast.js";
import { channelScale, parts, WIDTH } from "./channels.js";
import { rsqrt } from "./elementary.js";
import { zeros } from "./fill.js";
import { reshape } from "./movement.js";
import { checkEpsilon } from "./normalization.js";
import { maximum, where } from "./pointwise.js";
import { mean, sum } from "./reduce.js";
import { renew } from "./running.js";
import { square } from "./unary.js";

/** Checks x [rows, channels] and what there is for each channel; returns the extents. */
function extentsOf(name: string, x: Spec, mask: Spec, numbers: Record<string, Spec>): number[] {
  if (x.shape.length !== 2) throw new ShapeError(`${name}: x is ${show(x.shape)}, expected [rows, channels]`);
  const [rows, channels] = x.shape;
  for (const [argument, spec] of Object.entries(numbers))
    if (!each(name, argument, spec, channels, "channels of x"))
      throw new ShapeError(`${name}: ${argument} is [], expected [${channels}] (channels of x)`);
  if (mask.shape.length > 0 && !sameShape(mask.shape, [rows]))
    throw new ShapeError(`${name}: mask is ${show(mask.shape)}, expected [${rows}] (rows of x)`);
  return [rows, channels];
}

/** A kernel over units of channels, whose numbers end with whether there is a mask, and whether the batch's own statistics serve. */
function channelwise(
  kernel: "powerNorm" | "powerNormGrad",
  [rows, channels]: readonly number[],
  x: Spec,
  outputs: number,
  flags: readonly number[],
): Launch {
  const each: Spec = { shape: [channels], dtype: x.dtype };
  const forward = kernel === "powerNorm";
  return {
    kernel,
    outputs: [x, ...Array.from({ length: outputs }, () => each)],
    grid: Math.ceil(channels / WIDTH),
    numbers: [rows, channels, ...flags],
    scratch: parts(forward ? 8 : 9, Math.min(WIDTH, channels), x),
    bytes: (forward ? 3 : 5) * bytesOf(x.dtype) * sizeOf(x.shape),
  };
}

interface Step {
  /** Whether the batch's own quadratic mean serves, as in warm-up. */
  batch?: boolean;
  /** How much of ν stays at each backward pass. */
  alpha?: number;
  eps?: number;
}

type Inputs = [x: Tensor, gain: Tensor, bias: Tensor, psi2: Tensor, nu: Tensor, mask: Tensor];

/**
 * `powerNormStep(x, gain, bias, psi2, nu, mask, { batch, alpha, eps })`: y = x / √(ψ² + ε) · gain + bias [rows, channels] and the batch's
 * quadratic mean [channels], over the rows that mask [rows] lets count. ψ² is `psi2` [channels], or that mean if `batch`. The gradient is
 * the paper's approximate one, dx = (g − ν · x̂) / √(ψ² + ε) with g = dy · gain, and moves ν: ν ← ν · (1 − (1 − α) · Γ) + (1 − α) · Λ, Γ and
 * Λ the means of x̂² and of g · x̂. The quadratic mean is not differentiated. Shen et al. 2020, algorithms 1 and 2.
 */
export const powerNormStep = /* @__PURE__ */ op<
  Inputs,
  Step,
  [],
  [Tensor, Tensor, Tensor, Tensor, Tensor],
  [y: Tensor, square: Tensor]
>()({
  name: "powerNormStep",
  part,
  inputs: { x: "real", gain: "real", bias: "real", psi2: "real", nu: "real", mask: "bool" },
  optional: [0],
  results: 2,
  defaults: { batch: false, alpha: 0.9, eps: 1e-5 },
  plan([x, gain, bias, psi2, nu, mask], { batch = false, alpha = 0.9, eps = 1e-5 }) {
    checkEpsilon("powerNormStep", eps);
    if (!(alpha >= 0 && alpha <= 1))
      throw new OptionError(`powerNormStep: alpha is ${alpha}, expected a number in [0, 1]`);
    const extents = extentsOf("powerNormStep", x, mask, { gain, bias, psi2, nu });
    return channelwise("powerNorm", extents, x, 2, [Number(mask.shape.length > 0), Number(batch), eps]);
  },
  vjp([dy], [, squares, scale], [x, gain, , , nu, mask], { alpha = 0.9 }) {
    const [dx, dgain, dbias, lambda] = powerNormGrad(dy, x, gain, scale, nu, mask);
    const rate = 1 - alpha;
    // Γ = the mean of x² · scale²
    renew(nu, () => add(sub(nu, mul(mul(nu, mul(squares, square(scale))), rate)), mul(lambda, rate)));
    return [dx, dgain, dbias, null, null, null];
  },
});

type Pull = [dy: Tensor, x: Tensor, gain: Tensor, scale: Tensor, nu: Tensor, mask: Tensor];

/**
 * dx = (g − ν · x̂) · scale, dgain = Σ dy · x̂, dbias = Σ dy, and Λ, the mean of g · x̂ over the rows that count: the backward rule of
 * powerNormStep, scale being its 1 / √(ψ² + ε) [channels].
 */
export const powerNormGrad = /* @__PURE__ */ op<
  Pull,
  Record<never, never>,
  [],
  Pull,
  [dx: Tensor, dgain: Tensor, dbias: Tensor, lambda: Tensor]
>()({
  name: "powerNormGrad",
  part,
  inputs: { dy: "real", x: "real", gain: "real", scale: "real", nu: "real", mask: "bool" },
  optional: [0],
  results: 4,
  plan([dy, x, gain, scale, nu, mask]) {
    const extents = extentsOf("powerNormGrad", x, mask, { gain, scale, nu });
    sameShapes("powerNormGrad", dy, x, ["dy", "x"]);
    return channelwise("powerNormGrad", extents, x, 3, [Number(mask.shape.length > 0)]);
  },
  fallback([dy, x, gain, scale, nu, mask]) {
    const g = mul(dy, gain);
    const xhat = mul(x, scale);
    const products = mul(g, xhat);
    const lambda =
      mask.rank === 0
        ? mean(products, { axis: 0 })
        : div(sum(where(reshape(mask, [mask.size, 1]), products, 0), { axis: 0 }), countOf(mask, x));
    return [mul(sub(g, mul(nu, xhat)), scale), sum(mul(dy, xhat), { axis: 0 }), sum(dy, { axis: 0 }), lambda];
  },
});

/** How many rows count, at least one. */
const countOf = (mask: Tensor, x: Tensor): Tensor => maximum(sum(cast(mask, x.dtype)), 1);

export interface PowerNormOptions {
  /** The running quadratic mean ψ² of each channel [channels], from 1 on. */
  psi2: Tensor;
  /** The running estimate ν of the backward pass [channels], from 0 on. */
  nu: Tensor;
  /** Whether ψ² and ν follow this batch. Default true; if not, they are used as they are, and gradients are exact. */
  training?: boolean;
  /** In warm-up, the number of the step, from 1 on: the batch's own ψ² serves, and the running one is the mean so far. Default 0: none. */
  warmup?: number;
  /** Which rows count [rows]: padding does not. Default all. */
  mask?: Tensor;
  /** How much of the running averages stays. Default 0.9. */
  alpha?: number;
  /** Added to ψ². Default 1e-5. */
  eps?: number;
}

/**
 * `powerNorm(x, gain, bias, { psi2, nu, training, warmup, mask, alpha, eps })`: y = x / √(ψ² + ε) · gain + bias with the running quadratic
 * mean ψ² of the batches before, which then follows this one: ψ² ← α · ψ² + (1 − α) · mean of x². x [rows, channels]; gain, bias, psi2, nu
 * [channels]. The gradient is the paper's approximate one and moves ν once for each backward pass: gradients that are taken twice, or
 * added up over several passes, move it as often, a forward derivative (`jvp`) too. Not for `checkpoint`: its second run finds ψ² moved. Shen et al. 2020, algorithms 1 and 2.
 */
export function powerNorm(x: Tensor, gain: Tensor, bias: Tensor, options: PowerNormOptions): Tensor {
  const { psi2, nu, training = true, warmup = 0, mask, alpha = 0.9, eps = 1e-5 } = options;
  if (!training)
    return scope(() => channelScale(x, zeros(psi2.shape, psi2.dtype), psi2, gain, bias, { eps }));
  const batch = warmup > 0;
  return scope(() => {
    const [y, squares] = powerNormStep(x, gain, bias, psi2, nu, mask ?? 0, { batch, alpha, eps });
    renew(psi2, () => {
      const before = batch ? add(mul(psi2, (warmup - 1) / warmup), div(squares, warmup)) : psi2;
      return add(mul(before, alpha), mul(squares, 1 - alpha));
    });
    return y;
  });
}

/** y = x / √(ψ² + ε) · gain + bias with the batch's own quadratic mean ψ² over rows, and its exact gradient: PN-V, section 4.1. */
export function powerNormVanilla(x: Tensor, gain: Tensor, bias: Tensor, { eps = 1e-5 } = {}): Tensor {
  return scope(() => {
    const r = rsqrt(add(mean(square(x), { axis: 0, keepDims: true }), eps));
    return add(mul(mul(x, r), gain), bias);
  });
}
