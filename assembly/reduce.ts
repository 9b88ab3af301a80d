/** Sums and maxima over axes; the grid is the outputs, the layout that of a reduction (layout.ts). */
import { Max, Sum } from "./reduce/fold";
import { fold } from "./reduce/walk";

export { argmax } from "./reduce/argmax";
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
