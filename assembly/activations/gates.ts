/** Smooth activations: softplus, and those that let x pass through a gate between 0 and 1. */
import { Smooth } from "../loops";
import { abs, add, div, lt, madd, mul, neg, pmax, pmin, select, splat } from "../simd";
import { decayed, decayOf, expm1Near, expm1Rest } from "../functions/exponents";
import { timesPhi, timesPhiSlope } from "../functions/gaussian";
import { ln1p } from "../functions/logarithms";

/** e⁻ᵃ for a ≥ 0. */
function decay(a: v128): v128 {
  const z = pmax(neg(a), splat(-104));
  const t = decayOf(z);
  return decayed(add(expm1Rest(z, splat(0), t), splat(1)), t);
}

/** 1 / (1 + e⁻ˣ) by p = e^(−|x|). */
function logistic(x: v128, p: v128): v128 {
  return div(v128.bitselect(p, splat(1), i32x4.shr_s(x, 31)), add(splat(1), p));
}

/** x / (1 + e⁻ᶻ), where z has x's sign and e^(−|z|) = 2ⁿ·(1 + e), with n + 127 + 64 in the low bits of t. */
function gated(x: v128, e: v128, t: v128): v128 {
  const one = splat(1);
  const p = decayed(add(e, one), t);
  const least = pmax(x, splat(-200)); // −∞ · 0 would not be 0
  const left = decayed(madd(e, least, least), t);
  return div(v128.bitselect(left, x, i32x4.shr_s(x, 31)), add(one, p));
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|)); error ≤ 2.00 ULP plain and fused. */
export class Softplus extends Smooth {
  lanes(x: v128): v128 {
    return add(pmax(x, splat(0)), ln1p(decay(abs(x))));
  }
  slope(x: v128): v128 {
    return logistic(x, decay(abs(x)));
  }
}

/** x / (1 + e⁻ˣ); error ≤ 2.90 ULP plain and fused. */
export class Silu extends Smooth {
  lanes(x: v128): v128 {
    const z = pmax(neg(abs(x)), splat(-120));
    const t = decayOf(z);
    return gated(x, expm1Rest(z, splat(0), t), t);
  }
  slope(x: v128): v128 {
    const p = decay(abs(x));
    const s = logistic(x, p);
    const rest = logistic(neg(x), p);
    return mul(s, madd(pmax(pmin(x, splat(200)), splat(-200)), rest, splat(1)));
  }
}

/** 2√(2/π) and 0.044715 times it. */
const ROOT: f64 = 1.5957691216057308;
const CUBIC: f64 = 0.07135481627260025;

/** −|x·(ROOT + CUBIC·x²)| of two lanes in float64: gelu's error would be as many times larger as this is. */
function exponent64(x: v128): v128 {
  const cube = f64x2.mul(f64x2.mul(x, x), f64x2.splat(CUBIC));
  const z = f64x2.abs(f64x2.mul(x, f64x2.add(cube, f64x2.splat(ROOT))));
  return f64x2.pmax(f64x2.neg(z), f64x2.splat(-120));
}

/** z / ln 2, rounded, + 127 + 64 in the low bits of each lane. */
function turns64(z: v128): v128 {
  return f64x2.add(f64x2.mul(z, f64x2.splat(1.4426950408889634)), f64x2.splat(6755399441055935));
}

function remainder64(z: v128, t: v128): v128 {
  const n = f64x2.sub(t, f64x2.splat(6755399441055935));
  return f32x4.demote_f64x2_zero(f64x2.sub(z, f64x2.mul(n, f64x2.splat(0.6931471805599453))));
}

/** x / (1 + e⁻ᶻ) for z = 2√(2/π)·(x + 0.044715·x³) (Hendrycks and Gimpel, 2016); error ≤ 2.90 ULP plain and fused. */
export class GeluTanh extends Smooth {
  lanes(x: v128): v128 {
    const low = exponent64(f64x2.promote_low_f32x4(x));
    const high = exponent64(f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)));
    const lowTurns = turns64(low);
    const highTurns = turns64(high);
    const t = v128.shuffle<i32>(lowTurns, highTurns, 0, 2, 4, 6);
    const r = v128.shuffle<i64>(remainder64(low, lowTurns), remainder64(high, highTurns), 0, 2);
    return gated(x, expm1Near(r), t);
  }
  slope(x: v128): v128 {
    const near = pmax(pmin(x, splat(20)), splat(-20));
    const cube = mul(mul(near, near), splat(<f32>CUBIC));
    const p = decay(abs(mul(near, add(cube, splat(<f32>ROOT)))));
    const s = logistic(near, p);
    const rest = logistic(neg(near), p);
    return mul(s, madd(mul(near, rest), madd(cube, splat(3), splat(<f32>ROOT)), splat(1)));
  }
}

/** x · Φ(x), the normal distribution's; error ≤ 4.00 ULP plain, 3.70 fused. */
export class Gelu extends Smooth {
  lanes(x: v128): v128 {
    return timesPhi(x);
  }
  slope(x: v128): v128 {
    return timesPhiSlope(x);
  }
}

/** From here on mish x is x. */
const FAR: f32 = 20;

/** x · tanh(ln(1 + eˣ)) = x·w·(w + 2) / (w·(w + 2) + 2) for w = eˣ (Misra, 2019); error ≤ 4.00 ULP plain, 3.75 fused. */
export class Mish extends Smooth {
  lanes(x: v128): v128 {
    const near = pmax(pmin(x, splat(FAR)), splat(-120));
    const t = decayOf(near);
    const e = expm1Rest(near, splat(0), t);
    const w = decayed(add(e, splat(1)), t);
    const two = splat(2);
    const y = mul(decayed(madd(e, near, near), t), div(add(w, two), madd(w, add(w, two), two)));
    return select(x, y, lt(splat(FAR), x));
  }
  slope(x: v128): v128 {
    const near = pmin(pmax(x, splat(-FAR * 5)), splat(FAR));
    const t = decayOf(near);
    const w = decayed(add(expm1Rest(near, splat(0), t), splat(1)), t);
    const n = mul(w, add(w, splat(2)));
    const m = add(n, splat(2));
    const gain = div(mul(mul(splat(4), w), mul(near, add(w, splat(1)))), mul(m, m));
    return select(splat(1), add(div(n, m), gain), lt(splat(FAR), x));
  }
}
