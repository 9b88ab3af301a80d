/** Functions of each element, and gradients made of their results. x, y, dy, dx [n]; the grid is elements. */
import { Exp, Sigmoid, Tanh } from "./exponential";
import { mapExponential } from "./exponential/map";
import { mapLog } from "./logarithm";
import { Binary, chain, map, Smooth, Unary, zip } from "./loops";
import { storePart } from "./simd";

class Neg extends Unary {
  lanes(x: v128): v128 {
    return f32x4.neg(x);
  }
}

class Square extends Smooth {
  lanes(x: v128): v128 {
    return f32x4.mul(x, x);
  }
  slope(x: v128): v128 {
    return f32x4.add(x, x);
  }
}

class Sqrt extends Unary {
  lanes(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}

class Relu extends Unary {
  lanes(x: v128): v128 {
    return f32x4.pmax(x, f32x4.splat(0));
  }
}

class ReluGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}

class TanhGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}

class SigmoidGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  }
}

/** y = −x */
export function neg(x: usize, y: usize, begin: i32, end: i32): void {
  map<Neg>(x, y, begin, end);
}

class NegInt extends Unary {
  lanes(x: v128): v128 {
    return i32x4.neg(x);
  }
}

class SquareInt extends Unary {
  lanes(x: v128): v128 {
    return i32x4.mul(x, x);
  }
}

/** y = −x of i32, modulo 2³² */
export function negInt(x: usize, y: usize, begin: i32, end: i32): void {
  map<NegInt>(x, y, begin, end);
}

/** y = x² of i32, modulo 2³² */
export function squareInt(x: usize, y: usize, begin: i32, end: i32): void {
  map<SquareInt>(x, y, begin, end);
}

/** y = x² */
export function square(x: usize, y: usize, begin: i32, end: i32): void {
  map<Square>(x, y, begin, end);
}

/** y = √x */
export function sqrt(x: usize, y: usize, begin: i32, end: i32): void {
  map<Sqrt>(x, y, begin, end);
}

/** y = eˣ */
export function exp(x: usize, y: usize, begin: i32, end: i32): void {
  mapExponential<Exp>(x + (begin << 2), y + (begin << 2), end - begin);
}

/** y = ln x */
export function log(x: usize, y: usize, begin: i32, end: i32): void {
  mapLog(x + (begin << 2), y + (begin << 2), end - begin);
}

/** y = x where x > 0, else 0; NaN stays NaN. */
export function relu(x: usize, y: usize, begin: i32, end: i32): void {
  map<Relu>(x, y, begin, end);
}

/** y = tanh x */
export function tanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapExponential<Tanh>(x + (begin << 2), y + (begin << 2), end - begin);
}

/** y = 1 / (1 + e⁻ˣ) */
export function sigmoid(x: usize, y: usize, begin: i32, end: i32): void {
  mapExponential<Sigmoid>(x + (begin << 2), y + (begin << 2), end - begin);
}

/** dx = 2·dy·x */
export function squareGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chain<Square>(dy, x, dx, begin, end);
}

/** dx = dy where y > 0, else 0. */
export function reluGrad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<ReluGrad>(dy, y, dx, begin, end);
}

/** dx = dy · (1 − y²) */
export function tanhGrad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<TanhGrad>(dy, y, dx, begin, end);
}

/** dx = dy · y · (1 − y) */
export function sigmoidGrad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<SigmoidGrad>(dy, y, dx, begin, end);
}

/** y = value. y [n] */
export function fill(y: usize, value: f32, begin: i32, end: i32): void {
  fillInt(y, reinterpret<i32>(value), begin, end);
}

/** y = value. y [n] of i32 */
export function fillInt(y: usize, value: i32, begin: i32, end: i32): void {
  const v = i32x4.splat(value);
  let i = begin;
  for (; i <= end - 16; i += 16) {
    const at = (<usize>i) << 2;
    v128.store(y + at, v);
    v128.store(y + at, v, 16);
    v128.store(y + at, v, 32);
    v128.store(y + at, v, 48);
  }
  for (; i <= end - 4; i += 4) v128.store(y + ((<usize>i) << 2), v);
  storePart(y + ((<usize>i) << 2), v, end - i);
}
