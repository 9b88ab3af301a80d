/** What can be folded: functions of four lanes, with the totals they join. */
import { maxLanes } from "../simd";

/** How four lanes are folded, and into what totals: one vector for the lower two, one for the upper two. */
export abstract class Fold {
  abstract start(): f32;
  abstract total(): v128;
  /** The total of no elements. */
  abstract none(): v128;
  abstract lanes(a: v128, b: v128): v128;
  abstract low(total: v128, a: v128): v128;
  abstract high(total: v128, a: v128): v128;
  /** The total of all lanes of both, in the first lane. */
  abstract across(low: v128, high: v128): v128;
  abstract finish(low: v128, high: v128, scale: f64): v128;
}

/** Its totals are float64. */
export class Sum extends Fold {
  start(): f32 {
    return -0.0;
  }
  total(): v128 {
    return f64x2.splat(-0.0);
  }
  none(): v128 {
    return f64x2.splat(0);
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  low(total: v128, a: v128): v128 {
    return f64x2.add(total, f64x2.promote_low_f32x4(a));
  }
  high(total: v128, a: v128): v128 {
    return f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1)));
  }
  across(low: v128, high: v128): v128 {
    const total = f64x2.add(low, high);
    return f64x2.add(total, v128.shuffle<i64>(total, total, 1, 0));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    const s = f64x2.splat(scale);
    const y = f32x4.demote_f64x2_zero(f64x2.mul(low, s));
    return v128.shuffle<i64>(y, f32x4.demote_f64x2_zero(f64x2.mul(high, s)), 0, 2);
  }
}

/**
 * NaN if an element is; of 0 and −0 the earlier. f32x4.max takes eight instructions: 0.31 ms for 0.11 on
 * 1024².
 */
export class Max extends Fold {
  start(): f32 {
    return -Infinity;
  }
  total(): v128 {
    return f32x4.splat(-Infinity);
  }
  none(): v128 {
    return f32x4.splat(-Infinity);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
  }
  low(total: v128, a: v128): v128 {
    return this.lanes(total, a);
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    return f32x4.splat(maxLanes(low));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}
