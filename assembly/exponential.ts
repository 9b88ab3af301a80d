/** Functions made of eᶻ, over all of float32: exp, tanh, sigmoid. */
import { held, loadPart, madd, select, storePart } from "./simd";

/** ln 2 in two parts, the first so short that its product with an exponent is exact (Cody and Waite). */
export const LN2_HIGH: f32 = 0.693359375;
export const LN2_LOW: f32 = -0.00021219444;
const LOG2_E: f32 = 1.4426950408889634;

/** 1.5 · 2²³: a sum with it is rounded to an integer, and its low bits are that integer. */
const MAGIC: f32 = 12582912;

/**
 * q in eʳ − 1 = r + r²·q(r) on |r| ≤ ln 2 / 2: our own minimax fit, its coefficients rounded one after the other;
 * relative error 1.8e-8, and half of that at the ends, where tanh needs it.
 */
const Q0: f32 = 0.49999997;
const Q1: f32 = 0.16666526;
const Q2: f32 = 0.041667365;
const Q3: f32 = 0.00836831;
const Q4: f32 = 0.0013878109;

/** A function of eᶻ = 2ⁿ·eʳ: before makes z of x; after, the result of e = eʳ − 1 and t, in the low bits n + bias. */
export abstract class Exponential {
  abstract edge(): f32;
  abstract low(): f32;
  abstract unit(): f32;
  abstract bias(): f32;
  abstract before(x: v128, edge: v128, low: v128): v128;
  abstract after(e: v128, t: v128, x: v128, edge: v128, unit: v128): v128;
}

function exponential<F extends Exponential>(
  x: v128,
  edge: v128,
  low: v128,
  unit: v128,
  log2e: v128,
  magic: v128,
  ln2High: v128,
  ln2Low: v128,
  q4: v128,
  q3: v128,
  q2: v128,
  q1: v128,
  q0: v128,
): v128 {
  const z = changetype<F>(0).before(x, edge, low);
  const t = madd(z, log2e, magic);
  const n = f32x4.sub(t, magic);
  const r = madd(n, ln2Low, madd(n, ln2High, z));
  const q = madd(madd(madd(madd(q4, r, q3), r, q2), r, q1), r, q0);
  return changetype<F>(0).after(madd(f32x4.mul(r, r), q, r), t, x, edge, unit);
}

/** F of one vector; over many, mapExponential is twice as fast. */
function once<F extends Exponential>(x: v128): v128 {
  const f = changetype<F>(0);
  const edge = f32x4.splat(f.edge());
  const low = f32x4.splat(f.low());
  const unit = f32x4.splat(f.unit());
  const log2e = f32x4.splat(LOG2_E);
  const magic = f32x4.splat(MAGIC + f.bias());
  const high = f32x4.splat(-LN2_HIGH);
  const rest = f32x4.splat(-LN2_LOW);
  const q4 = f32x4.splat(Q4);
  const q3 = f32x4.splat(Q3);
  const q2 = f32x4.splat(Q2);
  const q1 = f32x4.splat(Q1);
  const q0 = f32x4.splat(Q0);
  return exponential<F>(x, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
}

/** y = F(x − shift), element by element. x, y [n]; y may be x. */
export function mapExponential<F extends Exponential>(
  x: usize,
  y: usize,
  shift: f32,
  begin: i32,
  end: i32,
): void {
  const f = changetype<F>(0);
  const zero = begin >> 31;
  const edge = held(f.edge(), zero);
  const low = held(f.low(), zero);
  const unit = held(f.unit(), zero);
  const log2e = held(LOG2_E, zero);
  const magic = held(MAGIC + f.bias(), zero);
  const high = held(-LN2_HIGH, zero);
  const rest = held(-LN2_LOW, zero);
  const q4 = held(Q4, zero);
  const q3 = held(Q3, zero);
  const q2 = held(Q2, zero);
  const q1 = held(Q1, zero);
  const q0 = held(Q0, zero);
  const s = f32x4.splat(shift);
  let i = begin;
  for (; i <= end - 8; i += 8) {
    const at = (<usize>i) << 2;
    const v0 = f32x4.sub(v128.load(x + at), s);
    const v1 = f32x4.sub(v128.load(x + at, 16), s);
    const y0 = exponential<F>(v0, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
    const y1 = exponential<F>(v1, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
    v128.store(y + at, y0);
    v128.store(y + at, y1, 16);
  }
  for (; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const n = min(end - i, 4);
    const v = f32x4.sub(loadPart(x + at, n), s);
    storePart(y + at, exponential<F>(v, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0), n);
  }
}

/** (e + 1)·2ⁿ in two steps of scale: rounded once into the subnormals, infinite where it must be. */
function power(e: v128, t: v128, one: v128): v128 {
  const half = i32x4.shl(i32x4.shr_u(t, 1), 23);
  return f32x4.mul(f32x4.mul(f32x4.add(e, one), half), i32x4.sub(i32x4.shl(t, 23), half));
}

export class Exp extends Exponential {
  edge(): f32 {
    return 89;
  }
  low(): f32 {
    return -104;
  }
  unit(): f32 {
    return 1;
  }
  bias(): f32 {
    return 254;
  }
  before(x: v128, edge: v128, low: v128): v128 {
    return f32x4.pmax(f32x4.pmin(x, edge), low);
  }
  after(e: v128, t: v128, x: v128, edge: v128, one: v128): v128 {
    return power(e, t, one);
  }
}

/** 1 / (1 + p) where x ≥ 0, else p / (1 + p), for p = exp(−|x|). */
export class Sigmoid extends Exponential {
  edge(): f32 {
    return -0.0;
  }
  low(): f32 {
    return -104;
  }
  unit(): f32 {
    return 1;
  }
  bias(): f32 {
    return 254;
  }
  before(x: v128, sign: v128, low: v128): v128 {
    return f32x4.pmax(v128.or(x, sign), low);
  }
  after(e: v128, t: v128, x: v128, sign: v128, one: v128): v128 {
    const p = power(e, t, one);
    return f32x4.div(select(p, one, i32x4.shr_s(x, 31)), f32x4.add(one, p));
  }
}

/** ±(1 − p) / (1 + p) for p = exp(−2|x|) = 2ⁿ + 2ⁿ·e, both halved. */
export class Tanh extends Exponential {
  edge(): f32 {
    return -0.0;
  }
  low(): f32 {
    return -18.1;
  }
  unit(): f32 {
    return 0.5;
  }
  bias(): f32 {
    return 126;
  }
  before(x: v128, sign: v128, low: v128): v128 {
    const a = v128.or(x, sign);
    return f32x4.pmax(f32x4.add(a, a), low);
  }
  after(e: v128, t: v128, x: v128, sign: v128, half: v128): v128 {
    const s = i32x4.shl(t, 23);
    const y = f32x4.div(madd(e, s, f32x4.sub(s, half)), madd(e, s, f32x4.add(s, half)));
    return v128.bitselect(x, y, sign);
  }
}

/** eˣ; error ≤ 1.00 ULP plain, 1.03 fused, subnormal results too. */
export function exp(x: v128): v128 {
  return once<Exp>(x);
}

/** tanh x; error ≤ 1.99 ULP plain, 1.94 fused. */
export function tanh(x: v128): v128 {
  return once<Tanh>(x);
}

/** 1 / (1 + e⁻ˣ); error ≤ 2.41 ULP plain and fused, 0.76 where the result is subnormal. */
export function sigmoid(x: v128): v128 {
  return once<Sigmoid>(x);
}
