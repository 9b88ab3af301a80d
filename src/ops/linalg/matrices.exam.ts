/** What the exams of linear algebra share: matrices by index, plain factorisations in float64, and samples that are well conditioned. */
import { array, type Case, type Reference, type Sample } from "../../exam.js";

export type Matrix = Float64Array[];

/** The matrices of x, as rows. */
export function matricesIn(x: Reference): Matrix[] {
  const [m, n] = x.shape.slice(-2);
  const count = x.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: m }, (_, row) => x.data.slice((i * m + row) * n, (i * m + row + 1) * n)),
  );
}

/** Matrices of one shape, [m, n] each, as an array. */
export function joined(
  batch: readonly number[],
  matrices: readonly Matrix[],
  m: number,
  n: number,
): Reference {
  const data = new Float64Array(matrices.length * m * n);
  matrices.forEach((matrix, i) => matrix.forEach((row, j) => data.set(row, (i * m + j) * n)));
  return { shape: [...batch, m, n], data };
}

/** f of each matrix of x, which makes an [m, n] matrix of it. */
export function eachMatrix(
  x: Reference,
  m: number,
  n: number,
  f: (matrix: Matrix, i: number) => Matrix,
): Reference {
  return joined(x.shape.slice(0, -2), matricesIn(x).map(f), m, n);
}

export const matrix = (m: number, n: number, element: (i: number, j: number) => number): Matrix =>
  Array.from({ length: m }, (_, i) => Float64Array.from({ length: n }, (_, j) => element(i, j)));

export const turned = (a: Matrix, cols = a[0]?.length ?? 0): Matrix =>
  matrix(cols, a.length, (i, j) => a[j][i]);

export const times = (a: Matrix, b: Matrix): Matrix =>
  matrix(a.length, b[0]?.length ?? 0, (i, j) => b.reduce((sum, row, p) => sum + a[i][p] * row[j], 0));

export const symmetricPart = (a: Matrix): Matrix =>
  matrix(a.length, a.length, (i, j) => (a[i][j] + a[j][i]) / 2);

/** L with L·Lᵀ = (A + Aᵀ) / 2. */
export function choleskyFactor(a: Matrix): Matrix {
  const l = matrix(a.length, a.length, () => 0);
  symmetricPart(a).forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let rest = row[j];
      for (let k = 0; k < j; k++) rest -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
    }
  });
  return l;
}

/** Gaussian elimination with partial pivoting: A⁻¹ B, and the rows' order, the factors in the place of A. */
export function eliminated(a: Matrix, b: Matrix): { x: Matrix; lu: Matrix; pivots: number[] } {
  const n = a.length;
  const lu = a.map((row) => row.slice());
  const x = b.map((row) => row.slice());
  const pivots: number[] = [];
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i][k]) > Math.abs(lu[pivot][k])) pivot = i;
    pivots.push(pivot);
    [lu[k], lu[pivot]] = [lu[pivot], lu[k]];
    [x[k], x[pivot]] = [x[pivot], x[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = (lu[i][k] /= lu[k][k]);
      for (let j = k + 1; j < n; j++) lu[i][j] -= factor * lu[k][j];
      for (let j = 0; j < x[i].length; j++) x[i][j] -= factor * x[k][j];
    }
  }
  for (let k = n - 1; k >= 0; k--)
    for (let j = 0; j < (x[k]?.length ?? 0); j++) {
      for (let i = k + 1; i < n; i++) x[k][j] -= lu[k][i] * x[i][j];
      x[k][j] /= lu[k][k];
    }
  return { x, lu, pivots };
}

/** A vector times the sign that makes its largest element positive. */
export function oriented(x: Float64Array): number {
  let most = 0;
  for (const value of x) if (Math.abs(value) > Math.abs(most)) most = value;
  return most < 0 ? -1 : 1;
}

/** Jacobi's method: columns of g become orthogonal, and those of v are turned alike (Golub, Van Loan, section 8.6). */
export function orthogonalized(columns: Matrix, others: Matrix): void {
  for (let turn = 0, worst = 1; turn < 60 && worst > 1e-16; turn++) {
    worst = 0;
    for (let i = 0; i < columns.length; i++)
      for (let j = i + 1; j < columns.length; j++) {
        let [a, b, c] = [0, 0, 0];
        columns[i].forEach((x, p) => {
          a += x * x;
          b += columns[j][p] ** 2;
          c += x * columns[j][p];
        });
        if (c === 0) continue;
        worst = Math.max(worst, Math.abs(c) / Math.sqrt(a * b));
        const zeta = (b - a) / (2 * c);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, t);
        for (const set of [columns, others]) {
          const [x, y] = [set[i], set[j]];
          set[i] = x.map((value, p) => cosine * (value - t * y[p]));
          set[j] = y.map((value, p) => cosine * (value + t * x[p]));
        }
      }
  }
}

/** A number as large as the largest of x, at each place of x: what errors of a matrix are measured against. */
export const sizes = (x: Reference, factor = 1): Reference => {
  const most = x.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return array(x.shape, () => factor * most);
};

/** Numbers in [−spread, spread), with diagonal(i) added at the main diagonal of each matrix. */
export function around(shape: readonly number[], diagonal: (i: number) => number, spread = 0.5): Sample {
  const [m, n] = shape.slice(-2);
  return {
    shape,
    dtype: "float32",
    element: (index, random) => {
      const at = index % (m * n);
      const onDiagonal = at % n === Math.floor(at / n);
      return (2 * random - 1) * spread + (onDiagonal ? diagonal(at % n) : 0);
    },
  };
}

/** Matrices that are far from singular. */
export const regular = (shape: readonly number[]): Sample =>
  around(shape, () => 2 + shape[shape.length - 1] / 8);

/** Orders at the edges of the blocks, alone and in a batch. */
export const orders = [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 65, 130];
export const batches = [[0], [2, 1], [3]];

export const shapesOf = (orders: readonly number[]): number[][] => [
  [0, 0],
  ...orders.map((n) => [n, n]),
  ...batches.map((batch) => [...batch, 5, 5]),
];

export const inputsOf = (...inputs: Sample[]): Case => ({ inputs });
