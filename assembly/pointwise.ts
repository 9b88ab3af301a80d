/** Functions of two or three tensors that broadcast, and comparisons; truth values are words of 0 or 1. */
import { broadcast, broadcast3, broadcastTo, Ternary } from "./broadcast";
import { Binary, mapTo, One, Span, Unary, Whole } from "./loops";
import {
  abs,
  bytes,
  div,
  DOUBLE,
  eq,
  floor,
  LANES,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  pmax,
  pmin,
  splat,
} from "./simd";
import { Reals, Truths } from "./storage";

class Minimum extends Binary {
  lanes(x: v128, y: v128): v128 {
    return min(x, y);
  }
}

/** z = the smaller; NaN if either is. */
export function minimum(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Minimum>(x, y, z, layout, begin, end);
}

class Maximum extends Binary {
  lanes(x: v128, y: v128): v128 {
    return max(x, y);
  }
}

/** z = the larger; NaN if either is. */
export function maximum(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Maximum>(x, y, z, layout, begin, end);
}

class MinimumInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.min_s(x, y);
  }
}

/** z = the smaller of i32. */
export function minimumInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<MinimumInt>(x, y, z, layout, begin, end);
}

class MaximumInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.max_s(x, y);
  }
}

/** z = the larger of i32. */
export function maximumInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<MaximumInt>(x, y, z, layout, begin, end);
}

class Less extends Binary {
  lanes(x: v128, y: v128): v128 {
    return lt(x, y);
  }
}

/** z = [x < y], 1 or 0. */
export function less(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Less, Truths>(x, y, z, layout, begin, end);
}

class LessEqual extends Binary {
  lanes(x: v128, y: v128): v128 {
    return le(x, y);
  }
}

/** z = [x ≤ y]. */
export function lessEqual(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<LessEqual, Truths>(x, y, z, layout, begin, end);
}

class Equal extends Binary {
  lanes(x: v128, y: v128): v128 {
    return eq(x, y);
  }
}

/** z = [x = y]. */
export function equal(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<Equal, Truths>(x, y, z, layout, begin, end);
}

class NotEqual extends Binary {
  lanes(x: v128, y: v128): v128 {
    return ne(x, y);
  }
}

/** z = [x ≠ y]. */
export function notEqual(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<NotEqual, Truths>(x, y, z, layout, begin, end);
}

class LessInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.lt_s(x, y);
  }
}

/** z = [x < y] of i32. */
export function lessInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<LessInt, Truths>(x, y, z, layout, begin, end);
}

class LessEqualInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.le_s(x, y);
  }
}

/** z = [x ≤ y] of i32. */
export function lessEqualInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<LessEqualInt, Truths>(x, y, z, layout, begin, end);
}

class EqualInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.eq(x, y);
  }
}

/** z = [x = y] of i32. */
export function equalInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<EqualInt, Truths>(x, y, z, layout, begin, end);
}

class NotEqualInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return i32x4.ne(x, y);
  }
}

/** z = [x ≠ y] of i32. */
export function notEqualInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcastTo<NotEqualInt, Truths>(x, y, z, layout, begin, end);
}

class LogicalAnd extends Binary {
  lanes(x: v128, y: v128): v128 {
    return v128.and(x, y);
  }
}

/** z = x ∧ y of truth values. */
export function logicalAnd(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<LogicalAnd>(x, y, z, layout, begin, end);
}

class LogicalOr extends Binary {
  lanes(x: v128, y: v128): v128 {
    return v128.or(x, y);
  }
}

/** z = x ∨ y of truth values. */
export function logicalOr(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<LogicalOr>(x, y, z, layout, begin, end);
}

class LogicalXor extends Binary {
  lanes(x: v128, y: v128): v128 {
    return v128.xor(x, y);
  }
}

/** z = x ⊻ y of truth values. */
export function logicalXor(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<LogicalXor>(x, y, z, layout, begin, end);
}

class FloorDiv extends Binary {
  lanes(x: v128, y: v128): v128 {
    return floor(div(x, y));
  }
}

/** z = ⌊x / y⌋ of the rounded quotient. */
export function floorDiv(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<FloorDiv>(x, y, z, layout, begin, end);
}

/** ⌊x / y⌋ of two lanes: exact, for float64 holds every product of 32-bit numbers' quotients; 0 where y is 0. */
function quotient(x: v128, y: v128): v128 {
  const b = f64x2.convert_low_i32x4_s(y);
  const q = f64x2.floor(f64x2.div(f64x2.convert_low_i32x4_s(x), b));
  return i32x4.trunc_sat_f64x2_s_zero(v128.and(q, f64x2.ne(b, f64x2.splat(0))));
}

function quotients(x: v128, y: v128): v128 {
  const high = quotient(v128.shuffle<i64>(x, x, 1, 1), v128.shuffle<i64>(y, y, 1, 1));
  return v128.shuffle<i64>(quotient(x, y), high, 0, 2);
}

class FloorDivInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    return quotients(x, y);
  }
}

/** z = ⌊x / y⌋ of i32; 0 where y is 0; the quotient of −2³¹ and −1 is 2³¹ − 1. */
export function floorDivInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<FloorDivInt>(x, y, z, layout, begin, end);
}

class ModInt extends Binary {
  lanes(x: v128, y: v128): v128 {
    const rest = i32x4.sub(x, i32x4.mul(quotients(x, y), y));
    return v128.and(rest, v128.and(i32x4.ne(y, i32x4.splat(0)), i32x4.ne(y, i32x4.splat(-1))));
  }
}

/** z = x − y·⌊x / y⌋ of i32; 0 where y is 0. */
export function modInt(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<ModInt>(x, y, z, layout, begin, end);
}

/** x − y·⌊x / y⌋, exact but for the addition of y. */
function rest(x: real, y: real): real {
  const r = x % y;
  if (r == 0) return copysign<real>(r, y);
  return r < 0 != y < 0 ? r + y : r;
}

class Mod extends Binary {
  lanes(x: v128, y: v128): v128 {
    const x0 = v128.extract_lane<real>(x, 0),
      x1 = v128.extract_lane<real>(x, 1),
      y0 = v128.extract_lane<real>(y, 0),
      y1 = v128.extract_lane<real>(y, 1);
    if (DOUBLE) return f64x2(rest(x0, y0), rest(x1, y1));
    const x2 = f32x4.extract_lane(x, 2),
      x3 = f32x4.extract_lane(x, 3),
      y2 = f32x4.extract_lane(y, 2),
      y3 = f32x4.extract_lane(y, 3);
    return f32x4(<f32>rest(x0, y0), <f32>rest(x1, y1), <f32>rest(x2, y2), <f32>rest(x3, y3));
  }
}

/** z = x − y·⌊x / y⌋: of y's sign. */
export function mod(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Mod>(x, y, z, layout, begin, end);
}

class Where extends Ternary {
  lanes(condition: v128, x: v128, y: v128): v128 {
    return v128.bitselect(x, y, condition);
  }
}

/** z = x where the condition holds, else y; of elements as long as reals. */
export function where(
  condition: usize,
  x: usize,
  y: usize,
  z: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  broadcast3<Where, Truths>(condition, x, y, z, layout, begin, end);
}

class MaximumGrad extends Ternary {
  lanes(dy: v128, x: v128, y: v128): v128 {
    const half = mul(dy, splat(0.5));
    const lost = v128.and(half, eq(x, y));
    return v128.bitselect(dy, lost, lt(y, x));
  }
}

/** dx = dy where x > y, dy / 2 where x = y, else 0. */
export function maximumGrad(
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  broadcast3<MaximumGrad, Reals>(dy, x, y, dx, layout, begin, end);
}

class IsNaN extends Unary {
  lanes(x: v128): v128 {
    return ne(x, x);
  }
}

/** y = [x is NaN]. */
export function isNaN(x: usize, y: usize, begin: i32, end: i32): void {
  mapTo<IsNaN, Truths>(x, y, begin, end);
}

class IsInf extends Unary {
  lanes(x: v128): v128 {
    return eq(abs(x), splat(Infinity));
  }
}

/** y = [|x| = ∞]. */
export function isInf(x: usize, y: usize, begin: i32, end: i32): void {
  mapTo<IsInf, Truths>(x, y, begin, end);
}

class IsFinite extends Unary {
  lanes(x: v128): v128 {
    return lt(abs(x), splat(Infinity));
  }
}

/** y = [|x| < ∞]. */
export function isFinite(x: usize, y: usize, begin: i32, end: i32): void {
  mapTo<IsFinite, Truths>(x, y, begin, end);
}

class LogicalNot extends Unary {
  lanes(x: v128): v128 {
    return i32x4.eq(x, i32x4.splat(0));
  }
}

/** y = ¬x of truth values. */
export function logicalNot(x: usize, y: usize, begin: i32, end: i32): void {
  mapTo<LogicalNot, Truths>(x, y, begin, end);
}

/** A function that keeps numbers within bounds. */
abstract class Clamp {
  abstract lanes(x: v128, low: v128, high: v128): v128;
}

/** NaN stays NaN. */
class ClampReal extends Clamp {
  lanes(x: v128, low: v128, high: v128): v128 {
    return pmin(pmax(x, low), high);
  }
}

class ClampInt extends Clamp {
  lanes(x: v128, low: v128, high: v128): v128 {
    return i32x4.min_s(i32x4.max_s(x, low), high);
  }
}

function clamp<C extends Clamp>(x: usize, y: usize, low: v128, high: v128, begin: i32, end: i32): void {
  const rest = end - ((end - begin) & (LANES - 1));
  clampSpans<C, Whole>(x, y, low, high, begin, rest);
  clampSpans<C, One>(x, y, low, high, rest, end);
}

function clampSpans<C extends Clamp, S extends Span>(
  x: usize,
  y: usize,
  low: v128,
  high: v128,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  for (let i = begin; i < end; i += span.length()) {
    const at = bytes(i);
    span.put(y + at, changetype<C>(0).lanes(span.get(x + at), low, high));
  }
}

/** y = x, but not below low nor above high; NaN stays NaN. */
export function clip(x: usize, y: usize, low: real, high: real, begin: i32, end: i32): void {
  clamp<ClampReal>(x, y, splat(low), splat(high), begin, end);
}

/** y = x of i32, but not below low nor above high. */
export function clipInt(x: usize, y: usize, low: i32, high: i32, begin: i32, end: i32): void {
  clamp<ClampInt>(x, y, i32x4.splat(low), i32x4.splat(high), begin, end);
}

/** dx = dy where low ≤ x ≤ high, else 0. */
export function clipGrad(dy: usize, x: usize, dx: usize, low: real, high: real, begin: i32, end: i32): void {
  const rest = end - ((end - begin) & (LANES - 1));
  clampGrad<Whole>(dy, x, dx, low, high, begin, rest);
  clampGrad<One>(dy, x, dx, low, high, rest, end);
}

function clampGrad<S extends Span>(
  dy: usize,
  x: usize,
  dx: usize,
  low: real,
  high: real,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  const least = splat(low),
    most = splat(high);
  for (let i = begin; i < end; i += span.length()) {
    const at = bytes(i);
    const v = span.get(x + at);
    span.put(dx + at, v128.and(span.get(dy + at), v128.and(le(least, v), le(v, most))));
  }
}
