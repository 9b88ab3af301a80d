/** Convolutions with one channel to a group, by `depthwise.ts`. */
import { batchOf, lines, X, Y, Z } from "../geometry";
import { bytes } from "../simd";
import { spread } from "./bias";
import { filterOf, layTray, row } from "./depthwise";
import { GEOMETRY, PHASE, PHASES, placeOf } from "./phases";

/**
 * conv with one channel to a group, and `multiplier` outputs: each of y's `channels` of channel / multiplier of x. The grid is
 * the rows of y.
 */
export function depthwise(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  channels: i32,
  multiplier: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const rest = layTray(scratch, channels, multiplier, activation),
    own = single ? spread(bias, channels, rest) : bias,
    length = bytes(lines(layout, X) * channels);
  for (let index = begin; index < end; index++)
    row(
      x,
      filter,
      channels,
      own,
      y + length * index,
      bytes(channels),
      layout,
      index,
      channels,
      multiplier,
      activation,
      scratch,
    );
}

/** convTranspose with one output to a group, of `multiplier` channels of x. The grid is the rows of the first phase. */
export function depthwiseTranspose(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  channels: i32,
  multiplier: i32,
  single: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  const rest = layTray(scratch, channels, -multiplier, activation),
    own = single ? spread(bias, channels, rest) : bias,
    next = bytes(load<i32>(layout, 12) * channels);
  let phase = layout + PHASES;
  for (let i = 0; i < load<i32>(layout); i++) {
    const g = phase + GEOMETRY,
      length = lines(g, X),
      rows = batchOf(g) * lines(g, Z) * lines(g, Y);
    for (let index = begin; index < min(end, rows); index++) {
      const pixel = placeOf(layout, phase, index * length);
      row(
        x,
        filter,
        channels * multiplier,
        own,
        y + bytes(pixel * channels),
        next,
        g,
        index,
        channels,
        -multiplier,
        activation,
        scratch,
      );
    }
    phase += PHASE;
  }
}

/** convFilter with one channel to a group and `multiplier` outputs; the grid is the vectors of outputs. */
export function depthwiseFilter(
  x: usize,
  dy: usize,
  dfilter: usize,
  layout: usize,
  scratch: usize,
  outputs: i32,
  multiplier: i32,
  begin: i32,
  end: i32,
): void {
  filterOf(x, dy, dfilter, layout, outputs, multiplier, begin, end, scratch);
}
