/** Folds over one row. */
import { madd, sumLanes } from "../simd";

/** Elements that are added in float32 before they join a row's float64 total. */
const BLOCK = 512;

/** The largest of n elements; a NaN may be lost, and comes back with its exponential. */
export function largest(x: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  for (; n >= 16; n -= 16, x += 64) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  for (; n >= 4; n -= 4, x += 16) a = f32x4.pmax(a, v128.load(x));
  for (; n > 0; n--, x += 4) b = f32x4.pmax(b, v128.load32_splat(x));
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, v128.shuffle<i64>(a, a, 1, 0));
  return f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2)), 0);
}

/** Σ a · b, n elements; Σ a where b is 0. */
export function dot(a: usize, b: usize, n: i32): f64 {
  const one = f32x4.splat(1);
  let total = 0.0;
  for (; n > 0; n -= BLOCK) {
    let p = f32x4.splat(0);
    let q = p;
    let m = min(n, BLOCK);
    for (; m >= 8; m -= 8, a += 32) {
      p = madd(v128.load(a), b ? v128.load(b) : one, p);
      q = madd(v128.load(a, 16), b ? v128.load(b, 16) : one, q);
      if (b) b += 32;
    }
    for (; m > 0; m--, a += 4) {
      total += <f64>load<f32>(a) * (b ? <f64>load<f32>(b) : 1);
      if (b) b += 4;
    }
    total += sumLanes(f32x4.add(p, q));
  }
  return total;
}

/** The bytes to the next row, 0 behind the last: what `sumDecays` may bring into the cache. */
export function aheadOf(row: i32, end: i32, cols: i32): usize {
  return row + 1 < end ? (<usize>cols) << 2 : 0;
}
