/** Triangular systems, halved until a block is left, so that nearly all the work is matrix products. */
import { refused } from "./batch";
import { bandsOf } from "../gemm/bands";
import { Accumulate, Store } from "../gemm/epilogue";
import { multiply } from "../gemm/multiply";
import { Negated, Strided } from "../gemm/panels";
import { product } from "../gemm/product";
import { bytes, div, LANES, loadOne, nmadd, storeOne } from "../simd";
import { Reals } from "../storage";
import { subtract } from "./rows";

/** Rows of a block that is solved row by row. */
const BLOCK: i32 = 16;
/** Up to so many columns, a product is sums of dot products or of rows, into scratch. `src/ops/linalg/plans.ts` repeats it. */
const FEW: i32 = 15;

/** Half of n, in whole blocks. */
export function half(n: i32): i32 {
  return ((n + 2 * BLOCK - 1) / (2 * BLOCK)) * BLOCK;
}

/** C −= A·B: a(i, p) = a[i · aRow + p · aCol] [m, k], rows of b [k, n] and c [m, n] contiguous, bRow and cRow elements apart. */
export function subtractProduct(
  a: usize,
  aRow: i32,
  aCol: i32,
  b: usize,
  bRow: i32,
  c: usize,
  cRow: i32,
  m: i32,
  n: i32,
  k: i32,
  scratch: usize,
): void {
  if (n > FEW) {
    multiply<Negated, Strided<Reals>, Accumulate>(
      a,
      aRow,
      aCol,
      b,
      1,
      bRow,
      c,
      bytes(cRow),
      0,
      m,
      0,
      n,
      k,
      0,
      1,
      scratch,
    );
    return;
  }
  const free = scratch + ((bytes(m * n) + 63) & ~63);
  product<Reals, Store>(a, b, 0, 0, scratch, free, m, n, k, aRow, aCol, bRow, 1, 0, bandsOf(m, n));
  for (let i = 0; i < m; i++) subtract(scratch + bytes(i * n), c + bytes(i * cRow), n);
}

/**
 * X ← T⁻¹ X for x [n, cols] with rows xRow elements apart, T(i, p) = t[i · tRow + p · tCol] [n, n] lower or upper triangular, ones on its
 * diagonal if `unit`.
 */
export function solveTriangle(
  t: usize,
  tRow: i32,
  tCol: i32,
  lower: bool,
  unit: bool,
  x: usize,
  xRow: i32,
  n: i32,
  cols: i32,
  scratch: usize,
): void {
  if (n <= BLOCK) {
    // Upper: the last unknown first, with steps backwards.
    const last = n - 1,
      way = lower ? 1 : -1;
    const first = bytes(lower ? 0 : last * (tRow + tCol)),
      top = bytes(lower ? 0 : last * xRow);
    return substitute(
      t + first,
      bytes(way * tRow),
      bytes(way * tCol),
      unit,
      x + top,
      bytes(way * xRow),
      n,
      cols,
    );
  }
  const h = half(n),
    r = n - h;
  const corner = t + bytes(h * (tRow + tCol)),
    below = x + bytes(h * xRow);
  if (lower) {
    solveTriangle(t, tRow, tCol, lower, unit, x, xRow, h, cols, scratch);
    subtractProduct(t + bytes(h * tRow), tRow, tCol, x, xRow, below, xRow, r, cols, h, scratch);
    solveTriangle(corner, tRow, tCol, lower, unit, below, xRow, r, cols, scratch);
  } else {
    solveTriangle(corner, tRow, tCol, lower, unit, below, xRow, r, cols, scratch);
    subtractProduct(t + bytes(h * tCol), tRow, tCol, below, xRow, x, xRow, h, cols, r, scratch);
    solveTriangle(t, tRow, tCol, lower, unit, x, xRow, h, cols, scratch);
  }
}

/** The same row by row, each unknown from those before it; row, col and step are bytes. */
function substitute(
  t: usize,
  row: usize,
  col: usize,
  unit: bool,
  x: usize,
  step: usize,
  n: i32,
  cols: i32,
): void {
  for (; cols >= 4 * LANES; cols -= 4 * LANES, x += 64) substituteFour(t, row, col, unit, x, step, n);
  for (; cols >= LANES; cols -= LANES, x += 16) substituteOne(t, row, col, unit, x, step, n, true);
  for (; cols > 0; cols--, x += bytes(1)) substituteOne(t, row, col, unit, x, step, n, false);
}

/** One vector of columns, or one column. */
function substituteOne(
  t: usize,
  row: usize,
  col: usize,
  unit: bool,
  x: usize,
  step: usize,
  n: i32,
  whole: bool,
): void {
  for (let i = 0, y = x; i < n; i++, y += step, t += row) {
    let sum = whole ? v128.load(y) : loadOne(y),
      at = t;
    for (let p = 0, z = x; p < i; p++, z += step, at += col) {
      sum = nmadd(v128.load_splat<real>(at), whole ? v128.load(z) : loadOne(z), sum);
    }
    if (!unit) sum = div(sum, v128.load_splat<real>(at));
    if (whole) v128.store(y, sum);
    else storeOne(y, sum);
  }
}

/** Four vectors of columns. */
function substituteFour(t: usize, row: usize, col: usize, unit: bool, x: usize, step: usize, n: i32): void {
  for (let i = 0, y = x; i < n; i++, y += step, t += row) {
    let s0 = v128.load(y),
      s1 = v128.load(y, 16),
      s2 = v128.load(y, 32),
      s3 = v128.load(y, 48),
      at = t;
    for (let p = 0, z = x; p < i; p++, z += step, at += col) {
      const factor = v128.load_splat<real>(at);
      s0 = nmadd(factor, v128.load(z), s0);
      s1 = nmadd(factor, v128.load(z, 16), s1);
      s2 = nmadd(factor, v128.load(z, 32), s2);
      s3 = nmadd(factor, v128.load(z, 48), s3);
    }
    if (!unit) {
      const pivot = v128.load_splat<real>(at);
      s0 = div(s0, pivot);
      s1 = div(s1, pivot);
      s2 = div(s2, pivot);
      s3 = div(s3, pivot);
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
  }
}

/** X = T⁻¹ B for T [batch, n, n] as read by tRow and tCol, b, x [batch, n, cols]. */
export function triangularSolve(
  t: usize,
  b: usize,
  x: usize,
  scratch: usize,
  n: i32,
  cols: i32,
  tRow: i32,
  tCol: i32,
  lower: i32,
  unit: i32,
  begin: i32,
  end: i32,
): i32 {
  const size = bytes(n * cols);
  for (let i = begin; i < end; i++) {
    const own = t + bytes(i * n * n),
      to = x + size * i;
    if (!unit) {
      for (let row = 0; row < n; row++) {
        if (load<real>(own + bytes(row * (n + 1))) == 0) return refused(i, n, row + 1);
      }
    }
    memory.copy(to, b + size * i, size);
    solveTriangle(own, tRow, tCol, lower != 0, unit != 0, to, cols, n, cols, scratch);
  }
  return 0;
}
