/** Reductions over any axes. `axis` is one axis or several, negative ones counted from the last; default all. */
import { bytesOf } from "../dtype.js";
import { ShapeError } from "../errors.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { normalizeAxes, reducedShape, type Shape, show, sizeOf, stridesOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { kernelFor, mul, sameShapes } from "./binary.js";
import { ones } from "./fill.js";
import { broadcastTo, reshape } from "./movement.js";

export interface Over {
  /** The axes to reduce; default all of them. */
  axis?: number | readonly number[];
  /** Keep the reduced axes with extent 1. */
  keepDims?: boolean;
}

export const everything: Over = { axis: undefined, keepDims: false };

/** The loops over x, innermost first: neighbours of one kind are joined, extents of 1 dropped. */
function loopsOf(
  shape: Shape,
  axes: readonly number[],
): { extent: number; stride: number; reduced: boolean }[] {
  const strides = stridesOf(shape);
  const loops: { extent: number; stride: number; reduced: boolean }[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const reduced = axes.includes(axis);
    const inner = loops.at(-1);
    if (shape[axis] === 1) continue;
    if (inner !== undefined && inner.reduced === reduced) inner.extent *= shape[axis];
    else loops.push({ extent: shape[axis], stride: strides[axis], reduced });
  }
  return loops;
}

/** The table that the kernels read: how many loops are kept and reduced, then each one's extent and stride in x. */
function layoutOf(shape: Shape, axes: readonly number[]): number[] {
  const loops = loopsOf(shape, axes);
  const kept = loops.filter((loop) => !loop.reduced);
  const reduced = loops.filter((loop) => loop.reduced);
  return [
    kept.length,
    reduced.length,
    ...[...kept, ...reduced].flatMap(({ extent, stride }) => [extent, stride]),
  ];
}

/** As in assembly/reduce/columns.ts: how many columns are folded at a time, with three elements of scratch each. */
const COLUMNS = 4096;

/** What a fold needs beside the inputs: bytes for outputs that lie side by side in x. */
function scratchFor([kept, , columns, stride]: readonly number[], size: number): number {
  const sideBySide = kept > 0 && stride === 1 ? Math.min(4 * Math.ceil(columns / 4), COLUMNS) : 0;
  return 3 * size * Math.max(sideBySide, 4);
}

export function reduction(
  name: string,
  kernel: KernelName,
  x: Spec,
  { axis, keepDims }: Over,
): Launch & { count: number } {
  const axes = normalizeAxes(name, axis, x.shape.length);
  const shape = reducedShape(x.shape, axes, keepDims ?? false);
  const grid = sizeOf(shape);
  const size = sizeOf(x.shape);
  return {
    kernel,
    outputs: [{ shape, dtype: x.dtype }],
    grid,
    layout: layoutOf(x.shape, axes),
    count: sizeOf(axes.map((reduced) => x.shape[reduced])),
    flops: size,
    bytes: bytesOf(x.dtype) * (size + grid),
  };
}

/** A reduction by `fold`, whose kernel takes these numbers. */
export function folded(plan: Launch, numbers?: readonly number[]): Launch {
  return { ...plan, numbers, scratch: scratchFor(plan.layout!, bytesOf(plan.outputs[0].dtype)) };
}

/** Throws when there is nothing to choose from. */
export function checkNotEmpty(name: string, x: Spec, { count }: { count: number }): void {
  if (count === 0 && sizeOf(x.shape) === 0)
    throw new ShapeError(`${name}: x is ${show(x.shape)}, which has no elements along the reduced axes`);
}

/** A reduced tensor, each element repeated over the group it came from. */
export function stretch(dy: Tensor, shape: Shape, { axis }: Over): Tensor {
  const axes = normalizeAxes("stretch", axis, shape.length);
  return broadcastTo(reshape(dy, reducedShape(shape, axes, true)), shape);
}

/** y = Σ x over the axes; 0 for an empty group. Partial sums of a few hundred elements are added in float64; int32 wraps. */
export const sum = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "sum",
  inputs: { x: "number" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("sum", kernelFor("sum", x.dtype), x, over);
    return folded(plan, x.dtype === "int32" ? [] : [1]);
  },
  vjp: (dy, _, [x], over) => [stretch(dy, x.shape, over)],
});

/** y = Σ x / count over the axes; NaN for an empty group. */
export const mean = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "mean",
  inputs: { x: "real" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("mean", "sum", x, over);
    return folded(plan, [1 / plan.count]);
  },
  vjp: (dy, [y], [x], over) => [() => stretch(mul(dy, y.size / x.size), x.shape, over)],
});

/** y = the largest x over the axes; NaN if there is one. Equal maxima share the gradient equally. */
export const max = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "max",
  inputs: { x: "number" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("max", kernelFor("max", x.dtype), x, over);
    checkNotEmpty("max", x, plan);
    return folded(plan);
  },
  vjp: (dy, [y], [x], over) => [maxGrad(dy, x, y, over)],
});

/** dx = dy · [x = y] / (how many of the group are equal to y): the gradient of y = max(x). */
export const maxGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor, y: Tensor], Over>()({
  name: "maxGrad",
  inputs: { dy: "real", x: "real", y: "real" },
  defaults: everything,
  plan([dy, x, y], over) {
    const plan = reduction("maxGrad", "maxGrad", x, over);
    sameShapes("maxGrad", dy, y, ["dy", "y"]);
    sameShapes("maxGrad", y, plan.outputs[0], ["y", "max(x)"]);
    return { ...plan, outputs: [x], bytes: 8 * (sizeOf(x.shape) + plan.grid) };
  },
  vjp: (g, _, [dy, x, y], over) => [
    () => sum(mul(g, maxGrad(ones(dy.shape, dy.dtype), x, y, over)), over),
    null,
    null,
  ],
});

/** y = the position of the first maximum over the axes, in their flattened order; that of the first NaN if any. int32 */
export const argmax = /* @__PURE__ */ op<[x: Tensor], Over>()({
  name: "argmax",
  inputs: { x: "number" },
  defaults: everything,
  plan([x], over) {
    const plan = reduction("argmax", kernelFor("argmax", x.dtype), x, over);
    checkNotEmpty("argmax", x, plan);
    return { ...plan, outputs: [{ shape: plan.outputs[0].shape, dtype: "int32" }] };
  },
});
