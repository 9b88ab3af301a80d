/** Arithmetic of two tensors with broadcasting. */
import { ShapeError } from "../errors.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { broadcastShapes, broadcastStrides, layoutOf, sameShape, type Shape, show } from "../shape.js";
import { sizeOf, stretchedAxes } from "../shape.js";
import type { Cotangent } from "../tape.js";
import type { Spec, Tensor } from "../tensor.js";
import { reshape } from "./movement.js";
import { sum } from "./reduce.js";
import { neg } from "./unary.js";

/** Throws unless both have one shape: for gradients, which do not broadcast. */
export function sameShapes(op: string, x: Spec, y: Spec, names: readonly [string, string]): void {
  if (!sameShape(x.shape, y.shape))
    throw new ShapeError(
      `${op}: ${names[0]} is ${show(x.shape)} and ${names[1]} is ${show(y.shape)}, expected the same`,
    );
}

type Arithmetic = "add" | "sub" | "mul" | "div";

function arithmetic(kernel: Arithmetic, x: Spec, y: Spec): Launch {
  const shape = broadcastShapes(kernel, x.shape, y.shape, ["x", "y"]);
  const grid = sizeOf(shape);
  const outputs = [{ shape, dtype: x.dtype }];
  const bytes = 4 * (sizeOf(x.shape) + sizeOf(y.shape) + grid);
  const run = { outputs, grid, flops: grid, bytes };
  if (sizeOf(x.shape) === grid && sizeOf(y.shape) === grid) return { kernel, ...run };
  const layout = layoutOf(shape, [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)]);
  return { kernel: `${kernel}Broadcast` satisfies KernelName, ...run, layout };
}

/** Sums a cotangent of a broadcast result back to the shape of the operand. */
export function unbroadcast(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  return reshape(sum(dy, { axis: stretchedAxes(shape, dy.shape) }), shape);
}

type Rule = (dy: Tensor, z: Tensor, x: Tensor, y: Tensor) => readonly [dx: () => Tensor, dy: () => Tensor];

const binary = (name: Arithmetic, rule: Rule) =>
  op<[x: Tensor, y: Tensor]>()({
    name,
    inputs: { x: "float32", y: "float32" },
    plan: ([x, y]) => arithmetic(name, x, y),
    vjp(dz, [z], [x, y]): [Cotangent, Cotangent] {
      const [dx, dy] = rule(dz, z, x, y);
      return [() => unbroadcast(dx(), x.shape), () => unbroadcast(dy(), y.shape)];
    },
  });

/** z = x + y */
export const add = /* @__PURE__ */ binary("add", (dz) => [() => dz, () => dz]);

/** z = x − y */
export const sub = /* @__PURE__ */ binary("sub", (dz) => [() => dz, () => neg(dz)]);

/** z = x · y, element by element */
export const mul = /* @__PURE__ */ binary("mul", (dz, _, x, y) => [() => mul(dz, y), () => mul(dz, x)]);

/** z = x / y */
export const div = /* @__PURE__ */ binary("div", (dz, z, _, y) => [
  () => div(dz, y),
  () => neg(div(mul(dz, z), y)),
]);
