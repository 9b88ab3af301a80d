/** The exponential that all others are made of: its polynomial. */
import { madd } from "../simd";

/** ln 2 in two parts, the first so short that its product with an exponent is exact (Cody and Waite). */
export const LN2_HIGH: f32 = 0.693359375;
export const LN2_LOW: f32 = -0.00021219444;
export const LOG2_E: f32 = 1.4426950408889634;

/** 1.5 · 2²³: a sum with it is rounded to an integer, and its low bits are that integer. */
export const MAGIC: f32 = 12582912;

/**
 * q in eʳ − 1 = r + r²·q(r) on |r| ≤ ln 2 / 2: our own minimax fit, its coefficients rounded one after the
 * other; relative error 1.8e-8, and half of that at the ends, where tanh needs it.
 */
export const Q0: f32 = 0.49999997;
export const Q1: f32 = 0.16666526;
export const Q2: f32 = 0.041667365;
export const Q3: f32 = 0.00836831;
export const Q4: f32 = 0.0013878109;

/**
 * A function of eᶻ = 2ⁿ·eʳ: before makes z of x; after, the result of e = eʳ − 1 and t, whose low bits are n
 * + bias. edge, low and unit are numbers of its own.
 */
export abstract class Exponential {
  abstract edge(): f32;
  abstract low(): f32;
  abstract unit(): f32;
  abstract bias(): f32;
  abstract before(x: v128, edge: v128, low: v128): v128;
  abstract after(e: v128, t: v128, x: v128, edge: v128, unit: v128): v128;
}

/** r = z − n·ln 2. */
export function remainder(z: v128, n: v128, ln2High: v128, ln2Low: v128): v128 {
  return madd(n, ln2Low, madd(n, ln2High, z));
}

/** eʳ − 1 */
export function expm1(r: v128, q4: v128, q3: v128, q2: v128, q1: v128, q0: v128): v128 {
  const q = madd(madd(madd(madd(q4, r, q3), r, q2), r, q1), r, q0);
  return madd(f32x4.mul(r, r), q, r);
}

/** F of one vector, all constants given: so that each loop keeps them. */
export function exponential<F extends Exponential>(
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
  const r = remainder(z, f32x4.sub(t, magic), ln2High, ln2Low);
  return changetype<F>(0).after(expm1(r, q4, q3, q2, q1, q0), t, x, edge, unit);
}

/** F of one vector alone; over many, mapExponential is twice as fast. */
export function once<F extends Exponential>(x: v128): v128 {
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
