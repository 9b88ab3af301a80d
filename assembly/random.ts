/**
 * Random numbers as a pure function of key and position: Threefry-2x32-20 (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). Counters (4g … 4g+3, 0) give group g of a stream: their first words are elements
 * 8g … 8g+3, their second words 8g+4 … 8g+7. Nothing here is fused: both binaries give the same bits.
 */
import { cosTurn, loadPart, logExact, sinTurn, storePart } from "./simd";

/** What becomes of the two words of four counters. */
abstract class Pair {
  abstract shared(u: v128): v128;
  abstract first(shared: v128, v: v128): v128;
  abstract second(shared: v128, v: v128): v128;
}
class Words extends Pair {
  shared(u: v128): v128 {
    return u;
  }
  first(shared: v128, v: v128): v128 {
    return shared;
  }
  second(shared: v128, v: v128): v128 {
    return v;
  }
}
/** Box and Muller (1958): the radius √(−2 ln u), u in (0, 1], and the angle 2πv. */
class Deviates extends Pair {
  shared(u: v128): v128 {
    const exact = f32x4.convert_i32x4_s(i32x4.add(i32x4.shr_u(u, 8), i32x4.splat(1)));
    return f32x4.sqrt(
      f32x4.mul(f32x4.splat(-2), logExact(f32x4.mul(exact, f32x4.splat(5.960464477539063e-8)))),
    );
  }
  first(shared: v128, v: v128): v128 {
    return f32x4.mul(shared, cosTurn(unit(v)));
  }
  second(shared: v128, v: v128): v128 {
    return f32x4.mul(shared, sinTurn(unit(v)));
  }
}

/** The upper 24 bits as a number in [0, 1). */
function unit(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(5.960464477539063e-8));
}

/** The second word after a round: v turned left, xor the new first word u. */
function mix(u: v128, v: v128, left: i32): v128 {
  return v128.xor(v128.xor(u, i32x4.shl(v, left)), i32x4.shr_u(v, 32 - left));
}

/** Stores the lanes of x that are elements of [begin, end), lane 0 being element i. */
function put(y: usize, x: v128, i: i32, begin: i32, end: i32): void {
  if (i >= begin && i <= end - 4) return v128.store(y + (i << 2), x);
  for (let lane = 0; lane < 4; lane++, i++) {
    if (i >= begin && i < end) v128.store_lane<i32>(y + (i << 2), x, 0);
    x = v128.shuffle<i32>(x, x, 1, 2, 3, 0);
  }
}

/** The groups of a stream that [begin, end) touches. */
function fill<P extends Pair>(y: usize, key0: i32, key1: i32, begin: i32, end: i32): void {
  const pair = changetype<P>(0);
  const a = i32x4.splat(key0);
  const b = i32x4.splat(key1);
  const c = i32x4.splat(0x1bd11bda ^ key0 ^ key1);
  for (let i = begin & ~7; i < end; i += 8) {
    let u = i32x4.add(i32x4.add(i32x4.splat(i >> 1), i32x4(0, 1, 2, 3)), a);
    let v = b;
    u = i32x4.add(u, v);
    v = mix(u, v, 13);
    u = i32x4.add(u, v);
    v = mix(u, v, 15);
    u = i32x4.add(u, v);
    v = mix(u, v, 26);
    u = i32x4.add(u, v);
    v = mix(u, v, 6);
    u = i32x4.add(u, b);
    v = i32x4.add(v, i32x4.add(c, i32x4.splat(1)));
    u = i32x4.add(u, v);
    v = mix(u, v, 17);
    u = i32x4.add(u, v);
    v = mix(u, v, 29);
    u = i32x4.add(u, v);
    v = mix(u, v, 16);
    u = i32x4.add(u, v);
    v = mix(u, v, 24);
    u = i32x4.add(u, c);
    v = i32x4.add(v, i32x4.add(a, i32x4.splat(2)));
    u = i32x4.add(u, v);
    v = mix(u, v, 13);
    u = i32x4.add(u, v);
    v = mix(u, v, 15);
    u = i32x4.add(u, v);
    v = mix(u, v, 26);
    u = i32x4.add(u, v);
    v = mix(u, v, 6);
    u = i32x4.add(u, a);
    v = i32x4.add(v, i32x4.add(b, i32x4.splat(3)));
    u = i32x4.add(u, v);
    v = mix(u, v, 17);
    u = i32x4.add(u, v);
    v = mix(u, v, 29);
    u = i32x4.add(u, v);
    v = mix(u, v, 16);
    u = i32x4.add(u, v);
    v = mix(u, v, 24);
    u = i32x4.add(u, b);
    v = i32x4.add(v, i32x4.add(c, i32x4.splat(4)));
    u = i32x4.add(u, v);
    v = mix(u, v, 13);
    u = i32x4.add(u, v);
    v = mix(u, v, 15);
    u = i32x4.add(u, v);
    v = mix(u, v, 26);
    u = i32x4.add(u, v);
    v = mix(u, v, 6);
    u = i32x4.add(u, c);
    v = i32x4.add(v, i32x4.add(a, i32x4.splat(5)));
    const shared = pair.shared(u);
    put(y, pair.first(shared, v), i, begin, end);
    put(y, pair.second(shared, v), i + 4, begin, end);
  }
}

/** What becomes of a vector of the stream, of x there, and of three numbers. */
abstract class Draw {
  abstract of(bits: v128, x: v128, a: v128, b: v128, c: v128): v128;
}
class Uniform extends Draw {
  of(bits: v128, x: v128, low: v128, width: v128, last: v128): v128 {
    return f32x4.pmin(f32x4.add(low, f32x4.mul(unit(bits), width)), last);
  }
}
class Normal extends Draw {
  of(deviate: v128, x: v128, mean: v128, deviation: v128, c: v128): v128 {
    return f32x4.add(mean, f32x4.mul(deviate, deviation));
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

/** y = F(stream, x, a, b, c), by blocks that stay in the first cache: the stream is written to y, then drawn from in place. */
function draw<P extends Pair, F extends Draw>(
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
  for (let i = begin; i < end;) {
    const stop = min(end, (i + 1024) & ~7);
    fill<P>(y, key0, key1, i, stop);
    for (; i < stop; i += 4) {
      const at = i << 2;
      const n = stop - i;
      if (n >= 4) v128.store(y + at, f.of(v128.load(y + at), v128.load(x + at), A, B, C));
      else storePart(y + at, f.of(loadPart(y + at, n), loadPart(x + at, n), A, B, C), n);
    }
    i = stop;
  }
}

/** The largest float below x. */
function before(x: f32): f32 {
  if (x == 0) return -1.401298464324817e-45;
  return reinterpret<f32>(reinterpret<i32>(x) + (x > 0 ? -1 : 1));
}

/** Elements [begin, end) of the stream itself: y holds u32. */
export function randomBits(y: usize, key0: i32, key1: i32, begin: i32, end: i32): void {
  fill<Words>(y, key0, key1, begin, end);
}

/** y = low + u · (high − low), u = (bits >>> 8) · 2⁻²⁴, always below high (or low, if that is not below high). */
export function uniform(y: usize, key0: i32, key1: i32, low: f32, high: f32, begin: i32, end: i32): void {
  const last = low < high ? before(high) : low;
  draw<Words, Uniform>(y, y, key0, key1, low, high - low, last, begin, end);
}

/** y = mean + deviation · z, z standard normal: z = r · cos φ from first words, r · sin φ from second ones. */
export function normal(
  y: usize,
  key0: i32,
  key1: i32,
  mean: f32,
  deviation: f32,
  begin: i32,
  end: i32,
): void {
  draw<Deviates, Normal>(y, y, key0, key1, mean, deviation, 0, begin, end);
}

/** y = 1 with the given probability, else 0. */
export function bernoulli(y: usize, key0: i32, key1: i32, probability: f32, begin: i32, end: i32): void {
  draw<Words, Bernoulli>(y, y, key0, key1, probability, 1, 0, begin, end);
}

/** y = x / (1 − rate) where the stream's u ≥ rate, else 0; y = x for rate 0. Its gradient is itself on dy. */
export function dropout(x: usize, y: usize, key0: i32, key1: i32, rate: f32, begin: i32, end: i32): void {
  draw<Words, Dropout>(x, y, key0, key1, rate, 1 / (1 - rate), 0, begin, end);
}

/** Both words of counter (counter, 0), the first one low. */
function wide(counter: u32, key0: u32, key1: u32): u64 {
  let key2 = 0x1bd11bda ^ key0 ^ key1;
  let u = counter + key0;
  let v = key1;
  for (let round: u32 = 0; round < 20;) {
    u += v;
    v = rotl<u32>(v, <u32>((0x18101d11061a0f0d as u64) >> ((round & 7) << 3))) ^ u;
    if (++round & 3) continue;
    u += key1;
    v += key2 + (round >> 2);
    const key = key0;
    key0 = key1;
    key1 = key2;
    key2 = key;
  }
  return ((<u64>v) << 32) | u;
}

/** y = a permutation of 0 … n − 1: y [n] i32; the grid is 1. Fisher–Yates: place i is swapped with ⌊draw(i) · (i + 1) / 2⁶⁴⌋. */
export function permutation(y: usize, key0: i32, key1: i32, n: i32, begin: i32, end: i32): void {
  if (begin >= end) return;
  for (let i = 0; i < n; i++) store<i32>(y + (i << 2), i);
  for (let i = n - 1; i > 0; i--) {
    const bits = wide(i, key0, key1);
    const places = <u64>i + 1;
    const j = <usize>(((bits >> 32) * places + (((bits & 0xffffffff) * places) >> 32)) >> 32);
    const at = load<i32>(y + (i << 2));
    store<i32>(y + (i << 2), load<i32>(y + (j << 2)));
    store<i32>(y + (j << 2), at);
  }
}
