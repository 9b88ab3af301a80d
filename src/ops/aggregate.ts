/**
 * Reductions beyond sum, mean, max and argmax. `axis` is one axis or several, negative ones counted from the last;
 * default all.
 */
import { OptionError } from "../errors.js";
import { aggregate as part } from "../generated/aggregate.js";
import type { KernelName } from "../generated/kernels.js";
import { op } from "../op.js";
import { normalizeAxes, reducedShape, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, div, kernelFor, mul, sub } from "./binary.js";
import { abs, sign } from "./elementary.js";
import { reshape } from "./movement.js";
import { cast } from "./cast.js";
import { equal, isFinite, where } from "./pointwise.js";
import {
  checkNotEmpty,
  everything,
  folded,
  max,
  maxGrad,
  mean,
  type Over,
  reduction,
  stretch,
  sum,
} from "./reduce.js";
import { pow } from "./transcendental.js";
import { exp, log, sqrt, square } from "./unary.js";

/** y = the smallest x over the axes; NaN if there is one. Equal minima share the gradient equally. */
export const min = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "min",
  part,
  inputs: { x: "number" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("min", kernelFor("min", x.dtype), x, over);
    checkNotEmpty("min", x, plan);
    return folded(plan);
  },
  vjp: (dy, [y], [x], over) => [maxGrad(dy, x, y, over)],
});

/** y = the position of the first minimum over the axes, in their flattened order; that of the first NaN if any. int32 */
export const argmin = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "argmin",
  part,
  inputs: { x: "number" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("argmin", kernelFor("argmin", x.dtype), x, over);
    checkNotEmpty("argmin", x, plan);
    return { ...plan, outputs: [{ shape: plan.outputs[0].shape, dtype: "int32" }] };
  },
});

/**
 * y = Π x over the axes; 1 for an empty group; int32 wraps. Products of up to 256 elements are float32, those of them
 * float64. First derivatives are exact also where elements are 0; second ones need at most none of them to be.
 */
export const prod = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "prod",
  part,
  inputs: { x: "number" },
  defaults: everything,
  plan: ([x], over) => folded(reduction("prod", kernelFor("prod", x.dtype), x, over)),
  vjp(dy, _, [x], over) {
    const zero = equal(x, 0);
    const zeros = sum(cast(zero, x.dtype), over);
    const others = prod(where(zero, 1, x), over);
    const spread = (y: Tensor): Tensor => stretch(y, x.shape, over);
    const none = mul(dy, where(equal(zeros, 0), others, 0));
    const one = mul(dy, where(equal(zeros, 1), others, 0));
    return [where(zero, spread(one), div(spread(none), where(zero, 1, x)))];
  },
});

const logical = (name: KernelName & ("any" | "all")) =>
  op<[x: Tensor], Over>()({
    name,
    part,
    inputs: { x: "bool" },
    defaults: everything,
    plan: ([x], over) => folded(reduction(name, name, x, over)),
  });

/** y = whether any of the truth values over the axes is true; false for an empty group. */
export const any = /* @__PURE__ */ logical("any");

/** y = whether all of the truth values over the axes are true; true for an empty group. */
export const all = /* @__PURE__ */ logical("all");

/** y with the reduced axes kept as 1. */
function kept(y: Tensor, shape: Shape, { axis }: Over): Tensor {
  return reshape(y, reducedShape(shape, normalizeAxes("kept", axis, shape.length), true));
}

/** y = ln Σ eˣ over the axes, without overflow; −∞ for an empty group and where all are −∞. */
export const logsumexp = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "logsumexp",
  inputs: { x: "real" },
  defaults: everything,
  forward([x], over) {
    normalizeAxes("logsumexp", over.axis, x.rank);
    if (x.size === 0) return log(sum(x, over));
    const top = max(x, over);
    const shift = where(isFinite(top), top, 0);
    return add(log(sum(exp(sub(x, kept(shift, x.shape, over))), over)), shift);
  },
  vjp: (dy, [y], [x], over) => [
    mul(stretch(dy, x.shape, over), exp(sub(x, kept(where(isFinite(y), y, 0), x.shape, over)))),
  ],
});

interface Spread extends Over {
  /** What the count is diminished by: 0 (default) for the variance of all there is, 1 for an estimate from a sample. */
  correction?: number;
}

/** `variance(x, { axis, keepDims, correction })`: y = Σ (x − mean)² / (count − correction), in two passes. */
export function variance(x: Tensor, { correction = 0, ...over }: Spread = {}): Tensor {
  const centred = sub(x, mean(x, { ...over, keepDims: true }));
  const total = sum(square(centred), over);
  return div(total, x.size / total.size - correction);
}

/** `std(x, { axis, keepDims, correction })`: the square root of the variance. */
export function std(x: Tensor, options: Spread = {}): Tensor {
  return sqrt(variance(x, options));
}

interface Norm extends Over {
  /** p in (Σ |x|ᵖ)^(1/p): any number above 0, or Infinity for the largest |x|. Default 2. */
  ord?: number;
}

/** `norm(x, { ord, axis, keepDims })`: y = (Σ |x|ᵖ)^(1/p) over the axes, p = ord; its derivative where y = 0 is 0. */
export const norm = /* @__PURE__ */ op<[x: Tensor], Norm>()({
  name: "norm",
  inputs: { x: "real" },
  defaults: { axis: undefined, keepDims: false, ord: 2 },
  forward([x], { ord = 2, ...over }) {
    normalizeAxes("norm", over.axis, x.rank);
    if (!(ord > 0)) throw new OptionError(`norm: ord is ${ord}, expected a number above 0`);
    if (ord === 1) return sum(abs(x), over);
    if (ord === 2) return sqrt(sum(square(x), over));
    if (ord === Infinity) return x.size === 0 ? sum(x, over) : max(abs(x), over);
    return pow(sum(pow(abs(x), ord), over), 1 / ord);
  },
  vjp(dy, [y], [x], { ord = 2, ...over }) {
    const spread = (z: Tensor): Tensor => stretch(z, x.shape, over);
    if (ord === 1) return [mul(spread(dy), sign(x))];
    if (ord === Infinity) return [mul(maxGrad(dy, abs(x), y, over), sign(x))];
    const zero = equal(y, 0);
    const share = where(zero, 0, div(dy, where(zero, 1, y)));
    if (ord === 2) return [mul(spread(share), x)];
    const ratio = div(abs(x), spread(where(zero, 1, y)));
    return [mul(spread(where(zero, 0, dy)), mul(sign(x), pow(ratio, ord - 1)))];
  },
});
