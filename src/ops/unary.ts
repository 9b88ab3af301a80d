/** Functions of one tensor, element by element. */
import type { Part } from "../devices/device.js";
import { bytesOf } from "../dtype.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Cotangent } from "../tape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, div, kernelFor, mul, sameShapes } from "./binary.js";

/** One kernel call over all elements of inputs of one shape. */
export function elementwise(kernel: KernelName, x: Spec, inputs: number): Launch {
  const grid = sizeOf(x.shape);
  return { kernel, outputs: [x], grid, flops: grid, bytes: bytesOf(x.dtype) * grid * (inputs + 1) };
}

type Rule = (dy: Tensor, y: Tensor, x: Tensor) => Cotangent;

/** Whole numbers have kernels of their own: those that `number` admits. */
type Real = "real" | "number";

/** An op whose kernel bears its name; `rule` is the cotangent of x, null where the derivative is 0. */
export const unary = (name: KernelName, rule: Rule, part?: Part, accepted: Real = "real") =>
  op<[x: Tensor]>()({
    name,
    part,
    inputs: { x: accepted },
    plan: ([x]) => elementwise(kernelFor(name, x.dtype), x, 1),
    vjp: (dy, [y], [x]) => [rule(dy, y, x)],
  });

type GradientRule = (g: Tensor, dy: Tensor, y: Tensor) => readonly [Cotangent, Cotangent];

/** One pass over dy and an argument of its shape. */
const gradientPlan =
  (name: KernelName, argument: "x" | "y") =>
  ([dy, x]: readonly Spec[]): Launch => {
    sameShapes(name, dy, x, ["dy", argument]);
    return elementwise(name, dy, 2);
  };

/** dx = dy · a function of y: of the result, or of the argument, whichever `argument` names. Linear in dy. */
export const unaryGrad = (name: KernelName, rule: GradientRule, argument: "x" | "y" = "y", part?: Part) =>
  op<[dy: Tensor, y: Tensor]>()({
    name,
    part,
    inputs: { dy: "real", [argument]: "real" },
    plan: gradientPlan(name, argument),
    vjp: (g, _, [dy, y]) => rule(g, dy, y),
  });

/** The same, whose derivative is that of its definition in plain ops. */
export const definedGrad = (
  name: KernelName,
  part: Part,
  argument: "x" | "y",
  definition: (dy: Tensor, x: Tensor) => Tensor,
) =>
  op<[dy: Tensor, x: Tensor]>()({
    name,
    part,
    inputs: { dy: "real", [argument]: "real" },
    plan: gradientPlan(name, argument),
    fallback: ([dy, x]) => definition(dy, x),
  });

/** y = −x; of int32 modulo 2³². */
export const neg = /* @__PURE__ */ unary("neg", (dy) => neg(dy), undefined, "number");

/** y = x²; of int32 modulo 2³². */
export const square = /* @__PURE__ */ unary("square", (dy, _, x) => squareGrad(dy, x), undefined, "number");

/** dx = 2 · dy · x: the gradient of y = x². */
export const squareGrad = /* @__PURE__ */ unaryGrad(
  "squareGrad",
  (g, dy, x) => [() => squareGrad(g, x), () => squareGrad(g, dy)],
  "x",
);

/** y = √x; NaN below 0. */
export const sqrt = /* @__PURE__ */ unary("sqrt", (dy, y) => sqrtGrad(dy, y));

/** y = eˣ */
export const exp = /* @__PURE__ */ unary("exp", (dy, y) => mul(dy, y));

/** y = ln x; −∞ at 0, NaN below. */
export const log = /* @__PURE__ */ unary("log", (dy, _, x) => div(dy, x));

/** y = max(x, 0); its derivative at 0 is 0. */
export const relu = /* @__PURE__ */ unary("relu", (dy, y) => reluGrad(dy, y));

/** y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) */
export const tanh = /* @__PURE__ */ unary("tanh", (dy, y) => tanhGrad(dy, y));

/** y = 1 / (1 + e⁻ˣ) */
export const sigmoid = /* @__PURE__ */ unary("sigmoid", (dy, y) => sigmoidGrad(dy, y));

/** dx = dy where y > 0, else 0: the gradient of y = relu(x). */
export const reluGrad = /* @__PURE__ */ unaryGrad("reluGrad", (g, _, y) => [() => reluGrad(g, y), null]);

/** dx = dy / 2y: the gradient of y = √x. */
export const sqrtGrad = /* @__PURE__ */ unaryGrad("sqrtGrad", (g, dy, y) => [
  () => sqrtGrad(g, y),
  () => neg(mul(g, div(sqrtGrad(dy, y), y))),
]);

/** dx = dy · (1 − y²): the gradient of y = tanh(x). */
export const tanhGrad = /* @__PURE__ */ unaryGrad("tanhGrad", (g, dy, y) => [
  () => tanhGrad(g, y),
  () => mul(mul(mul(g, dy), y), -2),
]);

/** dx = dy · y · (1 − y): the gradient of y = sigmoid(x). */
export const sigmoidGrad = /* @__PURE__ */ unaryGrad("sigmoidGrad", (g, dy, y) => [
  () => sigmoidGrad(g, y),
  () => mul(mul(g, dy), add(mul(y, -2), 1)),
]);
