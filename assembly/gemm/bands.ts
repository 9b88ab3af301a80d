/** How the grid of a product C [m, n] is cut: into bands along the longer side of C. `src/ops/gemm.ts` repeats it. */

/** Rows or columns of C in one unit of the grid. */
const ROWS: i32 = 12;
const COLS: i32 = 16;

/** The units of one product. */
export function bandsOf(m: i32, n: i32): i32 {
  return m >= n ? (m + ROWS - 1) / ROWS : (n + COLS - 1) / COLS;
}

/** The rows and columns of the units [begin, end). */
export function firstRow(m: i32, n: i32, begin: i32): i32 {
  return m >= n ? begin * ROWS : 0;
}
export function lastRow(m: i32, n: i32, end: i32): i32 {
  return m >= n ? min(end * ROWS, m) : m;
}
export function firstCol(m: i32, n: i32, begin: i32): i32 {
  return m >= n ? 0 : begin * COLS;
}
export function lastCol(m: i32, n: i32, end: i32): i32 {
  return m >= n ? n : min(end * COLS, n);
}
