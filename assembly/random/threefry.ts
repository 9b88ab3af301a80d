/**
 * Random numbers as a pure function of key and position: Threefry-2x32-20 (Salmon, Moraes, Dror, Shaw:
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Counters (4g … 4g+3, 0) give group g of a stream:
 * their first words are elements 8g … 8g+3, their second words 8g+4 … 8g+7.
 */
import { storePart } from "../simd";

/** The key's third word is the exclusive or of the others and this. */
const PARITY: i32 = 0x1bd11bda;

/** The second word after a round: v turned left, xor the new first word u. */
function mix(u: v128, v: v128, left: i32): v128 {
  return v128.xor(v128.xor(u, i32x4.shl(v, left)), i32x4.shr_u(v, 32 - left));
}

/** The same for 16 and 24, by moving bytes. */
function mix16(u: v128, v: v128): v128 {
  return v128.xor(u, v128.shuffle<i16>(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
}

function mix24(u: v128, v: v128): v128 {
  return v128.xor(u, v128.shuffle<i8>(v, v, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

/**
 * Elements [begin, end) of the stream itself: y holds u32. Four groups at a time, for a round is a chain of three instructions: two
 * groups take 2.46 ms a million for 1.77 where vector integers have a latency of two cycles (Zen 5).
 */
export function randomBits(y: usize, key0: i32, key1: i32, begin: i32, end: i32): void {
  for (let i = begin & ~31; i < end; i += 32) {
    let a = i32x4.splat(key0);
    let b = i32x4.splat(key1);
    let c = i32x4.splat(PARITY ^ key0 ^ key1);
    let w = i32x4.splat(4);
    let u0 = i32x4.add(i32x4.add(i32x4.splat(i >> 1), i32x4(0, 1, 2, 3)), a);
    let u1 = i32x4.add(u0, w);
    let u2 = i32x4.add(u1, w);
    let u3 = i32x4.add(u2, w);
    let v0 = b;
    let v1 = b;
    let v2 = b;
    let v3 = b;
    for (let step = 1; ; step += 2) {
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 13);
      v1 = mix(u1, v1, 13);
      v2 = mix(u2, v2, 13);
      v3 = mix(u3, v3, 13);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 15);
      v1 = mix(u1, v1, 15);
      v2 = mix(u2, v2, 15);
      v3 = mix(u3, v3, 15);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 26);
      v1 = mix(u1, v1, 26);
      v2 = mix(u2, v2, 26);
      v3 = mix(u3, v3, 26);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 6);
      v1 = mix(u1, v1, 6);
      v2 = mix(u2, v2, 6);
      v3 = mix(u3, v3, 6);
      w = i32x4.add(c, i32x4.splat(step));
      v0 = i32x4.add(v0, w);
      v1 = i32x4.add(v1, w);
      v2 = i32x4.add(v2, w);
      v3 = i32x4.add(v3, w);
      u0 = i32x4.add(u0, b);
      u1 = i32x4.add(u1, b);
      u2 = i32x4.add(u2, b);
      u3 = i32x4.add(u3, b);
      if (step == 5) break;
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 17);
      v1 = mix(u1, v1, 17);
      v2 = mix(u2, v2, 17);
      v3 = mix(u3, v3, 17);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix(u0, v0, 29);
      v1 = mix(u1, v1, 29);
      v2 = mix(u2, v2, 29);
      v3 = mix(u3, v3, 29);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix16(u0, v0);
      v1 = mix16(u1, v1);
      v2 = mix16(u2, v2);
      v3 = mix16(u3, v3);
      u0 = i32x4.add(u0, v0);
      u1 = i32x4.add(u1, v1);
      u2 = i32x4.add(u2, v2);
      u3 = i32x4.add(u3, v3);
      v0 = mix24(u0, v0);
      v1 = mix24(u1, v1);
      v2 = mix24(u2, v2);
      v3 = mix24(u3, v3);
      w = i32x4.add(a, i32x4.splat(step + 1));
      v0 = i32x4.add(v0, w);
      v1 = i32x4.add(v1, w);
      v2 = i32x4.add(v2, w);
      v3 = i32x4.add(v3, w);
      u0 = i32x4.add(u0, c);
      u1 = i32x4.add(u1, c);
      u2 = i32x4.add(u2, c);
      u3 = i32x4.add(u3, c);
      const key = a;
      a = c;
      c = b;
      b = key;
    }
    const at = y + ((<usize>i) << 2);
    if (i >= begin && i + 32 <= end) {
      v128.store(at, u0);
      v128.store(at, v0, 16);
      v128.store(at, u1, 32);
      v128.store(at, v1, 48);
      v128.store(at, u2, 64);
      v128.store(at, v2, 80);
      v128.store(at, u3, 96);
      v128.store(at, v3, 112);
    } else {
      putGroup(at, u0, v0, begin - i, end - i);
      putGroup(at + 32, u1, v1, begin - i - 8, end - i - 8);
      putGroup(at + 64, u2, v2, begin - i - 16, end - i - 16);
      putGroup(at + 96, u3, v3, begin - i - 24, end - i - 24);
    }
  }
}

/** Stores those of a group's eight elements whose numbers are in [from, to). */
function putGroup(y: usize, u: v128, v: v128, from: i32, to: i32): void {
  put(y, u, from, to);
  put(y + 16, v, from - 4, to - 4);
}

/** Stores the lanes of x whose numbers are in [from, to). */
export function put(y: usize, x: v128, from: i32, to: i32): void {
  if (from >= 4) return;
  if (from > 0) put(y + 4, v128.shuffle<i32>(x, x, 1, 2, 3, 3), from - 1, min(to, 4) - 1);
  else storePart(y, x, to);
}

/** Both words of counter (counter, 0), the first one low. */
export function words(counter: u32, key0: u32, key1: u32): u64 {
  let key2 = PARITY ^ key0 ^ key1;
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

/** Both words of the counters (first … first + 3, second): four first words at `to`, four second words behind them. */
export function quadruple(first: i32, second: i32, key0: i32, key1: i32, to: usize): void {
  let key2 = PARITY ^ key0 ^ key1;
  let u = i32x4.add(i32x4.splat(first + key0), i32x4(0, 1, 2, 3));
  let v = i32x4.splat(second + key1);
  for (let round = 0; round < 20;) {
    const left = (<i32>((0x18101d11061a0f0d as u64) >> ((round & 7) << 3))) & 31;
    u = i32x4.add(u, v);
    v = mix(u, v, left);
    if (++round & 3) continue;
    u = i32x4.add(u, i32x4.splat(key1));
    v = i32x4.add(v, i32x4.splat(key2 + (round >> 2)));
    const key = key0;
    key0 = key1;
    key1 = key2;
    key2 = key;
  }
  v128.store(to, u);
  v128.store(to, v, 16);
}
