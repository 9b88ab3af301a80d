/**
 * Layouts of axes, tables of i32 in memory. That of a reduction is the kept and the reduced rank, then the
 * kept axes, then the reduced, each (extent, stride in x), innermost first. x is contiguous: an output is
 * made of runs along the innermost reduced axis, and either the runs have stride 1 (rows) or the outputs lie
 * side by side (columns). Elements are reals, or as long as they.
 */
import { bytes, WORD } from "./simd";

/** Offset in elements of position `index` along `rank` axes, each (extent, stride), innermost first. */
export function offsetOf(axes: usize, rank: i32, index: i32): i32 {
  if (rank <= 0) return 0;
  const stride = load<i32>(axes, 4);
  if (rank == 1) return index * stride;
  const next = index / load<i32>(axes);
  return (index - next * load<i32>(axes)) * stride + offsetOf(axes + 8, rank - 1, next);
}

function reduced(layout: usize): usize {
  return layout + 8 + (load<i32>(layout) << 3);
}

/** Offset in bytes of output `index`. */
export function outputAt(layout: usize, index: i32): usize {
  return bytes(offsetOf(layout + 8, load<i32>(layout), index));
}

/** Offset in bytes of an output's run `index`. */
export function runAt(layout: usize, index: i32): usize {
  return bytes(offsetOf(reduced(layout) + 8, load<i32>(layout, 4) - 1, index));
}

/** The runs of an output. */
export function runsOf(layout: usize): i32 {
  let runs = 1;
  for (let axis = load<i32>(layout, 4) - 1; axis > 0; axis--)
    runs *= load<i32>(reduced(layout) + (axis << 3));
  return runs;
}

/** The elements of a run. */
export function lengthOf(layout: usize): i32 {
  return load<i32>(layout, 4) > 0 ? load<i32>(reduced(layout)) : 1;
}

/** The bytes between the elements of a run. */
export function stepOf(layout: usize): usize {
  return load<i32>(layout, 4) > 0 ? bytes(load<i32>(reduced(layout), 4)) : WORD;
}

/** How many outputs from `begin` on lie side by side; 0 for rows. */
export function columnsAt(layout: usize, begin: i32, end: i32): i32 {
  if (load<i32>(layout) == 0 || load<i32>(layout, 12) != 1) return 0;
  const extent = load<i32>(layout, 8);
  return min(extent - (begin % extent), end - begin);
}
