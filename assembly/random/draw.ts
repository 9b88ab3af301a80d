/** What becomes of a stream of random bits, for a function given as a class. */
import { log } from "../simd";
import { randomBits } from "./threefry";

/** Elements drawn at a time: the stream is written to y, and drawn from in place while in the first cache. */
export const BLOCK: i32 = 1024;

/** The upper 24 bits as a number in [0, 1). */
export function unit(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(5.960464477539063e-8));
}

/** What becomes of four elements of the stream, of x there, and of three numbers. */
export abstract class Draw {
  abstract of(bits: v128, x: v128, a: v128, b: v128, c: v128): v128;
}
/** y = F(stream, x, a, b, c) */
export function draw<F extends Draw>(
  x: usize,
  y: usize,
  key0: i32,
  key1: i32,
  a: f32,
  b: f32,
  c: f32,
  begin: i32,
  end: i32,
): void {
  const f = changetype<F>(0);
  const A = f32x4.splat(a);
  const B = f32x4.splat(b);
  const C = f32x4.splat(c);
  while (begin < end) {
    const stop = min(end, (begin + BLOCK) & ~31);
    randomBits(y, key0, key1, begin, stop);
    let i = begin;
    for (; i <= stop - 4; i += 4) {
      const at = i << 2;
      v128.store(y + at, f.of(v128.load(y + at), v128.load(x + at), A, B, C));
    }
    for (; i < stop; i++) {
      const at = i << 2;
      v128.store_lane<f32>(y + at, f.of(v128.load32_zero(y + at), v128.load32_zero(x + at), A, B, C), 0);
    }
    begin = stop;
  }
}

/** √(−2 ln u), u in (0, 1] of the upper 24 bits. */
export function radius(bits: v128): v128 {
  const exact = f32x4.convert_i32x4_s(i32x4.add(i32x4.shr_u(bits, 8), i32x4.splat(1)));
  return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log(f32x4.mul(exact, f32x4.splat(5.960464477539063e-8)))));
}
