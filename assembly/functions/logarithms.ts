/** Functions made of the logarithm of a sum: ln(x + rest), where rest is what x has lost to rounding. */
import { LN2_HIGH, LN2_LOW } from "../exponential/power";
import { Unary } from "../loops";
import { abs, add, div, lt, madd, mul, select, splat, sqrt, sub } from "../simd";
import { entry, signed } from "./table";

/**
 * 2/3, the exponent's bits, −½, ln 2 in two parts for exponents in units of 2⁻²³, and q as in logarithm.ts, from the
 * highest power on, even ones first.
 */
const TABLE = memory.data<f32>([
  0.6666666666666666,
  -Infinity,
  -0.5,
  LN2_HIGH / 8388608,
  LN2_LOW / 8388608,
  0.13984594,
  0.14005734,
  0.20010427,
  0.33333215,
  -0.12880048,
  -0.12187479,
  -0.16680196,
  -0.24999806,
  1,
]);

/** ln(1 + f) for the fraction that `fractionOf` gives. */
function lnNear(f: v128): v128 {
  const ff = mul(f, f);
  let even = madd(entry(TABLE, 5), ff, entry(TABLE, 6));
  even = madd(even, ff, entry(TABLE, 7));
  even = madd(even, ff, entry(TABLE, 8));
  let odd = madd(entry(TABLE, 9), ff, entry(TABLE, 10));
  odd = madd(odd, ff, entry(TABLE, 11));
  odd = madd(odd, ff, entry(TABLE, 12));
  const q = madd(madd(odd, f, even), f, entry(TABLE, 2));
  return mul(ff, q);
}

/** The exponent k of x = (1 + f)·2ᵏ with 2/3 ≤ 1 + f < 4/3, as it stands in the bits of x. */
function exponentBits(x: v128): v128 {
  return v128.and(i32x4.sub(x, entry(TABLE, 0)), entry(TABLE, 1));
}

/** f of the same, to which rest·2⁻ᵏ is added, or nothing where it is too small to count. */
function fractionOf(x: v128, rest: v128, k: v128): v128 {
  const one = entry(TABLE, 13);
  return madd(rest, i32x4.max_s(i32x4.sub(one, k), splat(0)), sub(i32x4.sub(x, k), one));
}

/** y, but −∞ for x = 0, NaN below, and x itself where it is infinite or NaN. */
function logarithmic(y: v128, x: v128): v128 {
  const finite = select(y, x, lt(x, splat(Infinity)));
  return v128.or(select(splat(-Infinity), finite, f32x4.eq(x, splat(0))), lt(x, splat(0)));
}

/** ln(x + rest) for normal x, |rest| ≤ half a unit in the last place of x. */
function lnSum(x: v128, rest: v128): v128 {
  const k = exponentBits(x);
  const f = fractionOf(x, rest, k);
  const n = f32x4.convert_i32x4_s(k);
  const y = madd(n, entry(TABLE, 3), madd(n, entry(TABLE, 4), add(lnNear(f), f)));
  return logarithmic(y, x);
}

/** ln(1 + x), all of float32. */
export function ln1p(x: v128): v128 {
  const one = splat(1);
  const sum = add(one, x);
  const part = sub(sum, one);
  const rest = add(sub(one, sub(sum, part)), sub(x, part));
  return lnSum(sum, rest);
}

/** ln(1 + x); error ≤ 1.70 ULP plain and fused. */
export class Log1p extends Unary {
  lanes(x: v128): v128 {
    return v128.or(ln1p(x), v128.and(x, splat(-0.0)));
  }
}

/** log₂ x; error ≤ 2.35 ULP plain and fused. */
export class Log2 extends Unary {
  lanes(x: v128): v128 {
    const tiny = lt(x, splat(1.1754943508222875e-38));
    const normal = select(mul(x, splat(8388608)), x, tiny);
    const k = exponentBits(normal);
    const f = fractionOf(normal, splat(0), k);
    const n = sub(mul(f32x4.convert_i32x4_s(k), splat(1 / 8388608)), v128.and(tiny, splat(23)));
    const y = madd(add(lnNear(f), f), splat(1.4426950408889634), n);
    return logarithmic(y, x);
  }
}

/** From here on x² does not count beside 1, nor 1 beside x. */
const LARGE: f32 = 16384;
const LN2: f32 = 0.6931471805599453;

/** ln(1 + near) where x is not large, else ln x + ln 2. */
function lnTwice(near: v128, x: v128): v128 {
  const large = lt(splat(LARGE), x);
  const one = splat(1);
  const sum = select(x, add(one, near), large);
  const part = sub(sum, one);
  const rest = v128.andnot(add(sub(one, sub(sum, part)), sub(near, part)), large);
  return add(lnSum(sum, rest), v128.and(large, splat(LN2)));
}

/** ln(x + √(x² + 1)); error ≤ 2.10 ULP plain and fused. */
export class Asinh extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const aa = mul(a, a);
    return signed(lnTwice(add(a, div(aa, add(splat(1), sqrt(add(aa, splat(1)))))), a), x);
  }
}

/** ln(x + √(x² − 1)); NaN below 1; error ≤ 2.50 ULP plain and fused. */
export class Acosh extends Unary {
  lanes(x: v128): v128 {
    const above = sub(x, splat(1));
    const y = lnTwice(add(above, sqrt(mul(above, add(above, splat(2))))), x);
    return v128.or(y, lt(x, splat(1)));
  }
}

/** ½ ln((1 + x) / (1 − x)); error ≤ 2.25 ULP plain and fused. */
export class Atanh extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    return signed(mul(splat(0.5), ln1p(div(add(a, a), sub(splat(1), a)))), x);
  }
}
