/** What runs a convolution: its shape rule, and the choice of an algorithm and a kernel. */
import { bytesOf, type DType } from "../../dtype.js";
import { OptionError, ShapeError } from "../../errors.js";
import type { Launch, Plan } from "../../op.js";
import { type Shape, show, sizeOf } from "../../shape.js";
import type { Spec } from "../../tensor.js";
import { wholeLines } from "../../memory.js";
import { gemm, LINE } from "../gemm.js";
import { activationIndex } from "../matmul.js";
import { extentsOf, forward, phases } from "./geometry.js";
import {
  checkFilter,
  type ConvOptions,
  type ConvTransposeOptions,
  type FilterOptions,
  known,
  singleBias,
} from "./options.js";
import { type Axis, checkImages, perAxis, placesOf, reachOf, rowsOf, spatial, windowOf } from "./window.js";
import {
  type Algorithm,
  algorithms,
  cheapest,
  division,
  filterDivision,
  type Problem,
  suits,
} from "./winograd.js";

/** As in assembly/conv/patches.ts and assembly/conv/products.ts. */
const DESK = 4224;
const CHUNK = 240;

/** As in assembly/conv/depthwise.ts. */
const TRAY = 64;

/** Whether groups of one channel, with few outputs each, are computed one channel at a time: products of so thin matrices are slow. */
const isDirect = (groups: number, depth: number, outputs: number): boolean =>
  depth === 1 && outputs > 0 && (groups > 1 || outputs === 1) && outputs < 8;

/** The algorithm that is asked for, or else the cheapest, if Winograd's can do it; "gemm" otherwise. */
function chosen(
  name: string,
  wanted: Algorithm | undefined,
  able: boolean,
  dtype: DType,
  problem: Problem,
): Algorithm {
  if (wanted !== undefined && !algorithms.includes(wanted))
    throw new OptionError(`${name}: algorithm is "${wanted}", expected one of ${algorithms.join(", ")}`);
  if (wanted !== undefined && wanted !== "gemm" && !able)
    throw new OptionError(
      `${name}: algorithm is "${wanted}", which takes windows of 3 × 3 with stride and dilation 1, one group, and four or more ` +
        `channels and outputs`,
    );
  return able && dtype === "float32" ? (wanted ?? cheapest(problem)) : "gemm";
}

/** What runs a convolution, and what it computes. */
export function plan(
  name: string,
  [x, filter, bias]: readonly Spec[],
  options: ConvOptions,
  packed = false,
): Plan | undefined {
  const rank = filter.shape.length - 2;
  const { groups = 1, activation = "none" } = options;
  const window = windowOf(name, spatial(x.shape), filter.shape.slice(0, rank), options);
  const places = placesOf(name, spatial(x.shape), window);
  const [batch, channels, outputs] = [x.shape[0], x.shape[rank + 1], filter.shape[rank + 1]];
  const single = singleBias(name, bias, outputs);
  const index = activationIndex(name, activation, x.dtype, known);
  if (index === undefined) return undefined;
  const pixels = batch * sizeOf(places);
  const [depth, n] = [channels / groups, outputs / groups];
  const k = sizeOf(filter.shape.slice(0, rank)) * depth;
  const size = bytesOf(x.dtype);
  const { grid, scratch } = gemm(pixels, n, k, size);
  const run = {
    outputs: [{ shape: [batch, ...places, outputs], dtype: x.dtype }],
    flops: 2 * pixels * k * outputs,
    bytes: size * (sizeOf(x.shape) + sizeOf(filter.shape) + pixels * outputs),
  };
  const own = single ? wholeLines(size * n) : 0;
  const point =
    groups === 1 && window.every((a) => a.kernel === 1 && a.stride === 1 && a.before === 0 && a.after === 0);
  if (point && !packed)
    return {
      kernel: "convPoint",
      algorithm: "GEMM",
      ...run,
      grid,
      scratch: own + scratch,
      numbers: [pixels, channels, outputs, Number(single), index],
    };
  const layout = forward(batch, spatial(x.shape), places, window, channels, depth);
  const problem = { batch, extents: places, depth, outputs, packed, source: sizeOf(x.shape) };
  const able = suits(window, groups, depth, outputs);
  const algorithm = chosen(name, options.algorithm, able, x.dtype, problem);
  if (algorithm !== "gemm") return byTiles(algorithm, problem, run, layout, false, single, index);
  if (isDirect(groups, depth, n) && !packed)
    return {
      kernel: "depthwise",
      algorithm: "direct",
      ...run,
      grid: rowsOf([batch, ...places, outputs]),
      scratch: TRAY + wholeLines(4 * outputs) + wholeLines(size * outputs),
      layout,
      numbers: [outputs, n, Number(single), index],
    };
  return {
    kernel: packed ? "convPacked" : "conv",
    algorithm: "implicit GEMM",
    ...run,
    grid,
    scratch: own + DESK + scratch,
    layout,
    numbers: [groups, n, Number(single), index],
  };
}

/** A convolution, or a transposed one, by Winograd's algorithm. */
function byTiles(
  algorithm: Algorithm,
  problem: Problem,
  run: Pick<Launch, "outputs" | "flops" | "bytes">,
  layout: readonly number[],
  back: boolean,
  single: boolean,
  activation: number,
): Launch {
  const { grid, scratch, numbers } = division(algorithm, problem);
  const [edge, depth, outputs, ...sizes] = numbers;
  return {
    kernel: "winograd",
    algorithm,
    outputs: run.outputs,
    flops: run.flops,
    bytes: run.bytes,
    grid,
    scratch: (single ? wholeLines(4 * outputs) : 0) + scratch,
    layout,
    numbers: [
      edge,
      Number(back),
      Number(problem.packed),
      depth,
      outputs,
      ...sizes,
      Number(single),
      activation,
    ],
  };
}

/** The window of a transposed convolution: over y, whose places are the pixels of x. */
export function windowBack(
  name: string,
  places: Shape,
  kernel: Shape,
  options: ConvTransposeOptions,
): { window: readonly Axis[]; extents: number[] } {
  const rank = kernel.length;
  const stride = perAxis(name, "strides", options.strides, rank);
  const more = perAxis(name, "outputPadding", options.outputPadding, rank, 0, 0);
  // "same" is that of the convolution that this one transposes, over strides · places pixels.
  const same = places.map((count, i) => count * stride[i]);
  const window = windowOf(name, same, kernel, options);
  const extents = options.padding === "same" ? same : extentsOf(places, window, more);
  window.forEach((axis, i) => {
    const limit = options.padding === "same" ? 1 : axis.stride;
    if (more[i] >= limit)
      throw new OptionError(
        `${name}: outputPadding is ${show(more)}, expected less than ${limit} along axis ${i + 1} ` +
          (limit < axis.stride ? `with padding "same"` : `(its stride)`),
      );
    if (axis.kernel < 1 || extents[i] < 1)
      throw new ShapeError(
        `${name}: ${places[i]} pixels along axis ${i + 1} and a window of ${axis.kernel} taps over ${reachOf(axis)} would make ` +
          `${extents[i]}`,
      );
  });
  return { window, extents };
}

/** The same for a transposed convolution. */
export function planBack(
  name: string,
  [x, filter, bias]: readonly Spec[],
  options: ConvTransposeOptions,
): Plan | undefined {
  const rank = filter.shape.length - 2;
  const { groups = 1, activation = "none" } = options;
  const kernel = filter.shape.slice(0, rank);
  const { window, extents } = windowBack(name, spatial(x.shape), kernel, options);
  const [batch, channels, n] = [x.shape[0], x.shape[rank + 1], filter.shape[rank]];
  const outputs = n * groups;
  const single = singleBias(name, bias, outputs);
  const index = activationIndex(name, activation, x.dtype, known);
  if (index === undefined) return undefined;
  const depth = channels / groups;
  const { layout, count, pixels, taps } = phases(batch, extents, spatial(x.shape), window, channels, depth);
  const size = bytesOf(x.dtype);
  const run = {
    outputs: [{ shape: [batch, ...extents, outputs], dtype: x.dtype }],
    layout,
    flops: 2 * sizeOf(x.shape) * sizeOf(kernel) * n,
    bytes: size * (sizeOf(x.shape) + sizeOf(filter.shape) + batch * sizeOf(extents) * outputs),
  };
  const problem = { batch, extents, depth, outputs: n, packed: false, source: sizeOf(x.shape) };
  const able = suits(window, groups, depth, n);
  const algorithm = chosen(name, options.algorithm, able, x.dtype, problem);
  if (algorithm !== "gemm") return byTiles(algorithm, problem, run, layout.slice(10), true, single, index);
  if (isDirect(groups, n, depth))
    return {
      kernel: "depthwiseTranspose",
      algorithm: "direct",
      ...run,
      grid: Math.ceil(pixels / Math.ceil(extents[rank - 1] / window[rank - 1].stride)),
      scratch: TRAY + wholeLines(4 * outputs) + wholeLines(size * outputs),
      numbers: [outputs, depth, Number(single), index],
    };
  const { grid } = gemm(pixels, n, 0, size);
  const { scratch } = gemm(count > 1 ? Math.min(pixels, CHUNK) : pixels, n, taps * depth, size);
  return {
    kernel: "convTranspose",
    algorithm: "implicit GEMM",
    ...run,
    grid,
    scratch:
      (single ? wholeLines(size * n) : 0) +
      LINE +
      DESK +
      (count > 1 ? wholeLines(CHUNK * n * size) : 0) +
      scratch,
    numbers: [groups, n, Number(single), index],
  };
}

/** The gradient to a filter. */
export function planFilter([x, dy]: readonly Spec[], options: FilterOptions): Launch {
  const { kernel, groups } = options;
  const rank = kernel.length;
  checkImages("convFilter", "x", x, rank);
  checkImages("convFilter", "dy", dy, rank);
  const window = windowOf("convFilter", spatial(x.shape), kernel, options);
  const places = placesOf("convFilter", spatial(x.shape), window);
  const [batch, channels, outputs] = [x.shape[0], x.shape[rank + 1], dy.shape[rank + 1]];
  if (String(dy.shape) !== String([batch, ...places, outputs]))
    throw new ShapeError(
      `convFilter: dy is ${show(dy.shape)}, expected ${show([batch, ...places, outputs])}`,
    );
  if (channels % groups !== 0 || outputs % groups !== 0)
    throw new ShapeError(
      `convFilter: ${channels} channels and ${outputs} outputs do not divide into ${groups} groups`,
    );
  const [depth, n] = [channels / groups, outputs / groups];
  const [m, pixels] = [sizeOf(kernel) * depth, batch * sizeOf(places)];
  const size = bytesOf(x.dtype);
  const run = {
    outputs: [{ shape: [...kernel, depth, outputs], dtype: x.dtype }],
    layout: forward(batch, spatial(x.shape), places, window, channels, depth),
    flops: 2 * m * outputs * pixels,
    bytes: size * (sizeOf(x.shape) + sizeOf(dy.shape) + m * outputs),
  };
  const problem = { batch, extents: places, depth, outputs, packed: false, source: sizeOf(x.shape) };
  const able = suits(window, groups, depth, outputs);
  const algorithm = chosen("convFilter", options.algorithm, able, x.dtype, problem);
  if (algorithm !== "gemm")
    return { kernel: "winogradFilter", algorithm, ...run, ...filterDivision(algorithm, problem) };
  if (isDirect(groups, depth, n))
    return {
      kernel: "depthwiseFilter",
      algorithm: "direct",
      ...run,
      grid: Math.ceil((outputs * size) / 16),
      scratch: TRAY + wholeLines(4 * outputs),
      numbers: [outputs, n],
    };
  return {
    kernel: "convFilter",
    algorithm: "implicit GEMM",
    ...run,
    ...gemm(m, n, pixels, size),
    numbers: [groups, n],
  };
}

/**
 * A convolution with a packed filter, as the choice of an algorithm sees it, and whether there is one; nothing for those that are
 * computed directly.
 */
export function problemOf(
  name: string,
  x: Spec,
  filter: Spec,
  options: ConvOptions,
): (Problem & { able: boolean }) | undefined {
  const { groups = 1 } = options;
  const rank = filter.shape.length - 2;
  checkFilter(name, rank, ["x", x], filter, groups, false);
  const window = windowOf(name, spatial(x.shape), filter.shape.slice(0, rank), options);
  const extents = placesOf(name, spatial(x.shape), window);
  const [depth, outputs] = filter.shape.slice(-2);
  if (isDirect(groups, depth, outputs / groups)) return undefined;
  const able = suits(window, groups, depth, outputs);
  return { batch: x.shape[0], extents, depth, outputs, packed: true, source: sizeOf(x.shape), able };
}
