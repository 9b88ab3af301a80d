/**
 * The layout of a transposed convolution: how many phases; along each axis the pixels of y from one of a phase to the next; along each
 * axis y's pixels; then for each phase its first pixel along each axis and its geometry.
 */
import { lines, WORDS, X, Y, Z } from "../geometry";

/** Where the first phase begins, its geometry within it, and the bytes of one. */
export const PHASES: usize = 28;
export const GEOMETRY: usize = 12;
export const PHASE: usize = GEOMETRY + ((<usize>WORDS) << 2);

/** The pixel of y that is pixel `index` of a phase. */
export function placeOf(layout: usize, phase: usize, index: i32): i32 {
  const g = phase + GEOMETRY,
    lx = lines(g, X),
    ly = lines(g, Y),
    lz = lines(g, Z);
  const x = load<i32>(phase, 8) + load<i32>(layout, 12) * (index % lx);
  index /= lx;
  const y = load<i32>(phase, 4) + load<i32>(layout, 8) * (index % ly);
  index /= ly;
  const z = load<i32>(phase) + load<i32>(layout, 4) * (index % lz);
  return (
    ((index / lz) * load<i32>(layout, 16) + z) * load<i32>(layout, 20) * load<i32>(layout, 24) +
    y * load<i32>(layout, 24) +
    x
  );
}
