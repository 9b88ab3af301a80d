/** Random features of projections z = x · wᵀ, made while these are in cache: cosines and sines, thresholds, signs; and their gradients. */
import { OptionError } from "../errors.js";
import { features as part } from "../generated/features.js";
import { op } from "../op.js";
import type { Tensor } from "../tensor.js";
import { add, each, mul, sub } from "./binary.js";
import { sign } from "./elementary.js";
import {
  columnSums,
  halves,
  projected,
  projectedBack,
  projectionGrad,
  sideBySide,
} from "./features/definitions.js";
import {
  backward,
  checkFactor,
  checkRows,
  columnsOf,
  forward,
  isWhole,
  type Of,
  projectionOf,
  rowsOf,
} from "./features/plans.js";
import { zeros } from "./fill.js";
import { less, maximum, where } from "./pointwise.js";
import { cos, sin } from "./transcendental.js";
import { neg, square } from "./unary.js";

/** The place of a form among those that there are. */
function formOf(name: string, form: string): number {
  const forms = ["pair", "cos", "sin"];
  if (!forms.includes(form))
    throw new OptionError(`${name}: form is "${form}", expected one of ${forms.join(", ")}`);
  return forms.indexOf(form);
}

interface Fourier {
  /** The cosines and then the sines, or one of the two. Default "pair". */
  form?: "pair" | "cos" | "sin";
  /** A factor of every feature. Default 1. */
  scale?: number;
}

type Biased = [x: Tensor, w: Tensor, bias: Tensor];

/**
 * `fourierFeatures(x, w, bias, { form, scale })`: y = scale · [cos z, sin z], z = x · wᵀ + bias, or with form "cos" or "sin" one of the two. x
 * [..., d], w [D, d] or one number (z = w · x + bias), bias [D] or one number, default 0 → [..., 2D], or [..., D]. With rows of w drawn from the
 * spectral density of a kernel and scale 1 / √D the products of features of x and y tend to k(x − y); with form "cos", bias uniform in [0, 2π) and scale
 * √(2 / D), too. Rahimi, Recht: "Random features for large-scale kernel machines", 2007, algorithm 1.
 */
export const fourierFeatures = /* @__PURE__ */ op<Biased, Fourier, [], [x: Tensor, w: Tensor]>()({
  name: "fourierFeatures",
  part,
  inputs: { x: "real", w: "real", bias: "real" },
  optional: [0],
  defaults: { form: "pair", scale: 1 },
  plan([x, w, bias], { form = "pair", scale = 1 }) {
    const p = projectionOf("fourierFeatures", x, w);
    const index = formOf("fourierFeatures", form);
    const biased = each("fourierFeatures", "bias", bias, p.D, columnsOf(p, w));
    checkFactor("fourierFeatures", "scale", scale);
    const pair = form === "pair";
    // The result, and its derivative where that is not made of it.
    const outputs = [rowsOf(p, pair ? 2 * p.D : p.D), pair ? { shape: [0], dtype: x.dtype } : rowsOf(p, p.D)];
    return forward("fourierFeatures", p, outputs, [index, Number(biased), scale]);
  },
  fallback([x, w, bias], { form = "pair", scale = 1 }) {
    const z = add(projected(x, w), bias);
    if (form === "pair") return mul(sideBySide([cos(z), sin(z)]), scale);
    return mul(form === "cos" ? cos(z) : sin(z), scale);
  },
  vjp(dy, [y, slope], [x, w, bias], { form = "pair", scale = 1 }) {
    const kept = form === "pair" ? y : (slope ?? zeros(y.shape, y.dtype));
    const by = (of: Of): Tensor => fourierFeaturesGrad(dy, kept, x, w, bias, { form, scale, of });
    let shared: Tensor | undefined;
    const dz = (): Tensor => (shared ??= by("z"));
    return [() => by("x"), () => projectionGrad(dz(), x, w), () => columnSums(dz(), bias)];
  },
});

function fourierPull(dy: Tensor, z: Tensor, form: string): Tensor {
  if (form === "cos") return neg(mul(dy, sin(z)));
  if (form === "sin") return mul(dy, cos(z));
  const [dcos, dsin] = halves(dy);
  return sub(mul(dsin, cos(z)), mul(dcos, sin(z)));
}

/**
 * dx = dz · w, or with `of` "z" dz, for y = fourierFeatures(x, w, bias): dz = dsin · cos − dcos · sin, each with its factor. kept: y of form "pair", else
 * the derivative of y by z.
 */
export const fourierFeaturesGrad = /* @__PURE__ */ op<
  [dy: Tensor, kept: Tensor, x: Tensor, w: Tensor, bias: Tensor],
  Fourier & { of?: Of }
>()({
  name: "fourierFeaturesGrad",
  part,
  inputs: { dy: "real", kept: "real", x: "real", w: "real", bias: "real" },
  defaults: { form: "pair", scale: 1, of: "x" },
  plan([dy, kept, x, w], { form = "pair", of = "x" }) {
    const p = projectionOf("fourierFeaturesGrad", x, w);
    const index = formOf("fourierFeaturesGrad", form);
    const width = form === "pair" ? 2 * p.D : p.D;
    checkRows("fourierFeaturesGrad", "dy", dy, p, width);
    checkRows("fourierFeaturesGrad", "kept", kept, p, width);
    return backward("fourierFeaturesGrad", p, isWhole("fourierFeaturesGrad", of), [dy, kept], [index]);
  },
  // kept is a function of x, w and bias: its share of the derivative is inside those.
  fallback([dy, , x, w, bias], { form = "pair", scale = 1, of = "x" }) {
    const z = add(projected(x, w), bias);
    const dz = mul(fourierPull(dy, z, form), scale);
    return of === "x" ? projectedBack(dz, w) : dz;
  },
});

interface Threshold {
  /** 0: 1 where z > threshold, else 0; 1: max(z, threshold); 2: its square. Default 1. */
  order?: number;
  /** Default 0; at least 0 for order 2. */
  threshold?: number;
  /** A factor of every feature, above 0. Default 1. */
  scale?: number;
}

/** Throws unless order, threshold and scale are sound. */
export function checkThreshold(name: string, { order = 1, threshold = 0, scale = 1 }: Threshold): void {
  if (![0, 1, 2].includes(order)) throw new OptionError(`${name}: order is ${order}, expected 0, 1 or 2`);
  if (!Number.isFinite(threshold) || (order === 2 && threshold < 0))
    throw new OptionError(
      `${name}: threshold is ${threshold}, expected a finite number${order === 2 ? " ≥ 0" : ""}`,
    );
  checkFactor(name, "scale", scale, true);
}

/**
 * `arcCosineFeatures(x, w, { order, threshold, scale })`: y = scale · max(z, threshold)^order, z = x · wᵀ; of order 0 scale where z > threshold, else 0. x
 * [..., d], w [D, d] or one number (z = w · x) → [..., D]. With normal w, threshold 0 and scale 1 / √D the products of features of x and y tend to half of
 * the arc-cosine kernel. Cho, Saul: "Kernel methods for deep learning", 2009, equation 1.
 */
export const arcCosineFeatures = /* @__PURE__ */ op<[x: Tensor, w: Tensor], Threshold>()({
  name: "arcCosineFeatures",
  part,
  inputs: { x: "real", w: "real" },
  defaults: { order: 1, threshold: 0, scale: 1 },
  plan([x, w], options) {
    const p = projectionOf("arcCosineFeatures", x, w);
    checkThreshold("arcCosineFeatures", options);
    const { order = 1, threshold = 0, scale = 1 } = options;
    return forward("thresholdFeatures", p, [rowsOf(p, p.D)], [order, threshold, scale]);
  },
  fallback([x, w], { order = 1, threshold = 0, scale = 1 }) {
    const z = projected(x, w);
    if (order === 0) return where(less(threshold, z), scale, zeros(z.shape, z.dtype));
    const above = maximum(z, threshold);
    return mul(order === 2 ? square(above) : above, scale);
  },
  vjp(dy, [y], [x, w], options) {
    if (options.order === 0) return [null, null];
    const by = (of: Of): Tensor => arcCosineFeaturesGrad(dy, y, x, w, { ...options, of });
    return [() => by("x"), () => projectionGrad(by("z"), x, w)];
  },
});

/**
 * dx = dz · w, or with `of` "z" dz, for y = arcCosineFeatures(x, w) of order 1 or 2: where z > threshold dz = scale · dy, or 2 scale · z · dy =
 * 2 √(scale · y) · dy; else 0.
 */
export const arcCosineFeaturesGrad = /* @__PURE__ */ op<
  [dy: Tensor, y: Tensor, x: Tensor, w: Tensor],
  Threshold & { of?: Of }
>()({
  name: "arcCosineFeaturesGrad",
  part,
  inputs: { dy: "real", y: "real", x: "real", w: "real" },
  defaults: { order: 1, threshold: 0, scale: 1, of: "x" },
  plan([dy, y, x, w], { of = "x", ...options }) {
    const p = projectionOf("arcCosineFeaturesGrad", x, w);
    checkThreshold("arcCosineFeaturesGrad", options);
    checkRows("arcCosineFeaturesGrad", "dy", dy, p, p.D);
    checkRows("arcCosineFeaturesGrad", "y", y, p, p.D);
    const { order = 1, threshold = 0, scale = 1 } = options;
    if (order === 0) throw new OptionError("arcCosineFeaturesGrad: order is 0, expected 1 or 2");
    const whole = isWhole("arcCosineFeaturesGrad", of);
    return backward("thresholdFeaturesGrad", p, whole, [dy, y], [order, threshold, scale]);
  },
  // y is a function of x and w: its share of the derivative is inside those.
  fallback([dy, , x, w], { order = 1, threshold = 0, scale = 1, of = "x" }) {
    const z = projected(x, w);
    const slope = order === 2 ? mul(mul(dy, z), 2 * scale) : mul(dy, scale);
    const dz = where(less(threshold, z), slope, 0);
    return of === "x" ? projectedBack(dz, w) : dz;
  },
});

/** The form that the kernel of thresholds knows beside the orders. */
const SIGN = 3;

/**
 * `signFeatures(x, w, { scale })`: y = scale · sign z, z = x · wᵀ. x [..., d], w [D, d] or one number → [..., D]. With normal w and scale 1 / √D the
 * products of features of x and y tend to 1 − 2θ / π with their angle θ. Its derivative is 0. Charikar: "Similarity estimation techniques from
 * rounding algorithms", 2002.
 */
export const signFeatures = /* @__PURE__ */ op<[x: Tensor, w: Tensor], { scale?: number }>()({
  name: "signFeatures",
  part,
  inputs: { x: "real", w: "real" },
  defaults: { scale: 1 },
  plan([x, w], { scale = 1 }) {
    const p = projectionOf("signFeatures", x, w);
    checkFactor("signFeatures", "scale", scale);
    return forward("thresholdFeatures", p, [rowsOf(p, p.D)], [SIGN, 0, scale]);
  },
  fallback: ([x, w], { scale = 1 }) => mul(sign(projected(x, w)), scale),
  vjp: () => [null, null],
});
