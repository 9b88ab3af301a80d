/** asin, acos, atan and atan2. */
import { Binary, Unary } from "../loops";
import { abs, add, div, eq, le, lt, madd, mul, pmax, select, splat, sqrt, sub } from "../simd";
import { entry, signed } from "./table";

/**
 * a in atan t = t + t³·a(t²) on |t| ≤ tan π/8, and b in asin t = t + t³·b(t²) on |t| ≤ ½, from the highest coefficient on: our
 * own minimax fits, rounded one after the other; relative errors 6.8e-10 and 5.0e-9.
 */
const TABLE = memory.data<f32>([
  -0.0609035492, 0.105993569, -0.142444223, 0.199985296, -0.333333164, 0.0422117114, 0.024152128, 0.045476038,
  0.0749525204, 0.166667536,
]);

const QUARTER: f32 = 0.7853981633974483;
const HALF: f32 = 1.5707963267948966;
const STRAIGHT: f32 = 3.141592653589793;

/** What float32 lacks of π/4, π/2 and π. */
const QUARTER_REST: f32 = -2.1855694143368964e-8;
const HALF_REST: f32 = -4.371138828673793e-8;
const STRAIGHT_REST: f32 = -8.742277657347586e-8;

/** tan π/8 */
const NARROW: f32 = 0.41421356237309503;

/** atan of a / b, both ≥ 0, in [0, π/2]. */
function arc(a: v128, b: v128): v128 {
  const narrow = v128.or(lt(a, mul(b, splat(NARROW))), eq(a, splat(0)));
  const steep = v128.or(lt(b, mul(a, splat(NARROW))), eq(b, splat(0)));
  const same = eq(a, b); // 0 / 0 and ∞ / ∞ among them
  const scale = select(splat(0.25), splat(1), le(splat(8.507059173023462e37), pmax(a, b)));
  const c = mul(a, scale);
  const d = mul(b, scale);
  const numerator = select(a, select(f32x4.neg(b), v128.andnot(sub(c, d), same), steep), narrow);
  const denominator = select(b, select(a, add(c, d), steep), narrow);
  const base = v128.andnot(select(splat(HALF), splat(QUARTER), steep), narrow);
  const rest = v128.andnot(select(splat(HALF_REST), splat(QUARTER_REST), steep), narrow);
  const t = div(numerator, select(splat(1), denominator, eq(denominator, splat(0))));
  const tt = mul(t, t);
  let p = madd(entry(TABLE, 0), tt, entry(TABLE, 1));
  p = madd(p, tt, entry(TABLE, 2));
  p = madd(p, tt, entry(TABLE, 3));
  p = madd(p, tt, entry(TABLE, 4));
  return add(base, add(t, madd(mul(tt, t), p, rest)));
}

/** The angle whose tangent is x; error ≤ 1.90 ULP plain and fused. */
export class Atan extends Unary {
  lanes(x: v128): v128 {
    return signed(arc(abs(x), splat(1)), x);
  }
}

/** The angle of the point (x, y) from the x axis, in [−π, π]; error ≤ 1.95 ULP plain and fused. */
export class Atan2 extends Binary {
  lanes(y: v128, x: v128): v128 {
    const angle = arc(abs(y), abs(x));
    const left = i32x4.shr_s(x, 31);
    const turned = sub(splat(STRAIGHT), sub(angle, splat(STRAIGHT_REST)));
    const nan = v128.or(f32x4.ne(x, x), f32x4.ne(y, y));
    return v128.or(signed(v128.bitselect(turned, angle, left), y), nan);
  }
}

/** asin t − t for 0 ≤ t ≤ ½. */
function curve(t: v128, tt: v128): v128 {
  let p = madd(entry(TABLE, 5), tt, entry(TABLE, 6));
  p = madd(p, tt, entry(TABLE, 7));
  p = madd(p, tt, entry(TABLE, 8));
  p = madd(p, tt, entry(TABLE, 9));
  return mul(mul(tt, t), p);
}

/** The angle whose sine is x, NaN outside [−1, 1]: π/2 − 2·asin √((1 − |x|)/2) beyond ½; error ≤ 1.70 ULP plain and fused. */
export class Asin extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const near = le(a, splat(0.5));
    const half = mul(splat(0.5), sub(splat(1), a));
    const t = select(a, sqrt(half), near);
    const y = curve(t, select(mul(a, a), half, near));
    const far = sub(splat(HALF), sub(add(t, t), sub(splat(HALF_REST), add(y, y))));
    return signed(select(add(t, y), far, near), x);
  }
}

/** The angle whose cosine is x, NaN outside [−1, 1]; error ≤ 1.15 ULP plain and fused. */
export class Acos extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const near = le(a, splat(0.5));
    const half = mul(splat(0.5), sub(splat(1), a));
    const t = select(a, sqrt(half), near);
    const y = curve(t, select(mul(a, a), half, near));
    const sign = v128.and(x, splat(-0.0));
    const middle = sub(splat(HALF), sub(v128.xor(t, sign), sub(splat(HALF_REST), v128.xor(y, sign))));
    const right = add(add(t, t), add(y, y));
    const left = sub(splat(STRAIGHT), sub(add(t, t), sub(splat(STRAIGHT_REST), add(y, y))));
    return select(middle, v128.bitselect(left, right, i32x4.shr_s(x, 31)), near);
  }
}
