/** Sine and cosine of the same angles. */
import { Unary } from "../loops";
import { FUSED, loadPart, madd, mul, select, storePart, sub } from "../simd";
import { Cos, Sin } from "./circular";
import { entry } from "./table";

/** From here on the remainder is not exact enough. */
const FAR: f32 = 8192;

/**
 * 2/π; 1.5·2²³ (a sum with it is rounded to an integer, which stands in its low bits); −π/2 in three parts of 24 bits, whose products with
 * an integer a multiply-add of one rounding takes as they are; −π/2 in three parts of 11 bits, whose products are exact, and a rest; the
 * coefficients of sine and cosine in circular.ts; −0.
 */
const TABLE = memory.data<f32>([
  0.63661975, 12582912, -1.5707963705062866, 4.371138828673793e-8, 1.7151245100058819e-15, -1.5703125,
  -0.0004837512969970703, -7.549533620476723e-8, -2.5633440682570896e-12, -0.000195186047, 0.00833219104,
  -0.166666552, 2.44323273e-5, -0.00138873095, 0.0416666456, -0.5, 1, -0.0,
]);

/**
 * cos = a · cos x, sin = b · sin x of n angles, none of the three the same; x can be read, and spare written, up to a whole vector. A million pairs
 * take 1.4 ms, those of sin and cos, by way of float64, 3.2. Of a = b = 1 all over float32 error ≤ 2.35 ULP plain, 1.55 fused.
 */
export function waves(x: usize, a: f32, b: f32, cos: usize, sin: usize, n: i32, spare: usize): void {
  const whole = n & -4,
    tail = (<usize>whole) << 2;
  let most = turn(x, a, b, cos, sin, whole);
  if (n > whole) {
    most = f32x4.pmax(most, turn(x + tail, a, b, spare, spare + 16, 4));
    storePart(cos + tail, v128.load(spare), n - whole);
    storePart(sin + tail, v128.load(spare + 16), n - whole);
  }
  if (!v128.any_true(f32x4.ge(most, f32x4.splat(FAR)))) return;
  farther<Cos>(x, a, cos, n);
  farther<Sin>(x, b, sin, n);
}

/** For |x| < FAR, whole vectors; the largest |x| of each lane. */
function turn(x: usize, a: f32, b: f32, cos: usize, sin: usize, n: i32): v128 {
  const scale = entry(TABLE, 0),
    magic = entry(TABLE, 1),
    p0 = entry(TABLE, FUSED ? 2 : 5),
    p1 = entry(TABLE, FUSED ? 3 : 6),
    p2 = entry(TABLE, FUSED ? 4 : 7),
    p3 = entry(TABLE, 8),
    s2 = entry(TABLE, 9),
    s1 = entry(TABLE, 10),
    s0 = entry(TABLE, 11),
    c4 = entry(TABLE, 12),
    c3 = entry(TABLE, 13),
    c2 = entry(TABLE, 14),
    c1 = entry(TABLE, 15),
    c0 = entry(TABLE, 16),
    sign = entry(TABLE, 17),
    u = f32x4.splat(a),
    v = f32x4.splat(b);
  let most = i32x4.splat(0);
  for (; n > 0; n -= 4, x += 16, cos += 16, sin += 16) {
    const z = v128.load(x);
    most = f32x4.pmax(most, v128.andnot(z, sign));
    const turns = madd(z, scale, magic),
      q = sub(turns, magic),
      near = madd(q, p2, madd(q, p1, madd(q, p0, z))),
      r = FUSED ? near : madd(q, p3, near),
      rr = mul(r, r),
      s = madd(mul(rr, r), madd(madd(s2, rr, s1), rr, s0), r),
      c = madd(madd(madd(madd(c4, rr, c3), rr, c2), rr, c1), rr, c0),
      odd = i32x4.shl(turns, 31),
      up = i32x4.shl(turns, 30),
      mask = i32x4.shr_s(odd, 31);
    // Sine turns with every second quarter, cosine a quarter earlier.
    v128.store(sin, mul(v128.xor(select(c, s, mask), v128.and(up, sign)), v));
    v128.store(cos, mul(v128.xor(select(s, c, mask), v128.and(v128.xor(up, odd), sign)), u));
  }
  return most;
}

/** y = a · F(x) where |x| ≥ FAR. */
function farther<F extends Unary>(x: usize, a: f32, y: usize, n: i32): void {
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const z = loadPart(x, n),
      far = f32x4.ge(f32x4.abs(z), f32x4.splat(FAR));
    if (!v128.any_true(far)) continue;
    const exact = f32x4.mul(changetype<F>(0).lanes(z), f32x4.splat(a));
    storePart(y, v128.bitselect(exact, loadPart(y, n), far), n);
  }
}
