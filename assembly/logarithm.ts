/** The natural logarithm, over all of float32. */
import { LN2_HIGH, LN2_LOW } from "./exponential/power";
import { held, loadPart, madd, select, storePart } from "./simd";

/** A way to multiply and add: the binary's quickest, or one with the same bits in both. */
abstract class MultiplyAdd {
  abstract of(a: v128, b: v128, c: v128): v128;
}

class Quick extends MultiplyAdd {
  of(a: v128, b: v128, c: v128): v128 {
    return madd(a, b, c);
  }
}

class Exact extends MultiplyAdd {
  of(a: v128, b: v128, c: v128): v128 {
    return f32x4.add(f32x4.mul(a, b), c);
  }
}

/**
 * q in ln(1 + f) = f + f²·(−½ + f·q(f)) on |f| ≤ ⅓: our own minimax fit, as that of exp; relative error
 * 4.7e-9.
 */
const P0: f32 = 0.33333215;
const P1: f32 = -0.24999806;
const P2: f32 = 0.20010427;
const P3: f32 = -0.16680196;
const P4: f32 = 0.14005734;
const P5: f32 = -0.12187479;
const P6: f32 = 0.13984594;
const P7: f32 = -0.12880048;

/** ln x = ln(1 + f) + k·ln 2 for x = (1 + f)·2ᵏ; k counts in units of 2⁻²³, as it stands in the bits of x. */
function ln<M extends MultiplyAdd>(
  x: v128,
  least: v128,
  scale: v128,
  edge: v128,
  field: v128,
  one: v128,
  half: v128,
  high: v128,
  low: v128,
  p7: v128,
  p6: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  p1: v128,
  p0: v128,
): v128 {
  const m = changetype<M>(0);
  const zero = f32x4.splat(0);
  const tiny = f32x4.lt(x, least);
  const normal = select(f32x4.mul(x, scale), x, tiny);
  const e = v128.and(i32x4.sub(normal, edge), field);
  const k = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, f32x4.splat(192937984)));
  const f = f32x4.sub(i32x4.sub(normal, e), one);
  const ff = f32x4.mul(f, f);
  const odd = m.of(m.of(m.of(p7, ff, p5), ff, p3), ff, p1);
  const even = m.of(m.of(m.of(p6, ff, p4), ff, p2), ff, p0);
  const q = m.of(m.of(odd, f, even), f, half);
  const y = m.of(k, high, m.of(k, low, m.of(ff, q, f)));
  const finite = select(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  return v128.or(select(field, finite, f32x4.eq(x, zero)), f32x4.lt(x, zero));
}

/** y = ln x, n elements; y may be x; error ≤ 0.97 ULP plain, 0.94 fused. */
export function mapLog(x: usize, y: usize, n: i32): void {
  const zero = n >> 31;
  const least = held(1.1754943508222875e-38, zero);
  const scale = held(8388608, zero);
  const edge = held(2 / 3, zero);
  const field = held(-Infinity, zero);
  const one = held(1, zero);
  const half = held(-0.5, zero);
  const high = held(LN2_HIGH / 8388608, zero);
  const low = held(LN2_LOW / 8388608, zero);
  const p7 = held(P7, zero);
  const p6 = held(P6, zero);
  const p5 = held(P5, zero);
  const p4 = held(P4, zero);
  const p3 = held(P3, zero);
  const p2 = held(P2, zero);
  const p1 = held(P1, zero);
  const p0 = held(P0, zero);
  const few = n < 4;
  const last = few ? loadPart(x, n) : v128.load(x + (n << 2) - 16);
  const part = n;
  let w = last;
  for (; n > 0; n -= 4, x += 16, y += 16) {
    w = n < 4 ? last : v128.load(x);
    w = ln<Quick>(w, least, scale, edge, field, one, half, high, low, p7, p6, p5, p4, p3, p2, p1, p0);
    if (!few) v128.store(y + (min(n, 4) << 2) - 16, w);
  }
  if (few) storePart(y - 16, w, part);
}

/** ln x, all of float32 (own fit: above), equal bits in both binaries; error ≤ 0.97 ULP plain and fused. */
export function log(x: v128): v128 {
  const least = f32x4.splat(1.1754943508222875e-38);
  const scale = f32x4.splat(8388608);
  const edge = f32x4.splat(2 / 3);
  const field = f32x4.splat(-Infinity);
  const one = f32x4.splat(1);
  const half = f32x4.splat(-0.5);
  const high = f32x4.splat(LN2_HIGH / 8388608);
  const low = f32x4.splat(LN2_LOW / 8388608);
  const p7 = f32x4.splat(P7);
  const p6 = f32x4.splat(P6);
  const p5 = f32x4.splat(P5);
  const p4 = f32x4.splat(P4);
  const p3 = f32x4.splat(P3);
  const p2 = f32x4.splat(P2);
  const p1 = f32x4.splat(P1);
  const p0 = f32x4.splat(P0);
  return ln<Exact>(x, least, scale, edge, field, one, half, high, low, p7, p6, p5, p4, p3, p2, p1, p0);
}
