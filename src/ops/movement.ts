/** Ops that move elements and change none. */
import { IndexError, ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { inPlace, op, type Plan } from "../op.js";
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  layoutOf,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  type Shape,
  show,
  sizeOf,
  stridesOf,
} from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { unbroadcast } from "./binary.js";
import { full } from "./fill.js";

/** As in assembly/movement.ts: bytes of the block that is turned at a time. */
export const TURNED = 4 * 64 * 64;

/** The elements of x at `offset` + strides · index, for every index of `shape`. */
function strided(x: Spec, shape: Shape, strides: readonly number[], offset: number): Plan {
  const grid = sizeOf(shape);
  const layout = layoutOf(shape, [strides]);
  const run = { outputs: [{ shape, dtype: x.dtype }], bytes: 8 * grid };
  const [loops, rows, rowStride, cols, colStride, , outerStride] = layout;
  const isTranspose =
    offset === 0 &&
    (loops === 2 || (loops === 3 && outerStride === rows * cols)) &&
    colStride === 1 &&
    rowStride === cols;
  if (isTranspose)
    return { kernel: "transpose", ...run, grid: grid / rows, numbers: [rows, cols], scratch: TURNED };
  // Where neighbours of x are neighbours along the second loop, blocks are turned.
  return {
    kernel: "copyStrided",
    ...run,
    grid,
    layout,
    numbers: [offset],
    scratch: colStride === 1 ? TURNED : 16,
  };
}

/** `shape` with its one −1 replaced by what makes it fit `size`. */
function inferred(x: Spec, shape: Shape): Shape {
  const at = shape.indexOf(-1);
  if (at < 0) return shape;
  const rest = sizeOf(shape.filter((_, axis) => axis !== at));
  return shape.map((extent, axis) => (axis === at ? sizeOf(x.shape) / rest : extent));
}

/** `reshape(x, shape)`: the same elements under another shape, without a copy. One extent may be −1: what remains. */
export const reshape = /* @__PURE__ */ op<[x: Tensor], { shape: Shape }, ["shape"]>()({
  name: "reshape",
  inputs: { x: "stored" },
  defaults: { shape: [] },
  positional: ["shape"],
  plan([x], { shape }) {
    const extents = inferred(x, shape);
    if (
      extents.some((extent) => !Number.isInteger(extent) || extent < 0) ||
      sizeOf(extents) !== sizeOf(x.shape)
    )
      throw new ShapeError(`reshape: x is ${show(x.shape)}, which does not fit ${show(shape)}`);
    return { view: { shape: extents, dtype: x.dtype } };
  },
  vjp: (dy, _, [x]) => [reshape(dy, x.shape)],
});

/** `permuteDims(x, axes)`: axis i of the result is axis `axes[i]` of x. */
export const permuteDims = /* @__PURE__ */ op<[x: Tensor], { axes: readonly number[] }, ["axes"]>()({
  name: "permuteDims",
  inputs: { x: "any" },
  defaults: { axes: [] },
  positional: ["axes"],
  plan([x], { axes }) {
    const rank = x.shape.length;
    normalizeAxes("permuteDims", axes, rank);
    if (axes.length !== rank)
      throw new ShapeError(
        `permuteDims: axes ${show(axes)} names ${axes.length} of the ${rank} axes of x ${show(x.shape)}`,
      );
    const order = axes.map((axis) => (axis < 0 ? axis + rank : axis));
    const strides = stridesOf(x.shape);
    return strided(x, order.map((axis) => x.shape[axis]), order.map((axis) => strides[axis]), 0); // prettier-ignore
  },
  vjp(dy, _, [x], { axes }) {
    const inverse = new Array<number>(axes.length);
    axes.forEach((axis, i) => (inverse[axis < 0 ? axis + x.rank : axis] = i));
    return [permuteDims(dy, inverse)];
  },
});

/** The last two axes exchanged. */
export function transpose(x: Tensor): Tensor {
  if (x.rank < 2) throw new ShapeError(`transpose: x is ${show(x.shape)}, expected at least two axes`);
  const axes = x.shape.map((_, axis) => axis);
  return permuteDims(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** f over the last axis of x, applied to another axis. */
export function alongAxis(name: string, x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  if (x.rank === 0) return f(x);
  const at = normalizeAxis(name, axis, x.rank);
  if (at === x.rank - 1) return f(x);
  const axes = x.shape.map((_, i) => i);
  [axes[at], axes[x.rank - 1]] = [x.rank - 1, at];
  return scope(() => permuteDims(f(permuteDims(x, axes)), axes));
}

/** `broadcastTo(x, shape)`: x repeated along new axes and those of extent 1. */
export const broadcastTo = /* @__PURE__ */ op<[x: Tensor], { shape: Shape }, ["shape"]>()({
  name: "broadcastTo",
  inputs: { x: "any" },
  defaults: { shape: [] },
  positional: ["shape"],
  plan([x], { shape }) {
    checkShape("broadcastTo", shape);
    if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape, ["x", "shape"]), shape))
      throw new ShapeError(`broadcastTo: x is ${show(x.shape)}, which does not stretch to ${show(shape)}`);
    return strided(x, shape, broadcastStrides(x.shape, shape), 0);
  },
  vjp: (dy, _, [x]) => [unbroadcast(dy, x.shape)],
});

interface Box {
  begin: Shape;
  size: Shape;
  /** Between neighbours along each axis, not 0; negative ones go backwards. Default 1. */
  steps?: Shape;
}

/**
 * `slice(x, begin, size, { steps })`: `size` elements along each axis from `begin` on, `steps` apart. A negative begin
 * is counted from the end of its axis; a size of −1 is all that follow.
 */
export const slice = /* @__PURE__ */ op<[x: Tensor], Box, ["begin", "size"]>()({
  name: "slice",
  inputs: { x: "any" },
  defaults: { begin: [], size: [], steps: [] },
  positional: ["begin", "size"],
  plan([x], options) {
    const { begin, size, steps } = boxOf("slice", x.shape, options);
    const strides = stridesOf(x.shape);
    return strided(x, size, strides.map((stride, axis) => stride * steps[axis]), offsetOf(begin, strides)); // prettier-ignore
  },
  vjp(dy, _, [x], { begin, steps }) {
    return [unslice(dy, x.shape, begin, { steps })];
  },
});

const offsetOf = (begin: Shape, strides: readonly number[]): number =>
  begin.reduce((sum, from, axis) => sum + from * strides[axis], 0);

/** A box inside a shape, its begin counted from 0; throws when it leaves the shape. */
function boxOf(name: string, shape: Shape, { begin, size, steps = [] }: Box): Required<Box> {
  const stride = (axis: number): number => steps[axis] ?? 1;
  const from = begin.map((at, axis) => (at < 0 ? at + shape[axis] : at));
  const extents = size.map((extent, axis) => {
    if (extent !== -1) return extent;
    const step = stride(axis);
    return step > 0 ? Math.ceil((shape[axis] - from[axis]) / step) : Math.floor((from[axis] + -step) / -step);
  });
  const fits =
    begin.length === shape.length &&
    size.length === shape.length &&
    (steps.length === 0 || steps.length === shape.length) &&
    extents.every((extent, axis) => {
      const step = stride(axis);
      const last = from[axis] + Math.max(extent - 1, 0) * step;
      const whole = [extent, from[axis], step].every(Number.isInteger);
      // Nothing may be taken from anywhere up to the end.
      const inside =
        extent === 0
          ? from[axis] <= shape[axis]
          : from[axis] < shape[axis] && last >= 0 && last < shape[axis];
      return whole && extent >= 0 && step !== 0 && from[axis] >= 0 && inside;
    });
  if (!fits) {
    const by = steps.length > 0 ? ` by steps ${show(steps)}` : "";
    throw new ShapeError(`${name}: begin ${show(begin)} and size ${show(size)}${by} leave x ${show(shape)}`);
  }
  return { begin: from, size: extents, steps: shape.map((_, axis) => stride(axis)) };
}

/** `write(y, x, { begin, steps })`: y at begin + steps · index becomes x at index, in place. */
export const write = /* @__PURE__ */ inPlace<[y: Tensor, x: Tensor], { begin: Shape; steps?: Shape }>()({
  name: "write",
  inputs: { y: "any", x: "any" },
  defaults: { begin: [], steps: [] },
  plan([y, x], { begin, steps }) {
    const box = boxOf("write", y.shape, { begin, size: x.shape, steps });
    const strides = stridesOf(y.shape);
    const grid = sizeOf(x.shape);
    return {
      kernel: "writeStrided",
      outputs: [],
      grid,
      layout: layoutOf(x.shape, [strides.map((stride, axis) => stride * box.steps[axis])]),
      numbers: [offsetOf(box.begin, strides)],
      bytes: 8 * grid,
    };
  },
});

/**
 * `unslice(dy, shape, begin, { steps })`: zeros of a shape, in which dy stands where slice(x, begin, dy.shape, { steps }) takes
 * it from: the gradient of slice.
 */
export const unslice = /* @__PURE__ */ op<
  [dy: Tensor],
  { shape: Shape; begin: Shape; steps?: Shape },
  ["shape", "begin"]
>()({
  name: "unslice",
  inputs: { dy: "any" },
  defaults: { shape: [], begin: [], steps: [] },
  positional: ["shape", "begin"],
  forward([dy], { shape, begin, steps = [] }) {
    if (steps.every((step) => step === 1) && begin.every((at) => at >= 0) && dy.rank === shape.length)
      return pad(dy, begin, shape.map((extent, axis) => extent - begin[axis] - dy.shape[axis])); // prettier-ignore
    boxOf("unslice", shape, { begin, size: dy.shape, steps });
    const x = full(shape, 0, { dtype: dy.dtype });
    write(x, dy, { begin, steps });
    return x;
  },
  vjp: (g, _, [dy], { begin, steps }) => [slice(g, begin, dy.shape, { steps })],
});

/** `pad(x, before, after)`: x with so many zeros added before and after it along each axis. */
export const pad = /* @__PURE__ */ op<[x: Tensor], { before: Shape; after: Shape }, ["before", "after"]>()({
  name: "pad",
  inputs: { x: "any" },
  defaults: { before: [], after: [] },
  positional: ["before", "after"],
  plan([x], { before, after }) {
    const rank = x.shape.length;
    if (before.length !== rank || after.length !== rank)
      throw new ShapeError(
        `pad: before ${show(before)} and after ${show(after)} do not fit x ${show(x.shape)}`,
      );
    checkShape("pad", before);
    checkShape("pad", after);
    const shape = x.shape.map((extent, axis) => before[axis] + extent + after[axis]);
    checkShape("pad", shape);
    const axes = x.shape.map((extent, axis) => [shape[axis], before[axis], extent]).reverse();
    const grid = sizeOf(shape);
    const bytes = 4 * (sizeOf(x.shape) + grid);
    return {
      kernel: "pad",
      outputs: [{ shape, dtype: x.dtype }],
      grid,
      layout: [rank, ...axes.flat()],
      bytes,
    };
  },
  vjp: (dy, _, [x], { before }) => [slice(dy, before, x.shape)],
});

/** Rows along the first axis: their number, and the elements of one. */
function rowsOf(name: string, x: Spec, argument: string): { rows: number; cols: number } {
  if (x.shape.length === 0)
    throw new ShapeError(`${name}: ${argument} is a scalar, expected at least one axis`);
  return { rows: x.shape[0], cols: sizeOf(x.shape.slice(1)) };
}

/**
 * `gather(x, indices)`: the rows x[indices[i]]. x [rows, ...rest], indices int32 [...] → [...indices, ...rest].
 * Throws IndexError if an index is not in [0, rows).
 */
export const gather = /* @__PURE__ */ op<[x: Tensor, indices: Tensor]>()({
  name: "gather",
  inputs: { x: "any", indices: "int32" },
  plan([x, indices]) {
    const { rows, cols } = rowsOf("gather", x, "x");
    const grid = sizeOf(indices.shape);
    return {
      kernel: "gather",
      outputs: [{ shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype }],
      grid,
      numbers: [rows, cols],
      bytes: 4 * grid * (2 * cols + 1),
      refuse: (status) => new IndexError(`gather: indices[${status - 1}] is not in [0, ${rows})`),
    };
  },
  vjp: (dy, _, [x, indices]) => [() => scatterAdd(dy, indices, x.shape[0]), null],
});

/**
 * `scatterAdd(dy, indices, rows)`: dx [rows, ...rest] whose row r is the sum of all dy[i] with indices[i] = r: the
 * gradient of gather. dy [...indices, ...rest]. Throws IndexError if an index is not in [0, rows).
 */
export const scatterAdd = /* @__PURE__ */ op<[dy: Tensor, indices: Tensor], { rows: number }, ["rows"]>()({
  name: "scatterAdd",
  inputs: { dy: "real", indices: "int32" },
  defaults: { rows: 0 },
  positional: ["rows"],
  plan([dy, indices], { rows }) {
    const lead = indices.shape.length;
    if (!sameShape(dy.shape.slice(0, lead), indices.shape))
      throw new ShapeError(
        `scatterAdd: dy is ${show(dy.shape)}, expected axes of indices ${show(indices.shape)} first`,
      );
    const shape = [rows, ...dy.shape.slice(lead)];
    checkShape("scatterAdd", shape);
    const count = sizeOf(indices.shape);
    const cols = sizeOf(dy.shape.slice(lead));
    return {
      kernel: "scatterAdd",
      outputs: [{ shape, dtype: dy.dtype }],
      grid: rows,
      numbers: [count, rows, cols],
      bytes: 4 * (count * (cols + 1) + rows * cols),
      refuse: (status) => new IndexError(`scatterAdd: indices[${status - 1}] is not in [0, ${rows})`),
    };
  },
  vjp: (g, _, [, indices]) => [() => gather(g, indices), null],
});

/** The same values, without a copy, whose derivative counts as zero. */
export const stopGradient = /* @__PURE__ */ op<[x: Tensor]>()({
  name: "stopGradient",
  inputs: { x: "stored" },
  plan: ([x]) => ({ view: x }),
  vjp: () => [null],
});
