/** Arithmetic of two tensors, of one shape or broadcast; the grid is the elements of z. */
import { Binary, zip } from "./loops";
import { storePart } from "./simd";

class Add extends Binary {
  lanes(x: v128, y: v128): v128 {
    return f32x4.add(x, y);
  }
}

class Sub extends Binary {
  lanes(x: v128, y: v128): v128 {
    return f32x4.sub(x, y);
  }
}

class Mul extends Binary {
  lanes(x: v128, y: v128): v128 {
    return f32x4.mul(x, y);
  }
}

class Div extends Binary {
  lanes(x: v128, y: v128): v128 {
    return f32x4.div(x, y);
  }
}

/** z = F(x, y) for n elements, where y is one number; or F(y, x), swapped. */
function against<F extends Binary>(x: usize, y: v128, z: usize, n: i32, swapped: bool): void {
  const f = changetype<F>(0);
  for (; n >= 16; n -= 16, x += 64, z += 64) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    v128.store(z, swapped ? f.lanes(y, x0) : f.lanes(x0, y));
    v128.store(z, swapped ? f.lanes(y, x1) : f.lanes(x1, y), 16);
    v128.store(z, swapped ? f.lanes(y, x2) : f.lanes(x2, y), 32);
    v128.store(z, swapped ? f.lanes(y, x3) : f.lanes(x3, y), 48);
  }
  for (; n > 0; n--, x += 4, z += 4) {
    const v = v128.load32_zero(x);
    v128.store_lane<f32>(z, swapped ? f.lanes(y, v) : f.lanes(v, y), 0);
  }
}

/** z = F(x, y) along n elements of a row, in which x and y advance by a step of 0 or 1. */
function along<F extends Binary>(x: usize, y: usize, z: usize, n: i32, xStep: i32, yStep: i32): void {
  if (xStep & yStep) return zip<F>(x, y, z, 0, n);
  if (xStep) return against<F>(x, v128.load32_splat(y), z, n, false);
  if (yStep) return against<F>(y, v128.load32_splat(x), z, n, true);
  const value = changetype<F>(0).lanes(v128.load32_splat(x), v128.load32_splat(y));
  for (; n >= 4; n -= 4, z += 16) v128.store(z, value);
  storePart(z, value, n);
}

/** An axis' extent or stride, 1 and 0 for an axis there is not; axes are counted from the innermost. */
const EXTENT: usize = 4;
const X_STRIDE: usize = 8;
const Y_STRIDE: usize = 12;

function axis(layout: usize, i: i32, field: usize): i32 {
  if (i >= load<i32>(layout)) return field == EXTENT ? 1 : 0;
  return load<i32>(layout + field + 12 * <usize>i);
}

/** Where a row begins, in bytes. */
function start(layout: usize, row: i32, field: usize): usize {
  let offset = 0;
  for (let i = 1; i < load<i32>(layout); i++) {
    const extent = axis(layout, i, EXTENT);
    offset += (row % extent) * axis(layout, i, field);
    row /= extent;
  }
  return (<usize>offset) << 2;
}

/** z = F(x, y), row by row, and division of the row's number only where the second axis begins anew. */
function broadcast<F extends Binary>(
  x: usize,
  y: usize,
  z: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  const width = axis(layout, 0, EXTENT);
  const height = axis(layout, 1, EXTENT);
  const xStep = axis(layout, 0, X_STRIDE);
  const yStep = axis(layout, 0, Y_STRIDE);
  for (let i = begin; i < end;) {
    const row = i / width;
    let column = i % width;
    let xRow = x + start(layout, row, X_STRIDE);
    let yRow = y + start(layout, row, Y_STRIDE);
    for (let j = row % height; j < height && i < end; j++) {
      const n = min(width - column, end - i);
      along<F>(
        xRow + ((<usize>(column * xStep)) << 2),
        yRow + ((<usize>(column * yStep)) << 2),
        z + ((<usize>i) << 2),
        n,
        xStep,
        yStep,
      );
      i += n;
      column = 0;
      xRow += (<usize>axis(layout, 1, X_STRIDE)) << 2;
      yRow += (<usize>axis(layout, 1, Y_STRIDE)) << 2;
    }
  }
}

/** z = x + y. x, y, z [n] */
export function add(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Add>(x, y, z, begin, end);
}

/** z = x − y. x, y, z [n] */
export function sub(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Sub>(x, y, z, begin, end);
}

/** z = x · y. x, y, z [n] */
export function mul(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Mul>(x, y, z, begin, end);
}

/** z = x / y. x, y, z [n] */
export function div(x: usize, y: usize, z: usize, begin: i32, end: i32): void {
  zip<Div>(x, y, z, begin, end);
}

/**
 * z = x + y, broadcast. layout, of i32: rank, then for each axis of z, innermost first, its extent and the
 * strides of x and y in elements, 0 where they are repeated; on the innermost axis each is 0 or 1.
 */
export function addBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Add>(x, y, z, layout, begin, end);
}

/** z = x − y, broadcast as by addBroadcast. */
export function subBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Sub>(x, y, z, layout, begin, end);
}

/** z = x · y, broadcast as by addBroadcast. */
export function mulBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Mul>(x, y, z, layout, begin, end);
}

/** z = x / y, broadcast as by addBroadcast. */
export function divBroadcast(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Div>(x, y, z, layout, begin, end);
}
