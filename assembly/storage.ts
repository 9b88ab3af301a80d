/** How numbers lie in memory: read as lanes of reals, and written from them. */
import { abs, DOUBLE, LANES, loadOne, storeOne, WORD } from "./simd";

/** A type in memory. A leaf class each: a call through a type parameter is direct only where no class overrides it. */
export abstract class Storage {
  /** The bytes of one. */
  abstract width(): usize;
  /** LANES of them. */
  abstract load(p: usize): v128;
  /** One in the first lane, 0 in the others. */
  abstract loadOne(p: usize): v128;
  abstract store(p: usize, x: v128): void;
  /** Four vectors, one behind the other. */
  abstract storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void;
  abstract storeOne(p: usize, x: v128): void;
}

/** Reals, or whatever is as long as they. */
export class Reals extends Storage {
  width(): usize {
    return WORD;
  }
  load(p: usize): v128 {
    return v128.load(p);
  }
  loadOne(p: usize): v128 {
    return loadOne(p);
  }
  store(p: usize, x: v128): void {
    v128.store(p, x);
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    v128.store(p, a);
    v128.store(p, b, 16);
    v128.store(p, c, 32);
    v128.store(p, d, 48);
  }
  storeOne(p: usize, x: v128): void {
    storeOne(p, x);
  }
}

/** The lower words of the lanes of a, then of b, where lanes have two words; else a. */
function lowWords(a: v128, b: v128): v128 {
  return DOUBLE ? v128.shuffle<i32>(a, b, 0, 2, 4, 6) : a;
}

/** LANES words, side by side in the lowest lanes. */
function loadWords(p: usize): v128 {
  return DOUBLE ? v128.load64_zero(p) : v128.load(p);
}

function storeWords(p: usize, words: v128): void {
  if (DOUBLE) v128.store64_lane(p, words, 0);
  else v128.store(p, words);
}

/** Integers of 32 bits that no one computes with: each is in the lower word of a lane. */
export class Words extends Storage {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    return DOUBLE ? v128.load32x2_u(p) : v128.load(p);
  }
  loadOne(p: usize): v128 {
    return v128.load32_zero(p);
  }
  store(p: usize, x: v128): void {
    storeWords(p, lowWords(x, x));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    v128.store(p, lowWords(a, b));
    v128.store(p, DOUBLE ? lowWords(c, d) : b, 16);
    if (DOUBLE) return;
    v128.store(p, c, 32);
    v128.store(p, d, 48);
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, x, 0);
  }
}

/** 1 where the mask is all ones, else 0. */
function truth(mask: v128): v128 {
  return i32x4.shr_u(mask, 31);
}

/** Truth values, words of 0 or 1; in lanes, masks. */
export class Truths extends Storage {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    const zero = i32x4.splat(0);
    return DOUBLE ? i64x2.ne(v128.load32x2_u(p), zero) : i32x4.ne(v128.load(p), zero);
  }
  loadOne(p: usize): v128 {
    const mask = i32x4.ne(v128.load32_zero(p), i32x4.splat(0));
    return DOUBLE ? v128.shuffle<i32>(mask, mask, 0, 0, 2, 2) : mask;
  }
  store(p: usize, x: v128): void {
    storeWords(p, truth(lowWords(x, x)));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    changetype<Words>(0).storeFour(p, truth(a), truth(b), truth(c), truth(d));
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, truth(x), 0);
  }
}

function intsToReals(words: v128): v128 {
  return DOUBLE ? f64x2.convert_low_i32x4_s(words) : f32x4.convert_i32x4_s(words);
}

function realsToInts(x: v128): v128 {
  return DOUBLE ? i32x4.trunc_sat_f64x2_s_zero(x) : i32x4.trunc_sat_f32x4_s(x);
}

/** Integers of 32 bits. A real loses its fraction, becomes the nearest there is if it is too large, and 0 if it is NaN. */
export class Ints extends Storage {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    return intsToReals(loadWords(p));
  }
  loadOne(p: usize): v128 {
    return intsToReals(v128.load32_zero(p));
  }
  store(p: usize, x: v128): void {
    storeWords(p, realsToInts(x));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    storeEach<Ints>(p, a, b, c, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, realsToInts(x), 0);
  }
}

/** Four vectors, one after the other. */
function storeEach<S extends Storage>(p: usize, a: v128, b: v128, c: v128, d: v128): void {
  const s = changetype<S>(0);
  const step = s.width() * LANES;
  s.store(p, a);
  s.store(p + step, b);
  s.store(p + 2 * step, c);
  s.store(p + 3 * step, d);
}

function singlesToReals(x: v128): v128 {
  return DOUBLE ? f64x2.promote_low_f32x4(x) : x;
}

function realsToSingles(x: v128): v128 {
  return DOUBLE ? f32x4.demote_f64x2_zero(x) : x;
}

/** float32, for reals of float64. */
export class Singles extends Storage {
  width(): usize {
    return 4;
  }
  load(p: usize): v128 {
    return singlesToReals(loadWords(p));
  }
  loadOne(p: usize): v128 {
    return singlesToReals(v128.load32_zero(p));
  }
  store(p: usize, x: v128): void {
    storeWords(p, realsToSingles(x));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    storeEach<Singles>(p, a, b, c, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, realsToSingles(x), 0);
  }
}

/** LANES or one of the 16-bit numbers from p, each in the lower half of a 32-bit lane; 0 in those above. */
function loadShorts(p: usize): v128 {
  if (!DOUBLE) return v128.load16x4_u(p);
  return v128.shuffle<i16>(v128.load32_zero(p), i32x4.splat(0), 0, 8, 1, 8, 8, 8, 8, 8);
}

function loadShort(p: usize): v128 {
  return v128.load16_lane(p, i32x4.splat(0), 0);
}

function storeShorts(p: usize, words: v128): void {
  const shorts = i16x8.narrow_i32x4_u(words, words);
  if (DOUBLE) v128.store32_lane(p, shorts, 0);
  else v128.store64_lane(p, shorts, 0);
}

/**
 * A float64 to so many bits of fraction, to the even one of two, though no finer than the smallest normal number `least` has
 * them: a sum with 2⁵²⁻ᵇⁱᵗˢ times its own power of two is rounded there. What is narrowed to float32 then is exact.
 */
function rounded(x: v128, bits: i32, least: f64): v128 {
  if (!DOUBLE) return x;
  const exponent = f64x2.pmax(v128.and(x, f64x2.splat(Infinity)), f64x2.splat(least));
  const magic = i64x2.add(exponent, i64x2.splat((<i64>(52 - bits)) << 52));
  const y = f64x2.sub(f64x2.add(abs(x), magic), magic);
  const far = f64x2.lt(f64x2.splat(1e290), abs(x)); // as good as infinite
  return v128.or(v128.bitselect(abs(x), y, far), v128.and(x, f64x2.splat(-0.0)));
}

const SIGN: i32 = 0x80000000;

/**
 * float16 of float32 lanes, in the lower half of each, to the even one of two: rounded to 10 bits of fraction by a sum with
 * 2¹³ times its own power of two, then brought from float32's exponents to float16's by a factor, which is exact.
 */
function toHalves(x: v128): v128 {
  const a = v128.andnot(x, i32x4.splat(SIGN));
  const limited = f32x4.pmin(f32x4.splat(65536), a); // this one for NaN
  const exponent = f32x4.pmax(v128.and(limited, f32x4.splat(Infinity)), f32x4.splat(6.103515625e-5));
  const magic = i32x4.add(exponent, i32x4.splat(13 << 23));
  const y = f32x4.pmin(f32x4.splat(65536), f32x4.sub(f32x4.add(limited, magic), magic));
  const finite = i32x4.shr_u(f32x4.mul(y, f32x4.splat(1.925929944387236e-34)), 13);
  const half = v128.bitselect(i32x4.splat(0x7e00), finite, f32x4.ne(x, x));
  return v128.or(half, i32x4.shr_u(v128.and(x, i32x4.splat(SIGN)), 16));
}

/** The reverse: exact. */
function fromHalves(h: v128): v128 {
  const magnitude = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  const y = f32x4.mul(magnitude, f32x4.splat(5.192296858534828e33));
  const infinite = i32x4.gt_s(magnitude, i32x4.splat((0x7c00 << 13) - 1));
  const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
  return v128.or(v128.or(y, sign), v128.and(infinite, f32x4.splat(Infinity)));
}

/** float16: 5 bits of exponent, 10 of fraction. */
export class Halves extends Storage {
  width(): usize {
    return 2;
  }
  load(p: usize): v128 {
    return singlesToReals(fromHalves(loadShorts(p)));
  }
  loadOne(p: usize): v128 {
    return singlesToReals(fromHalves(loadShort(p)));
  }
  store(p: usize, x: v128): void {
    storeShorts(p, toHalves(realsToSingles(rounded(x, 10, 6.103515625e-5))));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    storeEach<Halves>(p, a, b, c, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store16_lane(p, toHalves(realsToSingles(rounded(x, 10, 6.103515625e-5))), 0);
  }
}

/** The upper half of float32 lanes, in the lower half of each, to the even one of two; NaN stays NaN. */
function toBrains(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const y = i32x4.shr_u(i32x4.add(x, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
  const nan = v128.or(i32x4.shr_u(x, 16), i32x4.splat(64));
  return v128.bitselect(nan, y, f32x4.ne(x, x));
}

/** bfloat16: the upper half of a float32. */
export class Brains extends Storage {
  width(): usize {
    return 2;
  }
  load(p: usize): v128 {
    return singlesToReals(i32x4.shl(loadShorts(p), 16));
  }
  loadOne(p: usize): v128 {
    return singlesToReals(i32x4.shl(loadShort(p), 16));
  }
  store(p: usize, x: v128): void {
    storeShorts(p, toBrains(realsToSingles(rounded(x, 7, 1.1754943508222875e-38))));
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    storeEach<Brains>(p, a, b, c, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store16_lane(p, toBrains(realsToSingles(rounded(x, 7, 1.1754943508222875e-38))), 0);
  }
}

/** Four signed bytes, or two, as 32-bit integers; or one, and 0 above it. */
function loadBytes(p: usize): v128 {
  const bytes = DOUBLE ? v128.load16_lane(p, i32x4.splat(0), 0) : v128.load32_zero(p);
  return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes));
}

function loadByte(p: usize): v128 {
  return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load8_lane(p, i32x4.splat(0), 0)));
}

/** In the lowest lanes; too large ones become the nearest there is. */
function toBytes(words: v128): v128 {
  const shorts = i16x8.narrow_i32x4_s(words, words);
  return i8x16.narrow_i16x8_s(shorts, shorts);
}

/** Integers of 8 bits. A real loses its fraction, becomes the nearest there is if it is too large, and 0 if it is NaN. */
export class Bytes extends Storage {
  width(): usize {
    return 1;
  }
  load(p: usize): v128 {
    return intsToReals(loadBytes(p));
  }
  loadOne(p: usize): v128 {
    return intsToReals(loadByte(p));
  }
  store(p: usize, x: v128): void {
    const bytes = toBytes(realsToInts(x));
    if (DOUBLE) v128.store16_lane(p, bytes, 0);
    else v128.store32_lane(p, bytes, 0);
  }
  storeFour(p: usize, a: v128, b: v128, c: v128, d: v128): void {
    storeEach<Bytes>(p, a, b, c, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store8_lane(p, toBytes(realsToInts(x)), 0);
  }
}
