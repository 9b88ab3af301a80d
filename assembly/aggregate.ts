/** Reductions beyond sum and max; the grid is the outputs, the layout that of a reduction (layout.ts). */
import { All, Any, By, Min, MinInt, Prod, ProdInt } from "./fold/folds";
import { place, Smallest, SmallestInt } from "./fold/place";
import { fold } from "./fold/walk";

/** y = min x over the reduced axes, NaN if an element is. */
export function min(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<Min>(x, y, layout, scratch, 1, begin, end);
}

/** y = Π x over the reduced axes; 1 of none. */
export function prod(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<Prod>(x, y, layout, scratch, 1, begin, end);
}

/** y = Π x of i32, modulo 2³². */
export function prodInt(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<ProdInt>>(x, y, layout, scratch, 1, begin, end);
}

/** y = min x of i32. */
export function minInt(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<MinInt>>(x, y, layout, scratch, 1, begin, end);
}

/** y = whether any of the truth values is true; 0 of none. */
export function any(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<Any>>(x, y, layout, scratch, 1, begin, end);
}

/** y = whether all of the truth values are true; 1 of none. */
export function all(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<All>>(x, y, layout, scratch, 1, begin, end);
}

/** y = the position of the first minimum, or of the first NaN, in the flattened reduced axes: y holds i32. */
export function argmin(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  place<Smallest, Min>(x, y, layout, begin, end);
}

/** y = the position of the first minimum of i32. */
export function argminInt(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  place<SmallestInt, By<MinInt>>(x, y, layout, begin, end);
}
