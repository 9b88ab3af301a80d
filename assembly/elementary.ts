/** Elementary functions of each element, and cotangents by their derivatives. x, y, dy, dx [n]; the grid is elements. */
import {
  Abs,
  AbsGrad,
  AbsInt,
  Ceil,
  Floor,
  Reciprocal,
  Round,
  Rsqrt,
  Sign,
  SignInt,
  Trunc,
} from "./elementary/algebraic";
import { chain, map, zip } from "./loops";

/** y = |x| */
export function abs(x: usize, y: usize, begin: i32, end: i32): void {
  map<Abs>(x, y, begin, end);
}

/** dx = dy · sign x */
export function absGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  zip<AbsGrad>(dy, x, dx, begin, end);
}

/** y = 1 for x > 0, −1 for x < 0, else x. */
export function sign(x: usize, y: usize, begin: i32, end: i32): void {
  map<Sign>(x, y, begin, end);
}

/** y = |x| of i32; −2³¹ stays. */
export function absInt(x: usize, y: usize, begin: i32, end: i32): void {
  map<AbsInt>(x, y, begin, end);
}

/** y = 1, 0 or −1 by the sign of i32. */
export function signInt(x: usize, y: usize, begin: i32, end: i32): void {
  map<SignInt>(x, y, begin, end);
}

/** y = 1 / x */
export function reciprocal(x: usize, y: usize, begin: i32, end: i32): void {
  map<Reciprocal>(x, y, begin, end);
}

/** dx = −dy / x² */
export function reciprocalGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chain<Reciprocal>(dy, x, dx, begin, end);
}

/** y = 1 / √x */
export function rsqrt(x: usize, y: usize, begin: i32, end: i32): void {
  map<Rsqrt>(x, y, begin, end);
}

/** dx = −dy / 2x√x */
export function rsqrtGrad(dy: usize, x: usize, dx: usize, begin: i32, end: i32): void {
  chain<Rsqrt>(dy, x, dx, begin, end);
}

/** y = the largest whole number ≤ x */
export function floor(x: usize, y: usize, begin: i32, end: i32): void {
  map<Floor>(x, y, begin, end);
}

/** y = the smallest whole number ≥ x */
export function ceil(x: usize, y: usize, begin: i32, end: i32): void {
  map<Ceil>(x, y, begin, end);
}

/** y = the whole number nearest to x, the even one of two */
export function round(x: usize, y: usize, begin: i32, end: i32): void {
  map<Round>(x, y, begin, end);
}

/** y = the whole number next to x towards 0 */
export function trunc(x: usize, y: usize, begin: i32, end: i32): void {
  map<Trunc>(x, y, begin, end);
}
