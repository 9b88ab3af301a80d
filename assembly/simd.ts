/** Words of the vector machine that kernels are written in: the one file that knows its instruction set. */

/** Whether a multiply-add is one rounding and one instruction. */
export const FUSED: bool = ASC_FEATURE_RELAXED_SIMD;

/** a · b + c per lane; one rounding in the relaxed binary, two in the plain one. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
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
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
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
