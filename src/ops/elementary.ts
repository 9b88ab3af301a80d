/** Elementary functions of one tensor, element by element. Their gradients are ops of x. */
import { elementary } from "../generated/elementary.js";
import type { KernelName } from "../generated/kernels.js";
import type { Tensor } from "../tensor.js";
import { mul } from "./binary.js";
import { unary, unaryGrad } from "./unary.js";

type Gradient = (dy: Tensor, x: Tensor) => Tensor;

/** y = f(x), with the op that has dy and gives dx. */
const smooth = (name: KernelName, gradient: Gradient, accepted?: "number") =>
  unary(name, (dy, _, x) => gradient(dy, x), elementary, accepted);

/** y = f(x), whose derivative is 0 wherever there is one. */
const stepwise = (name: KernelName) => unary(name, () => null, elementary);

/** dx = dy · f′(x). `second` is f″(x), null where it is 0. */
const slope = (name: KernelName, gradient: () => Gradient, second: ((x: Tensor) => Tensor) | null) =>
  unaryGrad(
    name,
    (g, dy, x) => [() => gradient()(g, x), second && (() => mul(mul(g, dy), second(x)))],
    "x",
    elementary,
  );

/** y = |x|; its derivative at 0 is 0. Of int32 −2³¹ stays as it is. */
export const abs = /* @__PURE__ */ smooth("abs", (dy, x) => absGrad(dy, x), "number");

/** dx = dy · sign x: the gradient of y = |x|. */
export const absGrad = /* @__PURE__ */ slope("absGrad", () => absGrad, null);

/** y = 1 where x > 0, −1 where x < 0, else x. */
export const sign = /* @__PURE__ */ unary("sign", () => null, elementary, "number");

/** y = 1 / x */
export const reciprocal = /* @__PURE__ */ smooth("reciprocal", (dy, x) => reciprocalGrad(dy, x));

/** dx = −dy / x²: the gradient of y = 1 / x. */
export const reciprocalGrad = /* @__PURE__ */ slope(
  "reciprocalGrad",
  () => reciprocalGrad,
  (x) => mul(2, reciprocal(mul(x, mul(x, x)))),
);

/** y = 1 / √x; ∞ at 0, NaN below. */
export const rsqrt = /* @__PURE__ */ smooth("rsqrt", (dy, x) => rsqrtGrad(dy, x));

/** dx = −dy / 2x√x: the gradient of y = 1 / √x. */
export const rsqrtGrad = /* @__PURE__ */ slope(
  "rsqrtGrad",
  () => rsqrtGrad,
  (x) => mul(0.75, rsqrt(mul(mul(x, x), mul(x, mul(x, x))))),
);

/** y = the largest whole number ≤ x */
export const floor = /* @__PURE__ */ stepwise("floor");

/** y = the smallest whole number ≥ x */
export const ceil = /* @__PURE__ */ stepwise("ceil");

/** y = the whole number nearest to x, the even one of two */
export const round = /* @__PURE__ */ stepwise("round");

/** y = the whole number next to x towards 0 */
export const trunc = /* @__PURE__ */ stepwise("trunc");
