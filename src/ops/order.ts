/**
 * Sorting, running totals, selection along an axis, and counts. `axis` is counted from the last if negative; default
 * the last.
 */
import { IndexError, OptionError, ShapeError } from "../errors.js";
import type { KernelName } from "../generated/kernels.js";
import { order as part } from "../generated/order.js";
import { type Launch, op } from "../op.js";
import { normalizeAxis, sameShape, show, sizeOf } from "../shape.js";
import { type Spec, type Tensor, tensor } from "../tensor.js";
import { div, kernelFor, mul } from "./binary.js";
import { alongAxis, gather, permuteDims, reshape, slice } from "./movement.js";
import { cast } from "./cast.js";
import { equal, less, logicalAnd, where } from "./pointwise.js";

/** As in assembly/order/radix.ts: bytes that count the digits. */
const COUNTS = 3 * 2048 * 4;

interface Direction {
  /** The largest first. */
  descending?: boolean;
}

function rowsOf(name: string, x: Spec, argument = "x"): { rows: number; n: number } {
  if (x.shape.length === 0)
    throw new ShapeError(`${name}: ${argument} is a scalar, expected at least one axis`);
  const n = x.shape[x.shape.length - 1];
  return { rows: sizeOf(x.shape.slice(0, -1)), n };
}

function ordering(
  name: "sort" | "argsort",
  x: Spec,
  { descending }: Direction,
  dtype: Spec["dtype"],
): Launch {
  const { rows, n } = rowsOf(`${name}Rows`, x);
  return {
    kernel: kernelFor(name, x.dtype),
    outputs: [{ shape: x.shape, dtype }],
    grid: n === 0 ? 0 : rows,
    numbers: [n, descending ? -1 : 0],
    scratch: COUNTS + 4 * n * (name === "sort" ? 1 : 3),
    bytes: 8 * rows * n,
  };
}

/** The last axis in order: what sort is made of. */
export const sortRows = /* @__PURE__ */ op<[x: Tensor], Direction>()({
  name: "sortRows",
  part,
  inputs: { x: "number" },
  defaults: { descending: false },
  plan: ([x], direction) => ordering("sort", x, direction, x.dtype),
  vjp: (dy, _, [x], direction) => [() => putAlong(dy, argsortRows(x, direction), dy.shape[dy.rank - 1])],
});

/** The positions along the last axis, in order. */
export const argsortRows = /* @__PURE__ */ op<[x: Tensor], Direction>()({
  name: "argsortRows",
  part,
  inputs: { x: "number" },
  defaults: { descending: false },
  plan: ([x], direction) => ordering("argsort", x, direction, "int32"),
});

type Sorting = Direction & { axis?: number };

/** `sort(x, { axis, descending })`: the elements along an axis in order, −0 before 0 and NaN as the largest. */
export function sort(x: Tensor, { axis = -1, ...direction }: Sorting = {}): Tensor {
  return alongAxis("sort", x, axis, (rows) => sortRows(rows, direction));
}

/**
 * `argsort(x, { axis, descending })`: the positions along an axis, int32, in the order of sort; of equal elements the
 * first first.
 */
export function argsort(x: Tensor, { axis = -1, ...direction }: Sorting = {}): Tensor {
  return alongAxis("argsort", x, axis, (rows) => argsortRows(rows, direction));
}

/** `topk(x, k, { axis, largest })`: the k largest (or smallest) elements along an axis, in order, and their positions. */
export function topk(
  x: Tensor,
  k: number,
  { axis = -1, largest = true }: { axis?: number; largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const at = normalizeAxis("topk", axis, x.rank);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[at])
    throw new ShapeError(
      `topk: k is ${k}, expected a whole number in [0, ${x.shape[at]}] (axis ${axis} of x ${show(x.shape)})`,
    );
  const size = x.shape.map((extent, i) => (i === at ? k : extent));
  const indices = slice(argsort(x, { axis, descending: largest }), x.shape.map(() => 0), size); // prettier-ignore
  return { values: takeAlongAxis(x, indices, { axis }), indices };
}

function selection(
  name: "takeAlong" | "putAlong",
  indices: Spec,
  n: number,
  shape: readonly number[],
  dtype: Spec["dtype"],
): Launch {
  const { rows, n: m } = rowsOf(name, indices, "indices");
  return {
    kernel: name,
    outputs: [{ shape, dtype }],
    grid: m === 0 && name === "takeAlong" ? 0 : rows,
    numbers: [n, m],
    bytes: 12 * rows * m,
    refuse: (status) => new IndexError(`${name}: indices[${status - 1}] is not in [0, ${n})`),
  };
}

/** `takeAlong(x, indices)`: y[…, i] = x[…, indices[…, i]]. x [...lead, n], indices int32 [...lead, m] → [...lead, m]. */
export const takeAlong = /* @__PURE__ */ op<[x: Tensor, indices: Tensor]>()({
  name: "takeAlong",
  part,
  inputs: { x: "any", indices: "int32" },
  plan([x, indices]) {
    const { n } = rowsOf("takeAlong", x);
    if (
      !sameShape(x.shape.slice(0, -1), indices.shape.slice(0, -1)) ||
      indices.shape.length !== x.shape.length
    )
      throw new ShapeError(
        `takeAlong: indices is ${show(indices.shape)} and x is ${show(x.shape)}, expected the same but for the last axis`,
      );
    return selection("takeAlong", indices, n, indices.shape, x.dtype);
  },
  vjp: (dy, _, [x, indices]) => [() => putAlong(dy, indices, x.shape[x.rank - 1]), null],
});

/** `putAlong(dy, indices, n)`: dx[…, j] = Σ dy[…, i] over the i with indices[…, i] = j < n: the gradient of takeAlong. */
export const putAlong = /* @__PURE__ */ op<[dy: Tensor, indices: Tensor], { n: number }, ["n"]>()({
  name: "putAlong",
  part,
  inputs: { dy: "real", indices: "int32" },
  defaults: { n: 0 },
  positional: ["n"],
  plan([dy, indices], { n }) {
    if (!sameShape(dy.shape, indices.shape))
      throw new ShapeError(
        `putAlong: dy is ${show(dy.shape)} and indices is ${show(indices.shape)}, expected the same`,
      );
    return selection("putAlong", indices, n, [...dy.shape.slice(0, -1), n], dy.dtype);
  },
  vjp: (g, _, [, indices]) => [() => takeAlong(g, indices), null],
});

/** `takeAlongAxis(x, indices, { axis })`: the elements of x at `indices` along an axis; both have one shape but for it. */
export function takeAlongAxis(x: Tensor, indices: Tensor, { axis = -1 }: { axis?: number } = {}): Tensor {
  const at = normalizeAxis("takeAlongAxis", axis, x.rank);
  if (at === x.rank - 1) return takeAlong(x, indices);
  const axes = x.shape.map((_, i) => i);
  [axes[at], axes[x.rank - 1]] = [x.rank - 1, at];
  return permuteDims(takeAlong(permuteDims(x, axes), permuteDims(indices, axes)), axes);
}

interface Scan {
  axis?: number;
  /** From the end of the axis. */
  reverse?: boolean;
}

const forward: Scan = { axis: -1, reverse: false };

function scan(
  name: KernelName & ("cumsum" | "cumprod"),
  x: Spec,
  { axis = -1, reverse = false }: Scan,
): Launch {
  const at = normalizeAxis(name, axis, x.shape.length);
  const inner = sizeOf(x.shape.slice(at + 1));
  const n = x.shape[at];
  const lines = sizeOf(x.shape.slice(0, at)) * inner;
  return {
    kernel: name,
    outputs: [x],
    grid: n === 0 ? 0 : lines,
    numbers: [n, inner, Number(reverse)],
    flops: lines * n,
    bytes: 8 * lines * n,
  };
}

/** `cumsum(x, { axis, reverse })`: yᵢ = Σ xⱼ over the j ≤ i along an axis (j ≥ i from the end), added in float64. */
export const cumsum = /* @__PURE__ */ op<[x: Tensor], Scan>()({
  name: "cumsum",
  part,
  inputs: { x: "real" },
  defaults: forward,
  plan: ([x], options) => scan("cumsum", x, options),
  vjp: (dy, _, __, { axis, reverse }) => [() => cumsum(dy, { axis, reverse: !reverse })],
});

/**
 * `cumprod(x, { axis, reverse })`: yᵢ = Π xⱼ over the j ≤ i along an axis (j ≥ i from the end), multiplied in float64. First
 * derivatives are exact also where elements are 0; second ones need none of them to be.
 */
export const cumprod = /* @__PURE__ */ op<[x: Tensor], Scan>()({
  name: "cumprod",
  part,
  inputs: { x: "real" },
  defaults: forward,
  plan: ([x], options) => scan("cumprod", x, options),
  vjp(dy, [y], [x], { axis, reverse }) {
    const back = (z: Tensor): Tensor => cumsum(z, { axis, reverse: !reverse });
    const zero = equal(x, 0);
    const zeros = cumsum(cast(zero, x.dtype), { axis, reverse });
    const first = logicalAnd(zero, equal(zeros, 1));
    const without = cumprod(where(first, 1, x), { axis, reverse });
    const before = div(back(mul(dy, y)), where(zero, 1, x));
    return [where(first, back(mul(dy, without)), where(less(zeros, 0.5), before, 0))];
  },
});

/**
 * `bincount(x, length)`: how many elements of x are 0, 1, … length − 1. x int32 → int32 [length]. Throws IndexError for
 * any other.
 */
export const bincount = /* @__PURE__ */ op<[x: Tensor], { length: number }, ["length"]>()({
  name: "bincount",
  part,
  inputs: { x: "int32" },
  defaults: { length: 0 },
  positional: ["length"],
  plan([x], { length }) {
    if (!Number.isInteger(length) || length < 1)
      throw new OptionError(`bincount: length is ${length}, expected a whole number ≥ 1`);
    const n = sizeOf(x.shape);
    return {
      kernel: "bincount",
      outputs: [{ shape: [length], dtype: "int32" }],
      grid: length,
      numbers: [n, length],
      bytes: 4 * (n + length),
      refuse: (status) => new IndexError(`bincount: x[${status - 1}] is not in [0, ${length})`),
    };
  },
});

interface Bins {
  /** How many equal bins; default 10. */
  bins?: number;
  low: number;
  high: number;
}

/**
 * `histogram(x, { bins, low, high })`: how many elements of x lie in each of the equal bins of [low, high], the last
 * with its end; others and NaN are not counted. int32 [bins].
 */
export const histogram = /* @__PURE__ */ op<[x: Tensor], Bins>()({
  name: "histogram",
  part,
  inputs: { x: "real" },
  defaults: { bins: 10, low: 0, high: 1 },
  plan([x], { bins = 10, low, high }) {
    if (!Number.isInteger(bins) || bins < 1)
      throw new OptionError(`histogram: bins is ${bins}, expected a whole number ≥ 1`);
    if (!(low < high && Number.isFinite(high - low)))
      throw new OptionError(
        `histogram: low is ${low} and high is ${high}, expected finite numbers with low < high`,
      );
    const n = sizeOf(x.shape);
    return {
      kernel: "histogram",
      outputs: [{ shape: [bins], dtype: "int32" }],
      grid: bins,
      numbers: [n, bins, low, high],
      bytes: 4 * (n + bins),
    };
  },
});

/** `unique(x)`: the different elements of x in order, and how often each occurs (int32). Reads x: it waits for the device. */
export function unique(x: Tensor): { values: Tensor; counts: Tensor } {
  const n = x.size;
  const flat = sortRows(reshape(x, [n]));
  const data = flat.dataSync();
  const starts: number[] = [];
  for (let i = 0; i < n; i++) if (i === 0 || !same(data[i], data[i - 1])) starts.push(i);
  const counts = starts.map((start, i) => (starts[i + 1] ?? n) - start);
  const values = gather(flat, tensor(Int32Array.from(starts)));
  return { values, counts: tensor(Int32Array.from(counts)) };
}

/** Whether two neighbours count as one: −0 is 0, and NaN is NaN. */
function same(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
