/** Numbers of one type as numbers of another: kernels FROMToTO over x, y [n]; the grid is elements. */
import { convert, Same, Unary } from "./loops";
import { ne, splat } from "./simd";
import { Reals, Truths } from "./storage";
import { Bytes, Ints } from "./storage/integers";
import { Brains, Halves } from "./storage/reals";

/** NaN is not 0 either. */
class NotZero extends Unary {
  lanes(x: v128): v128 {
    return ne(x, splat(0));
  }
}

/** y = x of reals as i32. */
export function realToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Same, Ints>(x, y, begin, end);
}

/** y = x of i32 as reals. */
export function intToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Same, Reals>(x, y, begin, end);
}

/** y = [x ≠ 0] of reals. */
export function realToBool(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, NotZero, Truths>(x, y, begin, end);
}

/** y = [x ≠ 0] of i32. */
export function intToBool(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, NotZero, Truths>(x, y, begin, end);
}

/** y = x of reals as float16. */
export function realToHalf(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Same, Halves>(x, y, begin, end);
}

/** y = x of float16 as reals. */
export function halfToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Halves, Same, Reals>(x, y, begin, end);
}

/** y = x of i32 as float16. */
export function intToHalf(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Same, Halves>(x, y, begin, end);
}

/** y = x of float16 as i32. */
export function halfToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Halves, Same, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of float16. */
export function halfToBool(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Halves, NotZero, Truths>(x, y, begin, end);
}

/** y = x of reals as bfloat16. */
export function realToBrain(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Same, Brains>(x, y, begin, end);
}

/** y = x of bfloat16 as reals. */
export function brainToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Brains, Same, Reals>(x, y, begin, end);
}

/** y = x of i32 as bfloat16. */
export function intToBrain(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Same, Brains>(x, y, begin, end);
}

/** y = x of bfloat16 as i32. */
export function brainToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Brains, Same, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of bfloat16. */
export function brainToBool(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Brains, NotZero, Truths>(x, y, begin, end);
}

/** y = x of reals as i8. */
export function realToByte(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Same, Bytes>(x, y, begin, end);
}

/** y = x of i8 as reals. */
export function byteToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Bytes, Same, Reals>(x, y, begin, end);
}

/** y = x of i32 as i8. */
export function intToByte(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Same, Bytes>(x, y, begin, end);
}

/** y = x of i8 as i32. */
export function byteToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Bytes, Same, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of i8. */
export function byteToBool(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Bytes, NotZero, Truths>(x, y, begin, end);
}
