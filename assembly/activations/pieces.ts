/** Activations in pieces: straight lines, and exponentials below 0. */
import { Parametric, Smooth } from "../loops";
import { add, le, lt, madd, mul, pmax, pmin, select, splat } from "../simd";
import { expm1Near, expm1Scaled, exponentOf, remainderOf, scaled } from "../functions/exponents";

/** 1 where the mask is all ones. */
function unit(mask: v128): v128 {
  return v128.and(mask, splat(1));
}

/** x where it is positive, else a·x; its derivative at 0 is a. */
export class LeakyRelu extends Parametric {
  lanes(x: v128, a: v128): v128 {
    return select(x, mul(a, x), lt(splat(0), x));
  }
  slope(x: v128, a: v128): v128 {
    return select(splat(1), a, lt(splat(0), x));
  }
}

/** eˣ − 1 for x ≤ 0. */
function below(x: v128): v128 {
  return expm1Scaled(pmax(pmin(x, splat(0)), splat(-18)), 0);
}

/** eˣ for x ≤ 0, its derivative. */
function belowSlope(x: v128): v128 {
  const z = pmax(pmin(x, splat(0)), splat(-104));
  const t = exponentOf(z);
  return scaled(add(expm1Near(remainderOf(z, t)), splat(1)), t);
}

/** x where it is positive, else a·(eˣ − 1); its derivative at 0 is a. */
export class Elu extends Parametric {
  lanes(x: v128, a: v128): v128 {
    return select(x, mul(a, below(x)), lt(splat(0), x));
  }
  /** Of y, which has x's sign where a is positive: a·eˣ = y + a. */
  slope(y: v128, a: v128): v128 {
    return select(splat(1), add(y, a), lt(splat(0), y));
  }
}

/** Klambauer et al. (2017), appendix A.1: where means and variances of layers come to rest. */
const LAMBDA: f32 = 1.0507009873554805;
const LAMBDA_ALPHA: f32 = 1.7580993408473766;

/** λ·x where x is positive, else λ·α·(eˣ − 1); its derivative at 0 is λ·α; error ≤ 1.95 ULP plain and fused. */
export class Selu extends Smooth {
  lanes(x: v128): v128 {
    return select(mul(splat(LAMBDA), x), mul(splat(LAMBDA_ALPHA), below(x)), lt(splat(0), x));
  }
  slope(x: v128): v128 {
    return select(splat(LAMBDA), mul(splat(LAMBDA_ALPHA), belowSlope(x)), lt(splat(0), x));
  }
}

/** x in [0, 6]; its derivative at both ends is 0. */
export class Relu6 extends Smooth {
  lanes(x: v128): v128 {
    return pmin(pmax(x, splat(0)), splat(6));
  }
  slope(x: v128): v128 {
    return unit(v128.and(lt(splat(0), x), lt(x, splat(6))));
  }
}

/** (x + 3) / 6 in [0, 1] */
function sixths(x: v128): v128 {
  return mul(pmin(pmax(add(x, splat(3)), splat(0)), splat(6)), splat(1 / 6));
}

/** (x + 3) / 6 in [0, 1]; its derivative at both ends is 0. */
export class HardSigmoid extends Smooth {
  lanes(x: v128): v128 {
    return sixths(x);
  }
  slope(x: v128): v128 {
    const inside = v128.and(lt(splat(-3), x), lt(x, splat(3)));
    return v128.and(inside, splat(1 / 6));
  }
}

/** x · hardSigmoid x; its derivative is 0 at −3 and 1 at 3. */
export class HardSwish extends Smooth {
  lanes(x: v128): v128 {
    return mul(pmax(x, splat(-3)), sixths(x));
  }
  slope(x: v128): v128 {
    const y = v128.andnot(madd(x, splat(1 / 3), splat(0.5)), le(x, splat(-3)));
    return select(splat(1), y, le(splat(3), x));
  }
}
