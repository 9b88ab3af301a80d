/** Integrals of the normal distribution: erf, erfc, and the tail Φ that gelu is made of. */
import { Unary } from "../loops";
import { abs, add, div, le, madd, mul, neg, nmadd, pmin, splat, sub } from "../simd";
import { decayed, decayOf, expm1Near, expm1Rest, exponentOf, remainderOf } from "./exponents";
import { entry, signed } from "./table";

/**
 * e in erf x = x + x·e(x²) on |x| ≤ 0.9, and l in −ln erfc x = l(x) on [0.9, 3.95], from the highest coefficient on: our own
 * minimax fits, rounded one after the other; relative errors of erf 1.5e-8 and 1.8e-9.
 */
const ERF = memory.data<f32>([
  -0.000602079963, 0.00499895914, -0.026770493, 0.112819217, -0.376125038, 0.128379151, -0.00019821983,
  0.00306549226, -0.0223152265, 0.104113705, 0.636976063, 1.12779725, 0.000166449041,
]);

/** erf x / x − 1 for |x| ≤ 0.9. */
function excess(x: v128): v128 {
  const xx = mul(x, x);
  let e = madd(entry(ERF, 0), xx, entry(ERF, 1));
  e = madd(e, xx, entry(ERF, 2));
  e = madd(e, xx, entry(ERF, 3));
  e = madd(e, xx, entry(ERF, 4));
  return madd(e, xx, entry(ERF, 5));
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt; error ≤ 1.20 ULP plain and fused. */
export class Erf extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const near = le(a, splat(0.9));
    const b = pmin(a, splat(3.95));
    let l = madd(entry(ERF, 6), b, entry(ERF, 7));
    l = madd(l, b, entry(ERF, 8));
    l = madd(l, b, entry(ERF, 9));
    l = madd(l, b, entry(ERF, 10));
    l = madd(l, b, entry(ERF, 11));
    const z = neg(madd(l, b, entry(ERF, 12)));
    const t = exponentOf(z);
    const power = i32x4.shl(t, 23);
    const far = sub(sub(splat(1), power), mul(expm1Near(remainderOf(z, t)), power));
    return v128.bitselect(madd(x, excess(x), x), signed(far, x), near);
  }
}

/**
 * p in erfc a = e^(−a²)·p(v) / (a + 3) and q in Φ(−a) = e^(−a²/2)·q(v) / (a + 3), both with v = (a − 3) / (a + 3), from
 * the highest coefficient on: our own fits; relative errors 9e-9 and 5e-8. Then 3, 1, and the bits that keep 12 of a
 * number's.
 */
const TAIL = memory.data<f32>([
  -0.000325333298,
  -0.000483176467,
  0.00308033521,
  -0.00122643833,
  -0.0268398542,
  0.119529061,
  -0.310466021,
  0.59022826,
  -0.88339448,
  1.07400692,
  4.63507713e-5,
  -0.000209961014,
  -0.000941521314,
  0.00102278532,
  0.00693552755,
  -0.0104640825,
  -0.0472578891,
  0.230017781,
  -0.50933218,
  0.729083717,
  3,
  1,
  reinterpret<f32>(-4096),
  -0.5,
  10.2,
  14.4,
  0.14,
  0.3989422804014327,
]);

function tail(i: i32): v128 {
  return entry(TAIL, i);
}

/**
 * p·e^(κ·a² + more) for κ < 0, one instance for each function F, so that it is compiled into its loop. a² is computed
 * in two parts, for its error is multiplied by a² itself.
 */
function bell<F>(p: v128, a: v128, kappa: v128, more: v128): v128 {
  const top = v128.and(a, tail(22));
  const z = mul(top, mul(top, kappa));
  const rest = madd(mul(kappa, sub(a, top)), add(a, top), more);
  const t = decayOf(z);
  return decayed(madd(expm1Rest(z, rest, t), p, p), t);
}

/**
 * erfc a for a ≥ 0. What a + 3 loses to rounding is made good to first order: the factor's derivative is about v / 2 −
 * 0.36.
 */
function erfcTail(x: v128): v128 {
  const a = pmin(x, tail(24));
  const sum = add(a, tail(20));
  const v = div(sub(a, tail(20)), sum);
  const lost = mul(sub(a, sub(sum, tail(20))), madd(v, splat(0.5), splat(-0.36)));
  let p = madd(tail(0), v, tail(1));
  p = madd(p, v, tail(2));
  p = madd(p, v, tail(3));
  p = madd(p, v, tail(4));
  p = madd(p, v, tail(5));
  p = madd(p, v, tail(6));
  p = madd(p, v, tail(7));
  p = madd(p, v, tail(8));
  return bell<Erfc>(div(madd(p, v, tail(9)), sum), a, splat(-1), lost);
}

/** q for v = 2·share − 1, share = a / (a + 3). */
function normal<F>(v: v128): v128 {
  let q = madd(tail(10), v, tail(11));
  q = madd(q, v, tail(12));
  q = madd(q, v, tail(13));
  q = madd(q, v, tail(14));
  q = madd(q, v, tail(15));
  q = madd(q, v, tail(16));
  q = madd(q, v, tail(17));
  q = madd(q, v, tail(18));
  return madd(q, v, tail(19));
}

abstract class TimesPhi {}
abstract class TimesPhiSlope {}

/**
 * x · Φ(x), without cancellation: a·Φ(−a) is computed of a = |x|. What a + 3 loses to rounding is made good to first order: the
 * derivative of q·share is about 0.14·(v − 1).
 */
export function timesPhi(x: v128): v128 {
  const a = pmin(abs(x), tail(25));
  const sum = add(a, tail(20));
  const share = div(a, sum);
  const v = sub(add(share, share), tail(21));
  const lost = mul(sub(a, sub(sum, tail(20))), mul(sub(v, tail(21)), tail(26)));
  const y = bell<TimesPhi>(mul(normal<TimesPhi>(v), share), a, tail(23), lost);
  return v128.bitselect(neg(y), sub(x, y), i32x4.shr_s(x, 31));
}

/** Its derivative Φ(x) + x·φ(x). */
export function timesPhiSlope(x: v128): v128 {
  const a = pmin(abs(x), tail(25));
  const sum = add(a, tail(20));
  const share = div(a, sum);
  const q = div(normal<TimesPhiSlope>(sub(add(share, share), tail(21))), sum);
  const y = bell<TimesPhiSlope>(nmadd(a, tail(27), q), a, tail(23), i32x4.splat(0));
  return v128.bitselect(y, sub(tail(21), y), i32x4.shr_s(x, 31));
}

/** erfc x = 1 − erf x, without cancellation; error ≤ 3.70 ULP plain and fused. */
export class Erfc extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const y = erfcTail(a);
    const far = v128.bitselect(sub(splat(2), y), y, i32x4.shr_s(x, 31));
    return v128.bitselect(nmadd(x, excess(x), sub(splat(1), x)), far, le(a, splat(0.9)));
  }
}
