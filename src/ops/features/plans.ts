/** How projections of rows are divided, and what they need. */
import { bytesOf, type DType } from "../../dtype.js";
import { OptionError, ShapeError } from "../../errors.js";
import type { KernelName } from "../../generated/kernels.js";
import type { Launch } from "../../op.js";
import { sameShape, type Shape, show, sizeOf } from "../../shape.js";
import type { Spec } from "../../tensor.js";
import { wholeLines } from "../../memory.js";
import { EDGE, FEW, KC, LINE, MC, NR } from "../gemm.js";

/** As in assembly/features/project.ts: rows of a block, and the ways. */
const BLOCK = MC;
const MULTIPLE = 0;
const AS_IT_LIES = 1;
const PACKED = 2;
/** Up to so many rows are, on the way back, sums of rows of w as it lies. */
const THIN = 4;

/** The extents of z = x · wᵀ, x [..., d], w [D, d] or one number, when D is d. */
export interface Projection {
  readonly batch: Shape;
  readonly rows: number;
  readonly d: number;
  readonly D: number;
  readonly multiple: boolean;
  readonly dtype: DType;
}

export function projectionOf(name: string, x: Spec, w: Spec): Projection {
  if (x.shape.length === 0) throw new ShapeError(`${name}: x is a scalar, expected [..., d]`);
  const batch = x.shape.slice(0, -1);
  const d = x.shape[x.shape.length - 1];
  const multiple = w.shape.length === 0;
  if (!multiple && (w.shape.length !== 2 || w.shape[1] !== d))
    throw new ShapeError(
      `${name}: w is ${show(w.shape)}, expected [D, ${d}] or one number (last axis of x ${show(x.shape)})`,
    );
  return { batch, rows: sizeOf(batch), d, D: multiple ? d : w.shape[0], multiple, dtype: x.dtype };
}

/** [..., width]: what is made of each row. */
export const rowsOf = ({ batch, dtype }: Projection, width: number): Spec => ({
  shape: [...batch, width],
  dtype,
});

export function checkRows(name: string, argument: string, given: Spec, p: Projection, width: number): void {
  const { shape } = rowsOf(p, width);
  if (!sameShape(given.shape, shape))
    throw new ShapeError(`${name}: ${argument} is ${show(given.shape)}, expected ${show(shape)}`);
}

/** Where numbers for each column have their count from. */
export const columnsOf = ({ D }: Projection, w: Spec): string => `${D} columns, w ${show(w.shape)}`;

/** What a gradient is by: x, or the projections z alone. */
export type Of = "x" | "z";

/** Whether a gradient is by x. */
export function isWhole(name: string, of: string, known: readonly string[] = ["x", "z"]): boolean {
  if (!known.includes(of))
    throw new OptionError(`${name}: of is "${of}", expected one of ${known.join(", ")}`);
  return of === "x";
}

/** Throws unless a factor is finite, and above 0 where it must be. */
export function checkFactor(name: string, argument: string, value: number, positive = false): void {
  if (!Number.isFinite(value) || (positive && value <= 0))
    throw new OptionError(
      `${name}: ${argument} is ${value}, expected a finite number${positive ? " above 0" : ""}`,
    );
}

/** From row to row of a block. */
const stepOf = (D: number): number => 16 * Math.ceil(D / 16);

/** Bytes of scratch for so many rows of a block of z, w packed for sums over k, and its product. */
function scratchOf(way: number, { rows, D }: Projection, lines: number, k: number, more: number): number {
  const packed = way === PACKED ? wholeLines(4 * Math.ceil(lines / NR) * NR * k) : 0;
  const room = way === PACKED ? EDGE + LINE + 4 * Math.min(k, KC) * BLOCK : LINE;
  return packed + room + more + 4 * Math.min(rows, BLOCK) * stepOf(D);
}

/** The kernel that makes `outputs` of projections, float32 alone; `spare`: rows of scratch beside its block. */
export function forward(
  kernel: KernelName,
  p: Projection,
  outputs: readonly Spec[],
  numbers: readonly number[],
  spare = 0,
): Launch | undefined {
  if (p.dtype === "float64") return undefined;
  const { rows, d, D, multiple } = p;
  const way = multiple ? MULTIPLE : rows <= FEW ? AS_IT_LIES : PACKED;
  return {
    kernel,
    outputs,
    grid: rows,
    numbers: [D, d, way, ...numbers],
    scratch: scratchOf(way, p, D, d, 4 * spare * stepOf(D)),
    flops: 2 * rows * D * (multiple ? 1 : d),
    bytes: work(p, outputs),
  };
}

/** The kernel of a gradient to x, or, if not `whole`, to z: [..., D]. */
export function backward(
  kernel: KernelName,
  p: Projection,
  whole: boolean,
  kept: readonly Spec[],
  numbers: readonly number[],
): Launch | undefined {
  if (p.dtype === "float64") return undefined;
  const { rows, d, D, multiple } = p;
  const way = multiple ? MULTIPLE : rows <= THIN ? AS_IT_LIES : PACKED;
  const width = whole ? d : D;
  const outputs = [rowsOf(p, width)];
  return {
    kernel,
    outputs,
    grid: width === 0 ? 0 : rows,
    numbers: [D, d, way, Number(whole), ...numbers],
    scratch: whole ? scratchOf(way, p, d, D, 4 * BLOCK) : 0,
    flops: whole ? 2 * rows * D * (multiple ? 1 : d) : rows * D,
    bytes: work(p, [...outputs, ...kept]),
  };
}

function work({ rows, d, D, multiple, dtype }: Projection, others: readonly Spec[]): number {
  const sizes = others.map(({ shape }) => sizeOf(shape));
  return bytesOf(dtype) * sizes.reduce((a, b) => a + b, rows * d + (multiple ? 0 : D * d));
}
