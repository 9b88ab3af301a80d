/**
 * Words of the vector machine that kernels are written in: the one file that knows its instruction set, and whether
 * real numbers are float32 or, built with FLOAT64, float64.
 */

/** Whether a multiply-add is one rounding and one instruction. */
export const FUSED: bool = ASC_FEATURE_RELAXED_SIMD;

/** Whether reals are float64. */
export const DOUBLE: bool = isDefined(FLOAT64);

/** Reals in a vector, and log₂ of the bytes of one. */
export const LANES: i32 = DOUBLE ? 2 : 4;
export const SHIFT: usize = DOUBLE ? 3 : 2;

/** The bytes of so many reals. */
export function bytes(reals: i32): usize {
  return (<usize>reals) << SHIFT;
}

export function splat(x: f64): v128 {
  if (DOUBLE) return f64x2.splat(x);
  return f32x4.splat(<f32>x);
}

/** One real in the first lane, 0 in the others; and back. */
export function loadOne(p: usize): v128 {
  if (DOUBLE) return v128.load64_zero(p);
  return v128.load32_zero(p);
}

export function storeOne(p: usize, x: v128): void {
  if (DOUBLE) v128.store64_lane(p, x, 0);
  else v128.store32_lane(p, x, 0);
}

export function add(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.add(a, b);
  return f32x4.add(a, b);
}

export function sub(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.sub(a, b);
  return f32x4.sub(a, b);
}

export function mul(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.mul(a, b);
  return f32x4.mul(a, b);
}

export function div(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.div(a, b);
  return f32x4.div(a, b);
}

/** a · b + c per lane; one rounding in the relaxed binary, two in the plain one. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (DOUBLE) return f64x2.relaxed_madd(a, b, c);
    return f32x4.relaxed_madd(a, b, c);
  }
  return add(mul(a, b), c);
}

/** −(a · b) + c per lane, rounded as by madd. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (DOUBLE) return f64x2.relaxed_nmadd(a, b, c);
    return f32x4.relaxed_nmadd(a, b, c);
  }
  return sub(c, mul(a, b));
}

export function neg(x: v128): v128 {
  if (DOUBLE) return f64x2.neg(x);
  return f32x4.neg(x);
}

export function abs(x: v128): v128 {
  if (DOUBLE) return f64x2.abs(x);
  return f32x4.abs(x);
}

export function sqrt(x: v128): v128 {
  if (DOUBLE) return f64x2.sqrt(x);
  return f32x4.sqrt(x);
}

export function floor(x: v128): v128 {
  if (DOUBLE) return f64x2.floor(x);
  return f32x4.floor(x);
}

export function ceil(x: v128): v128 {
  if (DOUBLE) return f64x2.ceil(x);
  return f32x4.ceil(x);
}

export function trunc(x: v128): v128 {
  if (DOUBLE) return f64x2.trunc(x);
  return f32x4.trunc(x);
}

/** The nearest whole number, the even one of two. */
export function nearest(x: v128): v128 {
  if (DOUBLE) return f64x2.nearest(x);
  return f32x4.nearest(x);
}

/** The larger and the smaller of each pair; NaN if either is. Eight instructions on x86: pmax and pmin are one. */
export function max(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.max(a, b);
  return f32x4.max(a, b);
}

export function min(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.min(a, b);
  return f32x4.min(a, b);
}

/** b where a < b, else a. */
export function pmax(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.pmax(a, b);
  return f32x4.pmax(a, b);
}

/** b where b < a, else a. */
export function pmin(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.pmin(a, b);
  return f32x4.pmin(a, b);
}

/** Masks: all ones in a lane where it is so. */
export function eq(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.eq(a, b);
  return f32x4.eq(a, b);
}

export function ne(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.ne(a, b);
  return f32x4.ne(a, b);
}

export function lt(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.lt(a, b);
  return f32x4.lt(a, b);
}

export function le(a: v128, b: v128): v128 {
  if (DOUBLE) return f64x2.le(a, b);
  return f32x4.le(a, b);
}

/** a where the mask's lane is all ones, b where it is all zeros; a lane must be one of the two. */
export function select(a: v128, b: v128, mask: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_laneselect(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** (x₀ + x₂) + (x₁ + x₃) */
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest lane, or NaN if one is. */
export function maxLanes(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  return f32.max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** The smallest lane, or NaN if one is. */
export function minLanes(x: v128): f32 {
  const pairs = f32x4.min(x, v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  return f32.min(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/**
 * The first n lanes from p, all four if n > 4, zeros above them. It calls itself only so that it is compiled
 * once, not at each use: the module is 3 KB smaller so.
 */
export function loadPart(p: usize, n: i32): v128 {
  if (n > 4) return loadPart(p, 4);
  if (n == 4) return v128.load(p);
  if (n < 2) return n == 1 ? v128.load32_zero(p) : i32x4.splat(0);
  const pair = v128.load64_zero(p);
  return n == 2 ? pair : v128.load_lane<f32>(p, pair, 2, 8);
}

/** Writes the first n lanes of x to p, all four if n > 4. */
export function storePart(p: usize, x: v128, n: i32): void {
  if (n > 4) return storePart(p, x, 4);
  if (n == 4) return v128.store(p, x);
  if (n == 1) v128.store_lane<f32>(p, x, 0);
  if (n < 2) return;
  v128.store_lane<f64>(p, x, 0);
  if (n == 3) v128.store_lane<f32>(p, x, 2, 8);
}

/**
 * A constant that a loop keeps in a local; zero is n >> 31, which is 0, but no compiler knows it. A vector
 * that V8 knows to be constant is made anew at each use: exp of 1 M elements took 2.0 ms so, and 0.8 ms with
 * these.
 */
export function held(value: f32, zero: i32): v128 {
  return i32x4.splat(reinterpret<i32>(value) + zero);
}

export { exp, sigmoid, tanh } from "./exponential";
export { log } from "./logarithm";
export { cosTurn, sinTurn } from "./turn";
