/** How a matrix product is divided and what it needs, from its sizes alone: the same for every binary. */

/** As in assembly/gemm/bands.ts, product.ts and multiply.ts. */
const ROWS = 12;
const COLS = 16;
export const FEW = 15;
const LONG = 65536;
export const NR = 8;
export const KC = 512;
export const MC = 120;
const NC = 1024;
export const EDGE = 192;
/** Bytes of a line of the cache, at which panels of B begin. */
export const LINE = 64;

/** The same for products of 8-bit integers, whose panels have at most ⌈k / 2⌉ words, and for sums of rows. */
export function gemmInt8(m: number, n: number, k: number): { grid: number; scratch: number } {
  const { grid } = gemm(m, n, k);
  const { scratch } = gemm(m + 2, n, Math.ceil(k / 2)); // the last panel may have up to five rows too many, not three
  return { grid, scratch: Math.max(scratch, 4 * m) };
}

/**
 * The grid of matmul, matmulBatched and linear for C [m, n] with sums over k, in bands of the longer side of C for each
 * index of the batch; and the scratch of one call, in bytes (of float32 at most 2.4 MB, or 4 MB with few rows or columns).
 * `size` is the bytes of an element.
 */
export function gemm(
  m: number,
  n: number,
  k: number,
  size = 4,
  batch = 1,
): { grid: number; scratch: number } {
  const bands = m >= n ? Math.ceil(m / ROWS) : Math.ceil(n / COLS);
  const aPanels = Math.min(k, KC) * Math.min(m + 3, MC); // the last panel may have up to three rows too many
  const bPanels = Math.min(k, KC) * Math.min(Math.ceil(n / NR) * NR, NC);
  const lines = Math.max(m <= FEW ? m : 0, n <= FEW ? n : 0) * Math.min(k, LONG);
  return { grid: batch * bands, scratch: Math.max(EDGE + LINE + size * (aPanels + bPanels), size * lines) };
}
