/** Functions of each element, and gradients made of their results. x, y, dy, dx [n]; the grid is elements. */
import { Exp, Sigmoid, Tanh } from "./exponential";
import { mapExponential } from "./exponential/map";
import { mapLog } from "./logarithm";
import { Binary, chain, map, Smooth, Unary, zip } from "./loops";
import { bytes, LANES, splat, storePart } from "./simd";

class Neg extends Unary {
  lanes(x: v128): v128 {
    return v128.neg<real>(x);
  }
}

class Square extends Smooth {
  lanes(x: v128): v128 {
    return v128.mul<real>(x, x);
  }
  slope(x: v128): v128 {
    return v128.add<real>(x, x);
  }
}

class Sqrt extends Unary {
  lanes(x: v128): v128 {
    return v128.sqrt<real>(x);
  }
}

class Relu extends Unary {
  lanes(x: v128): v128 {
    return v128.pmax<real>(x, splat(0));
  }
}

class ReluGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return v128.and(dy, v128.gt<real>(y, splat(0)));
  }
}

class SqrtGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return v128.div<real>(dy, v128.add<real>(y, y));
  }
}

class TanhGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return v128.mul<real>(dy, v128.sub<real>(splat(1), v128.mul<real>(y, y)));
  }
}

class SigmoidGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return v128.mul<real>(dy, v128.mul<real>(y, v128.sub<real>(splat(1), y)));
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

/** dx = dy / 2y */
export function sqrtGrad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<SqrtGrad>(dy, y, dx, begin, end);
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
export function fill(y: usize, value: real, begin: i32, end: i32): void {
  repeat(splat(value), y, begin, end);
}

/** y = value. y [n] of i32 */
export function fillInt(y: usize, value: i32, begin: i32, end: i32): void {
  repeat(i32x4.splat(value), y, begin, end);
}

function repeat(value: v128, y: usize, begin: i32, end: i32): void {
  let n = end - begin;
  y += bytes(begin);
  for (; n >= 4 * LANES; n -= 4 * LANES, y += 64) {
    v128.store(y, value);
    v128.store(y, value, 16);
    v128.store(y, value, 32);
    v128.store(y, value, 48);
  }
  for (; n >= LANES; n -= LANES, y += 16) v128.store(y, value);
  storePart(y, value, n);
}
