/** Windows that move over images: how their options are read, and what they make of extents. Also for pooling. */
import { OptionError, ShapeError } from "../../errors.js";
import { type Shape, show, sizeOf } from "../../shape.js";
import type { Spec, Tensor } from "../../tensor.js";
import { permuteDims } from "../movement.js";

/**
 * Pixels beyond the border: none ("valid"); so many that y has ⌈extent / stride⌉ pixels, the odd one behind ("same"); or a
 * number for all sides, or for each axis a number or a pair [before, after].
 */
export type Padding = "valid" | "same" | number | readonly (number | readonly [number, number])[];

/** Where the channels are: last ("NHWC", for one axis "NWC", for three "NDHWC"), which is fast, or behind the batch ("NCHW", …). */
export type DataFormat = "NWC" | "NHWC" | "NDHWC" | "NCW" | "NCHW" | "NCDHW";

export interface WindowOptions {
  /** Pixels from one place of the window to the next: for all axes, or for each. Default 1; of a pooling its window. */
  strides?: number | readonly number[];
  /** Default "valid". */
  padding?: Padding;
  /** Pixels from one tap to the next. Default 1. */
  dilations?: number | readonly number[];
  /** Default that with the channels last. */
  dataFormat?: DataFormat;
}

export interface Format {
  /** Default that with the channels last. */
  dataFormat?: DataFormat;
}

/** A window along one axis. */
export interface Axis {
  /** Taps. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Pixels added. */
  readonly before: number;
  readonly after: number;
}

const lastFormats: readonly string[] = ["NWC", "NHWC", "NDHWC"];
const firstFormats: readonly string[] = ["NCW", "NCHW", "NCDHW"];
const axisNames = [["width"], ["height", "width"], ["depth", "height", "width"]];

/** Whether the channels come before the spatial axes. */
export function channelsFirst(name: string, rank: number, dataFormat: string | undefined): boolean {
  const [last, first] = [lastFormats[rank - 1], firstFormats[rank - 1]];
  if (dataFormat !== undefined && dataFormat !== last && dataFormat !== first)
    throw new OptionError(`${name}: dataFormat is ${JSON.stringify(dataFormat)}, expected "${last}" or "${first}"`); // prettier-ignore
  return dataFormat === first;
}

/** The same with the channels last, and back. */
export function toLast(x: Tensor): Tensor {
  return permuteDims(x, [0, ...spatialAxes(x, 2), 1]);
}
export function toFirst(x: Tensor): Tensor {
  return permuteDims(x, [0, x.rank - 1, ...spatialAxes(x, 1)]);
}
const spatialAxes = ({ rank }: Tensor, first: number): number[] =>
  Array.from({ length: rank - 2 }, (_, axis) => axis + first);

/** Throws unless x is a batch of images. */
export function checkImages(name: string, argument: string, x: Spec, rank: number): void {
  if (x.shape.length !== rank + 2)
    throw new ShapeError(
      `${name}: ${argument} is ${show(x.shape)}, expected [batch, ${axisNames[rank - 1].join(", ")}, channels]`,
    );
}

/** The spatial axes of a batch of images: one, two or three. */
export function rankOf(name: string, x: Spec): number {
  const rank = x.shape.length - 2;
  if (rank < 1 || rank > 3)
    throw new ShapeError(
      `${name}: x is ${show(x.shape)}, expected a batch of images of one, two or three axes`,
    );
  return rank;
}

/** The extents of a batch of images with their channels last, those channels, and how many rows of pixels they have. */
export const spatial = (shape: Shape): Shape => shape.slice(1, -1);
export const channelsOf = (shape: Shape): number => shape[shape.length - 1];
export const rowsOf = (shape: Shape): number => sizeOf(shape.slice(0, -2));

/** A whole number ≥ `least` for each of `rank` axes. */
export function perAxis(
  name: string,
  option: string,
  value: number | readonly number[] | undefined,
  rank: number,
  least = 1,
  otherwise = 1,
): readonly number[] {
  const list = typeof value === "object" ? value : new Array<number>(rank).fill(value ?? otherwise);
  if (list.length !== rank)
    throw new OptionError(`${name}: ${option} is ${show(list)}, expected ${rank} numbers or one`);
  for (const number of list)
    if (!Number.isInteger(number) || number < least)
      throw new OptionError(`${name}: ${option} is ${show(list)}, expected whole numbers ≥ ${least}`);
  return list;
}

/** The taps from the first to the last, with the pixels between. */
export const reachOf = ({ kernel, dilation }: { kernel: number; dilation: number }): number =>
  kernel > 0 ? (kernel - 1) * dilation + 1 : 0;

/** Explicit pairs, of whole numbers ≥ 0. */
function pairsOf(name: string, padding: Padding, rank: number): readonly (readonly [number, number])[] {
  const list = Array.isArray(padding) ? padding : new Array<Padding>(rank).fill(padding);
  const pairs = list.map((entry: unknown) => (Array.isArray(entry) ? entry : [entry, entry]));
  const fits = pairs.every((pair) => pair.length === 2 && pair.every((pixels) => Number.isInteger(pixels) && pixels >= 0)); // prettier-ignore
  if (pairs.length !== rank || !fits)
    throw new OptionError(
      `${name}: padding is ${JSON.stringify(padding)}, expected "valid", "same", or whole numbers ≥ 0: one, or one or ` +
        `a pair for each of ${rank} axes`,
    );
  return pairs as [number, number][];
}

/** The window of a kernel over images of these extents. */
export function windowOf(
  name: string,
  extents: Shape,
  kernel: Shape,
  { strides, padding = "valid", dilations }: WindowOptions,
  strideOtherwise: readonly number[] = kernel.map(() => 1),
): readonly Axis[] {
  const rank = extents.length;
  const stride = strides === undefined ? strideOtherwise : perAxis(name, "strides", strides, rank);
  const dilation = perAxis(name, "dilations", dilations, rank);
  const explicit = padding === "valid" || padding === "same" ? undefined : pairsOf(name, padding, rank);
  return kernel.map((taps, axis) => {
    const reach = reachOf({ kernel: taps, dilation: dilation[axis] });
    let [before, after] = explicit?.[axis] ?? [0, 0];
    if (padding === "same") {
      const outputs = Math.ceil(extents[axis] / stride[axis]);
      const total = Math.max(0, (outputs - 1) * stride[axis] + reach - extents[axis]);
      before = Math.floor(total / 2);
      after = total - before;
    }
    return { kernel: taps, stride: stride[axis], dilation: dilation[axis], before, after };
  });
}

/** How many places the window has along each axis; throws where it reaches over more than there is. */
export function placesOf(name: string, extents: Shape, window: readonly Axis[]): number[] {
  return window.map((axis, i) => {
    const [reach, room] = [reachOf(axis), extents[i] + axis.before + axis.after];
    if (axis.kernel < 1 || reach > room)
      throw new ShapeError(
        `${name}: a window of ${axis.kernel} taps reaches over ${reach} pixels along axis ${i + 1}, and x has ` +
          `${extents[i]}, with its padding ${room}`,
      );
    return Math.floor((room - reach) / axis.stride) + 1;
  });
}

/** The pixels of each axis that the last place of its window does not reach: fewer than its stride. */
export function unreached(extents: Shape, window: readonly Axis[]): number[] {
  return window.map((axis, i) => (extents[i] + axis.before + axis.after - reachOf(axis)) % axis.stride);
}
