/** Arithmetic of two tensors with broadcasting. */
import { ShapeError } from "../errors.js";
import { bytesOf, type DType } from "../dtype.js";
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

/** Whether there is a number for each of n, and not one for all. Throws if there is anything else; `of` says what n counts. */
export function each(name: string, argument: string, numbers: Spec, n: number, of: string): boolean {
  if (numbers.shape.length === 0) return false;
  if (numbers.shape.length === 1 && numbers.shape[0] === n) return true;
  throw new ShapeError(`${name}: ${argument} is ${show(numbers.shape)}, expected [${n}] (${of})`);
}

type Arithmetic = "add" | "sub" | "mul" | "div";

/** What a kernel for an element type is called. */
export function kernelFor(name: string, dtype: DType): KernelName {
  return (dtype === "int32" ? `${name}Int` : name) as KernelName;
}

/** A kernel over operands that broadcast to one shape; `dtype` is the result's, default that of the first. */
export function broadcasting(
  op: string,
  kernel: KernelName,
  operands: readonly Spec[],
  names: readonly string[],
  dtype = operands[0].dtype,
): Launch {
  let shape: Shape = [];
  operands.forEach((x, i) => {
    shape = broadcastShapes(op, shape, x.shape, [names[Math.max(i - 1, 0)], names[i]]);
  });
  const grid = sizeOf(shape);
  return {
    kernel,
    outputs: [{ shape, dtype }],
    grid,
    layout: layoutOf(
      shape,
      operands.map((x) => broadcastStrides(x.shape, shape)),
    ),
    flops: grid,
    bytes: operands.reduce((sum, x) => sum + bytesOf(x.dtype) * sizeOf(x.shape), bytesOf(dtype) * grid),
  };
}

function arithmetic(name: Arithmetic, x: Spec, y: Spec): Launch {
  if (x.dtype === "int32") return broadcasting(name, kernelFor(name, x.dtype), [x, y], ["x", "y"]);
  if (!sameShape(x.shape, y.shape))
    return broadcasting(name, `${name}Broadcast` satisfies KernelName, [x, y], ["x", "y"]);
  const grid = sizeOf(x.shape); // no table to write: 16 elements take 0.4 µs for 0.9
  return { kernel: name, outputs: [x], grid, flops: grid, bytes: 3 * bytesOf(x.dtype) * grid };
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
    inputs: { x: name === "div" ? "real" : "number", y: name === "div" ? "real" : "number" },
    plan: ([x, y]) => arithmetic(name, x, y),
    vjp(dz, [z], [x, y]): [Cotangent, Cotangent] {
      const [dx, dy] = rule(dz, z, x, y);
      return [() => unbroadcast(dx(), x.shape), () => unbroadcast(dy(), y.shape)];
    },
  });

/** z = x + y; of int32 modulo 2³², as sub and mul. */
export const add = /* @__PURE__ */ binary("add", (dz) => [() => dz, () => dz]);

/** z = x − y */
export const sub = /* @__PURE__ */ binary("sub", (dz) => [() => dz, () => neg(dz)]);

/** z = x · y, element by element */
export const mul = /* @__PURE__ */ binary("mul", (dz, _, x, y) => [() => mul(dz, y), () => mul(dz, x)]);

/** z = x / y, of real numbers; floorDiv divides whole ones. */
export const div = /* @__PURE__ */ binary("div", (dz, z, _, y) => [
  () => div(dz, y),
  () => neg(div(mul(dz, z), y)),
]);
