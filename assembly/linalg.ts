/** Factorisations of matrices, and systems solved by them; the grid is a batch of matrices. What is refused: see refused(). */
import { bytes } from "./simd";
import { choleskyFactor } from "./linalg/cholesky";
import { decompose } from "./linalg/eigh";
import { factor, logDeterminant, solveFactors } from "./linalg/lu";
import { factorQR } from "./linalg/qr";
import { decomposeSingular } from "./linalg/svd";
import { solveTriangle } from "./linalg/triangle";
import { Negated, Strided } from "./gemm/panels";
import { mirror, multiplyUpper } from "./gemm/symmetric";
import { Reals } from "./storage";

/** What a kernel returns where matrix `index` of a batch has no pivot at row `pivot − 1`. */
function refused(index: i32, n: i32, pivot: i32): i32 {
  return index * (n + 1) + pivot;
}

/** L·Lᵀ = (A + Aᵀ) / 2: a, l [batch, n, n]. */
export function cholesky(a: usize, l: usize, scratch: usize, n: i32, begin: i32, end: i32): i32 {
  for (let i = begin; i < end; i++) {
    const at = bytes(i * n * n);
    const pivot = choleskyFactor(a + at, l + at, n, scratch);
    if (pivot) return refused(i, n, pivot);
  }
  return 0;
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

/** X = A⁻¹ B, with the factors of A: a, lu [batch, n, n], b, x [batch, n, cols], pivots [batch, n]. */
export function solve(
  a: usize,
  b: usize,
  x: usize,
  lu: usize,
  pivots: usize,
  scratch: usize,
  n: i32,
  cols: i32,
  begin: i32,
  end: i32,
): i32 {
  const square = bytes(n * n),
    size = bytes(n * cols);
  for (let i = begin; i < end; i++) {
    const own = lu + square * i,
      exchanges = pivots + 4 * n * i,
      to = x + size * i;
    memory.copy(own, a + square * i, square);
    const pivot = factor(own, n, n, n, exchanges, scratch);
    if (pivot) return refused(i, n, pivot);
    memory.copy(to, b + size * i, size);
    solveFactors(own, exchanges, to, n, cols, false, scratch);
  }
  return 0;
}

/** X = A⁻¹ B or A⁻ᵀ B by the factors of A; a itself is not read. */
export function solveFactored(
  a: usize,
  lu: usize,
  pivots: usize,
  b: usize,
  x: usize,
  scratch: usize,
  n: i32,
  cols: i32,
  transposed: i32,
  begin: i32,
  end: i32,
): void {
  const size = bytes(n * cols);
  for (let i = begin; i < end; i++) {
    memory.copy(x + size * i, b + size * i, size);
    solveFactors(lu + bytes(i * n * n), pivots + 4 * n * i, x + size * i, n, cols, transposed != 0, scratch);
  }
}

/** Y = A⁻¹: a, y [batch, n, n]. */
export function inverse(a: usize, y: usize, scratch: usize, n: i32, begin: i32, end: i32): i32 {
  const square = bytes(n * n),
    pivots = scratch + ((square + 63) & ~63),
    free = pivots + ((4 * n + 63) & ~63);
  for (let i = begin; i < end; i++) {
    const to = y + square * i;
    memory.copy(scratch, a + square * i, square);
    const pivot = factor(scratch, n, n, n, pivots, free);
    if (pivot) return refused(i, n, pivot);
    memory.fill(to, 0, square);
    for (let row = 0; row < n; row++) store<real>(to + bytes(row * (n + 1)), 1);
    solveFactors(scratch, pivots, to, n, n, false, free);
  }
  return 0;
}

/** log det A, with the factors of A: y [batch]. As if without a pivot at row n where it is negative. */
export function logdet(
  a: usize,
  y: usize,
  lu: usize,
  pivots: usize,
  scratch: usize,
  n: i32,
  begin: i32,
  end: i32,
): i32 {
  const square = bytes(n * n);
  for (let i = begin; i < end; i++) {
    const own = lu + square * i,
      exchanges = pivots + 4 * n * i;
    memory.copy(own, a + square * i, square);
    const pivot = factor(own, n, n, n, exchanges, scratch);
    if (pivot) return refused(i, n, pivot);
    const value = <real>logDeterminant(own, exchanges, n);
    if (isNaN(value)) return refused(i, n, n + 1);
    store<real>(y + bytes(i), value);
  }
  return 0;
}

/** A = Q·R: a [batch, m, n] → q [batch, m, k], r [batch, k, n], k = min(m, n). */
export function qr(a: usize, q: usize, r: usize, scratch: usize, m: i32, n: i32, begin: i32, end: i32): i32 {
  const k = min(m, n);
  for (let i = begin; i < end; i++) {
    const pivot = factorQR(a + bytes(i * m * n), q + bytes(i * m * k), r + bytes(i * k * n), m, n, scratch);
    if (pivot) return refused(i, n, pivot);
  }
  return 0;
}

/** (A + Aᵀ) / 2 = V diag(w) Vᵀ: a, v [batch, n, n], w [batch, n]. As if without a pivot at row 0 where it does not converge. */
export function eigh(
  a: usize,
  w: usize,
  v: usize,
  scratch: usize,
  n: i32,
  rotations: i32,
  begin: i32,
  end: i32,
): i32 {
  for (let i = begin; i < end; i++) {
    const at = bytes(i * n * n);
    if (!decompose(a + at, w + bytes(i * n), v + at, n, rotations, scratch)) return refused(i, n, 1);
  }
  return 0;
}

/** A = U diag(s) Vᵀ: a [batch, m, n] → u [batch, m, k], s [batch, k], vt [batch, k, n], k = min(m, n). Refused like eigh. */
export function svd(
  a: usize,
  u: usize,
  s: usize,
  vt: usize,
  scratch: usize,
  m: i32,
  n: i32,
  rotations: i32,
  begin: i32,
  end: i32,
): i32 {
  const k = min(m, n);
  for (let i = begin; i < end; i++) {
    const from = a + bytes(i * m * n),
      to = u + bytes(i * m * k);
    if (!decomposeSingular(from, to, s + bytes(i * k), vt + bytes(i * k * n), m, n, rotations, scratch)) {
      return refused(i, n, 1);
    }
  }
  return 0;
}

/** C = X·Xᵀ, X(i, p) = x[i · across + p · along] [n, k], in each of a batch: c [batch, n, n]. */
export function syrk(
  x: usize,
  c: usize,
  scratch: usize,
  n: i32,
  k: i32,
  across: i32,
  along: i32,
  begin: i32,
  end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const to = c + bytes(i * n * n);
    multiplyUpper<Strided<Reals>>(x + bytes(i * n * k), across, along, to, bytes(n), n, k, false, scratch);
    mirror(to, n, scratch);
  }
}

/** C += X·Xᵀ, or C −= X·Xᵀ, in place, for symmetric c [n, n]; the grid is 1. */
export function syrkUpdate(
  c: usize,
  x: usize,
  scratch: usize,
  n: i32,
  k: i32,
  across: i32,
  along: i32,
  subtracts: i32,
  begin: i32,
  end: i32,
): void {
  if (begin >= end) return;
  if (subtracts) multiplyUpper<Negated>(x, across, along, c, bytes(n), n, k, true, scratch);
  else multiplyUpper<Strided<Reals>>(x, across, along, c, bytes(n), n, k, true, scratch);
  mirror(c, n, scratch);
}
