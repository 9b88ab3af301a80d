/** Numbers of one type as numbers of another: kernels FROMToTO over x, y [n]; the grid is elements. */
import { convert } from "./loops";
import { LANES, ne, splat } from "./simd";
import { Brains, Bytes, Halves, Ints, Reals, Storage, Truths } from "./storage";

/** y [n] = [x ≠ 0], x of type From; NaN counts as true. */
function test<From extends Storage>(x: usize, y: usize, begin: i32, end: i32): void {
  const from = changetype<From>(0);
  const to = changetype<Truths>(0);
  x += from.width() * begin;
  y += to.width() * begin;
  let n = end - begin;
  for (; n >= LANES; n -= LANES) {
    to.store(y, ne(from.load(x), splat(0)));
    x += from.width() * LANES;
    y += to.width() * LANES;
  }
  for (; n > 0; n--) {
    to.storeOne(y, ne(from.loadOne(x), splat(0)));
    x += from.width();
    y += to.width();
  }
}

/** y = x of reals as i32. */
export function realToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Ints>(x, y, begin, end);
}

/** y = x of i32 as reals. */
export function intToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Reals>(x, y, begin, end);
}

/** y = [x ≠ 0] of reals. */
export function realToBool(x: usize, y: usize, begin: i32, end: i32): void {
  test<Reals>(x, y, begin, end);
}

/** y = [x ≠ 0] of i32. */
export function intToBool(x: usize, y: usize, begin: i32, end: i32): void {
  test<Ints>(x, y, begin, end);
}

/** y = x of reals as float16. */
export function realToHalf(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Halves>(x, y, begin, end);
}

/** y = x of float16 as reals. */
export function halfToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Halves, Reals>(x, y, begin, end);
}

/** y = x of i32 as float16. */
export function intToHalf(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Halves>(x, y, begin, end);
}

/** y = x of float16 as i32. */
export function halfToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Halves, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of float16. */
export function halfToBool(x: usize, y: usize, begin: i32, end: i32): void {
  test<Halves>(x, y, begin, end);
}

/** y = x of reals as bfloat16. */
export function realToBrain(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Brains>(x, y, begin, end);
}

/** y = x of bfloat16 as reals. */
export function brainToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Brains, Reals>(x, y, begin, end);
}

/** y = x of i32 as bfloat16. */
export function intToBrain(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Brains>(x, y, begin, end);
}

/** y = x of bfloat16 as i32. */
export function brainToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Brains, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of bfloat16. */
export function brainToBool(x: usize, y: usize, begin: i32, end: i32): void {
  test<Brains>(x, y, begin, end);
}

/** y = x of reals as i8. */
export function realToByte(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Bytes>(x, y, begin, end);
}

/** y = x of i8 as reals. */
export function byteToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Bytes, Reals>(x, y, begin, end);
}

/** y = x of i32 as i8. */
export function intToByte(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Ints, Bytes>(x, y, begin, end);
}

/** y = x of i8 as i32. */
export function byteToInt(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Bytes, Ints>(x, y, begin, end);
}

/** y = [x ≠ 0] of i8. */
export function byteToBool(x: usize, y: usize, begin: i32, end: i32): void {
  test<Bytes>(x, y, begin, end);
}
