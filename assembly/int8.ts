/** 8-bit integers: quantization, and exact products of them. */
import { broadcastTo } from "./broadcast";
import { product, scaleSums } from "./int8/product";
import { Binary } from "./loops";
import { div, mul, nearest, pmax, pmin, splat } from "./simd";
import { Reals } from "./storage";
import { Bytes } from "./storage/integers";

/** The nearest multiple of scale to x, in units of it; at most `limit` in size. */
function units(x: v128, scale: v128, limit: f64): v128 {
  return pmin(pmax(nearest(div(x, scale)), splat(-limit)), splat(limit));
}

class Quantize8 extends Binary {
  lanes(x: v128, scale: v128): v128 {
    return units(x, scale, 127);
  }
}

class Quantize7 extends Binary {
  lanes(x: v128, scale: v128): v128 {
    return units(x, scale, 63);
  }
}

/** q = round(x / scale) in [−127, 127], 0 for NaN: broadcast; q of 8 bits. */
export function quantize8(x: usize, scale: usize, q: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Quantize8, Bytes>(x, scale, q, layout, begin, end);
}

/** q = round(x / scale) in [−63, 63]. */
export function quantize7(x: usize, scale: usize, q: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Quantize7, Bytes>(x, scale, q, layout, begin, end);
}

class Fake8 extends Binary {
  lanes(x: v128, scale: v128): v128 {
    return mul(units(x, scale, 127), scale);
  }
}

class Fake7 extends Binary {
  lanes(x: v128, scale: v128): v128 {
    return mul(units(x, scale, 63), scale);
  }
}

/** y = scale · round(x / scale), within 127 · scale: broadcast. */
export function fakeQuantize8(x: usize, scale: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Fake8, Reals>(x, scale, y, layout, begin, end);
}

/** The same within 63 · scale. */
export function fakeQuantize7(x: usize, scale: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Fake7, Reals>(x, scale, y, layout, begin, end);
}

/** C = A·B of 8-bit integers in i32: a [m, k] and b [k, n] by their steps in elements → c [m, n]; the grid as of matmul. */
export function matmulInt8(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  product(a, b, c, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/**
 * y = (A·B) · aScale · bScale, as matmulInt8 with a scale for each row of A and each column of B, or one for all where its step
 * is 0, not 1.
 */
export function matmulQuantized(
  a: usize,
  b: usize,
  aScale: usize,
  bScale: usize,
  y: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  aStep: i32,
  bStep: i32,
  begin: i32,
  end: i32,
): void {
  product(a, b, y, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
  scaleSums(y, aScale, bScale, m, n, aStep, bStep, begin, end);
}
