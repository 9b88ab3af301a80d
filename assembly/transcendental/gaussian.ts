/** Integrals of the normal distribution: erf, erfc, and the tail Φ that gelu is made of. */
import { Unary } from "../loops";
import { abs, add, div, le, madd, mul, neg, pmin, splat, sub } from "../simd";
import { expm1Near, exponentOf, remainderOf, scaled } from "./exponents";
import { entry, signed } from "./table";

/**
 * e in erf x = x + x·e(x²) on |x| ≤ 0.9, and l in −ln erfc x = l(x) on [0.9, 3.95], from the highest coefficient on: our own
 * minimax fits, rounded one after the other; relative errors of erf 1.5e-8 and 1.8e-9.
 */
const ERF = memory.data<f32>([
  -0.000602079963, 0.00499895914, -0.026770493, 0.112819217, -0.376125038, 0.128379151, -0.00019821983,
  0.00306549226, -0.0223152265, 0.104113705, 0.636976063, 1.12779725, 0.000166449041,
]);

/** erf x for |x| ≤ 0.9. */
function erfNear(x: v128): v128 {
  const xx = mul(x, x);
  let e = madd(entry(ERF, 0), xx, entry(ERF, 1));
  e = madd(e, xx, entry(ERF, 2));
  e = madd(e, xx, entry(ERF, 3));
  e = madd(e, xx, entry(ERF, 4));
  e = madd(e, xx, entry(ERF, 5));
  return madd(x, e, x);
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt; error ≤ 2.00 ULP plain and fused. */
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
    return v128.bitselect(erfNear(x), signed(far, x), near);
  }
}

/** What a tail is made of: tail(a) = e^(−κ·a²) · p(w·(a − k)) · w for w = 1 / (a + k). */
export abstract class Tail {
  abstract table(): usize;
  abstract kappa(): f32;
  abstract k(): f32;
  abstract most(): f32;
}

/** p of erfc with k = 3 and of Φ with k = 4.25, from the highest coefficient on: our own fits; relative error 9e-9. */
const ERFC = memory.data<f32>([
  -0.000325333298, -0.000483176467, 0.00308033521, -0.00122643833, -0.0268398542, 0.119529061, -0.310466021,
  0.59022826, -0.88339448, 1.07400692,
]);
const PHI = memory.data<f32>([
  -0.000231179802, -0.000359022204, 0.00218512164, -0.000754373614, -0.0193679594, 0.0852727816, -0.220515028,
  0.418227524, -0.625129819, 0.759554207,
]);

class Erfc1 extends Tail {
  table(): usize {
    return ERFC;
  }
  kappa(): f32 {
    return 1;
  }
  k(): f32 {
    return 3;
  }
  most(): f32 {
    return 10.2;
  }
}

class Phi1 extends Tail {
  table(): usize {
    return PHI;
  }
  kappa(): f32 {
    return 0.5;
  }
  k(): f32 {
    return 4.25;
  }
  most(): f32 {
    return 14.4;
  }
}

/** The tail beyond a ≥ 0. a² is computed in two parts, for its error is multiplied by a² itself. */
function tail<T extends Tail>(x: v128): v128 {
  const f = changetype<T>(0);
  const a = pmin(x, splat(f.most()));
  const top = v128.and(a, i32x4.splat(-4096));
  const z = mul(top, mul(top, splat(-f.kappa())));
  const rest = mul(mul(splat(-f.kappa()), sub(a, top)), add(a, top));
  const w = div(splat(1), add(a, splat(f.k())));
  const v = mul(sub(a, splat(f.k())), w);
  let p = madd(entry(f.table(), 0), v, entry(f.table(), 1));
  p = madd(p, v, entry(f.table(), 2));
  p = madd(p, v, entry(f.table(), 3));
  p = madd(p, v, entry(f.table(), 4));
  p = madd(p, v, entry(f.table(), 5));
  p = madd(p, v, entry(f.table(), 6));
  p = madd(p, v, entry(f.table(), 7));
  p = madd(p, v, entry(f.table(), 8));
  p = mul(madd(p, v, entry(f.table(), 9)), w);
  const t = exponentOf(z);
  const e = expm1Near(add(remainderOf(z, t), rest));
  return scaled(madd(e, p, p), t);
}

/** The normal distribution's Φ(x), without cancellation. */
export function phi(x: v128): v128 {
  const a = abs(x);
  const y = tail<Phi1>(a);
  const far = v128.bitselect(y, sub(splat(1), y), i32x4.shr_s(x, 31));
  const near = madd(erfNear(mul(x, splat(Math.SQRT1_2))), splat(0.5), splat(0.5));
  return v128.bitselect(near, far, le(a, splat(1)));
}

/** erfc x = 1 − erf x, without cancellation; error ≤ 4.00 ULP plain and fused. */
export class Erfc extends Unary {
  lanes(x: v128): v128 {
    const a = abs(x);
    const y = tail<Erfc1>(a);
    const far = v128.bitselect(sub(splat(2), y), y, i32x4.shr_s(x, 31));
    return v128.bitselect(sub(splat(1), erfNear(x)), far, le(a, splat(0.7)));
  }
}
