/** Winograd's algorithm for windows of three by three: when it may and should be used, and how its work is divided. */
import { wholeLines } from "../../memory.js";
import { isPrecise } from "../../precision.js";
import { type Shape, sizeOf } from "../../shape.js";
import { gemm, LINE } from "../gemm.js";
import { costs } from "./costs.js";
import type { Axis } from "./window.js";

/**
 * How a convolution is computed: as a product of matrices whose rows are patches of x ("gemm"), or, for windows of 3 × 3 with
 * stride 1, by Winograd's F(2 × 2, 3 × 3) ("winograd2") or F(4 × 4, 3 × 3) ("winograd4"), which multiply 2.25 and 4 times less and
 * round more (docs/kernels.md).
 */
export type Algorithm = "gemm" | "winograd2" | "winograd4";

export const algorithms: readonly Algorithm[] = ["gemm", "winograd2", "winograd4"];

/** A convolution as the rule sees it: `extents` are those of the result. */
export interface Problem {
  readonly batch: number;
  readonly extents: Shape;
  readonly depth: number;
  readonly outputs: number;
  /** Whether the filter is packed beforehand. */
  readonly packed: boolean;
  /** Elements of the source. */
  readonly source: number;
}

/** Whether Winograd's algorithms can do it. */
export function suits(window: readonly Axis[], groups: number, depth: number, outputs: number): boolean {
  const nine =
    window.length === 2 && window.every((a) => a.kernel === 3 && a.stride === 1 && a.dilation === 1);
  return nine && groups === 1 && depth >= 4 && outputs >= 4;
}

const NR = 8;
/** As in assembly/conv/winograd.ts. */
export const BENCH = 1152;
export const panels = (outputs: number): number => NR * Math.ceil(outputs / NR);
const pointStep = (reals: number): number => wholeLines(4 * reals) + LINE;

export const edgeOf = (algorithm: Algorithm): 2 | 4 => (algorithm === "winograd2" ? 2 : 4);
const pointsOf = (edge: number): number => (edge + 2) * (edge + 2);

const tilesOf = ({ batch, extents }: Problem, edge: number): number =>
  extents.reduce((product, extent) => product * Math.ceil(extent / edge), batch);

/** Bytes of transformed pixels that stay in the second cache, and of transformed filters that are made at a time. */
const PIXELS = 2 ** 20;
const FILTERS = 2.5 * 2 ** 20;
const PART = 128;
/** Elements of a filter that no longer stay in the caches. */
const FAR = 2 ** 21;

/** The bytes that scratch may have beside what the products need: those of x and y, and 4 MiB. */
const roomOf = ({ batch, extents, outputs, source }: Problem): number =>
  4 * (source + batch * sizeOf(extents) * outputs) + 4 * 2 ** 20 - 2 ** 18;

/** How many tiles are transformed at a time: as many in each block as in the others, 48 or fewer where channels are many. */
function tilesAtATime(all: number, points: number, reals: number): number {
  const most = Math.max(12, Math.min(48, Math.floor(PIXELS / (4 * points * reals))));
  return Math.max(1, Math.ceil(all / Math.max(1, Math.round(all / most))));
}

/** The division of a convolution, or of a transposed one, by tiles: what the kernel gets. */
export function division(algorithm: Algorithm, problem: Problem) {
  const { depth, outputs, packed } = problem;
  const edge = edgeOf(algorithm);
  const points = pointsOf(edge);
  const all = tilesOf(problem, edge);
  const tiles = tilesAtATime(all, points, depth);
  const part = Math.min(panels(outputs), PART);
  const pixels = points * (pointStep(tiles * depth) + pointStep(tiles * part));
  const room = Math.min(FILTERS, roomOf(problem) - pixels);
  const block = packed ? panels(outputs) : Math.min(panels(outputs), Math.max(NR, NR * Math.floor(room / (4 * points * depth * NR)))); // prettier-ignore
  const filters = packed ? 0 : points * pointStep(depth * block);
  return {
    grid: all >= outputs ? all : Math.ceil(outputs / NR),
    scratch: BENCH + pixels + filters + gemm(tiles, NR, depth).scratch,
    numbers: [edge, depth, outputs, tiles, block, part] as const,
  };
}

/** The division of the gradient to a filter. */
export function filterDivision(algorithm: Algorithm, problem: Problem) {
  const { depth, outputs } = problem;
  const edge = edgeOf(algorithm);
  const points = pointsOf(edge);
  const all = tilesOf(problem, edge);
  const tiles = tilesAtATime(all, points, Math.max(depth, outputs));
  const cotangents = points * pointStep(tiles * outputs);
  const room = Math.min(FILTERS, roomOf(problem) - cotangents);
  const most = NR * Math.floor(room / (4 * points * (outputs + tiles)) / NR);
  const block = Math.min(panels(depth), Math.max(NR, most));
  return {
    grid: Math.ceil(depth / NR),
    scratch: BENCH + cotangents + points * (pointStep(tiles * block) + pointStep(block * outputs)) + gemm(block, outputs, tiles).scratch, // prettier-ignore
    numbers: [edge, depth, outputs, tiles, block] as const,
  };
}

/** Numbers in a filter [..., depth, outputs] that is packed for an algorithm. */
export function packedSize(
  algorithm: Algorithm,
  taps: number,
  depth: number,
  outputs: number,
  groups: number,
): number {
  if (algorithm === "gemm") return groups * taps * depth * panels(outputs / groups);
  return (pointsOf(edgeOf(algorithm)) * pointStep(depth * panels(outputs))) / 4;
}

/** Nanoseconds that it takes, by the measured costs of its steps. */
export function costOf(algorithm: Algorithm, problem: Problem): number {
  return terms(algorithm, problem).reduce((sum, count, i) => sum + count * costs[i], 0);
}

/**
 * How often each step is done: a multiply-add; a patch's element packed; then of F(2 × 2) and of F(4 × 4) a pixel's channel, a
 * result's and a filter's tap transformed, for all points of a tile at once; an element of a transformed filter read, and
 * again where there are too many for the caches.
 */
export function terms(algorithm: Algorithm, problem: Problem): number[] {
  const { batch, extents, depth, outputs, packed } = problem;
  const pixels = batch * sizeOf(extents);
  const read = (filter: number): number[] => [filter, filter > FAR ? filter : 0];
  if (algorithm === "gemm")
    return [9 * pixels * depth * outputs, 9 * pixels * depth, 0, 0, 0, 0, 0, 0, ...read(9 * depth * outputs)];
  const edge = edgeOf(algorithm);
  const points = pointsOf(edge);
  const all = tilesOf(problem, edge);
  const [, , , tiles, block] = division(algorithm, problem).numbers;
  const passes = all > tiles ? Math.ceil(outputs / block) : 1;
  const rows = Math.ceil(all / tiles) * (tiles > 8 ? 6 * Math.ceil(tiles / 6) : 4 * Math.ceil(tiles / 4));
  const own = [passes * all * depth, all * outputs, packed ? 0 : depth * outputs];
  const none = [0, 0, 0];
  return [
    points * rows * depth * outputs,
    points * all * depth,
    ...(edge === 2 ? [...own, ...none] : [...none, ...own]),
    ...read(points * depth * outputs),
  ];
}

/** The cheapest one that is allowed. */
export function cheapest(problem: Problem): Algorithm {
  if (isPrecise()) return "gemm";
  return algorithms.reduce((best, other) => (costOf(other, problem) < costOf(best, problem) ? other : best));
}
