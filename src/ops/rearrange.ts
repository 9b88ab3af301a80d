/** Repetition, reversal and borders, made of other movements. */
import { OptionError, ShapeError } from "../errors.js";
import { normalizeAxes, normalizeAxis, type Shape, show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { full } from "./fill.js";
import { concat } from "./joining.js";
import { broadcastTo, pad as padZeros, reshape, slice } from "./movement.js";

/** `count` elements along an axis from `start` on, all of the others. */
function part(x: Tensor, axis: number, start: number, count: number, step = 1): Tensor {
  return slice(
    x,
    x.shape.map((_, a) => (a === axis ? start : 0)),
    x.shape.map((extent, a) => (a === axis ? count : extent)),
    { steps: x.shape.map((_, a) => (a === axis ? step : 1)) },
  );
}

interface Axes {
  /** Default all. */
  axis?: number | readonly number[];
}

/** `flip(x, { axis })`: the elements along the axes in reverse. */
export function flip(x: Tensor, { axis }: Axes = {}): Tensor {
  const axes = normalizeAxes("flip", axis, x.rank);
  const reversed = (a: number): boolean => axes.includes(a) && x.shape[a] > 0;
  return slice(
    x,
    x.shape.map((extent, a) => (reversed(a) ? extent - 1 : 0)),
    x.shape,
    { steps: x.shape.map((_, a) => (reversed(a) ? -1 : 1)) },
  );
}

/** `roll(x, shift, { axis })`: the elements moved on by `shift` along an axis; those that leave it enter at the other end. */
export function roll(x: Tensor, shift: number, { axis = 0 }: { axis?: number } = {}): Tensor {
  const along = normalizeAxis("roll", axis, x.rank);
  if (!Number.isInteger(shift)) throw new OptionError(`roll: shift is ${shift}, expected a whole number`);
  const extent = x.shape[along];
  const first = extent === 0 ? 0 : (((-shift % extent) + extent) % extent) + 0;
  if (first === 0) return slice(x, x.shape.map(() => 0), x.shape); // prettier-ignore
  return concat([part(x, along, first, extent - first), part(x, along, 0, first)], { axis: along });
}

/** `tile(x, counts)`: x repeated as a whole so many times along each axis. */
export function tile(x: Tensor, counts: Shape): Tensor {
  if (counts.length !== x.rank || counts.some((count) => !Number.isInteger(count) || count < 0))
    throw new ShapeError(`tile: counts ${show(counts)} do not fit x ${show(x.shape)}`);
  const spread = reshape(x, x.shape.flatMap((extent) => [1, extent])); // prettier-ignore
  const repeated = broadcastTo(spread, x.shape.flatMap((extent, axis) => [counts[axis], extent])); // prettier-ignore
  return reshape(repeated, x.shape.map((extent, axis) => counts[axis] * extent)); // prettier-ignore
}

/** `repeat(x, count, { axis })`: each element along an axis so many times. */
export function repeat(x: Tensor, count: number, { axis = 0 }: { axis?: number } = {}): Tensor {
  const along = normalizeAxis("repeat", axis, x.rank);
  if (!Number.isInteger(count) || count < 0)
    throw new OptionError(`repeat: count is ${count}, expected a whole number ≥ 0`);
  const [before, after] = [x.shape.slice(0, along + 1), x.shape.slice(along + 1)];
  const repeated = broadcastTo(reshape(x, [...before, 1, ...after]), [...before, count, ...after]);
  return reshape(repeated, x.shape.map((extent, a) => (a === along ? extent * count : extent))); // prettier-ignore
}

/** What stands beyond the border: a value; x mirrored, its edge once; its edge; x again from the other side. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** So many elements before and after along one axis. */
function padAxis(
  x: Tensor,
  axis: number,
  before: number,
  after: number,
  mode: PadMode,
  value: number,
): Tensor {
  const extent = x.shape[axis];
  const border = (count: number, start: number, step: number): Tensor[] =>
    count === 0 ? [] : [part(x, axis, start, count, step)];
  const edge = (count: number, at: number): Tensor[] =>
    count === 0 ? [] : [repeat(part(x, axis, at, 1), count, { axis })];
  const constant = (count: number): Tensor[] =>
    count === 0 ? [] : [full(x.shape.map((e, a) => (a === axis ? count : e)), value, { dtype: x.dtype })]; // prettier-ignore
  const [left, right] = {
    constant: () => [constant(before), constant(after)],
    reflect: () => [border(before, before, -1), border(after, extent - 2, -1)],
    replicate: () => [edge(before, 0), edge(after, extent - 1)],
    circular: () => [border(before, extent - before, 1), border(after, 0, 1)],
  }[mode]();
  return concat([...left, x, ...right], { axis });
}

/** The most that can be added at one side. */
const limits = {
  constant: () => Infinity,
  reflect: (extent: number) => extent - 1,
  replicate: (extent: number) => (extent > 0 ? Infinity : 0),
  circular: (extent: number) => extent,
};

/**
 * `pad(x, before, after, { mode, value })`: x with so many elements added before and after it along each axis: `value`
 * (default 0), or x itself by mode. Throws ShapeError where x is too short for its mode.
 */
export function pad(
  x: Tensor,
  before: Shape,
  after: Shape,
  { mode = "constant", value = 0 }: { mode?: PadMode; value?: number } = {},
): Tensor {
  if (!Object.hasOwn(limits, mode))
    throw new OptionError(`pad: mode is ${mode}, expected one of ${Object.keys(limits).join(", ")}`);
  if (mode === "constant" && value === 0) return padZeros(x, before, after);
  if (before.length !== x.rank || after.length !== x.rank)
    throw new ShapeError(
      `pad: before ${show(before)} and after ${show(after)} do not fit x ${show(x.shape)}`,
    );
  x.shape.forEach((extent, axis) => {
    for (const count of [before[axis], after[axis]])
      if (!Number.isInteger(count) || count < 0 || count > limits[mode](extent))
        throw new ShapeError(
          `pad: ${count} elements of axis ${axis} of x ${show(x.shape)} cannot be added by mode ${mode}`,
        );
  });
  let y = x;
  for (let axis = 0; axis < x.rank; axis++)
    if (before[axis] > 0 || after[axis] > 0) y = padAxis(y, axis, before[axis], after[axis], mode, value);
  return y === x ? slice(x, x.shape.map(() => 0), x.shape) : y; // prettier-ignore
}
