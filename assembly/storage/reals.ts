/** Real numbers of other lengths in memory. */
import { abs, DOUBLE } from "../simd";
import { loadWords, Storage, storeWords } from "../storage";

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

/**
 * The sign, 2¹⁶ (infinite as float16), float32's exponents, 2⁻¹⁴ (the smallest normal float16), 13 more exponents, 2⁻¹¹², and
 * the NaN. From a table as below.
 */
const NARROWING = memory.data<u32>([
  0x80000000, 0x47800000, 0x7f800000, 0x38800000, 0x06800000, 0x07800000, 0x7e00,
]);

/**
 * float16 of float32 lanes, in the lower half of each, to the even one of two: rounded to 10 bits of fraction by a sum with
 * 2¹³ times its own power of two, then brought from float32's exponents to float16's by a factor, which is exact.
 */
function toHalves(x: v128): v128 {
  const sign = v128.load32_splat(NARROWING);
  const infinite = v128.load32_splat(NARROWING, 4);
  const limited = f32x4.pmin(infinite, v128.andnot(x, sign)); // this one for NaN
  const power = v128.and(limited, v128.load32_splat(NARROWING, 8));
  const magic = i32x4.add(
    f32x4.pmax(power, v128.load32_splat(NARROWING, 12)),
    v128.load32_splat(NARROWING, 16),
  );
  const y = f32x4.pmin(infinite, f32x4.sub(f32x4.add(limited, magic), magic));
  const finite = i32x4.shr_u(f32x4.mul(y, v128.load32_splat(NARROWING, 20)), 13);
  const half = v128.bitselect(v128.load32_splat(NARROWING, 24), finite, f32x4.ne(x, x));
  return v128.or(half, i32x4.shr_u(v128.and(x, sign), 16));
}

/**
 * The sign and the bits of a float16 where a float32 has its own, 2¹¹² (what the exponents are apart), the largest exponent there,
 * and infinity. From a table, for V8 makes a constant anew at each use: 1 × 1024 by 1024² transposed 0.43 ms with constants.
 */
const TABLE = memory.data<u32>([0x8fffe000, 0x77800000, 0x0f800000, 0x7f800000]);

/** The float32 of float16 in the lower half of each lane: exact. */
function fromHalves(h: v128): v128 {
  const aligned = v128.and(i32x4.shr_s(i32x4.shl(h, 16), 3), v128.load32_splat(TABLE));
  const most = v128.load32_splat(TABLE, 8);
  const infinite = i32x4.eq(v128.and(aligned, most), most);
  const y = f32x4.mul(aligned, v128.load32_splat(TABLE, 4));
  return v128.or(y, v128.and(infinite, v128.load32_splat(TABLE, 12)));
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
  storeOne(p: usize, x: v128): void {
    v128.store16_lane(p, toBrains(realsToSingles(rounded(x, 7, 1.1754943508222875e-38))), 0);
  }
}
