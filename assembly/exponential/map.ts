/** A loop over elements for a function of eᶻ. */
import { held, loadPart, storePart } from "../simd";
import { Exponential, exponential, LN2_HIGH, LN2_LOW, LOG2_E, MAGIC, Q0, Q1, Q2, Q3, Q4 } from "./power";

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
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const y0 = exponential<F>(x0, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
    const y1 = exponential<F>(x1, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
    v128.store(y, y0);
    v128.store(y, y1, 16);
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
