/** Functions made of eˣ − 1 = 2ⁿ·(1 + e) − 1, with n and e as in exponential/power.ts. */
import { LN2_HIGH, LN2_LOW, LOG2_E, MAGIC, Q0, Q1, Q2, Q3, Q4 } from "../exponential/power";
import { Unary } from "../loops";
import { abs, add, div, lt, madd, mul, pmax, pmin, splat, sub } from "../simd";
import { entry, signed } from "./table";

/** log₂ e, 1.5·2²³ + 127, −ln 2 in two parts, q from the highest power on, ln 2, 1.5·2²³ + 127 + 64, and 2⁻⁶⁴. */
const TABLE = memory.data<f32>([
  LOG2_E,
  MAGIC + 127,
  -LN2_HIGH,
  -LN2_LOW,
  Q4,
  Q3,
  Q2,
  Q1,
  Q0,
  0.6931471805599453,
  MAGIC + 191,
  5.421010862427522e-20,
]);

/** n + 127 in the low bits, for z = n·ln 2 + r with the smallest |r|. */
export function exponentOf(z: v128): v128 {
  return madd(z, entry(TABLE, 0), entry(TABLE, 1));
}

/** r = z − n·ln 2. */
export function remainderOf(z: v128, t: v128): v128 {
  const n = sub(t, entry(TABLE, 1));
  return madd(n, entry(TABLE, 3), madd(n, entry(TABLE, 2), z));
}

/** eʳ − 1 for |r| ≤ ln 2 / 2. */
export function expm1Near(r: v128): v128 {
  let q = madd(entry(TABLE, 4), r, entry(TABLE, 5));
  q = madd(q, r, entry(TABLE, 6));
  q = madd(q, r, entry(TABLE, 7));
  q = madd(q, r, entry(TABLE, 8));
  return madd(mul(r, r), q, r);
}

/** 2ⁿ of the n + 127 in the low bits of t, in [−126, 128]. */
export function powerOf(t: v128): v128 {
  return i32x4.shl(t, 23);
}

/** y·2ⁿ for n + 127 in the low bits of t, in two steps: rounded once into the subnormals. */
export function scaled(y: v128, t: v128): v128 {
  const both = i32x4.add(t, i32x4.splat(127));
  const half = i32x4.shl(i32x4.shr_u(both, 1), 23);
  return mul(mul(y, half), i32x4.sub(i32x4.shl(both, 23), half));
}

/** n + 127 + 64 in the low bits, for z = n·ln 2 + r as above: 2ⁿ⁺⁶⁴ is normal for all n ≥ −190. */
export function decayOf(z: v128): v128 {
  return madd(z, entry(TABLE, 0), entry(TABLE, 10));
}

/** eʳ − 1 for the r of z + rest, where rest is small beside z. */
export function expm1Rest(z: v128, rest: v128, t: v128): v128 {
  const n = sub(t, entry(TABLE, 10));
  return expm1Near(add(madd(n, entry(TABLE, 2), z), madd(n, entry(TABLE, 3), rest)));
}

/** y·2ⁿ, n + 127 + 64 in the low bits of t: rounded once into the subnormals. */
export function decayed(y: v128, t: v128): v128 {
  return mul(mul(y, i32x4.shl(t, 23)), entry(TABLE, 11));
}

/** (eᶻ − 1)·2⁻ᵏ where 2ⁿ⁻ᵏ is a normal number: for what would overflow on the way. */
export function expm1Scaled(z: v128, k: i32): v128 {
  const t = exponentOf(z);
  const power = powerOf(i32x4.sub(t, i32x4.splat(k)));
  return madd(expm1Near(remainderOf(z, t)), power, sub(power, powerOf(i32x4.splat(127 - k))));
}

/** y where the scale has not made it subnormal, and x where y is x. */
function unlessTiny(y: v128, x: v128): v128 {
  return v128.bitselect(x, signed(y, x), lt(abs(x), splat(1e-30)));
}

/** eˣ − 1; error ≤ 1.65 ULP plain and fused. */
export class Expm1 extends Unary {
  lanes(x: v128): v128 {
    const half = expm1Scaled(pmax(pmin(x, splat(89)), splat(-18)), 1);
    return unlessTiny(add(half, half), x);
  }
}

/** 2ˣ; error ≤ 1.05 ULP plain and fused. */
export class Exp2 extends Unary {
  lanes(x: v128): v128 {
    const z = pmax(pmin(x, splat(129)), splat(-151));
    const t = add(z, entry(TABLE, 1));
    const r = mul(sub(z, sub(t, entry(TABLE, 1))), entry(TABLE, 9));
    return scaled(add(expm1Near(r), splat(1)), t);
  }
}

/**
 * (eˣ − e⁻ˣ) / 2 = (E + E / (E + 1)) / 2 for E = e^|x| − 1, a quarter of which is computed; error ≤ 2.45 ULP plain and
 * fused.
 */
export class Sinh extends Unary {
  lanes(x: v128): v128 {
    const q = expm1Scaled(pmin(abs(x), splat(89.5)), 2);
    const h = add(q, q);
    const finite = pmin(h, splat(1e30));
    return unlessTiny(add(h, div(finite, add(add(finite, finite), splat(1)))), x);
  }
}

/** (eˣ + e⁻ˣ) / 2 = 2p + 1 / 8p for p = e^|x| / 4; error ≤ 1.50 ULP plain and fused. */
export class Cosh extends Unary {
  lanes(x: v128): v128 {
    const z = pmin(abs(x), splat(89.5));
    const t = exponentOf(z);
    const power = powerOf(i32x4.sub(t, i32x4.splat(2)));
    const p = madd(expm1Near(remainderOf(z, t)), power, power);
    return add(add(p, p), div(splat(0.125), p));
  }
}
