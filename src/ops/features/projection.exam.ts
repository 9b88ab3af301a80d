/** What references of features share: projections and their way back, in float64, and samples that follow from their places. */
import { reals, type Reference, type Sample } from "../../exam.js";

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Rows of projections, with half the squares of the rows of x. */
export interface Projections {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly d: number;
  readonly D: number;
  /** z of a row and a column. */
  readonly z: (row: number, column: number) => number;
  /** The same of magnitudes: what the rounding errors of z are in proportion to. */
  readonly size: (row: number, column: number) => number;
  /** ‖x‖² / 2 of a row. */
  readonly s: (row: number) => number;
}

export function projections(x: Reference, w: Reference): Projections {
  const batch = x.shape.slice(0, -1);
  const [rows, d] = [sizeOf(batch), x.shape[x.shape.length - 1]];
  const D = w.shape.length === 0 ? d : w.shape[0];
  const dot = (row: number, j: number, size: (v: number) => number): number => {
    if (w.shape.length === 0) return size(x.data[row * d + j] * w.data[0]);
    let sum = 0;
    for (let p = 0; p < d; p++) sum += size(x.data[row * d + p] * w.data[j * d + p]);
    return sum;
  };
  const s = Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let p = 0; p < d; p++) sum += x.data[row * d + p] ** 2;
    return sum / 2;
  });
  return {
    ...{ batch, rows, d, D },
    z: (row, j) => dot(row, j, (v) => v),
    size: (row, j) => dot(row, j, Math.abs),
    s: (row) => s[row],
  };
}

/** [..., width] of numbers by row and column. */
export function table(
  { batch, rows }: Projections,
  width: number,
  element: (row: number, column: number) => number,
): Reference {
  const data = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < width; j++) data[row * width + j] = element(row, j);
  return { shape: [...batch, width], data };
}

/** dz · w + s · x, row by row; of magnitudes with `size`. */
export function back(
  p: Projections,
  dz: Reference,
  w: Reference,
  x: Reference,
  s: (row: number) => number = () => 0,
  size = (v: number): number => v,
): Reference {
  return table(p, p.d, (row, c) => {
    let sum = s(row) === 0 ? 0 : size(s(row) * x.data[row * p.d + c]);
    if (w.shape.length === 0) return sum + size(dz.data[row * p.D + c] * w.data[0]);
    for (let j = 0; j < p.D; j++) sum += size(dz.data[row * p.D + j] * w.data[j * p.d + c]);
    return sum;
  });
}

/** A number for a column, or the one for all. */
export const columnOf = (numbers: Reference, j: number): number =>
  numbers.data[numbers.shape.length === 0 ? 0 : j];

/** float32 numbers in [low, high) that follow from their places, so that results of them can be inputs, too. */
export function fixed(shape: readonly number[], seed: number, low = -1, high = 1): Sample {
  return {
    shape,
    dtype: "float32",
    element: (i) => {
      const turn = (i + 1) * 0.6180339887498949 + seed * 0.7548776662466927 + (i % 7) * 0.2360679;
      return Math.fround(low + (turn - Math.floor(turn)) * (high - low));
    },
  };
}

/** Numbers that were made before. */
export const given = ({ shape, data }: Reference): Sample => ({
  shape,
  dtype: "float32",
  element: (i) => data[i],
});

/** What a sample that follows from its places stands for. */
export function arrayOf({ shape, dtype, element }: Sample): Reference {
  return { shape, dtype, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => element(i, 0)) };
}

/** Shapes of x and w: few and many rows, more than one block, long sums, odd and empty extents, w of one number. */
export const shapes: readonly (readonly [x: readonly number[], w: readonly number[]])[] = [
  [
    [3, 5],
    [7, 5],
  ],
  [[5], [4, 5]],
  [
    [2, 3, 4],
    [9, 4],
  ],
  [
    [130, 3],
    [11, 3],
  ],
  [
    [17, 520],
    [13, 520],
  ],
  [
    [16, 9],
    [1, 9],
  ],
  [[20, 6], []],
  [[3, 5], []],
  [
    [0, 5],
    [3, 5],
  ],
  [
    [4, 0],
    [3, 0],
  ],
];

/** The inputs of a gradient worth timing, of no meaning: `width` features of 4096 rows. */
export const timed = (width: number, ...rest: readonly Sample[]): Sample[] => [
  ...[reals([4096, width]), reals([4096, width], 0, 1), reals([4096, 512]), reals([2048, 512])],
  ...rest,
];
