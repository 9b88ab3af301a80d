/**
 * Orders and running totals along an axis: sorting, positions in order, cumulative sums and products, selection by
 * index, counts.
 */
import { COUNTS, Int, Key, keysOf, Real, sortKeys } from "./order/radix";
import { bytes, DOUBLE, loadOne, storeOne } from "./simd";

/** y = the rows of x in order. */
function sorted<K extends Key>(
  x: usize,
  y: usize,
  scratch: usize,
  n: i32,
  flip: i32,
  begin: i32,
  end: i32,
): void {
  const spare = scratch + COUNTS;
  for (let row = begin; row < end; row++) {
    const at = (<usize>(row * n)) << 2;
    keysOf<K>(x + at, y + at, n, flip);
    const from = sortKeys(y + at, spare, 0, 0, n, scratch) ? spare : y + at;
    for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
      store<u32>(y + at + i, changetype<K>(0).bits(load<u32>(from + i) ^ flip));
    }
  }
}

/** y = the positions of the elements of each row of x in order. */
function ordered<K extends Key>(
  x: usize,
  y: usize,
  scratch: usize,
  n: i32,
  flip: i32,
  begin: i32,
  end: i32,
): void {
  const size = (<usize>n) << 2;
  const keys = scratch + COUNTS;
  const spare = keys + size;
  const spares = spare + size;
  for (let row = begin; row < end; row++) {
    const at = (<usize>(row * n)) << 2;
    keysOf<K>(x + at, keys, n, flip);
    for (let i = 0; i < n; i++) store<i32>(y + at + (i << 2), i);
    if (sortKeys(keys, spare, y + at, spares, n, scratch)) memory.copy(y + at, spares, size);
  }
}

/**
 * y = the rows of x in order, −0 before 0 and NaN behind ∞; flip −1 turns the order over. x, y [rows, n]; the grid is
 * rows. scratch: 24 KB and n elements.
 */
export function sort(x: usize, y: usize, scratch: usize, n: i32, flip: i32, begin: i32, end: i32): void {
  sorted<Real>(x, y, scratch, n, flip, begin, end);
}

/** The same of i32. */
export function sortInt(x: usize, y: usize, scratch: usize, n: i32, flip: i32, begin: i32, end: i32): void {
  sorted<Int>(x, y, scratch, n, flip, begin, end);
}

/** y = the positions in the order of sort, of equal elements the first first: i32 [rows, n]. scratch: 24 KB and 3n elements. */
export function argsort(x: usize, y: usize, scratch: usize, n: i32, flip: i32, begin: i32, end: i32): void {
  ordered<Real>(x, y, scratch, n, flip, begin, end);
}

/** The same of i32. */
export function argsortInt(
  x: usize,
  y: usize,
  scratch: usize,
  n: i32,
  flip: i32,
  begin: i32,
  end: i32,
): void {
  ordered<Int>(x, y, scratch, n, flip, begin, end);
}

/** How a running total grows. */
abstract class Running {
  abstract start(): f64;
  abstract next(total: v128, x: v128): v128;
}

class Total extends Running {
  start(): f64 {
    return 0;
  }
  next(total: v128, x: v128): v128 {
    return f64x2.add(total, x);
  }
}

class Product extends Running {
  start(): f64 {
    return 1;
  }
  next(total: v128, x: v128): v128 {
    return f64x2.mul(total, x);
  }
}

/** Running totals of `count` ≤ 2 lines, whose elements are `pitch` bytes apart, in float64. */
function run<R extends Running>(x: usize, y: usize, n: i32, pitch: isize, count: i32): void {
  let total = f64x2.splat(changetype<R>(0).start());
  for (; n > 0; n--, x += pitch, y += pitch) {
    const v = count == 1 ? loadOne(x) : DOUBLE ? v128.load(x) : v128.load64_zero(x);
    total = changetype<R>(0).next(total, DOUBLE ? v : f64x2.promote_low_f32x4(v));
    const w = DOUBLE ? total : f32x4.demote_f64x2_zero(total);
    if (count == 1) storeOne(y, w);
    else if (DOUBLE) v128.store(y, w);
    else v128.store64_lane(y, w, 0);
  }
}

/** The lines [begin, end) of x [outer, n, inner] along the middle axis, backwards if pitch counts down. */
function along<R extends Running>(
  x: usize,
  y: usize,
  n: i32,
  inner: i32,
  reverse: i32,
  begin: i32,
  end: i32,
): void {
  for (let line = begin; line < end;) {
    const outer = line / inner;
    const column = line % inner;
    const count = min(min(inner - column, end - line), 2);
    let at = <isize>bytes(outer * n * inner + column);
    let pitch = <isize>bytes(inner);
    if (reverse) {
      at += pitch * (n - 1);
      pitch = -pitch;
    }
    run<R>(x + at, y + at, n, pitch, count);
    line += count;
  }
}

/** y = the running sums of x along the middle axis of [outer, n, inner], from its end if reverse; the grid is lines. */
export function cumsum(x: usize, y: usize, n: i32, inner: i32, reverse: i32, begin: i32, end: i32): void {
  along<Total>(x, y, n, inner, reverse, begin, end);
}

/** y = the running products. */
export function cumprod(x: usize, y: usize, n: i32, inner: i32, reverse: i32, begin: i32, end: i32): void {
  along<Product>(x, y, n, inner, reverse, begin, end);
}

/**
 * y[r, i] = x[r, indices[r, i]]: x [rows, n], indices, y [rows, m]; the grid is rows. Returns 0, or 1 + the first
 * position whose index lies outside [0, n).
 */
export function takeAlong(x: usize, indices: usize, y: usize, n: i32, m: i32, begin: i32, end: i32): i32 {
  for (let row = begin; row < end; row++) {
    const from = x + bytes(row * n);
    for (let i = row * m, stop = i + m; i < stop; i++) {
      const at = load<i32>(indices + ((<usize>i) << 2));
      if (<u32>at >= <u32>n) return i + 1;
      store<real>(y + bytes(i), load<real>(from + bytes(at)));
    }
  }
  return 0;
}

/**
 * dx[r, j] = Σ dy[r, i] over the i, in order, with indices[r, i] = j: dy, indices [rows, m] → dx [rows, n]; the grid is
 * rows.
 */
export function putAlong(dy: usize, indices: usize, dx: usize, n: i32, m: i32, begin: i32, end: i32): i32 {
  memory.fill(dx + bytes(begin * n), 0, bytes((end - begin) * n));
  for (let row = begin; row < end; row++) {
    const to = dx + bytes(row * n);
    for (let i = row * m, stop = i + m; i < stop; i++) {
      const at = load<i32>(indices + ((<usize>i) << 2));
      if (<u32>at >= <u32>n) return i + 1;
      const p = to + bytes(at);
      store<real>(p, load<real>(p) + load<real>(dy + bytes(i)));
    }
  }
  return 0;
}

/**
 * counts[j] = how many of the n elements of x are j, for j in [begin, end); the grid is counts. Returns 0, or 1 + the first
 * position of an element that is not in [0, length).
 */
export function bincount(x: usize, counts: usize, n: i32, length: i32, begin: i32, end: i32): i32 {
  memory.fill(counts + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2);
  for (let i = 0; i < n; i++) {
    const at = load<i32>(x + ((<usize>i) << 2));
    if (<u32>at >= <u32>length) return i + 1;
    if (at < begin || at >= end) continue;
    const p = counts + ((<usize>at) << 2);
    store<i32>(p, load<i32>(p) + 1);
  }
  return 0;
}

/**
 * counts[j] = how many of the n elements of x lie in bin j of `bins` equal ones in [low, high], the last with its end;
 * the grid is counts.
 */
export function histogram(
  x: usize,
  counts: usize,
  n: i32,
  bins: i32,
  low: f64,
  high: f64,
  begin: i32,
  end: i32,
): void {
  memory.fill(counts + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2);
  const scale = <f64>bins / (high - low);
  for (let i = 0; i < n; i++) {
    const v = <f64>load<real>(x + bytes(i));
    if (!(v >= low && v <= high)) continue;
    const at = min(<i32>((v - low) * scale), bins - 1);
    if (at < begin || at >= end) continue;
    const p = counts + ((<usize>at) << 2);
    store<i32>(p, load<i32>(p) + 1);
  }
}
