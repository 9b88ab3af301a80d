/** Transcendental functions, element by element. Errors in units of the last place: docs/ops.md. */
import { transcendental as part } from "../generated/transcendental.js";
import type { KernelName } from "../generated/kernels.js";
import { op } from "../op.js";
import type { Cotangent } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { add, broadcasting, div, mul, sub, unbroadcast } from "./binary.js";
import { equal, less, logicalAnd, logicalNot, where } from "./pointwise.js";
import { definedGrad, exp, log, neg, sqrt, square, unary } from "./unary.js";

const smooth = (name: KernelName, rule: (dy: Tensor, y: Tensor, x: Tensor) => Tensor) =>
  unary(name, rule, part);

const slope = (name: KernelName, argument: "x" | "y", definition: (dy: Tensor, x: Tensor) => Tensor) =>
  definedGrad(name, part, argument, definition);

/** 1 − x², without cancellation at ±1. */
const oneMinusSquare = (x: Tensor): Tensor => mul(sub(1, x), add(x, 1));

/** erf′ x = 2/√π · e^(−x²) */
const bell = (x: Tensor): Tensor => mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI));

/** y = eˣ − 1, precise near 0 */
export const expm1 = /* @__PURE__ */ smooth("expm1", (dy, y) => expm1Grad(dy, y));

/** y = 2ˣ */
export const exp2 = /* @__PURE__ */ smooth("exp2", (dy, y) => exp2Grad(dy, y));

/** y = ln(1 + x), precise near 0; −∞ at −1, NaN below. */
export const log1p = /* @__PURE__ */ smooth("log1p", (dy, _, x) => log1pGrad(dy, x));

/** y = log₂ x; −∞ at 0, NaN below. */
export const log2 = /* @__PURE__ */ smooth("log2", (dy, _, x) => log2Grad(dy, x));

/** y = sin x, x in radians */
export const sin = /* @__PURE__ */ smooth("sin", (dy, _, x) => mul(dy, cos(x)));

/** y = cos x, x in radians */
export const cos = /* @__PURE__ */ smooth("cos", (dy, _, x) => neg(mul(dy, sin(x))));

/** y = tan x, x in radians */
export const tan = /* @__PURE__ */ smooth("tan", (dy, y) => tanGrad(dy, y));

/** y = arcsin x in [−π/2, π/2]; NaN outside [−1, 1]. */
export const asin = /* @__PURE__ */ smooth("asin", (dy, _, x) => asinGrad(dy, x));

/** y = arccos x in [0, π]; NaN outside [−1, 1]. */
export const acos = /* @__PURE__ */ smooth("acos", (dy, _, x) => acosGrad(dy, x));

/** y = arctan x in [−π/2, π/2] */
export const atan = /* @__PURE__ */ smooth("atan", (dy, _, x) => atanGrad(dy, x));

/** y = (eˣ − e⁻ˣ) / 2 */
export const sinh = /* @__PURE__ */ smooth("sinh", (dy, _, x) => mul(dy, cosh(x)));

/** y = (eˣ + e⁻ˣ) / 2 */
export const cosh = /* @__PURE__ */ smooth("cosh", (dy, _, x) => mul(dy, sinh(x)));

/** y = ln(x + √(x² + 1)) */
export const asinh = /* @__PURE__ */ smooth("asinh", (dy, _, x) => asinhGrad(dy, x));

/** y = ln(x + √(x² − 1)); NaN below 1. */
export const acosh = /* @__PURE__ */ smooth("acosh", (dy, _, x) => acoshGrad(dy, x));

/** y = ½ ln((1 + x) / (1 − x)); ±∞ at ±1, NaN beyond. */
export const atanh = /* @__PURE__ */ smooth("atanh", (dy, _, x) => atanhGrad(dy, x));

/** y = 2/√π ∫₀ˣ e^(−t²) dt */
export const erf = /* @__PURE__ */ smooth("erf", (dy, _, x) => mul(dy, bell(x)));

/** y = 1 − erf x, precise where that is small */
export const erfc = /* @__PURE__ */ smooth("erfc", (dy, _, x) => neg(mul(dy, bell(x))));

/** dx = dy · (y + 1): the gradient of y = expm1(x). */
export const expm1Grad = /* @__PURE__ */ slope("expm1Grad", "y", (dy, y) => mul(dy, add(y, 1)));

/** dx = dy · y · ln 2: the gradient of y = exp2(x). */
export const exp2Grad = /* @__PURE__ */ slope("exp2Grad", "y", (dy, y) => mul(dy, mul(y, Math.LN2)));

/** dx = dy / (1 + x): the gradient of y = log1p(x). */
export const log1pGrad = /* @__PURE__ */ slope("log1pGrad", "x", (dy, x) => div(dy, add(x, 1)));

/** dx = dy / (x · ln 2): the gradient of y = log2(x). */
export const log2Grad = /* @__PURE__ */ slope("log2Grad", "x", (dy, x) => div(dy, mul(x, Math.LN2)));

/** dx = dy · (1 + y²): the gradient of y = tan(x). */
export const tanGrad = /* @__PURE__ */ slope("tanGrad", "y", (dy, y) => mul(dy, add(square(y), 1)));

/** dx = dy / √(1 − x²): the gradient of y = asin(x). */
export const asinGrad = /* @__PURE__ */ slope("asinGrad", "x", (dy, x) => div(dy, sqrt(oneMinusSquare(x))));

/** dx = −dy / √(1 − x²): the gradient of y = acos(x). */
export const acosGrad = /* @__PURE__ */ slope("acosGrad", "x", (dy, x) =>
  neg(div(dy, sqrt(oneMinusSquare(x)))),
);

/** dx = dy / (1 + x²): the gradient of y = atan(x). */
export const atanGrad = /* @__PURE__ */ slope("atanGrad", "x", (dy, x) => div(dy, add(square(x), 1)));

/** dx = dy / √(x² + 1): the gradient of y = asinh(x). */
export const asinhGrad = /* @__PURE__ */ slope("asinhGrad", "x", (dy, x) => div(dy, sqrt(add(square(x), 1))));

/** dx = dy / √(x² − 1): the gradient of y = acosh(x). */
export const acoshGrad = /* @__PURE__ */ slope("acoshGrad", "x", (dy, x) =>
  div(dy, sqrt(mul(sub(x, 1), add(x, 1)))),
);

/** dx = dy / (1 − x²): the gradient of y = atanh(x). */
export const atanhGrad = /* @__PURE__ */ slope("atanhGrad", "x", (dy, x) => div(dy, oneMinusSquare(x)));

/**
 * z = xʸ, broadcast. NaN where x < 0 unless y is whole; 1 where y is 0 or x is 1, whatever the other. The gradient for x is 0
 * where y is 0, even at x = 0; that for y is 0 where x is 0 and y ≥ 0.
 */
export const pow = /* @__PURE__ */ op<[x: Tensor, y: Tensor]>()({
  name: "pow",
  part,
  inputs: { x: "real", y: "real" },
  plan: ([x, y]) => broadcasting("pow", "pow", [x, y], ["x", "y"]),
  vjp(dz, [z], [x, y]): [Cotangent, Cotangent] {
    const bothZero = (): Tensor => logicalAnd(equal(x, 0), equal(y, 0));
    const dx = (): Tensor => where(bothZero(), 0, mul(dz, mul(y, pow(x, sub(y, 1)))));
    const dy = (): Tensor =>
      where(logicalAnd(equal(x, 0), logicalNot(less(y, 0))), 0, mul(dz, mul(z, log(x))));
    return [() => unbroadcast(dx(), x.shape), () => unbroadcast(dy(), y.shape)];
  },
});

/** `atan2(y, x)`: the angle of the point (x, y) from the x axis in [−π, π], broadcast. Its gradients at the origin are NaN. */
export const atan2 = /* @__PURE__ */ op<[y: Tensor, x: Tensor]>()({
  name: "atan2",
  part,
  inputs: { y: "real", x: "real" },
  plan: ([y, x]) => broadcasting("atan2", "atan2", [y, x], ["y", "x"]),
  vjp(dz, _, [y, x]): [Cotangent, Cotangent] {
    const scaled = (): Tensor => div(dz, add(square(x), square(y)));
    return [() => unbroadcast(mul(scaled(), x), y.shape), () => unbroadcast(neg(mul(scaled(), y)), x.shape)];
  },
});
