/**
 * Words of the vector machine that kernels are written in: the one file that knows its instruction set. `real` is the type of
 * real numbers, which the build sets (asconfig.json): f32, or f64 in the module for float64.
 */

/** Whether a multiply-add is one rounding and one instruction. */
export const FUSED: bool = ASC_FEATURE_RELAXED_SIMD;

/**
 * Whether products are made for an engine that joins neighbouring vectors to one of 256 bits: in the module `lanewise/wide`, which the
 * build compiles with this name defined.
 */
export const WIDE: bool = FUSED && isDefined(JOINED);

/** Whether reals are float64. */
export const DOUBLE: bool = sizeof<real>() == 8;

/** The bytes of a real, log₂ of them, and the reals in a vector. */
export const WORD: usize = sizeof<real>();
export const SHIFT: usize = DOUBLE ? 3 : 2;
export const LANES: i32 = DOUBLE ? 2 : 4;

/** The bytes of so many reals. */
export function bytes(reals: i32): usize {
  return (<usize>reals) << SHIFT;
}

export function splat(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/** One real in the first lane, 0 in the others. */
export function loadOne(p: usize): v128 {
  return v128.load_zero<real>(p);
}

/** The first lane in every one. */
export function splatFirst(x: v128): v128 {
  return DOUBLE ? v128.shuffle<i64>(x, x, 0, 0) : v128.shuffle<i32>(x, x, 0, 0, 0, 0);
}

/** The first lane to memory. */
export function storeOne(p: usize, x: v128): void {
  v128.store_lane<real>(p, x, 0);
}

export function add(a: v128, b: v128): v128 {
  return v128.add<real>(a, b);
}

export function sub(a: v128, b: v128): v128 {
  return v128.sub<real>(a, b);
}

export function mul(a: v128, b: v128): v128 {
  return v128.mul<real>(a, b);
}

export function div(a: v128, b: v128): v128 {
  return v128.div<real>(a, b);
}

/** a · b + c per lane; one rounding in the relaxed binary, two in the plain one. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<real>(a, b, c);
  return add(mul(a, b), c);
}

/** −(a · b) + c per lane, rounded as by madd. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<real>(a, b, c);
  return sub(c, mul(a, b));
}

/**
 * c + the sums of four products of neighbouring bytes of a and b, in relaxed binaries alone. b must lie in [0, 127], for engines
 * differ on what else it means.
 */
export function dotBytes(a: v128, b: v128, c: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, c);
}

export function neg(x: v128): v128 {
  return v128.neg<real>(x);
}

export function abs(x: v128): v128 {
  return v128.abs<real>(x);
}

export function sqrt(x: v128): v128 {
  return v128.sqrt<real>(x);
}

export function floor(x: v128): v128 {
  return v128.floor<real>(x);
}

export function ceil(x: v128): v128 {
  return v128.ceil<real>(x);
}

export function trunc(x: v128): v128 {
  return v128.trunc<real>(x);
}

/** The nearest whole number, the even one of two. */
export function nearest(x: v128): v128 {
  return v128.nearest<real>(x);
}

/** The larger and the smaller of each pair; NaN if either is. Eight instructions on x86: pmax and pmin are one. */
export function max(a: v128, b: v128): v128 {
  return v128.max<real>(a, b);
}

export function min(a: v128, b: v128): v128 {
  return v128.min<real>(a, b);
}

/** b where a < b, else a. */
export function pmax(a: v128, b: v128): v128 {
  return v128.pmax<real>(a, b);
}

/** b where b < a, else a. */
export function pmin(a: v128, b: v128): v128 {
  return v128.pmin<real>(a, b);
}

/** Masks: all ones in a lane where it is so. */
export function eq(a: v128, b: v128): v128 {
  return v128.eq<real>(a, b);
}

export function ne(a: v128, b: v128): v128 {
  return v128.ne<real>(a, b);
}

export function lt(a: v128, b: v128): v128 {
  return v128.lt<real>(a, b);
}

export function le(a: v128, b: v128): v128 {
  return v128.le<real>(a, b);
}

/** a where the mask's lane is all ones, b where it is all zeros; a lane must be one of the two. */
export function select(a: v128, b: v128, mask: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_laneselect(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** The halves of x exchanged, and the lanes in each half, where it has two. */
export function swapHalves(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 0);
}

export function swapPairs(x: v128): v128 {
  return DOUBLE ? x : v128.shuffle<i32>(x, x, 1, 0, 3, 2);
}

/** (x₀ + x₂) + (x₁ + x₃); of two lanes x₀ + x₁. */
export function sumLanes(x: v128): real {
  const pairs = add(x, swapHalves(x));
  const sum = v128.extract_lane<real>(pairs, 0);
  return DOUBLE ? sum : sum + v128.extract_lane<real>(pairs, 1);
}

/** The largest lane in each, or NaN if one is. */
export function maxLanes(x: v128): v128 {
  const pairs = max(x, swapHalves(x));
  return max(pairs, swapPairs(pairs));
}

/** The smallest lane in each, or NaN if one is. */
export function minLanes(x: v128): v128 {
  const pairs = min(x, swapHalves(x));
  return min(pairs, swapPairs(pairs));
}

/**
 * The first n lanes from p, all if there are more, zeros above them. It calls itself only so that it is compiled
 * once, not at each use: the module is 3 KB smaller so.
 */
export function loadPart(p: usize, n: i32): v128 {
  if (n > LANES) return loadPart(p, LANES);
  if (n == LANES) return v128.load(p);
  if (n < 2) return n == 1 ? loadOne(p) : i32x4.splat(0);
  const pair = v128.load64_zero(p);
  return n == 2 ? pair : v128.load_lane<f32>(p, pair, 2, 8);
}

/** Writes the first n lanes of x to p, all if there are more. */
export function storePart(p: usize, x: v128, n: i32): void {
  if (n > LANES) return storePart(p, x, LANES);
  if (n == LANES) return v128.store(p, x);
  if (n == 1) storeOne(p, x);
  if (n < 2) return;
  v128.store_lane<f64>(p, x, 0);
  if (n == 3) v128.store_lane<f32>(p, x, 2, 8);
}

/**
 * Reads a word of each line of the cache, in their order, for loops that will read them as so many streams at once that the
 * processor does not foresee them. The sum goes to `at`, which is free.
 */
export function touch(p: usize, length: usize, at: usize): void {
  let sum = 0;
  const end = p + length;
  for (; p + 256 <= end; p += 256)
    sum += load<i32>(p) + load<i32>(p, 64) + load<i32>(p, 128) + load<i32>(p, 192);
  for (; p < end; p += 64) sum += load<i32>(p);
  store<i32>(at, sum);
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
