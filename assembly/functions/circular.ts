/** sin, cos and tan, over all of float32. */
import { Unary } from "../loops";
import { add, div, madd, mul, neg, splat } from "../simd";
import { entry, entry64 } from "./table";

/** 2/π, 1.5·2⁵² (a sum with it is rounded to an integer, which stands in its low bits), −π/2 in two parts of 33 and 53 bits. */
const TURNS = memory.data<f64>([
  0.6366197723675814, 6755399441055744, -1.5707963267341256, -6.077100506506192e-11,
]);

/**
 * sin r = r + r³·s(r²) and cos r = 1 − r²/2 + r⁴·c(r²) on |r| ≤ π/4, from the highest coefficient on: our own minimax fits,
 * rounded one after the other; relative errors 3.7e-9 and 1.2e-10.
 */
const TABLE = memory.data<f32>([
  -0.000195186047, 0.00833219104, -0.166666552, 2.44323273e-5, -0.00138873095, 0.0416666456, -0.5, 1,
]);

/** 2/π in binary, behind 32 zeros. */
const TWO_OVER_PI = memory.data<u32>([
  0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
]);

/** From here on float64 does not hold the product with π/2. */
const FAR: f32 = 1048576;

/**
 * x·2/π for |x| ≥ FAR in units of 2⁻⁶² turns of a quarter, whole turns of four dropped (Payne and Hanek, 1983): the 24 bits of
 * x by 96 bits of 2/π, beginning where a bit counts two quarters.
 */
function quarters(x: f32): u64 {
  const bits = reinterpret<u32>(x);
  const m = <u64>((bits & 0x7fffff) | 0x800000);
  const first = max(<i32>((bits >> 23) & 255) - 120, 0); // the exponent of m's last bit, − 2, + 32; not far: any
  const p = TWO_OVER_PI + ((first >> 5) << 2);
  const shift = <u64>(first & 31);
  const high = ((<u64>load<u32>(p)) << 32) | load<u32>(p, 4);
  const low = ((<u64>load<u32>(p, 8)) << 32) | load<u32>(p, 12);
  const window = shift ? (high << shift) | (low >> (64 - shift)) : high;
  const product = m * window + ((m * ((low << shift) >> 32)) >> 32);
  return bits >> 31 ? 0 - product : product;
}

/** The nearest quarter turn, and what remains to x, for |x| ≥ FAR. */
function farQuadrant(x: f32): i32 {
  return <i32>((quarters(x) + (1 << 61)) >> 62);
}

function farAngle(x: f32): f32 {
  if (!isFinite<f32>(x)) return NaN;
  const all = quarters(x);
  const rest = <i64>(all - (((all + (1 << 61)) >> 62) << 62));
  return <f32>(<f64>rest * (1.5707963267948966 / 4611686018427387904));
}

/** x in quarter turns, rounded: in the low bits of each float64 lane. */
function turnsOf(x: v128): v128 {
  const product = f64x2.mul(x, entry64(TURNS, 0));
  return f64x2.add(product, entry64(TURNS, 1));
}

/** x − n·π/2 of two lanes as float64. */
function angleOf(x: v128, turns: v128): v128 {
  const n = f64x2.sub(turns, entry64(TURNS, 1));
  const near = f64x2.add(x, f64x2.mul(n, entry64(TURNS, 2)));
  return f32x4.demote_f64x2_zero(f64x2.add(near, f64x2.mul(n, entry64(TURNS, 3))));
}

/** Lane i of n, or of the angle, replaced where x is far. */
function farQuadrants(x: v128, n: v128): v128 {
  let all = n;
  const far = i32x4.bitmask(f32x4.ge(f32x4.abs(x), f32x4.splat(FAR)));
  if (far & 1) all = i32x4.replace_lane(all, 0, farQuadrant(f32x4.extract_lane(x, 0)));
  if (far & 2) all = i32x4.replace_lane(all, 1, farQuadrant(f32x4.extract_lane(x, 1)));
  if (far & 4) all = i32x4.replace_lane(all, 2, farQuadrant(f32x4.extract_lane(x, 2)));
  if (far & 8) all = i32x4.replace_lane(all, 3, farQuadrant(f32x4.extract_lane(x, 3)));
  return all;
}

function farAngles(x: v128, r: v128): v128 {
  let all = r;
  const far = i32x4.bitmask(f32x4.ge(f32x4.abs(x), f32x4.splat(FAR)));
  if (far & 1) all = f32x4.replace_lane(all, 0, farAngle(f32x4.extract_lane(x, 0)));
  if (far & 2) all = f32x4.replace_lane(all, 1, farAngle(f32x4.extract_lane(x, 1)));
  if (far & 4) all = f32x4.replace_lane(all, 2, farAngle(f32x4.extract_lane(x, 2)));
  if (far & 8) all = f32x4.replace_lane(all, 3, farAngle(f32x4.extract_lane(x, 3)));
  return all;
}

/** A function of the quarter turns n and the angle r that remains, |r| ≤ π/4. */
abstract class Circular {
  abstract of(n: v128, r: v128): v128;
}

function circular<F extends Circular>(x: v128): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
  const lowTurns = turnsOf(low);
  const highTurns = turnsOf(high);
  let n = v128.shuffle<i32>(lowTurns, highTurns, 0, 2, 4, 6);
  let r = v128.shuffle<i64>(angleOf(low, lowTurns), angleOf(high, highTurns), 0, 2);
  if (v128.any_true(f32x4.ge(f32x4.abs(x), f32x4.splat(FAR)))) {
    n = farQuadrants(x, n);
    r = farAngles(x, r);
  }
  return changetype<F>(0).of(n, r);
}

function sine(r: v128, rr: v128): v128 {
  const s = madd(madd(entry(TABLE, 0), rr, entry(TABLE, 1)), rr, entry(TABLE, 2));
  return v128.or(madd(mul(rr, r), s, r), v128.and(r, splat(-0.0)));
}

function cosine(rr: v128): v128 {
  const c = madd(madd(entry(TABLE, 3), rr, entry(TABLE, 4)), rr, entry(TABLE, 5));
  return madd(madd(c, rr, entry(TABLE, 6)), rr, entry(TABLE, 7));
}

/** sine where n is even, cosine where it is odd; the sign turns with every second quarter. */
function wave(n: v128, r: v128): v128 {
  const rr = mul(r, r);
  const odd = i32x4.shr_s(i32x4.shl(n, 31), 31);
  const sign = i32x4.shl(i32x4.shr_u(n, 1), 31);
  return v128.xor(v128.bitselect(cosine(rr), sine(r, rr), odd), sign);
}

class Sine extends Circular {
  of(n: v128, r: v128): v128 {
    return wave(n, r);
  }
}

class Cosine extends Circular {
  of(n: v128, r: v128): v128 {
    return wave(i32x4.add(n, i32x4.splat(1)), r);
  }
}

class Tangent extends Circular {
  of(n: v128, r: v128): v128 {
    const rr = mul(r, r);
    const odd = i32x4.shr_s(i32x4.shl(n, 31), 31);
    const s = sine(r, rr);
    const c = cosine(rr);
    return div(v128.bitselect(neg(c), s, odd), v128.bitselect(s, c, odd));
  }
}

/** sin x; error ≤ 1.55 ULP plain and fused. */
export class Sin extends Unary {
  lanes(x: v128): v128 {
    return circular<Sine>(x);
  }
}

/** cos x; error ≤ 1.55 ULP plain and fused. */
export class Cos extends Unary {
  lanes(x: v128): v128 {
    return circular<Cosine>(x);
  }
}

/** tan x; error ≤ 3.60 ULP plain, 3.30 fused. */
export class Tan extends Unary {
  lanes(x: v128): v128 {
    return circular<Tangent>(x);
  }
}
