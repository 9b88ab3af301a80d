/** Convolutions by Winograd's algorithm, by `winograd.ts`. */
import { NR, roundUp } from "../gemm/tile";
import { bytes } from "../simd";
import { room, spread } from "./bias";
import { Four, Two } from "./transforms";
import { convolveTiles, correlateTiles, pointStep, tilesOf, transformFilter } from "./winograd";

/**
 * conv of three times three taps, stride 1 and one group by tiles of `edge` × `edge` results, or convTranspose if `back`:
 * `convolveTiles` tells the numbers. The grid is the tiles, or the panels of outputs if there are more outputs than tiles.
 */
export function winograd(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  edge: i32,
  back: i32,
  packed: i32,
  depth: i32,
  outputs: i32,
  tiles: i32,
  block: i32,
  part: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  if (begin >= end) return;
  const own = single ? spread(bias, outputs, scratch) : bias,
    rest = scratch + (single ? room(outputs) : 0),
    all = edge == 2 ? tilesOf<Two>(layout) : tilesOf<Four>(layout),
    byTiles = all >= outputs,
    t0 = byTiles ? begin : 0,
    t1 = byTiles ? end : all,
    o0 = byTiles ? 0 : begin * NR,
    o1 = byTiles ? outputs : min(end * NR, outputs);
  if (edge == 2)
    convolveTiles<Two>(
      x,
      filter,
      own,
      y,
      layout,
      depth,
      outputs,
      back != 0,
      packed != 0,
      tiles,
      block,
      part,
      activation,
      t0,
      t1,
      o0,
      o1,
      rest,
    );
  else
    convolveTiles<Four>(
      x,
      filter,
      own,
      y,
      layout,
      depth,
      outputs,
      back != 0,
      packed != 0,
      tiles,
      block,
      part,
      activation,
      t0,
      t1,
      o0,
      o1,
      rest,
    );
}

/** A filter [3, 3, depth, outputs] for winograd with `packed`: [points, ⌈outputs / NR⌉, depth, NR]; the grid is the panels. */
export function winogradPack(
  filter: usize,
  panels: usize,
  scratch: usize,
  edge: i32,
  depth: i32,
  outputs: i32,
  begin: i32,
  end: i32,
): void {
  const reals = depth * roundUp(outputs),
    step = pointStep(reals),
    to = panels + bytes(begin * NR * depth),
    o0 = begin * NR,
    o1 = min(end * NR, outputs);
  // With the last panel goes what lies between the points.
  if (begin < end && o1 == outputs) {
    for (let i = 0; i < (edge + 2) * (edge + 2); i++)
      memory.fill(panels + step * i + bytes(reals), 0, step - bytes(reals));
  }
  if (edge == 2) transformFilter<Two>(filter, depth, outputs, false, o0, o1, to, step, scratch);
  else transformFilter<Four>(filter, depth, outputs, false, o0, o1, to, step, scratch);
}

/** convFilter for what winograd does; the grid is units of NR channels. */
export function winogradFilter(
  x: usize,
  dy: usize,
  dfilter: usize,
  layout: usize,
  scratch: usize,
  edge: i32,
  depth: i32,
  outputs: i32,
  tiles: i32,
  block: i32,
  begin: i32,
  end: i32,
): void {
  const c0 = begin * NR,
    c1 = min(end * NR, depth);
  if (edge == 2) correlateTiles<Two>(x, dy, dfilter, layout, depth, outputs, tiles, block, c0, c1, scratch);
  else correlateTiles<Four>(x, dy, dfilter, layout, depth, outputs, tiles, block, c0, c1, scratch);
}
