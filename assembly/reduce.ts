/** Sums and maxima over axes; the grid is the outputs, the layout that of a reduction (layout.ts). */
import { By, Max, MaxInt, Sum, SumInt } from "./fold/folds";
import { Largest, LargestInt, place } from "./fold/place";
import { fold } from "./fold/walk";

export { maxGrad } from "./reduce/maxGrad";

/** y = scale · Σ x over the reduced axes; scale · 0 where there is nothing to add. */
export function sum(
  x: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  scale: f64,
  begin: i32,
  end: i32,
): void {
  fold<Sum>(x, y, layout, scratch, scale, begin, end);
}

/** y = max x over the reduced axes, NaN if an element is; −Infinity where there is none. */
export function max(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<Max>(x, y, layout, scratch, 1, begin, end);
}

/** y = the position of the first maximum, or of the first NaN, in the flattened reduced axes: y holds i32. */
export function argmax(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  place<Largest, Max>(x, y, layout, begin, end);
}

/** y = Σ x of i32, modulo 2³². */
export function sumInt(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<SumInt>>(x, y, layout, scratch, 1, begin, end);
}

/** y = max x of i32. */
export function maxInt(x: usize, y: usize, layout: usize, scratch: usize, begin: i32, end: i32): void {
  fold<By<MaxInt>>(x, y, layout, scratch, 1, begin, end);
}

/** y = the position of the first maximum of i32. */
export function argmaxInt(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  place<LargestInt, By<MaxInt>>(x, y, layout, begin, end);
}
