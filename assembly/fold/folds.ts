/** What can be folded: functions of four lanes, with the totals they join. */
import { DOUBLE, maxLanes, minLanes, swapHalves, swapPairs } from "../simd";

/** The lower two of four lanes as float64, and the upper two; float64 lanes are all lower ones. */
function lower(a: v128): v128 {
  return DOUBLE ? a : f64x2.promote_low_f32x4(a);
}

function upper(a: v128): v128 {
  return f64x2.promote_low_f32x4(swapHalves(a));
}

/** Totals as reals. */
function joined(low: v128, high: v128): v128 {
  if (DOUBLE) return low;
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** How lanes are folded, and into what totals: one vector for the lower two, one for the upper two. */
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

/** Its totals are float64: of four lanes, in two vectors. */
export class Sum extends Fold {
  start(): v128 {
    return v128.splat<real>(-0.0);
  }
  total(): v128 {
    return f64x2.splat(-0.0);
  }
  none(): v128 {
    return f64x2.splat(0);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.add<real>(a, b);
  }
  low(total: v128, a: v128): v128 {
    return f64x2.add(total, lower(a));
  }
  high(total: v128, a: v128): v128 {
    return DOUBLE ? total : f64x2.add(total, upper(a));
  }
  across(low: v128, high: v128): v128 {
    const total = DOUBLE ? low : f64x2.add(low, high);
    return f64x2.add(total, swapHalves(total));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    const s = f64x2.splat(scale);
    return joined(f64x2.mul(low, s), f64x2.mul(high, s));
  }
}

/**
 * NaN if an element is; of 0 and −0 the earlier. A plain max takes eight instructions: 0.31 ms for 0.11 on
 * 1024².
 */
export class Max extends Fold {
  start(): v128 {
    return v128.splat<real>(-Infinity);
  }
  total(): v128 {
    return v128.splat<real>(-Infinity);
  }
  none(): v128 {
    return v128.splat<real>(-Infinity);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(v128.pmax<real>(a, b), v128.ne<real>(b, b));
  }
  low(total: v128, a: v128): v128 {
    return v128.or(v128.pmax<real>(total, a), v128.ne<real>(a, a));
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    return maxLanes(low);
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}

/** As Max. */
export class Min extends Fold {
  start(): v128 {
    return v128.splat<real>(Infinity);
  }
  total(): v128 {
    return v128.splat<real>(Infinity);
  }
  none(): v128 {
    return v128.splat<real>(Infinity);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(v128.pmin<real>(a, b), v128.ne<real>(b, b));
  }
  low(total: v128, a: v128): v128 {
    return v128.or(v128.pmin<real>(total, a), v128.ne<real>(a, a));
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    return minLanes(low);
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}

/** Its totals are float64. */
export class Prod extends Fold {
  start(): v128 {
    return v128.splat<real>(1);
  }
  total(): v128 {
    return f64x2.splat(1);
  }
  none(): v128 {
    return f64x2.splat(1);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.mul<real>(a, b);
  }
  low(total: v128, a: v128): v128 {
    return f64x2.mul(total, lower(a));
  }
  high(total: v128, a: v128): v128 {
    return DOUBLE ? total : f64x2.mul(total, upper(a));
  }
  across(low: v128, high: v128): v128 {
    const total = DOUBLE ? low : f64x2.mul(low, high);
    return f64x2.mul(total, swapHalves(total));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return joined(low, high);
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
    const pairs = changetype<J>(0).of(low, swapHalves(low));
    return changetype<J>(0).of(pairs, swapPairs(pairs));
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
