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

/** Elements [begin, end) of the stream itself, two groups at a time: y holds u32. */
export function randomBits(y: usize, key0: i32, key1: i32, begin: i32, end: i32): void {
  for (let i = begin & ~15; i < end; i += 16) {
    let a = i32x4.splat(key0);
    let b = i32x4.splat(key1);
    let c = i32x4.splat(PARITY ^ key0 ^ key1);
    let u = i32x4.add(i32x4.add(i32x4.splat(i >> 1), i32x4(0, 1, 2, 3)), a);
    let U = i32x4.add(u, i32x4.splat(4));
    let v = b;
    let V = b;
    for (let step = 1; ; step += 2) {
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix(u, v, 13);
      V = mix(U, V, 13);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix(u, v, 15);
      V = mix(U, V, 15);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix(u, v, 26);
      V = mix(U, V, 26);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = i32x4.add(mix(u, v, 6), i32x4.add(c, i32x4.splat(step)));
      V = i32x4.add(mix(U, V, 6), i32x4.add(c, i32x4.splat(step)));
      u = i32x4.add(u, b);
      U = i32x4.add(U, b);
      if (step == 5) break;
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix(u, v, 17);
      V = mix(U, V, 17);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix(u, v, 29);
      V = mix(U, V, 29);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = mix16(u, v);
      V = mix16(U, V);
      u = i32x4.add(u, v);
      U = i32x4.add(U, V);
      v = i32x4.add(mix24(u, v), i32x4.add(a, i32x4.splat(step + 1)));
      V = i32x4.add(mix24(U, V), i32x4.add(a, i32x4.splat(step + 1)));
      u = i32x4.add(u, c);
      U = i32x4.add(U, c);
      const key = a;
      a = c;
      c = b;
      b = key;
    }
    const at = y + (i << 2);
    if (i >= begin && i + 16 <= end) {
      v128.store(at, u);
      v128.store(at, v, 16);
      v128.store(at, U, 32);
      v128.store(at, V, 48);
    } else {
      put(at, u, begin - i, end - i);
      put(at + 16, v, begin - i - 4, end - i - 4);
      put(at + 32, U, begin - i - 8, end - i - 8);
      put(at + 48, V, begin - i - 12, end - i - 12);
    }
  }
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
