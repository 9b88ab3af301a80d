/** Random tensors: y [n], the grid is its elements. Nothing is fused: both binaries give the same bits. */
import { BLOCK, draw, Draw, radius, unit } from "./random/draw";
import { put, randomBits, words } from "./random/threefry";
import { cosTurn, sinTurn } from "./simd";

export { randomBits } from "./random/threefry";

class Uniform extends Draw {
  of(bits: v128, x: v128, low: v128, width: v128, last: v128): v128 {
    return f32x4.pmin(f32x4.add(low, f32x4.mul(unit(bits), width)), last);
  }
}
class Bernoulli extends Draw {
  of(bits: v128, x: v128, probability: v128, one: v128, c: v128): v128 {
    return v128.and(f32x4.lt(unit(bits), probability), one);
  }
}
class Dropout extends Draw {
  of(bits: v128, x: v128, rate: v128, scale: v128, c: v128): v128 {
    return v128.and(f32x4.mul(x, scale), f32x4.ge(unit(bits), rate));
  }
}

/** y = low + u · (high − low), u = (bits >>> 8) · 2⁻²⁴, always below high (or low, if high is not above). */
export function uniform(y: usize, key0: i32, key1: i32, low: f32, high: f32, begin: i32, end: i32): void {
  const last = low < high ? before(high) : low;
  draw<Uniform>(y, y, key0, key1, low, high - low, last, begin, end);
}

/** The largest float below x. */
function before(x: f32): f32 {
  if (x == 0) return -1.401298464324817e-45;
  return reinterpret<f32>(reinterpret<i32>(x) + (x > 0 ? -1 : 1));
}

/** y = 1 with the given probability, else 0. */
export function bernoulli(y: usize, key0: i32, key1: i32, probability: f32, begin: i32, end: i32): void {
  draw<Bernoulli>(y, y, key0, key1, probability, 1, 0, begin, end);
}

/** y = x / (1 − rate) where the stream's u ≥ rate, else 0; y = x for rate 0. Its gradient is itself on dy. */
export function dropout(x: usize, y: usize, key0: i32, key1: i32, rate: f32, begin: i32, end: i32): void {
  draw<Dropout>(x, y, key0, key1, rate, 1 / (1 - rate), 0, begin, end);
}

/**
 * y = mean + deviation · z, z standard normal (Box and Muller, 1958): r · cos φ for a counter's first word, r
 * · sin φ for its second, where r = √(−2 ln u), u in (0, 1], and φ = 2πv of the two.
 */
export function normal(
  y: usize,
  key0: i32,
  key1: i32,
  mean: f32,
  deviation: f32,
  begin: i32,
  end: i32,
): void {
  while (begin < end) {
    const stop = min(end, (begin + BLOCK) & ~31);
    randomBits(y, key0, key1, begin, stop);
    for (let i = begin & ~7; i < stop; i += 8) {
      const at = y + (i << 2);
      const whole = i >= begin && i + 8 <= stop;
      let u = i32x4.splat(0);
      let v = u;
      if (whole) {
        u = v128.load(at);
        v = v128.load(at, 16);
      } else {
        for (let lane = 0; lane < 4; lane++) {
          const both = words((i >> 1) + lane, key0, key1);
          u = v128.shuffle<i32>(u, i32x4.splat(<i32>both), 1, 2, 3, 4);
          v = v128.shuffle<i32>(v, i32x4.splat(<i32>(both >> 32)), 1, 2, 3, 4);
        }
      }
      const r = radius(u);
      const first = f32x4.add(
        f32x4.splat(mean),
        f32x4.mul(f32x4.mul(r, cosTurn(unit(v))), f32x4.splat(deviation)),
      );
      const second = f32x4.add(
        f32x4.splat(mean),
        f32x4.mul(f32x4.mul(r, sinTurn(unit(v))), f32x4.splat(deviation)),
      );
      if (whole) {
        v128.store(at, first);
        v128.store(at, second, 16);
      } else {
        put(at, first, begin - i, stop - i);
        put(at + 16, second, begin - i - 4, stop - i - 4);
      }
    }
    begin = stop;
  }
}

/**
 * y = a permutation of 0 … n − 1: y [n] i32; the grid is 1.
 * Fisher–Yates: place i is swapped with ⌊draw(i) · (i + 1) / 2⁶⁴⌋.
 */
export function permutation(y: usize, key0: i32, key1: i32, n: i32, begin: i32, end: i32): void {
  if (begin >= end) return;
  for (let i = 0; i < n; i++) store<i32>(y + (i << 2), i);
  for (let i = n - 1; i > 0; i--) {
    const bits = words(i, key0, key1);
    const places = <u64>i + 1;
    const j = <usize>(((bits >> 32) * places + (((bits & 0xffffffff) * places) >> 32)) >> 32);
    const at = load<i32>(y + (i << 2));
    store<i32>(y + (i << 2), load<i32>(y + (j << 2)));
    store<i32>(y + (j << 2), at);
  }
}
