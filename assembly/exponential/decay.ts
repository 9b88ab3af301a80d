/** The sum of exponentials of a row, which softmax and its kin are made of. */
import { held, loadPart, madd, storePart, sumLanes } from "../simd";
import { Exponential, exponential, LN2_HIGH, LN2_LOW, LOG2_E, MAGIC, Q0, Q1, Q2, Q3, Q4 } from "./power";

/** Elements that are added in float32 before they join a float64 total. */
const BLOCK: i32 = 512;

/** eˣ for x ≤ 0; 0 below e⁻⁸⁷·⁷. */
class Decay extends Exponential {
  edge(): f32 {
    return 0;
  }
  low(): f32 {
    return -88;
  }
  unit(): f32 {
    return 0;
  }
  bias(): f32 {
    return 127;
  }
  before(x: v128, edge: v128, low: v128): v128 {
    return f32x4.pmax(x, low);
  }
  after(e: v128, t: v128, x: v128, edge: v128, unit: v128): v128 {
    const s = i32x4.shl(t, 23);
    return madd(e, s, s);
  }
}

/** Σ eᵃ over a = x − shift ≤ 0, n elements; and y = scale · eᵃ, unless y is 0. y may be x, as in map.ts. */
export function sumDecays(x: usize, y: usize, n: i32, shift: f32, scale: f32): f64 {
  const f = changetype<Decay>(0);
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
  const s = f32x4.splat(shift);
  const k = f32x4.splat(scale);
  const weighed = scale != 1;
  const lanes = i32x4(0, 1, 2, 3);
  const count = n;
  const few = n < 4;
  const last = few ? loadPart(x, n) : v128.load(x + (n << 2) - 16);
  let w = last;
  let total = 0.0;
  while (n > 0) {
    let sum = f32x4.splat(0);
    let m = min(n, BLOCK);
    n -= m;
    for (; m >= 16; m -= 16, x += 64) {
      const v0 = f32x4.sub(v128.load(x), s);
      const v1 = f32x4.sub(v128.load(x, 16), s);
      const v2 = f32x4.sub(v128.load(x, 32), s);
      const v3 = f32x4.sub(v128.load(x, 48), s);
      let y0 = exponential<Decay>(v0, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      let y1 = exponential<Decay>(v1, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      let y2 = exponential<Decay>(v2, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      let y3 = exponential<Decay>(v3, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      sum = f32x4.add(sum, f32x4.add(f32x4.add(y0, y1), f32x4.add(y2, y3)));
      if (!y) continue;
      if (weighed) {
        y0 = f32x4.mul(y0, k);
        y1 = f32x4.mul(y1, k);
        y2 = f32x4.mul(y2, k);
        y3 = f32x4.mul(y3, k);
      }
      v128.store(y, y0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
      y += 64;
    }
    // Two vectors of a row of ten, say: 41 ns a row for 47.
    if (m >= 8) {
      const v0 = f32x4.sub(v128.load(x), s);
      const v1 = f32x4.sub(v128.load(x, 16), s);
      const y0 = exponential<Decay>(v0, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      const y1 = exponential<Decay>(v1, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      sum = f32x4.add(sum, f32x4.add(y0, y1));
      m -= 8;
      x += 32;
      if (y) {
        v128.store(y, f32x4.mul(y0, k));
        v128.store(y, f32x4.mul(y1, k), 16);
        y += 32;
      }
    }
    for (; m > 0; m -= 4, x += 16) {
      const v = f32x4.sub(m < 4 ? last : v128.load(x), s);
      w = exponential<Decay>(v, edge, low, unit, log2e, magic, high, rest, q4, q3, q2, q1, q0);
      let fresh = w;
      if (few) fresh = v128.and(w, i32x4.lt_s(lanes, i32x4.splat(m)));
      else if (m < 4) fresh = v128.and(w, i32x4.ge_s(lanes, i32x4.splat(4 - m)));
      sum = f32x4.add(sum, fresh);
      w = f32x4.mul(w, k);
      if (few || !y) continue;
      v128.store(y + (min(m, 4) << 2) - 16, w);
      y += 16;
    }
    total += sumLanes(sum);
  }
  if (few && y) storePart(y, w, count);
  return total;
}
