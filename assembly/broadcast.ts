/** Loops over elements of tensors that broadcast, for a function given as a class. Elements have 4 bytes. */
import { Binary, zip } from "./loops";
import { storePart } from "./simd";

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

/** The extent of an axis, counted from the innermost, in entries of so many bytes; 1 for an axis there is not. */
function extentOf(layout: usize, i: i32, entry: i32): i32 {
  return i < load<i32>(layout) ? load<i32>(layout + <usize>(i * entry), 4) : 1;
}

/** The stride of operand `operand`, from 0, along an axis, in elements; 0 for an axis there is not. */
function strideOf(layout: usize, i: i32, entry: i32, operand: i32): i32 {
  return i < load<i32>(layout) ? load<i32>(layout + <usize>(i * entry + (operand << 2)), 8) : 0;
}

/** Where a row of an operand begins, in bytes. */
function start(layout: usize, row: i32, entry: i32, operand: i32): usize {
  let offset = 0;
  for (let i = 1; i < load<i32>(layout); i++) {
    const extent = extentOf(layout, i, entry);
    offset += (row % extent) * strideOf(layout, i, entry, operand);
    row /= extent;
  }
  return (<usize>offset) << 2;
}

/**
 * z = F(x, y), broadcast. layout, of i32: rank, then for each axis of z, innermost first, its extent and the strides of x and
 * y in elements, 0 where they are repeated; on the innermost axis each is 0 or 1. The row's number is divided only where the
 * second axis begins anew.
 */
export function broadcast<F extends Binary>(
  x: usize,
  y: usize,
  z: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  const width = extentOf(layout, 0, 12);
  const height = extentOf(layout, 1, 12);
  const xStep = strideOf(layout, 0, 12, 0);
  const yStep = strideOf(layout, 0, 12, 1);
  for (let i = begin; i < end;) {
    const row = i / width;
    let column = i % width;
    let xRow = x + start(layout, row, 12, 0);
    let yRow = y + start(layout, row, 12, 1);
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
      xRow += (<usize>strideOf(layout, 1, 12, 0)) << 2;
      yRow += (<usize>strideOf(layout, 1, 12, 1)) << 2;
    }
  }
}

/** A function of three vectors. */
export abstract class Ternary {
  abstract lanes(a: v128, b: v128, c: v128): v128;
}

/** A vector of an operand, or its one number in every lane. */
function take(p: usize, step: i32): v128 {
  return step ? v128.load(p) : v128.load32_splat(p);
}

/** z = F(a, b, c) along n elements of a row, in which each operand advances by a step of 0 or 1. */
function along3<F extends Ternary>(
  a: usize,
  b: usize,
  c: usize,
  z: usize,
  n: i32,
  aStep: i32,
  bStep: i32,
  cStep: i32,
): void {
  const f = changetype<F>(0);
  for (; n >= 4; n -= 4, z += 16) {
    v128.store(z, f.lanes(take(a, aStep), take(b, bStep), take(c, cStep)));
    a += aStep << 4;
    b += bStep << 4;
    c += cStep << 4;
  }
  for (; n > 0; n--, z += 4) {
    const value = f.lanes(v128.load32_zero(a), v128.load32_zero(b), v128.load32_zero(c));
    v128.store32_lane(z, value, 0);
    a += aStep << 2;
    b += bStep << 2;
    c += cStep << 2;
  }
}

/** z = F(a, b, c), broadcast; layout as of `broadcast`, with the strides of three. */
export function broadcast3<F extends Ternary>(
  a: usize,
  b: usize,
  c: usize,
  z: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  const width = extentOf(layout, 0, 16);
  const aStep = strideOf(layout, 0, 16, 0);
  const bStep = strideOf(layout, 0, 16, 1);
  const cStep = strideOf(layout, 0, 16, 2);
  for (let i = begin; i < end;) {
    const row = i / width;
    const column = i % width;
    const n = min(width - column, end - i);
    along3<F>(
      a + start(layout, row, 16, 0) + ((<usize>(column * aStep)) << 2),
      b + start(layout, row, 16, 1) + ((<usize>(column * bStep)) << 2),
      c + start(layout, row, 16, 2) + ((<usize>(column * cStep)) << 2),
      z + ((<usize>i) << 2),
      n,
      aStep,
      bStep,
      cStep,
    );
    i += n;
  }
}
