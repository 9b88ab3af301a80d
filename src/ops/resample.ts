/** Linear maps of images along each axis: averages of windows, the nearest pixels, weights between pixels. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { pooling as part } from "../generated/pooling.js";
import { scope } from "../memory.js";
import { op } from "../op.js";
import { type Shape, show, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import {
  averages,
  bilinear,
  type Coordinates,
  nearest,
  parts,
  remembered,
  transposed,
  type Weights,
  wordsOf,
} from "./conv/tables.js";
import {
  channelsFirst,
  channelsOf,
  rowsOf,
  spatial,
  checkImages,
  type DataFormat,
  type Format,
  perAxis,
  placesOf,
  rankOf,
  toFirst,
  toLast,
  windowOf,
  type WindowOptions,
} from "./conv/window.js";

const single: Weights = [{ first: 0, weights: [1] }];

/** The layout of three axes, as assembly/pooling.ts reads it, and how many weights the last one has. */
function layoutOf(extents: Shape, tables: readonly Weights[]): { layout: number[]; weights: number } {
  const three = [...new Array<Weights>(3 - tables.length).fill(single), ...tables];
  const blocks = three.map(wordsOf);
  const weights = blocks[2].length / 2 - 1.5 * three[2].length;
  const head = [
    ...new Array<number>(3 - extents.length).fill(1),
    ...extents,
    ...three.map(({ length }) => length),
  ];
  let at = 10;
  const starts = blocks.map(({ length }) => (at += length) - length);
  return { layout: [...head, ...starts, weights, ...blocks[0], ...blocks[1], ...blocks[2]], weights };
}

/**
 * y[n, i, c] = Σ weights[i, j] · x[n, j, c] along each spatial axis in turn, by tables: averages, the nearest pixel, weights
 * between pixels. x [batch, …, channels].
 */
export const resample = /* @__PURE__ */ op<[x: Tensor], { tables: readonly Weights[] }>()({
  name: "resample",
  part,
  inputs: { x: "real" },
  defaults: { tables: [] },
  plan([x], { tables }) {
    checkImages("resample", "x", x, tables.length);
    const shape = [x.shape[0], ...tables.map(({ length }) => length), channelsOf(x.shape)];
    tables.forEach((table, axis) => {
      for (const { first, weights } of table)
        if (first < 0 || first + weights.length > x.shape[axis + 1])
          throw new ShapeError(`resample: a table reaches over pixel ${first + weights.length - 1}, and axis ${axis + 1} of x ${show(x.shape)} has ${x.shape[axis + 1]}`); // prettier-ignore
    });
    const taps = tables.reduce((product, table) => product * Math.max(0, ...table.map(({ weights }) => weights.length)), 1); // prettier-ignore
    const { layout, weights } = layoutOf(spatial(x.shape), tables);
    return {
      kernel: "resample",
      outputs: [{ shape, dtype: x.dtype }],
      grid: sizeOf(shape) > 0 ? rowsOf(shape) : 0,
      layout,
      scratch: 16 * (weights + 1) + bytesOf(x.dtype) * sizeOf(x.shape.slice(-2)),
      numbers: [channelsOf(x.shape)],
      flops: 2 * taps * sizeOf(shape),
      bytes: bytesOf(x.dtype) * (sizeOf(x.shape) + sizeOf(shape)),
    };
  },
  vjp: (dy, _, [x], { tables }) => [
    () => resample(dy, { tables: tables.map((table, axis) => transposed(table, x.shape[axis + 1])) }),
  ],
});

/** x resampled by a table for each axis, in its format. */
function resampled(
  name: string,
  x: Tensor,
  dataFormat: DataFormat | undefined,
  table: (extent: number, axis: number) => Weights,
): Tensor {
  const first = channelsFirst(name, rankOf(name, x), dataFormat);
  const run = (images: Tensor): Tensor => resample(images, { tables: spatial(images.shape).map(table) });
  return first ? scope(() => toFirst(run(toLast(x)))) : run(x);
}

export interface AvgPoolOptions extends Omit<WindowOptions, "dilations"> {
  /** Whether pixels beyond the border count, as 0. Default false: a window's average is that of the pixels inside. */
  countIncludePad?: boolean;
}

/**
 * `avgPool(x, kernel, { strides, padding, countIncludePad, dataFormat })`: the average of each window; 0 where it has no pixel
 * inside. x [batch, …, channels] with one, two or three spatial axes; strides are by default the kernel.
 */
export function avgPool(
  x: Tensor,
  kernel: number | readonly number[],
  { countIncludePad = false, dataFormat, ...options }: AvgPoolOptions = {},
): Tensor {
  const rank = rankOf("avgPool", x);
  const extents = channelsFirst("avgPool", rank, dataFormat) ? x.shape.slice(2) : spatial(x.shape);
  const taps = perAxis("avgPool", "kernel", kernel, rank);
  const window = windowOf("avgPool", extents, taps, options, taps);
  const places = placesOf("avgPool", extents, window);
  return resampled("avgPool", x, dataFormat, (extent, axis) => {
    const { kernel, stride, before } = window[axis];
    return remembered(
      `averages ${extent} ${kernel} ${stride} ${before} ${places[axis]} ${countIncludePad}`,
      () => averages(extent, window[axis], places[axis], countIncludePad),
    );
  });
}

/** `adaptiveAvgPool(x, size)`: averages over `size` parts along each axis, which overlap by a pixel where they do not divide it. */
export function adaptiveAvgPool(
  x: Tensor,
  size: number | readonly number[],
  { dataFormat }: Format = {},
): Tensor {
  const results = sizesOf("adaptiveAvgPool", x, size, dataFormat);
  return resampled("adaptiveAvgPool", x, dataFormat, (extent, axis) =>
    remembered(`parts ${extent} ${results[axis]}`, () => parts(extent, results[axis])),
  );
}

/** The extents that are asked for; x must have pixels to make them of. */
function sizesOf(
  name: string,
  x: Tensor,
  size: number | readonly number[],
  dataFormat?: DataFormat,
): readonly number[] {
  const rank = rankOf(name, x);
  const extents = channelsFirst(name, rank, dataFormat) ? x.shape.slice(2) : spatial(x.shape);
  if (extents.includes(0)) throw new ShapeError(`${name}: x is ${show(x.shape)}, which has no pixels`);
  return perAxis(name, "size", size, rank);
}

export interface ResizeOptions extends Format {
  /**
   * Where the pixels of x and y lie over one another: by their middles, the outer edges on one another ("halfPixel", the default);
   * the middles of the corner pixels on one another ("alignCorners"); the first pixels on one another ("asymmetric").
   */
  coordinates?: Coordinates;
}

const known: readonly Coordinates[] = ["halfPixel", "alignCorners", "asymmetric"];

function resized(
  name: string,
  x: Tensor,
  size: number | readonly number[],
  options: ResizeOptions,
  map: typeof nearest,
): Tensor {
  const { coordinates = "halfPixel", dataFormat } = options;
  if (!known.includes(coordinates))
    throw new OptionError(
      `${name}: coordinates is "${String(coordinates)}", expected one of ${known.join(", ")}`,
    );
  const results = sizesOf(name, x, size, dataFormat);
  return resampled(name, x, dataFormat, (extent, axis) =>
    remembered(`${name} ${extent} ${results[axis]} ${coordinates}`, () =>
      map(extent, results[axis], coordinates),
    ),
  );
}

/**
 * `resizeNearest(x, size, { coordinates, dataFormat })`: each pixel the nearest of x, of two the later one. x [batch, …, channels], size
 * one number or one for each spatial axis.
 */
export function resizeNearest(
  x: Tensor,
  size: number | readonly number[],
  options: ResizeOptions = {},
): Tensor {
  return resized("resizeNearest", x, size, options, nearest);
}

/**
 * `resizeBilinear(x, size, { coordinates, dataFormat })`: each pixel between the nearest two of x along each axis, in proportion. x
 * [batch, …, channels] with one, two or three spatial axes (linear, bilinear, trilinear).
 */
export function resizeBilinear(
  x: Tensor,
  size: number | readonly number[],
  options: ResizeOptions = {},
): Tensor {
  return resized("resizeBilinear", x, size, options, bilinear);
}
