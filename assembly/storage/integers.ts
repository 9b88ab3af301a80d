/** Integers in memory, whose lanes are real numbers. */
import { DOUBLE, LANES } from "../simd";
import { loadWords, Output, Storage, storeWords } from "../storage";

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
  storeOne(p: usize, x: v128): void {
    v128.store32_lane(p, realsToInts(x), 0);
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
export class Bytes extends Output {
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
    const bytes = changetype<Bytes>(0);
    bytes.store(p, a);
    bytes.store(p + LANES, b);
    bytes.store(p + 2 * LANES, c);
    bytes.store(p + 3 * LANES, d);
  }
  storeOne(p: usize, x: v128): void {
    v128.store8_lane(p, toBytes(realsToInts(x)), 0);
  }
}
