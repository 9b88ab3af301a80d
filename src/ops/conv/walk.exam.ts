/** How windows move over images, in plain loops: what the references of convolutions and poolings are made of. */
import { array, type Reference } from "../../exam.js";
import type { Shape } from "../../shape.js";

/** The options of a window, as callers give them. */
export interface Moves {
  strides?: number | readonly number[];
  padding?: unknown;
  dilations?: number | readonly number[];
}

/** A place of a window, one of its taps, and the pixel below it. */
export interface Meeting {
  readonly place: number;
  readonly tap: number;
  readonly pixel: number;
}

const perAxis = (value: number | readonly number[] | undefined, axis: number, otherwise: number): number =>
  typeof value === "object" ? value[axis] : (value ?? otherwise);

/** Pixels added before and after along an axis. */
function paddingOf(padding: unknown, axis: number, extent: number, stride: number, reach: number): number[] {
  if (padding === undefined || padding === "valid") return [0, 0];
  if (padding === "same") {
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  }
  const own: unknown = Array.isArray(padding) ? padding[axis] : padding;
  return Array.isArray(own) ? (own as number[]) : [own as number, own as number];
}

/** All meetings inside the image along one axis, and the number of places. */
export function alongAxis(extent: number, kernel: number, moves: Moves, axis: number, strideOtherwise = 1) {
  const stride = perAxis(moves.strides, axis, strideOtherwise);
  const dilation = perAxis(moves.dilations, axis, 1);
  const reach = (kernel - 1) * dilation + 1;
  const [before, after] = paddingOf(moves.padding, axis, extent, stride, reach);
  const places = Math.floor((extent + before + after - reach) / stride) + 1;
  const meetings: Meeting[] = [];
  for (let place = 0; place < places; place++)
    for (let tap = 0; tap < kernel; tap++) {
      const pixel = place * stride + tap * dilation - before;
      if (pixel >= 0 && pixel < extent) meetings.push({ place, tap, pixel });
    }
  return { places, meetings };
}

/** Calls f with the flat place, tap and pixel of every meeting over several axes. */
export function meet(
  axes: readonly { meetings: readonly Meeting[] }[],
  extents: { places: Shape; taps: Shape; pixels: Shape },
  f: (place: number, tap: number, pixel: number) => void,
): void {
  const visit = (axis: number, place: number, tap: number, pixel: number): void => {
    if (axis === axes.length) return f(place, tap, pixel);
    for (const meeting of axes[axis].meetings)
      visit(
        axis + 1,
        place * extents.places[axis] + meeting.place,
        tap * extents.taps[axis] + meeting.tap,
        pixel * extents.pixels[axis] + meeting.pixel,
      );
  };
  visit(0, 0, 0, 0);
}

/** x with its channels moved from behind the batch to the end, and back. */
export function toLast(x: Reference): Reference {
  const [batch, channels, ...rest] = x.shape;
  return moved(x, [batch, ...rest, channels], ([n, ...place]) => [n, place.at(-1)!, ...place.slice(0, -1)]);
}
export function toFirst(x: Reference): Reference {
  const [batch, ...rest] = x.shape;
  const channels = rest.pop()!;
  return moved(x, [batch, channels, ...rest], ([n, c, ...place]) => [n, ...place, c]);
}

function moved(x: Reference, shape: Shape, from: (index: readonly number[]) => readonly number[]): Reference {
  return array(shape, (index) => x.data[from(index).reduce((flat, i, axis) => flat * x.shape[axis] + i, 0)]);
}
