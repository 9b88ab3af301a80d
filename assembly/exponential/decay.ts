/** The sum of exponentials of a row, which softmax and its kin are made of. */
import { FUSED, loadPart, madd, storePart, sumLanes } from "../simd";

/** Elements that are added in float32 before they join a float64 total. */
const BLOCK: i32 = 512;

/**
 * Least z, log₂ e, 1.5·2²³ + 127 (a sum with it is rounded to an integer, which then stands in its low bits as an exponent
 * does), −ln 2 in two parts (Cody and Waite), from the highest the coefficients in eʳ = 1 + r·(1 + r·q(r)) on |r| ≤ ln 2 / 2, our own
 * minimax fit, rounded one after the other, relative error 1.1e-7; and −ln 2 in one part, which is within 1.9e-9: enough where a
 * multiply-add rounds once, and softmax of 1024² takes 0.56 ms for 0.63, for these fill the two units that multiply (Zen 4). From a
 * table, for V8 makes a constant anew at each use.
 */
const TABLE = memory.data<f32>([
  -88, 1.4426950408889634, 12583039, -0.693359375, 0.00021219444, 0.008312468, 0.041890256, 0.16667116,
  0.4999923, 1, -0.6931472,
]);

function entry(i: i32): v128 {
  return v128.load32_splat(TABLE + ((<usize>i) << 2));
}

/** eᶻ for z = x − shift ≤ 0; 0 below e⁻⁸⁷·⁷. All constants given, so that each loop keeps them. */
function decay(
  x: v128,
  shift: v128,
  least: v128,
  log2e: v128,
  magic: v128,
  high: v128,
  low: v128,
  q3: v128,
  q2: v128,
  q1: v128,
  q0: v128,
  one: v128,
): v128 {
  const z = f32x4.pmax(f32x4.sub(x, shift), least);
  const t = madd(z, log2e, magic);
  const n = f32x4.sub(t, magic);
  const r = FUSED ? madd(n, high, z) : madd(n, low, madd(n, high, z));
  const power = i32x4.shl(t, 23);
  const q = madd(madd(madd(madd(q3, r, q2), r, q1), r, q0), r, one);
  return madd(q, f32x4.mul(r, power), power);
}

/**
 * Σ eᵃ over a = x − shift ≤ 0, n elements; and y = scale · eᵃ, unless y is 0. y may be x: the last vector, which may overlap
 * the one before it, is read first. `ahead` bytes behind each part of x lies what is read next: it is brought into the cache
 * meanwhile, for the processor does not see so far (softmax of 1024² out of L3: 0.79 ms for 0.88).
 */
export function sumDecays(x: usize, y: usize, n: i32, shift: f32, scale: f32, ahead: usize): f64 {
  const least = entry(0),
    log2e = entry(1),
    magic = entry(2),
    high = entry(FUSED ? 10 : 3),
    low = entry(4),
    q3 = entry(5),
    q2 = entry(6),
    q1 = entry(7),
    q0 = entry(8),
    one = entry(9);
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
      load<i32>(x + ahead);
      let y0 = decay(v128.load(x), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
      let y1 = decay(v128.load(x, 16), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
      let y2 = decay(v128.load(x, 32), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
      let y3 = decay(v128.load(x, 48), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
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
      const y0 = decay(v128.load(x), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
      const y1 = decay(v128.load(x, 16), s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
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
      const v = m < 4 ? last : v128.load(x);
      w = decay(v, s, least, log2e, magic, high, low, q3, q2, q1, q0, one);
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

/**
 * x = eᵃ over a = x − shift ≤ 0, of `rows` rows of eight columns, and the columns' sums, added to those at `sums`; `shifts` are the eight
 * columns' own, or, if `each`, the rows' own, one after the other.
 */
export function decayColumns(x: usize, rows: i32, shifts: usize, each: bool, sums: usize): void {
  const least = entry(0),
    log2e = entry(1),
    magic = entry(2),
    high = entry(FUSED ? 10 : 3),
    low = entry(4),
    q3 = entry(5),
    q2 = entry(6),
    q1 = entry(7),
    q0 = entry(8),
    one = entry(9);
  let a = v128.load(sums),
    b = v128.load(sums, 16),
    s0 = a,
    s1 = b;
  if (!each) {
    s0 = v128.load(shifts);
    s1 = v128.load(shifts, 16);
  }
  for (; rows > 0; rows--, x += 32) {
    if (each) {
      s0 = s1 = v128.load32_splat(shifts);
      shifts += 4;
    }
    const y0 = decay(v128.load(x), s0, least, log2e, magic, high, low, q3, q2, q1, q0, one),
      y1 = decay(v128.load(x, 16), s1, least, log2e, magic, high, low, q3, q2, q1, q0, one);
    v128.store(x, y0);
    v128.store(x, y1, 16);
    a = f32x4.add(a, y0);
    b = f32x4.add(b, y1);
  }
  v128.store(sums, a);
  v128.store(sums, b, 16);
}
