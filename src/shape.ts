/** Shapes, axes and broadcasting: pure functions of numbers. */
import { ShapeError } from "./errors.js";

/** Extents of the axes, outermost first. */
export type Shape = readonly number[];

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** `[2, 3]`, as error messages write it. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** More elements than a 4 GiB memory of 4-byte elements can hold. */
const TOO_MANY = 2 ** 30;

/** Throws unless every extent is a whole number ≥ 0 and the elements fit in 4 GiB. */
export function checkShape(op: string, shape: Shape): void {
  if (!Array.isArray(shape))
    throw new ShapeError(`${op}: shape is ${String(shape)}, expected an array of extents`);
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0)
      throw new ShapeError(
        `${op}: shape ${show(shape)} has the extent ${extent}, expected a whole number ≥ 0`,
      );
  }
  const size = sizeOf(shape);
  if (size >= TOO_MANY)
    throw new ShapeError(
      `${op}: shape ${show(shape)} has ${size} elements, more than the 4 GiB of a Wasm memory hold`,
    );
}

/** Steps between neighbours along each axis, in elements, of a contiguous array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** The common shape of two arrays, aligned at the last axis; an extent of 1 stretches to the other's. */
export function broadcastShapes(op: string, x: Shape, y: Shape, names: readonly [string, string]): Shape {
  if (sameShape(x, y)) return x;
  const rank = Math.max(x.length, y.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const a = x[axis - rank + x.length] ?? 1;
    const b = y[axis - rank + y.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1)
      throw new ShapeError(
        `${op}: ${names[0]} is ${show(x)} and ${names[1]} is ${show(y)}; axis ${axis - rank} has ${a} and ${b}, ` +
          `which do not broadcast`,
      );
    shape[axis] = a === 1 ? b : a;
  }
  return shape;
}

/** Strides of an array of shape `from` read as if it had the shape `to`: 0 along the axes that are stretched. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : own[axis - added]));
}

/** The axes along which `from` is stretched to become `to`. */
export function stretchedAxes(from: Shape, to: Shape): number[] {
  const added = to.length - from.length;
  const axes: number[] = [];
  for (let axis = 0; axis < to.length; axis++)
    if (axis < added || (from[axis - added] === 1 && to[axis] !== 1)) axes.push(axis);
  return axes;
}

/** `axis` counted from 0; −1 is the last one. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(`${op}: axis is ${axis}, expected a whole number in [${-rank}, ${rank})`);
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from 0, ascending; all of them when none is given. A repeated axis is an error. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  const normal = list.map((axis) => normalizeAxis(op, axis, rank)).sort((a, b) => a - b);
  if (new Set(normal).size !== normal.length)
    throw new ShapeError(`${op}: axes ${show(list)} name an axis twice (rank ${rank})`);
  return normal;
}

/** `shape` without `axes`, or with extent 1 there. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * The table of loops that walk operands of the given strides over `shape`: [loops, then for each, innermost first: extent,
 * a stride for each operand]. They are as few as possible: extents of 1 are dropped, and neighbours that every operand
 * walks as one are joined.
 */
export function layoutOf(shape: Shape, operands: readonly (readonly number[])[]): number[] {
  const width = 1 + operands.length;
  const table = [0];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    const inner = table.length - width;
    let joins = table[0] > 0;
    for (let i = 0; joins && i < operands.length; i++)
      joins = operands[i][axis] === table[inner + 1 + i] * table[inner];
    if (joins) table[inner] *= shape[axis];
    else {
      table[0]++;
      table.push(shape[axis]);
      for (const strides of operands) table.push(strides[axis]);
    }
  }
  return table;
}
