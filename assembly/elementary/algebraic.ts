/** Functions that one or two instructions compute. */
import { Binary, Smooth, Unary } from "../loops";
import { abs, ceil, div, floor, lt, mul, ne, nearest, neg, splat, sqrt, trunc } from "../simd";

/** ±1 by the sign, x itself where it is 0 or NaN. */
function signOf(x: v128): v128 {
  const one = v128.or(splat(1), v128.and(x, splat(-0.0)));
  return v128.bitselect(one, x, lt(splat(0), abs(x)));
}

/** dy · sign x, 0 where x is 0, NaN where x is: whatever that one's sign. */
export class AbsGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    const turned = v128.xor(dy, v128.and(x, splat(-0.0)));
    return v128.or(v128.and(turned, ne(x, splat(0))), ne(x, x));
  }
}

export class Abs extends Unary {
  lanes(x: v128): v128 {
    return abs(x);
  }
}

export class Sign extends Unary {
  lanes(x: v128): v128 {
    return signOf(x);
  }
}

export class AbsInt extends Unary {
  lanes(x: v128): v128 {
    return i32x4.abs(x);
  }
}

export class SignInt extends Unary {
  lanes(x: v128): v128 {
    const positive = i32x4.gt_s(x, i32x4.splat(0));
    return i32x4.sub(i32x4.shr_s(x, 31), positive);
  }
}

export class Reciprocal extends Smooth {
  lanes(x: v128): v128 {
    return div(splat(1), x);
  }
  slope(x: v128): v128 {
    const y = div(splat(1), x);
    return neg(mul(y, y));
  }
}

export class Rsqrt extends Smooth {
  lanes(x: v128): v128 {
    return div(splat(1), sqrt(x));
  }
  slope(x: v128): v128 {
    return div(splat(-0.5), mul(x, sqrt(x)));
  }
}

export class Floor extends Unary {
  lanes(x: v128): v128 {
    return floor(x);
  }
}

export class Ceil extends Unary {
  lanes(x: v128): v128 {
    return ceil(x);
  }
}

export class Round extends Unary {
  lanes(x: v128): v128 {
    return nearest(x);
  }
}

export class Trunc extends Unary {
  lanes(x: v128): v128 {
    return trunc(x);
  }
}
