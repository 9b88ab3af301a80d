/** xʸ in float64 within, for an error of log₂ x is multiplied by y. */
import { Binary } from "../loops";
import { entry64 } from "./table";

/**
 * From the highest coefficient on: log₂ m = s·(2/ln 2 + s²·l(s²)) for s = (m − 1)/(m + 1), m in [√½, √2); 2ᶠ on |f| ≤
 * ½. Our own minimax fits, relative errors 4.8e-12 and 4.1e-11.
 */
const TABLE = memory.data<f64>([
  0.3402280609477859, 0.41170586265926418, 0.57708285906487577, 0.96179667916492151, 2.8853900817779268,
  1.5316470185080971e-5, 1.5469733455663081e-4, 1.3333422611099852e-3, 9.6180255983523541e-3,
  5.5504109761328308e-2, 0.24022651213621572, 0.69314718053504943, 0.99999999995955058,
]);

const ROOT_HALF: f64 = 0.7071067811865476;

/** log₂ x of two positive lanes. */
function log2(x: v128): v128 {
  const k = i64x2.shr_s(i64x2.sub(x, f64x2.splat(ROOT_HALF)), 52);
  const m = i64x2.sub(x, i64x2.shl(k, 52));
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const ss = f64x2.mul(s, s);
  let p = f64x2.add(f64x2.mul(entry64(TABLE, 0), ss), entry64(TABLE, 1));
  p = f64x2.add(f64x2.mul(p, ss), entry64(TABLE, 2));
  p = f64x2.add(f64x2.mul(p, ss), entry64(TABLE, 3));
  p = f64x2.add(f64x2.mul(p, ss), entry64(TABLE, 4));
  const whole = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(k, k, 0, 2, 0, 2));
  return f64x2.add(f64x2.mul(p, s), whole);
}

/** 2ᶻ of two lanes, as float32. */
function exp2(z: v128): v128 {
  const limited = f64x2.pmax(f64x2.pmin(z, f64x2.splat(256)), f64x2.splat(-256));
  const t = f64x2.add(limited, f64x2.splat(6755399441055744));
  const f = f64x2.sub(limited, f64x2.sub(t, f64x2.splat(6755399441055744)));
  let p = f64x2.add(f64x2.mul(entry64(TABLE, 5), f), entry64(TABLE, 6));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 7));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 8));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 9));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 10));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 11));
  p = f64x2.add(f64x2.mul(p, f), entry64(TABLE, 12));
  return f32x4.demote_f64x2_zero(f64x2.mul(p, i64x2.add(i64x2.shl(t, 52), f64x2.splat(1))));
}

/** |x|ʸ of the lower two lanes. */
function power(x: v128, y: v128): v128 {
  return exp2(f64x2.mul(f64x2.promote_low_f32x4(y), log2(f64x2.promote_low_f32x4(x))));
}

/** xʸ: NaN for x < 0 unless y is whole; 1 for y = 0 and for x = 1, whatever the other; error ≤ 0.55 ULP plain and fused. */
export class Pow extends Binary {
  lanes(x: v128, y: v128): v128 {
    const zero = f32x4.splat(0);
    const one = f32x4.splat(1);
    const infinity = f32x4.splat(Infinity);
    const a = f32x4.abs(x);
    const b = f32x4.abs(y);
    const low = power(a, y);
    const high = power(v128.shuffle<i64>(a, a, 1, 1), v128.shuffle<i64>(y, y, 1, 1));
    let z = v128.shuffle<i64>(low, high, 0, 2);
    // 0 and ∞ to a power: 0 or ∞ as y's sign says. So a power of ∞.
    const grows = v128.xor(f32x4.gt(a, one), f32x4.lt(y, zero));
    const extreme = v128.or(v128.or(f32x4.eq(a, zero), f32x4.eq(a, infinity)), f32x4.eq(b, infinity));
    z = v128.bitselect(v128.and(grows, infinity), z, extreme);
    const half = f32x4.mul(b, f32x4.splat(0.5));
    const whole = f32x4.eq(f32x4.trunc(b), b);
    const odd = v128.andnot(whole, f32x4.eq(f32x4.trunc(half), half));
    const negative = i32x4.shr_s(x, 31);
    z = v128.xor(z, v128.and(v128.and(odd, negative), f32x4.splat(-0.0)));
    const complex = v128.andnot(
      v128.and(v128.and(f32x4.lt(x, zero), f32x4.gt(a, zero)), f32x4.lt(a, infinity)),
      whole,
    );
    z = v128.or(z, v128.or(complex, v128.or(f32x4.ne(x, x), f32x4.ne(y, y))));
    const certain = v128.or(f32x4.eq(y, zero), f32x4.eq(x, one));
    const oscillates = v128.and(f32x4.eq(a, one), f32x4.eq(b, infinity));
    return v128.bitselect(one, z, v128.or(certain, oscillates));
  }
}
