/** Tensors made of numbers: ranges, identities, masks, diagonals. */
import type { DType } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { show } from "../shape.js";
import { type Tensor, tensor } from "../tensor.js";
import { ones } from "./fill.js";
import { broadcastTo, reshape, slice, unslice } from "./movement.js";
import { cast } from "./cast.js";
import { equal, less, where } from "./pointwise.js";

/** `arange(stop)`, `arange(start, stop, step)`: start, start + step, … before stop. int32 by option, else float32. */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  { dtype = "float32" }: { dtype?: DType } = {},
): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(count) || step === 0)
    throw new OptionError(`arange: start ${from}, stop ${to} and step ${step} make no range`);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => from + i * step),
    [count],
    dtype,
  );
}

/** `linspace(start, stop, count)`: `count` numbers, equally far apart, from start to stop, both among them. float64 by option, else float32. */
export function linspace(
  start: number,
  stop: number,
  count: number,
  { dtype = "float32" }: { dtype?: DType } = {},
): Tensor {
  if (!Number.isInteger(count) || count < 0)
    throw new OptionError(`linspace: count is ${count}, expected a whole number ≥ 0`);
  const step = (stop - start) / Math.max(count - 1, 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? stop : start + i * step)),
    [count],
    dtype,
  );
}

/** `eye(rows, cols, { dtype })`: 1 on the main diagonal, 0 elsewhere; default square, float32. */
export function eye(rows: number, cols = rows, { dtype = "float32" }: { dtype?: DType } = {}): Tensor {
  const length = Math.min(rows, cols);
  if (length === 0) return reshape(ones([0], dtype), [rows, cols]);
  return reshape(unslice(ones([length], dtype), [rows * cols], [0], { steps: [cols + 1] }), [rows, cols]);
}

/**
 * `oneHot(indices, depth)`: 1 at the index, 0 elsewhere, along a new last axis; nothing but 0 where it is not in [0,
 * depth).
 */
export function oneHot(indices: Tensor, depth: number): Tensor {
  const classes = arange(0, depth, 1, { dtype: "int32" });
  return cast(equal(reshape(indices, [...indices.shape, 1]), classes), "float32");
}

/** The last two axes of x, and whether column − row < k at each place. */
function below(name: string, x: Tensor, k: number): Tensor {
  if (x.rank < 2) throw new ShapeError(`${name}: x is ${show(x.shape)}, expected at least two axes`);
  const [rows, cols] = x.shape.slice(-2);
  const row = reshape(arange(k, rows + k, 1, { dtype: "int32" }), [rows, 1]);
  return less(arange(0, cols, 1, { dtype: "int32" }), row);
}

/** `tril(x, { k })`: x where column − row ≤ k, 0 elsewhere. x [..., rows, cols] */
export function tril(x: Tensor, { k = 0 }: { k?: number } = {}): Tensor {
  return where(below("tril", x, k + 1), x, 0);
}

/** `triu(x, { k })`: x where column − row ≥ k, 0 elsewhere. x [..., rows, cols] */
export function triu(x: Tensor, { k = 0 }: { k?: number } = {}): Tensor {
  return where(below("triu", x, k), 0, x);
}

/**
 * `diag(x, { k })`: of a vector, the matrix with it on diagonal k (above the main one if k > 0); of a matrix, its
 * diagonal k.
 */
export function diag(x: Tensor, { k = 0 }: { k?: number } = {}): Tensor {
  const first = (cols: number): number => (k >= 0 ? k : -k * cols);
  if (x.rank === 1) {
    const n = x.size + Math.abs(k);
    if (x.size === 0) return reshape(unslice(x, [n * n], [0]), [n, n]);
    return reshape(unslice(x, [n * n], [first(n)], { steps: [n + 1] }), [n, n]);
  }
  if (x.rank !== 2) throw new ShapeError(`diag: x is ${show(x.shape)}, expected one or two axes`);
  const [rows, cols] = x.shape;
  const length = Math.max(0, Math.min(k >= 0 ? rows : rows + k, k >= 0 ? cols - k : cols));
  const flat = reshape(x, [rows * cols]);
  return length === 0 ? slice(flat, [0], [0]) : slice(flat, [first(cols)], [length], { steps: [cols + 1] });
}

/** `meshgrid(x, y, …)`: each vector along an axis of its own, repeated along those of the others: [n₀, n₁, …] each. */
export function meshgrid(...vectors: readonly Tensor[]): Tensor[] {
  const other = vectors.findIndex((x) => x.rank !== 1);
  if (other >= 0)
    throw new ShapeError(`meshgrid: vector ${other} is ${show(vectors[other].shape)}, expected one axis`);
  const shape = vectors.map((x) => x.size);
  return vectors.map((x, i) => broadcastTo(reshape(x, shape.map((n, axis) => (axis === i ? n : 1))), shape)); // prettier-ignore
}
