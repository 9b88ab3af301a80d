/** The tables that tell the kernels which pixels belong together: assembly/conv/geometry.ts. */
import type { Shape } from "../../shape.js";
import { type Axis, reachOf } from "./window.js";

/** One axis of a table: source = line · stride + tap · step + offset, filter tap = first + tap · next. */
interface Walk {
  readonly lines: number;
  readonly source: number;
  readonly stride: number;
  readonly taps: number;
  readonly step: number;
  readonly offset: number;
  readonly first: number;
  readonly next: number;
  readonly kernel: number;
}

const nothing: Walk = { lines: 1, source: 1, stride: 1, taps: 1, step: 1, offset: 0, first: 0, next: 1, kernel: 1 }; // prettier-ignore

/** Three axes, outermost first: those that are missing have one pixel and one tap. */
function threeOf<T>(axes: readonly T[], missing: T): T[] {
  return [...new Array<T>(3 - axes.length).fill(missing), ...axes];
}

function table(batch: number, channels: number, depth: number, walks: readonly Walk[]): number[] {
  return [
    batch,
    channels,
    depth,
    ...threeOf(walks, nothing).flatMap((walk) => [
      walk.lines,
      walk.source,
      walk.stride,
      walk.taps,
      walk.step,
      walk.offset,
      walk.first,
      walk.next,
      walk.kernel,
    ]),
  ];
}

/** From x, of these extents, to the places of a window; `depth` channels of a pixel are those of a group. */
export function forward(
  batch: number,
  extents: Shape,
  places: Shape,
  window: readonly Axis[],
  channels: number,
  depth: number,
): number[] {
  const walks = window.map(({ kernel, stride, dilation, before }, i) => ({
    lines: places[i],
    source: extents[i],
    stride,
    taps: kernel,
    step: dilation,
    offset: -before,
    first: 0,
    next: 1,
    kernel,
  }));
  return table(batch, channels, depth, walks);
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/**
 * One phase along an axis of the way back, from the places of a window to x: of every stride-th pixel of x, from `phase` on.
 * x[i] is met by tap k at place o where o · stride + k · dilation = i + before.
 */
function backward(
  { kernel, stride, dilation, before }: Axis,
  extent: number,
  places: number,
  phase: number,
): Walk {
  const common = divisor(stride, dilation);
  const next = stride / common;
  let first = 0;
  while (first < kernel && first < next && (phase + before - first * dilation) % stride !== 0) first++;
  const taps = first < Math.min(kernel, next) ? Math.ceil((kernel - first) / next) : 0;
  const step = dilation / common;
  // From the last tap to the first, so that the source goes forward.
  return {
    lines: Math.ceil((extent - phase) / stride),
    source: places,
    stride: 1,
    taps,
    step,
    offset: (phase + before - first * dilation) / stride - (taps - 1) * step,
    first: first + (taps - 1) * next,
    next: -next,
    kernel,
  };
}

/** The way back, phase by phase; the table of `convTranspose` in assembly/conv/products.ts, and the pixels of its first phase. */
export function phases(
  batch: number,
  extents: Shape,
  places: Shape,
  window: readonly Axis[],
  channels: number,
  depth: number,
): { layout: number[]; count: number; pixels: number; taps: number } {
  const single: Axis = { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };
  const [x, y, w] = [threeOf(extents, 1), threeOf(places, 1), threeOf(window, single)];
  const ways = w.map((axis, i) =>
    Array.from({ length: Math.min(axis.stride, x[i]) }, (_, phase) => backward(axis, x[i], y[i], phase)),
  );
  const tables: number[][] = [];
  let taps = 0;
  ways[0].forEach((wz, z) =>
    ways[1].forEach((wy, y) =>
      ways[2].forEach((wx, x) => {
        tables.push([z, y, x, ...table(batch, channels, depth, [wz, wy, wx])]);
        taps = Math.max(taps, wz.taps * wy.taps * wx.taps);
      }),
    ),
  );
  const pixels = ways.reduce((product, [first]) => product * first.lines, batch);
  const layout = [tables.length, ...w.map(({ stride }) => stride), ...x, ...tables.flat()];
  return { layout, count: tables.length, pixels, taps };
}

/** The extents of x, from the places of a window over it. */
export function extentsOf(places: Shape, window: readonly Axis[], more: readonly number[]): number[] {
  return window.map(
    (axis, i) => (places[i] - 1) * axis.stride + reachOf(axis) - axis.before - axis.after + more[i],
  );
}
