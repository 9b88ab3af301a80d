/** What can be folded: functions of four lanes, with the totals they join. */
import { maxLanes, minLanes } from "../simd";

/** How four lanes are folded, and into what totals: one vector for the lower two, one for the upper two. */
export abstract class Fold {
  /** What changes nothing that it is folded with. */
  abstract start(): v128;
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
  start(): v128 {
    return f32x4.splat(-0.0);
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
  start(): v128 {
    return f32x4.splat(-Infinity);
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
    return v128.or(f32x4.pmax(total, a), f32x4.ne(a, a));
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

/** As Max. */
export class Min extends Fold {
  start(): v128 {
    return f32x4.splat(Infinity);
  }
  total(): v128 {
    return f32x4.splat(Infinity);
  }
  none(): v128 {
    return f32x4.splat(Infinity);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(f32x4.pmin(a, b), f32x4.ne(b, b));
  }
  low(total: v128, a: v128): v128 {
    return v128.or(f32x4.pmin(total, a), f32x4.ne(a, a));
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    return f32x4.splat(minLanes(low));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}

/** Its totals are float64. */
export class Prod extends Fold {
  start(): v128 {
    return f32x4.splat(1);
  }
  total(): v128 {
    return f64x2.splat(1);
  }
  none(): v128 {
    return f64x2.splat(1);
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
  low(total: v128, a: v128): v128 {
    return f64x2.mul(total, f64x2.promote_low_f32x4(a));
  }
  high(total: v128, a: v128): v128 {
    return f64x2.mul(total, f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1)));
  }
  across(low: v128, high: v128): v128 {
    const total = f64x2.mul(low, high);
    return f64x2.mul(total, v128.shuffle<i64>(total, total, 1, 0));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    const y = f32x4.demote_f64x2_zero(low);
    return v128.shuffle<i64>(y, f32x4.demote_f64x2_zero(high), 0, 2);
  }
}

/** A function of two elements that may be taken in any order, and the element that it passes over. */
abstract class Join {
  abstract neutral(): v128;
  abstract of(a: v128, b: v128): v128;
}

/** A fold by such a function: a total is four elements, as what is folded. */
export class By<J extends Join> extends Fold {
  start(): v128 {
    return changetype<J>(0).neutral();
  }
  total(): v128 {
    return changetype<J>(0).neutral();
  }
  none(): v128 {
    return changetype<J>(0).neutral();
  }
  lanes(a: v128, b: v128): v128 {
    return changetype<J>(0).of(a, b);
  }
  low(total: v128, a: v128): v128 {
    return changetype<J>(0).of(total, a);
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    const pairs = changetype<J>(0).of(low, v128.shuffle<i64>(low, low, 1, 0));
    return changetype<J>(0).of(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}

/** Of i32, modulo 2³². */
export class SumInt extends Join {
  neutral(): v128 {
    return i32x4.splat(0);
  }
  of(a: v128, b: v128): v128 {
    return i32x4.add(a, b);
  }
}

/** Of i32, modulo 2³². */
export class ProdInt extends Join {
  neutral(): v128 {
    return i32x4.splat(1);
  }
  of(a: v128, b: v128): v128 {
    return i32x4.mul(a, b);
  }
}

/** Of i32. */
export class MaxInt extends Join {
  neutral(): v128 {
    return i32x4.splat(i32.MIN_VALUE);
  }
  of(a: v128, b: v128): v128 {
    return i32x4.max_s(a, b);
  }
}

/** Of i32. */
export class MinInt extends Join {
  neutral(): v128 {
    return i32x4.splat(i32.MAX_VALUE);
  }
  of(a: v128, b: v128): v128 {
    return i32x4.min_s(a, b);
  }
}

/** Of truth values: whether one is true. */
export class Any extends Join {
  neutral(): v128 {
    return i32x4.splat(0);
  }
  of(a: v128, b: v128): v128 {
    return v128.or(a, b);
  }
}

/** Of truth values: whether all are true. */
export class All extends Join {
  neutral(): v128 {
    return i32x4.splat(1);
  }
  of(a: v128, b: v128): v128 {
    return v128.and(a, b);
  }
}
