/**
 * How the pixels of two images belong together, a table of i32: along each of three axes, outermost first,
 *
 *     source = line · stride + tap · step + offset,   filter tap = first + tap · next
 *
 * A line is a pixel of the image that is made (of y, or of one phase of it), its source one that it is made of. Pixels lie
 * side by side, channels within them.
 */
import { bytes } from "./simd";

/** Words before the axes: images in a batch, channels of a pixel of the source, and of these those of a group. */
const HEAD: usize = 3;
/** Words of an axis: lines, source, stride, taps, step, offset, first, next, kernel (the extent of the filter). */
const AXIS: usize = 9;

/** The words of a table. */
export const WORDS: i32 = <i32>(HEAD + 3 * AXIS);

export const Z: i32 = 0;
export const Y: i32 = 1;
export const X: i32 = 2;

export function batchOf(g: usize): i32 {
  return load<i32>(g);
}

/** Channels of a pixel of the source. */
export function channelsOf(g: usize): i32 {
  return load<i32>(g, 4);
}

/** Channels of a group: the neighbours that a line and a tap have in the source. */
export function depthOf(g: usize): i32 {
  return load<i32>(g, 8);
}

function word(g: usize, axis: i32, index: usize): i32 {
  return load<i32>(g + ((HEAD + AXIS * axis + index) << 2));
}

/** Pixels that are made. */
export function lines(g: usize, axis: i32): i32 {
  return word(g, axis, 0);
}

/** Pixels of the source. */
export function source(g: usize, axis: i32): i32 {
  return word(g, axis, 1);
}

export function stride(g: usize, axis: i32): i32 {
  return word(g, axis, 2);
}

/** Taps of the filter that count here. */
export function taps(g: usize, axis: i32): i32 {
  return word(g, axis, 3);
}

export function step(g: usize, axis: i32): i32 {
  return word(g, axis, 4);
}

export function offset(g: usize, axis: i32): i32 {
  return word(g, axis, 5);
}

/** The place of a tap in the filter, along one axis. */
function tapAt(g: usize, axis: i32, tap: i32): i32 {
  return word(g, axis, 6) + tap * word(g, axis, 7);
}

/** The place of a tap in the filter. */
export function filterTap(g: usize, z: i32, y: i32, x: i32): i32 {
  return (tapAt(g, Z, z) * word(g, Y, 8) + tapAt(g, Y, y)) * word(g, X, 8) + tapAt(g, X, x);
}

/** All lines. */
export function pixelsOf(g: usize): i32 {
  return batchOf(g) * lines(g, Z) * lines(g, Y) * lines(g, X);
}

/** All taps. */
export function tapsOf(g: usize): i32 {
  return taps(g, Z) * taps(g, Y) * taps(g, X);
}

/** The bytes between neighbouring pixels of the source along an axis. */
export function pixelStep(g: usize, axis: i32): usize {
  let pixels = channelsOf(g);
  for (let inner = X; inner > axis; inner--) pixels *= source(g, inner);
  return bytes(pixels);
}

/** The first tap whose source is inside, for the source `start` of the first tap. */
export function firstTap(g: usize, axis: i32, start: i32): i32 {
  return start < 0 ? min((step(g, axis) - 1 - start) / step(g, axis), taps(g, axis)) : 0;
}

/** The first tap after those. */
export function lastTap(g: usize, axis: i32, start: i32): i32 {
  const room = source(g, axis) - 1 - start;
  return room < 0 ? 0 : min(room / step(g, axis) + 1, taps(g, axis));
}

/** The first and the end of the pixels of a row that have all their taps inside. */
export function firstInside(g: usize): i32 {
  const from = offset(g, X);
  return min(lines(g, X), from < 0 ? (stride(g, X) - 1 - from) / stride(g, X) : 0);
}
export function lastInside(g: usize): i32 {
  const room = source(g, X) - 1 - (taps(g, X) - 1) * step(g, X) - offset(g, X);
  return max(firstInside(g), room < 0 ? 0 : min(lines(g, X), room / stride(g, X) + 1));
}

/** Of row `index` of the lines: its image, and the source's z and y at its first taps. */
export function imageOf(g: usize, index: i32): i32 {
  return index / lines(g, Y) / lines(g, Z);
}
export function startZ(g: usize, index: i32): i32 {
  return ((index / lines(g, Y)) % lines(g, Z)) * stride(g, Z) + offset(g, Z);
}
export function startY(g: usize, index: i32): i32 {
  return (index % lines(g, Y)) * stride(g, Y) + offset(g, Y);
}
