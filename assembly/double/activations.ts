/** Activation functions in float64: those that are made of exponentials. x, y [n]; the grid is elements. */
import * as gaussian from "./gaussian";
import { mapEach, Scalar } from "./scalar";

/** Klambauer et al. (2017), appendix A.1. */
const LAMBDA: f64 = 1.0507009873554805;
const LAMBDA_ALPHA: f64 = 1.7580993408473766;

/** x / (1 + e⁻ᶻ), where z has x's sign; 0 for x = −∞. */
function gated(x: f64, z: f64): f64 {
  if (z >= 0 || z != z) return x / (1 + Math.exp(-z));
  const p = Math.exp(z);
  return p > 0 ? (x * p) / (1 + p) : -0.0;
}

/** By w = eˣ: x·w·(w + 2) / (w·(w + 2) + 2); from 40 on x. */
function mishOf(x: f64): f64 {
  if (x > 40) return x;
  const w = Math.exp(x);
  const n = w * (w + 2);
  return w > 0 || x != x ? (x * n) / (n + 2) : -0.0;
}

class Softplus extends Scalar {
  of(x: f64): f64 {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}

/** y = ln(1 + eˣ) */
export function softplus(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Softplus>(x, y, begin, end);
}

class Selu extends Scalar {
  of(x: f64): f64 {
    return x > 0 ? LAMBDA * x : LAMBDA_ALPHA * Math.expm1(x);
  }
}

/** y = λ·x where x is positive, else λ·α·(eˣ − 1) */
export function selu(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Selu>(x, y, begin, end);
}

class Silu extends Scalar {
  of(x: f64): f64 {
    return gated(x, x);
  }
}

/** y = x / (1 + e⁻ˣ) */
export function silu(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Silu>(x, y, begin, end);
}

class Gelu extends Scalar {
  of(x: f64): f64 {
    return gaussian.timesPhi(x);
  }
}

/** y = x · Φ(x) */
export function gelu(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Gelu>(x, y, begin, end);
}

class GeluTanh extends Scalar {
  of(x: f64): f64 {
    return gated(x, 1.5957691216057308 * x * (1 + 0.044715 * x * x));
  }
}

/** y = x / (1 + e⁻ᶻ), z = 2√(2/π)·(x + 0.044715·x³) */
export function geluTanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<GeluTanh>(x, y, begin, end);
}

class Mish extends Scalar {
  of(x: f64): f64 {
    return mishOf(x);
  }
}

/** y = x · tanh(softplus x) */
export function mish(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Mish>(x, y, begin, end);
}

/** y = x where it is positive, else alpha · (eˣ − 1) */
export function elu(x: usize, y: usize, alpha: f64, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (<usize>i) << 3;
    const value = load<f64>(x + at);
    store<f64>(y + at, value > 0 ? value : alpha * Math.expm1(value));
  }
}
