/** What the kernels of linear algebra take: batches of matrices, scratch, and the errors that their results mean. */
import { MatrixError, ShapeError } from "../../errors.js";
import { show, sizeOf } from "../../shape.js";
import type { Spec } from "../../tensor.js";
import { wholeLines } from "../../memory.js";
import { FEW, gemm, LINE } from "../gemm.js";
import { TURNED } from "../movement.js";

/** As in assembly/linalg: the rows of a block of reflections, and of a panel. */
const BLOCK = 32;
const PANEL = 16;
/** As stepOf in assembly/linalg/reflections.ts. */
const stepOf = (n: number): number => 16 * Math.ceil(n / 16) + 16;

/** A batch of matrices: [..., m, n]. */
export interface Matrices {
  readonly batch: readonly number[];
  readonly count: number;
  readonly m: number;
  readonly n: number;
}

export function matricesOf(name: string, argument: string, { shape }: Spec): Matrices {
  if (shape.length < 2)
    throw new ShapeError(`${name}: ${argument} is ${show(shape)}, expected at least two axes`);
  const batch = shape.slice(0, -2);
  const [m, n] = shape.slice(-2);
  return { batch, count: sizeOf(batch), m, n };
}

export function squaresOf(name: string, argument: string, x: Spec): Matrices {
  const matrices = matricesOf(name, argument, x);
  if (matrices.m !== matrices.n)
    throw new ShapeError(`${name}: ${argument} is ${show(x.shape)}, expected square matrices [..., n, n]`);
  return matrices;
}

/** The columns of b, right-hand sides for the square matrices a. */
export function sidesOf(name: string, a: Spec, b: Spec): Matrices & { cols: number } {
  const squares = squaresOf(name, "a", a);
  const { batch, n } = squares;
  const cols = b.shape[b.shape.length - 1] ?? 0;
  const expected = [...batch, n];
  if (b.shape.length !== a.shape.length || expected.some((extent, axis) => b.shape[axis] !== extent))
    throw new ShapeError(
      `${name}: b is ${show(b.shape)}, expected [${[...expected, "cols"].join(", ")}] (a is ${show(a.shape)})`,
    );
  return { ...squares, cols };
}

/** The error that `status` means of matrices with n rows: see assembly/linalg/batch.ts. */
export function refusal(
  name: string,
  argument: string,
  { batch, n }: Matrices,
  why: (pivot: number) => string,
): (status: number) => MatrixError {
  return (status) => {
    const index = Math.floor((status - 1) / (n + 1));
    const pivot = (status - 1) % (n + 1);
    const which = batch.length === 0 ? argument : `${argument}[${placeOf(index, batch).join(", ")}]`;
    return new MatrixError(`${name}: ${which} ${why(pivot)}`, pivot, index);
  };
}

function placeOf(index: number, batch: readonly number[]): number[] {
  const place: number[] = [];
  for (const extent of [...batch].reverse()) {
    place.unshift(index % extent);
    index = Math.floor(index / extent);
  }
  return place;
}

// Scratch, in bytes, of numbers of `size` bytes.

/** Of products no larger than [m, k] · [k, n], whatever their shapes. */
const products = (m: number, n: number, k: number, size: number): number =>
  Math.max(gemm(m, n, k, size).scratch, TURNED) + size * FEW * Math.max(m, n, k);

/** Of products that are taken away. */
const subtractions = (m: number, n: number, k: number, size: number): number =>
  wholeLines(size * FEW * m) + LINE + products(m, n, k, size);

/** Of factoring a [n, n] and of solving for `cols` columns. */
export const systems = (n: number, cols: number, size: number): number =>
  Math.max(size * PANEL * (n + 1), subtractions(n, Math.max(n, cols), n, size));

/** Of reflections in blocks of rows [rows, m]. */
const reflections = (rows: number, m: number, size: number): number =>
  2 * wholeLines(size * rows * BLOCK) +
  size * BLOCK * BLOCK +
  subtractions(Math.max(rows, BLOCK), m, Math.max(BLOCK, m), size);

/** Of triangularize, in assembly/linalg/qr.ts. */
const triangular = (m: number, n: number, size: number): number => {
  const k = Math.min(m, n);
  return size * (BLOCK * m + (k + BLOCK) * BLOCK + k) + LINE + reflections(n, m, size);
};

export const orthogonal = (m: number, n: number, size: number): number =>
  size * m * (n + Math.min(m, n)) + triangular(m, n, size);

/** Of what makes Q of n reflections, and what they are made with. */
const accumulated = (n: number, size: number): number =>
  size * (8 * (n + 4) + BLOCK * n + BLOCK * BLOCK) + LINE + reflections(n, n, size);

/** Of a list of rotations of n rows: sixteen sweeps over all of them. */
export const rotations = (n: number, size: number): number => wholeLines(16 * (16 + 2 * size * n) + 16);

export const symmetric = (n: number, size: number): number =>
  2 * size * n * stepOf(n) + rotations(n, size) + 16 * n + accumulated(n, size);

export const singular = (m: number, n: number, size: number): number => {
  const k = Math.min(m, n);
  const p = Math.max(m, n);
  return (
    size * (2 * k * p + 4 * k * stepOf(k) + 2 * k) +
    2 * rotations(k, size) +
    16 * k +
    2 * LINE +
    Math.max(triangular(p, k, size), accumulated(k, size), products(k, p, k, size))
  );
};

/** Of symmetric products of rows [n, k]. */
export const squared = (n: number, k: number, size: number): number => products(n, n, k, size);
