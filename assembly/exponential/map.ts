/** A loop over elements for a function of eᶻ. */
import { held, loadPart, madd, storePart } from "../simd";
import {
  expm1,
  Exponential,
  exponential,
  remainder,
  LN2_HIGH,
  LN2_LOW,
  LOG2_E,
  MAGIC,
  Q0,
  Q1,
  Q2,
  Q3,
  Q4,
} from "./power";

/** y = F(x), n elements; y may be x: the last vector, which may overlap the one before it, is read first. */
export function mapExponential<F extends Exponential>(x: usize, y: usize, n: i32): void {
  const f = changetype<F>(0);
  const zero = n >> 31;
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
  const count = n;
  const last = n < 4 ? loadPart(x, n) : v128.load(x + (n << 2) - 16);
  // Four vectors stage by stage, not one after the other: exp takes 0.98 ms a million for 1.11 (Node 20, Zen 3).
  for (; n >= 16; n -= 16, x += 64, y += 64) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    const z0 = f.before(x0, edge, low);
    const z1 = f.before(x1, edge, low);
    const z2 = f.before(x2, edge, low);
    const z3 = f.before(x3, edge, low);
    const t0 = madd(z0, log2e, magic);
    const t1 = madd(z1, log2e, magic);
    const t2 = madd(z2, log2e, magic);
    const t3 = madd(z3, log2e, magic);
    const r0 = remainder(z0, f32x4.sub(t0, magic), high, rest);
    const r1 = remainder(z1, f32x4.sub(t1, magic), high, rest);
    const r2 = remainder(z2, f32x4.sub(t2, magic), high, rest);
    const r3 = remainder(z3, f32x4.sub(t3, magic), high, rest);
    const e0 = expm1(r0, q4, q3, q2, q1, q0);
    const e1 = expm1(r1, q4, q3, q2, q1, q0);
    const e2 = expm1(r2, q4, q3, q2, q1, q0);
    const e3 = expm1(r3, q4, q3, q2, q1, q0);
    v128.store(y, f.after(e0, t0, x0, edge, unit));
    v128.store(y, f.after(e1, t1, x1, edge, unit), 16);
    v128.store(y, f.after(e2, t2, x2, edge, unit), 32);
    v128.store(y, f.after(e3, t3, x3, edge, unit), 48);
  }
  let w = last;
  for (; n > 0; n -= 4, x += 16, y += 16) {
    w = exponential<F>(
      n < 4 ? last : v128.load(x),
      edge,
      low,
      unit,
      log2e,
      magic,
      high,
      rest,
      q4,
      q3,
      q2,
      q1,
      q0,
    );
    if (count >= 4) v128.store(y + (min(n, 4) << 2) - 16, w);
  }
  if (count < 4) storePart(y - 16, w, count);
}
