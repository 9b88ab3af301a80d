/** Activation functions of each element, and cotangents by their derivatives. x, y, dy, dx [n]; the grid is elements. */
import { Gelu, GeluTanh, Mish, Silu, Softplus } from "./activations/gates";
import { Elu, HardSigmoid, HardSwish, LeakyRelu, Relu6, Selu } from "./activations/pieces";
import { chainLong, chainWith, mapLong, mapWith } from "./loops";

/** y = x where it is positive, else slope · x */
export function leakyRelu(x: usize, y: usize, slope: real, begin: i32, end: i32): void {
  mapWith<LeakyRelu>(x, y, slope, begin, end);
}

/** dx = dy times its derivative */
export function leakyReluGrad(dy: usize, x: usize, dx: usize, slope: real, begin: i32, end: i32): void {
  chainWith<LeakyRelu>(dy, x, dx, slope, begin, end);
}

/** y = x where it is positive, else alpha · (eˣ − 1) */
export function elu(x: usize, y: usize, alpha: real, begin: i32, end: i32): void {
  mapWith<Elu>(x, y, alpha, begin, end);
}

/** dx = dy where y is positive, else dy · (y + alpha) */
export function eluGrad(dy: usize, y: usize, dx: usize, alpha: real, begin: i32, end: i32): void {
  chainWith<Elu>(dy, y, dx, alpha, begin, end);
}

/** y = λ·x where x is positive, else λ·α·(eˣ − 1) */
export function selu(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Selu>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function seluGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Selu>(dy, x, dx, begin, end);
}

/** y = x in [0, 6] */
export function relu6(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Relu6>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function relu6Grad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Relu6>(dy, x, dx, begin, end);
}

/** y = (x + 3) / 6 in [0, 1] */
export function hardSigmoid(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<HardSigmoid>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function hardSigmoidGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<HardSigmoid>(dy, x, dx, begin, end);
}

/** y = x · hardSigmoid x */
export function hardSwish(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<HardSwish>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function hardSwishGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<HardSwish>(dy, x, dx, begin, end);
}

/** y = ln(1 + eˣ) */
export function softplus(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Softplus>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function softplusGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Softplus>(dy, x, dx, begin, end);
}

/** y = x / (1 + e⁻ˣ) */
export function silu(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Silu>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function siluGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Silu>(dy, x, dx, begin, end);
}

/** y = x · Φ(x) */
export function gelu(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Gelu>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function geluGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Gelu>(dy, x, dx, begin, end);
}

/** y = x / (1 + e⁻ᶻ), z = 2√(2/π)·(x + 0.044715·x³) */
export function geluTanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<GeluTanh>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function geluTanhGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<GeluTanh>(dy, x, dx, begin, end);
}

/** y = x · tanh(softplus x) */
export function mish(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Mish>(x, y, begin, end);
}

/** dx = dy times its derivative */
export function mishGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chainLong<Mish>(dy, x, dx, begin, end);
}
