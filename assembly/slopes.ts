/** Cotangents by derivatives of transcendental functions that are algebraic. dy, x or y, dx [n]; the grid is elements. */
import { Binary, zip } from "./loops";
import { add, div, madd, mul, neg, splat, sqrt, sub } from "./simd";

/** 1 − x², without cancellation at ±1. */
function oneMinusSquare(x: v128): v128 {
  return mul(sub(splat(1), x), add(splat(1), x));
}

class Expm1Grad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return mul(dy, add(y, splat(1)));
  }
}

/** dx = dy · (y + 1) */
export function expm1Grad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<Expm1Grad>(dy, y, dx, begin, end);
}

class Exp2Grad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return mul(dy, mul(y, splat(0.6931471805599453)));
  }
}

/** dx = dy · y · ln 2 */
export function exp2Grad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<Exp2Grad>(dy, y, dx, begin, end);
}

class Log1pGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, add(x, splat(1)));
  }
}

/** dx = dy / (1 + x) */
export function log1pGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<Log1pGrad>(dy, x, dx, begin, end);
}

class Log2Grad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, mul(x, splat(0.6931471805599453)));
  }
}

/** dx = dy / (x · ln 2) */
export function log2Grad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<Log2Grad>(dy, x, dx, begin, end);
}

class TanGrad extends Binary {
  lanes(dy: v128, y: v128): v128 {
    return mul(dy, madd(y, y, splat(1)));
  }
}

/** dx = dy · (1 + y²) */
export function tanGrad(dy: usize, y: usize, dx: usize, begin: i32, end: i32): void {
  zip<TanGrad>(dy, y, dx, begin, end);
}

class AsinGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, sqrt(oneMinusSquare(x)));
  }
}

/** dx = dy / √(1 − x²) */
export function asinGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AsinGrad>(dy, x, dx, begin, end);
}

class AcosGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return neg(div(dy, sqrt(oneMinusSquare(x))));
  }
}

/** dx = −dy / √(1 − x²) */
export function acosGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AcosGrad>(dy, x, dx, begin, end);
}

class AtanGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, madd(x, x, splat(1)));
  }
}

/** dx = dy / (1 + x²) */
export function atanGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AtanGrad>(dy, x, dx, begin, end);
}

class AsinhGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, sqrt(madd(x, x, splat(1))));
  }
}

/** dx = dy / √(x² + 1) */
export function asinhGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AsinhGrad>(dy, x, dx, begin, end);
}

class AcoshGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, sqrt(mul(sub(x, splat(1)), add(x, splat(1)))));
  }
}

/** dx = dy / √(x² − 1) */
export function acoshGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AcoshGrad>(dy, x, dx, begin, end);
}

class AtanhGrad extends Binary {
  lanes(dy: v128, x: v128): v128 {
    return div(dy, oneMinusSquare(x));
  }
}

/** dx = dy / (1 − x²) */
export function atanhGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AtanhGrad>(dy, x, dx, begin, end);
}
