/** Rows and elements by index, along any axis. */
import { IndexError, ShapeError } from "../errors.js";
import { normalizeAxis, sameShape, type Shape, show, sizeOf, stridesOf } from "../shape.js";
import { type Tensor, tensor } from "../tensor.js";
import { all } from "./aggregate.js";
import { mul } from "./binary.js";
import { gather as gatherRows, permuteDims, reshape, scatterAdd } from "./movement.js";
import { less, logicalAnd, where } from "./pointwise.js";
import { sum } from "./reduce.js";

/**
 * `gather(x, indices, { axis })`: the slices of x at `indices` along an axis, default the first: x [...lead, n,
 * ...rest], indices int32 [...] → [...lead, ...indices, ...rest]. Throws IndexError if an index is not in [0, n).
 */
export function gather(x: Tensor, indices: Tensor, { axis = 0 }: { axis?: number } = {}): Tensor {
  const along = x.rank === 0 ? 0 : normalizeAxis("gather", axis, x.rank);
  if (along === 0) return gatherRows(x, indices);
  const axes = x.shape.map((_, a) => a);
  const [lead, rest] = [axes.slice(0, along), axes.slice(along + 1)];
  const rows = gatherRows(permuteDims(x, [along, ...lead, ...rest]), indices);
  const count = indices.rank;
  return permuteDims(rows, [
    ...lead.map((_, i) => count + i),
    ...indices.shape.map((_, i) => i),
    ...rest.map((_, i) => count + lead.length + i),
  ]);
}

/**
 * `embedding(weight, indices)`: the row of weight [count, width] for each index: indices int32 [...] → [..., width]. The gradient adds up the
 * cotangents of equal indices. Throws IndexError if one is not in [0, count).
 */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  if (weight.rank !== 2)
    throw new ShapeError(`embedding: weight is ${show(weight.shape)}, expected [count, width]`);
  return gatherRows(weight, indices);
}

/** Rows of coordinates as positions in a flattened shape; −1 where one lies outside. */
function flatten(name: string, indices: Tensor, shape: Shape): { positions: Tensor; rest: Shape } {
  const depth = indices.rank > 0 ? indices.shape[indices.rank - 1] : 0;
  if (depth < 1 || depth > shape.length)
    throw new ShapeError(
      `${name}: indices is ${show(indices.shape)}, expected 1 to ${shape.length} coordinates along its last axis`,
    );
  const extents = shape.slice(0, depth);
  const positions = sum(mul(indices, tensor(Int32Array.from(stridesOf(extents)))), { axis: -1 });
  const inside = logicalAnd(less(-1, indices), less(indices, tensor(Int32Array.from(extents))));
  return { positions: where(all(inside, { axis: -1 }), positions, -1), rest: shape.slice(depth) };
}

/** f, which selects by position; coordinates outside the shape are reported as such. */
function located(name: string, indices: Tensor, shape: Shape, f: () => Tensor): Tensor {
  try {
    return f();
  } catch (error) {
    const [, position] = error instanceof IndexError ? /\[(\d+)\]/.exec(error.message)! : [];
    if (position === undefined) throw error;
    throw new IndexError(
      `${name}: coordinates ${position} of indices ${show(indices.shape)} lie outside ${show(shape)}`,
    );
  }
}

/**
 * `gatherND(x, indices)`: the slices of x at coordinates. x [n₀, …, nₖ₋₁, ...rest], indices int32 [..., k] → [...,
 * ...rest]. Throws IndexError if coordinates lie outside x.
 */
export function gatherND(x: Tensor, indices: Tensor): Tensor {
  const { positions, rest } = flatten("gatherND", indices, x.shape);
  const rows = sizeOf(x.shape.slice(0, x.rank - rest.length));
  return located("gatherND", indices, x.shape, () => gatherRows(reshape(x, [rows, ...rest]), positions));
}

/**
 * `scatterND(indices, updates, shape)`: zeros of a shape, to which each slice of updates is added at its coordinates.
 * indices int32 [..., k], updates [..., ...rest]. Throws IndexError if coordinates lie outside.
 */
export function scatterND(indices: Tensor, updates: Tensor, shape: Shape): Tensor {
  const { positions, rest } = flatten("scatterND", indices, shape);
  const expected = [...positions.shape, ...rest];
  if (!sameShape(updates.shape, expected))
    throw new ShapeError(`scatterND: updates is ${show(updates.shape)}, expected ${show(expected)}`);
  const rows = sizeOf(shape.slice(0, shape.length - rest.length));
  return located("scatterND", indices, shape, () => reshape(scatterAdd(updates, positions, rows), shape));
}
