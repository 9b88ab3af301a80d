/** Exponentials of projections: positive features of the softmax and Gaussian kernels, and their gradients. */
import { ShapeError } from "../errors.js";
import { log } from "../exact.js";
import { features as part } from "../generated/features.js";
import { op } from "../op.js";
import { sameShape, show } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, each, mul, sub } from "./binary.js";
import {
  columnSums,
  type Positive,
  positive,
  positiveByRow,
  positivePull,
  projectedBack,
  projectionGrad,
  halves,
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

const defaults = { hyperbolic: false, norm: -1, scale: 1 };

type Inputs = [x: Tensor, w: Tensor, gamma: Tensor];

/** The extents, how wide a row of features is, and the kernel's numbers. */
function positiveOf(name: string, [x, w, gamma]: readonly Spec[], options: Positive) {
  const { hyperbolic = false, norm = -1, scale = 1 } = options;
  const p = projectionOf(name, x, w);
  const biased = each(name, "gamma", gamma, p.D, columnsOf(p, w));
  checkFactor(name, "norm", norm);
  checkFactor(name, "scale", scale, true);
  const numbers = [Number(biased), Number(hyperbolic), norm, scale, log(scale)];
  return { p, width: hyperbolic ? 2 * p.D : p.D, numbers };
}

/** The backward rule of both. */
function pullBack(
  [dy, y, x, w, gamma]: readonly [dy: Tensor, y: Tensor, ...Inputs],
  dtop: Tensor | number,
  options: Positive & { stable: boolean },
): [dx: () => Tensor, dw: () => Tensor, dgamma: () => Tensor] {
  const by = (of: Of | "gamma"): Tensor => positiveFeaturesGrad(dy, y, x, w, gamma, dtop, { ...options, of });
  return [() => by("x"), () => projectionGrad(by("z"), x, w), () => columnSums(by("gamma"), gamma)];
}

/**
 * y = scale · exp(z + gamma + norm · ‖x‖² / 2), z = x · wᵀ; with `hyperbolic` the same of −z behind it. x [..., d], w [D, d] or one number (z = w · x), gamma
 * [D] or one number, default 0 → [..., D], or [..., 2D].
 */
export const positiveFeatures = /* @__PURE__ */ op<Inputs, Positive, [], [x: Tensor, w: Tensor]>()({
  name: "positiveFeatures",
  part,
  inputs: { x: "real", w: "real", gamma: "real" },
  optional: [0],
  defaults,
  plan(inputs, options) {
    const { p, width, numbers } = positiveOf("positiveFeatures", inputs, options);
    return forward("positiveFeatures", p, [rowsOf(p, width)], numbers);
  },
  fallback: (inputs, options) => positive(inputs, options),
  vjp: (dy, [y], inputs, options) => pullBack([dy, y, ...inputs], 0, { ...options, stable: false }),
});

/**
 * `positiveFeaturesByRow(x, w, gamma, { hyperbolic, norm, scale })`: [y, top]: the features of `positiveFeatures` divided by e^top, with top the largest
 * exponent of each row: scale · exp(exponent − top), in (0, scale]. → [..., D] or [..., 2D], and [...].
 */
export const positiveFeaturesByRow = /* @__PURE__ */ op<
  Inputs,
  Positive,
  [],
  [x: Tensor, w: Tensor],
  [y: Tensor, top: Tensor]
>()({
  name: "positiveFeaturesByRow",
  part,
  inputs: { x: "real", w: "real", gamma: "real" },
  optional: [0],
  results: 2,
  defaults,
  plan(inputs, options) {
    const { p, width, numbers } = positiveOf("positiveFeaturesByRow", inputs, options);
    const outputs = [rowsOf(p, width), { shape: p.batch, dtype: p.dtype }];
    return forward("positiveFeaturesByRow", p, outputs, numbers);
  },
  fallback: (inputs, options) => positiveByRow(inputs, options),
  vjp: ([dy, dtop], [y], inputs, options) => pullBack([dy, y, ...inputs], dtop, { ...options, stable: true }),
});

type Pull = [dy: Tensor, y: Tensor, x: Tensor, w: Tensor, gamma: Tensor, dtop: Tensor];

/**
 * dx = dz · w + norm · x · Σ de, or with `of` "z" dz, or with "gamma" the sum of both halves of de, for y = positiveFeatures(x, w, gamma): de = dy · y, dz = de,
 * or the difference of its halves if `hyperbolic`. If `stable`, y and the top with the cotangent dtop [...] are those of positiveFeaturesByRow: the
 * largest exponent gets dtop − Σ de, and dx norm · x · dtop.
 */
export const positiveFeaturesGrad = /* @__PURE__ */ op<
  Pull,
  Positive & { stable?: boolean; of?: Of | "gamma" }
>()({
  name: "positiveFeaturesGrad",
  part,
  inputs: { dy: "real", y: "real", x: "real", w: "real", gamma: "real", dtop: "real" },
  defaults: { hyperbolic: false, norm: -1, scale: 1, stable: false, of: "x" },
  plan([dy, y, x, w, gamma, dtop], { stable = false, of = "x", ...options }) {
    const name = "positiveFeaturesGrad";
    const { p, width } = positiveOf(name, [x, w, gamma], options);
    checkRows(name, "dy", dy, p, width);
    checkRows(name, "y", y, p, width);
    const shape = stable ? p.batch : [];
    if (!sameShape(dtop.shape, shape))
      throw new ShapeError(`${name}: dtop is ${show(dtop.shape)}, expected ${show(shape)}`);
    const { hyperbolic = false, norm = -1, scale = 1 } = options;
    const whole = isWhole(name, of, ["x", "z", "gamma"]);
    const sign = of === "gamma" ? 1 : -1;
    return backward("positiveFeaturesGrad", p, whole, [dy, y], [Number(hyperbolic), Number(stable), sign, norm, scale]); // prettier-ignore
  },
  // y is a function of x, w and gamma: its share of the derivative is inside those.
  fallback(inputs, options) {
    const { hyperbolic = false, norm = -1, of = "x" } = options;
    const [, , x, w] = inputs;
    const { de, total } = positivePull(inputs, options);
    if (of === "gamma") return hyperbolic ? halves(de).reduce((a, b) => add(a, b)) : de;
    const dz = hyperbolic ? halves(de).reduce((a, b) => sub(a, b)) : de;
    return of === "z" ? dz : add(projectedBack(dz, w), mul(mul(total, x), norm));
  },
});
