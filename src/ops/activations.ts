/** Activation functions, element by element. Their gradients are ops of x, each with its definition in plain ops. */
import { OptionError } from "../errors.js";
import { activations as part } from "../generated/activations.js";
import type { KernelName } from "../generated/kernels.js";
import { op } from "../op.js";
import type { Cotangent } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { add, div, mul, sameShapes, sub } from "./binary.js";
import { cast } from "./cast.js";
import { clip, less, logicalAnd, minimum, where } from "./pointwise.js";
import { erfc } from "./transcendental.js";
import { definedGrad, elementwise, exp, neg, sigmoid, square, tanh, unary } from "./unary.js";

type Gradient = (dy: Tensor, x: Tensor) => Tensor;

const activation = (name: KernelName, dx: Gradient) => unary(name, (dy, _, x) => dx(dy, x), part);

/** dx = dy · slope(x) */
const gradient = (name: KernelName, slope: (x: Tensor) => Tensor) =>
  definedGrad(name, part, "x", (dy, x) => mul(dy, slope(x)));

const between = (x: Tensor, low: number, high: number): Tensor => logicalAnd(less(low, x), less(x, high));

/** y = ln(1 + eˣ), without overflow */
export const softplus = /* @__PURE__ */ activation("softplus", (dy, x) => softplusGrad(dy, x));

/** dx = dy / (1 + e⁻ˣ): the gradient of y = softplus(x). */
export const softplusGrad = /* @__PURE__ */ gradient("softplusGrad", (x) => sigmoid(x));

/**
 * y = λ·elu(x, α) for λ = 1.0507 and α = 1.6733, where means and variances of layers rest at 0 and 1 (Klambauer et al.,
 * 2017)
 */
export const selu = /* @__PURE__ */ activation("selu", (dy, x) => seluGrad(dy, x));

const LAMBDA = 1.0507009873554805;
const LAMBDA_ALPHA = 1.7580993408473766;

/** dx = dy · λ where x > 0, else dy · λ·α·eˣ: the gradient of y = selu(x). */
export const seluGrad = /* @__PURE__ */ gradient("seluGrad", (x) =>
  where(less(0, x), LAMBDA, mul(exp(minimum(x, 0)), LAMBDA_ALPHA)),
);

/** y = x, but not below 0 nor above 6; its derivative at both is 0. */
export const relu6 = /* @__PURE__ */ activation("relu6", (dy, x) => relu6Grad(dy, x));

/** dx = dy where 0 < x < 6, else 0: the gradient of y = relu6(x). */
export const relu6Grad = /* @__PURE__ */ gradient("relu6Grad", (x) => cast(between(x, 0, 6), x.dtype));

/** y = (x + 3) / 6, but not below 0 nor above 1; its derivative at ±3 is 0. */
export const hardSigmoid = /* @__PURE__ */ activation("hardSigmoid", (dy, x) => hardSigmoidGrad(dy, x));

/** dx = dy / 6 where |x| < 3, else 0: the gradient of y = hardSigmoid(x). */
export const hardSigmoidGrad = /* @__PURE__ */ gradient("hardSigmoidGrad", (x) =>
  div(cast(between(x, -3, 3), x.dtype), 6),
);

/** y = x · hardSigmoid(x) (Howard et al., 2019); its derivative is 0 at −3 and 1 at 3. */
export const hardSwish = /* @__PURE__ */ activation("hardSwish", (dy, x) => hardSwishGrad(dy, x));

/** dx = dy · (x / 3 + ½) where |x| < 3, dy above, 0 below: the gradient of y = hardSwish(x). */
export const hardSwishGrad = /* @__PURE__ */ gradient("hardSwishGrad", (x) =>
  where(between(x, -3, 3), add(div(x, 3), 0.5), clip(x, { low: 0, high: 1 })),
);

/** y = x / (1 + e⁻ˣ): x · sigmoid(x) */
export const silu = /* @__PURE__ */ activation("silu", (dy, x) => siluGrad(dy, x));

/** dx = dy · σ(x)·(1 + x·(1 − σ(x))): the gradient of y = silu(x). */
export const siluGrad = /* @__PURE__ */ gradient("siluGrad", (x) =>
  mul(sigmoid(x), add(mul(x, sigmoid(neg(x))), 1)),
);

/** y = x · Φ(x) with the normal distribution's Φ, exact also where it is small (Hendrycks and Gimpel, 2016) */
export const gelu = /* @__PURE__ */ activation("gelu", (dy, x) => geluGrad(dy, x));

/** dx = dy · (Φ(x) + x·φ(x)): the gradient of y = gelu(x). */
export const geluGrad = /* @__PURE__ */ gradient("geluGrad", (x) =>
  add(
    mul(erfc(mul(x, -Math.SQRT1_2)), 0.5),
    mul(x, mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))),
  ),
);

/** y = x / (1 + e⁻ᶻ), z = 2√(2/π)·(x + 0.044715·x³): gelu by tanh, as GPT-2 has it */
export const geluTanh = /* @__PURE__ */ activation("geluTanh", (dy, x) => geluTanhGrad(dy, x));

const ROOT = Math.sqrt(8 / Math.PI);

/** dx = dy · σ(z)·(1 + x·(1 − σ(z))·z′): the gradient of y = geluTanh(x). */
export const geluTanhGrad = /* @__PURE__ */ gradient("geluTanhGrad", (x) => {
  const z = mul(x, add(mul(square(x), 0.044715 * ROOT), ROOT));
  const dz = add(mul(square(x), 3 * 0.044715 * ROOT), ROOT);
  return mul(sigmoid(z), add(mul(mul(x, sigmoid(neg(z))), dz), 1));
});

/** y = x · tanh(softplus(x)) (Misra, 2019) */
export const mish = /* @__PURE__ */ activation("mish", (dy, x) => mishGrad(dy, x));

/** dx = dy · (t + x·(1 − t²)·σ(x)) for t = tanh(softplus(x)): the gradient of y = mish(x). */
export const mishGrad = /* @__PURE__ */ gradient("mishGrad", (x) => {
  const t = tanh(softplus(x));
  return add(t, mul(mul(x, sigmoid(x)), sub(1, square(t))));
});

interface Slope {
  /** The slope below 0; default 0.01. */
  slope?: number;
}

/** `leakyRelu(x, { slope })`: x where it is positive, else slope · x; its derivative at 0 is the slope. */
export const leakyRelu = /* @__PURE__ */ op<[x: Tensor], Slope>()({
  name: "leakyRelu",
  part,
  inputs: { x: "real" },
  defaults: { slope: 0.01 },
  plan: ([x], { slope }) => ({ ...elementwise("leakyRelu", x, 1), numbers: [slope!] }),
  vjp: (dy, _, [x], slope) => [() => leakyReluGrad(dy, x, slope)],
});

/** dx = dy where x > 0, else slope · dy: the gradient of y = leakyRelu(x). */
export const leakyReluGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor], Slope>()({
  name: "leakyReluGrad",
  part,
  inputs: { dy: "real", x: "real" },
  defaults: { slope: 0.01 },
  plan([dy, x], { slope }) {
    sameShapes("leakyReluGrad", dy, x, ["dy", "x"]);
    return { ...elementwise("leakyReluGrad", dy, 2), numbers: [slope!] };
  },
  vjp: (g, _, [, x], slope): [Cotangent, Cotangent] => [() => leakyReluGrad(g, x, slope), null],
});

interface Alpha {
  /** What −y tends to below 0; default 1. */
  alpha?: number;
}

function checkAlpha(name: string, { alpha = 1 }: Alpha): [alpha: number] {
  if (!(alpha > 0)) throw new OptionError(`${name}: alpha is ${alpha}, expected a number above 0`);
  return [alpha];
}

/** `elu(x, { alpha })`: x where it is positive, else alpha · (eˣ − 1); its derivative at 0 is alpha (Clevert et al., 2015). */
export const elu = /* @__PURE__ */ op<[x: Tensor], Alpha>()({
  name: "elu",
  part,
  inputs: { x: "real" },
  defaults: { alpha: 1 },
  plan: ([x], alpha) => ({ ...elementwise("elu", x, 1), numbers: checkAlpha("elu", alpha) }),
  vjp: (dy, [y], _, alpha) => [() => eluGrad(dy, y, alpha)],
});

/** dx = dy where y > 0, else dy · (y + alpha): the gradient of y = elu(x). */
export const eluGrad = /* @__PURE__ */ op<[dy: Tensor, y: Tensor], Alpha>()({
  name: "eluGrad",
  part,
  inputs: { dy: "real", y: "real" },
  defaults: { alpha: 1 },
  plan([dy, y], alpha) {
    sameShapes("eluGrad", dy, y, ["dy", "y"]);
    return { ...elementwise("eluGrad", dy, 2), numbers: checkAlpha("eluGrad", alpha) };
  },
  fallback: ([dy, y], { alpha }) => mul(dy, where(less(0, y), 1, add(y, alpha!))),
});
