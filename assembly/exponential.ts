/** Functions made of eᶻ, over all of float32: exp, tanh, sigmoid. */
import { Exponential, once } from "./exponential/power";
import { madd } from "./simd";

/** (e + 1)·2ⁿ in two steps of scale: rounded once into the subnormals, infinite where it must be. */
function power(e: v128, t: v128, one: v128): v128 {
  const half = i32x4.shl(i32x4.shr_u(t, 1), 23);
  return f32x4.mul(f32x4.mul(f32x4.add(e, one), half), i32x4.sub(i32x4.shl(t, 23), half));
}

export class Exp extends Exponential {
  edge(): f32 {
    return 89;
  }
  low(): f32 {
    return -104;
  }
  unit(): f32 {
    return 1;
  }
  bias(): f32 {
    return 254;
  }
  before(x: v128, edge: v128, low: v128): v128 {
    return f32x4.pmax(f32x4.pmin(x, edge), low);
  }
  after(e: v128, t: v128, x: v128, edge: v128, one: v128): v128 {
    return power(e, t, one);
  }
}

/** p / (2⁶⁴ + p) for p = 2⁶⁴·eˣ: no p is subnormal, only the quotient may be; from x = 18 on it is 1. */
export class Sigmoid extends Exponential {
  edge(): f32 {
    return 40;
  }
  low(): f32 {
    return -104;
  }
  unit(): f32 {
    return 1.8446744073709552e19;
  }
  bias(): f32 {
    return 191;
  }
  before(x: v128, edge: v128, low: v128): v128 {
    return f32x4.pmax(f32x4.pmin(x, edge), low);
  }
  after(e: v128, t: v128, x: v128, edge: v128, unit: v128): v128 {
    const s = i32x4.shl(t, 23);
    const p = madd(e, s, s);
    return f32x4.div(p, f32x4.add(unit, p));
  }
}

/** ±(1 − p) / (1 + p) for p = exp(−2|x|) = 2ⁿ + 2ⁿ·e, both halved. */
export class Tanh extends Exponential {
  edge(): f32 {
    return -0.0;
  }
  low(): f32 {
    return -18.1;
  }
  unit(): f32 {
    return 0.5;
  }
  bias(): f32 {
    return 126;
  }
  before(x: v128, sign: v128, low: v128): v128 {
    const a = v128.or(x, sign);
    return f32x4.pmax(f32x4.add(a, a), low);
  }
  after(e: v128, t: v128, x: v128, sign: v128, half: v128): v128 {
    const s = i32x4.shl(t, 23);
    const y = f32x4.div(madd(e, s, f32x4.sub(s, half)), madd(e, s, f32x4.add(s, half)));
    return v128.bitselect(x, y, sign);
  }
}

/** eˣ, all of float32 (own fit: exponential/power.ts); error ≤ 1.00 ULP plain, 1.03 fused, also subnormal. */
export function exp(x: v128): v128 {
  return once<Exp>(x);
}

/** tanh x, all of float32, by e⁻²ˣ (own fit: exponential/power.ts); error ≤ 1.99 ULP plain, 1.94 fused. */
export function tanh(x: v128): v128 {
  return once<Tanh>(x);
}

/** 1 / (1 + e⁻ˣ), all of float32, by eˣ (own fit: power.ts); error ≤ 2.40 ULP plain and fused. */
export function sigmoid(x: v128): v128 {
  return once<Sigmoid>(x);
}
