/** Loops over elements of tensors that broadcast, for a function given as a class. */
import { Binary, zipTo } from "./loops";
import { bytes, LANES, loadOne, splatFirst, storeOne, WORD } from "./simd";
import { Output, Reals, Storage } from "./storage";

/** z = F(x, y) for n elements, where y is one number; or F(y, x), swapped. */
function against<F extends Binary, O extends Output>(
  x: usize,
  y: v128,
  z: usize,
  n: i32,
  swapped: bool,
): void {
  const f = changetype<F>(0);
  const o = changetype<O>(0);
  for (; n >= 4 * LANES; n -= 4 * LANES, x += 64, z += o.width() * 4 * LANES) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    o.storeFour(
      z,
      swapped ? f.lanes(y, x0) : f.lanes(x0, y),
      swapped ? f.lanes(y, x1) : f.lanes(x1, y),
      swapped ? f.lanes(y, x2) : f.lanes(x2, y),
      swapped ? f.lanes(y, x3) : f.lanes(x3, y),
    );
  }
  for (; n > 0; n--, x += WORD, z += o.width()) {
    const v = loadOne(x);
    o.storeOne(z, swapped ? f.lanes(y, v) : f.lanes(v, y));
  }
}

/** z = F(x, y) along n elements of a row, in which x and y advance by a step of 0 or 1. */
function along<F extends Binary, O extends Output>(
  x: usize,
  y: usize,
  z: usize,
  n: i32,
  xStep: i32,
  yStep: i32,
): void {
  const o = changetype<O>(0);
  if (xStep & yStep) return zipTo<F, O>(x, y, z, 0, n);
  if (xStep) return against<F, O>(x, v128.load_splat<real>(y), z, n, false);
  if (yStep) return against<F, O>(y, v128.load_splat<real>(x), z, n, true);
  const value = changetype<F>(0).lanes(v128.load_splat<real>(x), v128.load_splat<real>(y));
  for (; n >= LANES; n -= LANES, z += o.width() * LANES) o.store(z, value);
  for (; n > 0; n--, z += o.width()) o.storeOne(z, value);
}

/** The extent of an axis, counted from the innermost, in entries of so many bytes; 1 for an axis there is not. */
function extentOf(layout: usize, i: i32, entry: i32): i32 {
  return i < load<i32>(layout) ? load<i32>(layout + <usize>(i * entry), 4) : 1;
}

/** The stride of operand `operand`, from 0, along an axis, in elements; 0 for an axis there is not. */
function strideOf(layout: usize, i: i32, entry: i32, operand: i32): i32 {
  return i < load<i32>(layout) ? load<i32>(layout + <usize>(i * entry + (operand << 2)), 8) : 0;
}

/** Where a row of an operand begins, in elements. */
function start(layout: usize, row: i32, entry: i32, operand: i32): i32 {
  let offset = 0;
  for (let i = 1; i < load<i32>(layout); i++) {
    const extent = extentOf(layout, i, entry);
    offset += (row % extent) * strideOf(layout, i, entry, operand);
    row /= extent;
  }
  return offset;
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
  broadcastTo<F, Reals>(x, y, z, layout, begin, end);
}

/** The same for z of another type. */
export function broadcastTo<F extends Binary, O extends Output>(
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
    let xRow = x + bytes(start(layout, row, 12, 0));
    let yRow = y + bytes(start(layout, row, 12, 1));
    for (let j = row % height; j < height && i < end; j++) {
      const n = min(width - column, end - i);
      along<F, O>(
        xRow + bytes(column * xStep),
        yRow + bytes(column * yStep),
        z + changetype<O>(0).width() * i,
        n,
        xStep,
        yStep,
      );
      i += n;
      column = 0;
      xRow += bytes(strideOf(layout, 1, 12, 0));
      yRow += bytes(strideOf(layout, 1, 12, 1));
    }
  }
}

/** A function of three vectors. */
export abstract class Ternary {
  abstract lanes(a: v128, b: v128, c: v128): v128;
}

/** z = F(a, b, c) along n elements of a row, in which each operand advances by a step of 0 or 1. */
function along3<F extends Ternary, A extends Storage>(
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
  const first = changetype<A>(0);
  const aWidth = first.width() * aStep;
  const a0 = splatFirst(first.loadOne(a));
  const b0 = v128.load_splat<real>(b);
  const c0 = v128.load_splat<real>(c);
  for (; n >= LANES; n -= LANES, z += 16) {
    const u = aStep ? first.load(a) : a0;
    v128.store(z, f.lanes(u, bStep ? v128.load(b) : b0, cStep ? v128.load(c) : c0));
    a += aWidth * LANES;
    b += bStep << 4;
    c += cStep << 4;
  }
  for (; n > 0; n--, z += WORD) {
    storeOne(z, f.lanes(first.loadOne(a), loadOne(b), loadOne(c)));
    a += aWidth;
    b += bytes(bStep);
    c += bytes(cStep);
  }
}

/** z = F(a, b, c), broadcast; layout as of `broadcast`, with the strides of three. The first operand is of type A. */
export function broadcast3<F extends Ternary, A extends Storage>(
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
    along3<F, A>(
      a + changetype<A>(0).width() * (start(layout, row, 16, 0) + column * aStep),
      b + bytes(start(layout, row, 16, 1) + column * bStep),
      c + bytes(start(layout, row, 16, 2) + column * cStep),
      z + bytes(i),
      n,
      aStep,
      bStep,
      cStep,
    );
    i += n;
  }
}
