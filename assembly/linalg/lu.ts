/** The LU factorisation with partial pivoting, halved until a panel of few columns is left; and systems solved by it. */
import { bytes, nmadd, SHIFT } from "../simd";
import { exchange } from "./rows";
import { half, solveTriangle, subtractProduct } from "./triangle";

/** Columns of a panel. It is factored in scratch, side by side: rows 4 KB apart share one set of the first cache. */
const PANEL: i32 = 16;
const WIDTH: usize = (<usize>PANEL) << SHIFT;

/**
 * P·A = L·U in place of a [m, n], m ≥ n, rows `step` elements apart: L below the diagonal, its ones left out. Row i was exchanged with
 * row pivots[i]. 0, or one more than the column without a pivot.
 */
export function factor(a: usize, step: i32, m: i32, n: i32, pivots: usize, scratch: usize): i32 {
  if (n <= PANEL) {
    copyPanel(a, bytes(step), scratch, WIDTH, m, bytes(n));
    const singular = factorPanel(scratch, m, n, pivots);
    copyPanel(scratch, WIDTH, a, bytes(step), m, bytes(n));
    return singular;
  }
  const h = half(n),
    r = n - h;
  const right = a + bytes(h),
    below = a + bytes(h * step),
    corner = right + bytes(h * step);
  let singular = factor(a, step, m, h, pivots, scratch);
  if (singular) return singular;
  exchangeAll(right, step, r, pivots, h);
  solveTriangle(a, step, 1, true, true, right, step, h, r, scratch);
  subtractProduct(below, step, 1, right, step, corner, step, m - h, r, h, scratch);
  const rest = pivots + 4 * h;
  singular = factor(corner, step, m - h, r, rest, scratch);
  if (singular) return singular + h;
  exchangeAll(below, step, h, rest, r);
  for (let i = 0; i < r; i++) store<i32>(rest + 4 * i, load<i32>(rest + 4 * i) + h);
  return 0;
}

function copyPanel(x: usize, xStep: usize, y: usize, yStep: usize, rows: i32, width: usize): void {
  for (; rows > 0; rows--, x += xStep, y += yStep) memory.copy(y, x, width);
}

/** The same for x [m, PANEL], of which n columns count. */
function factorPanel(x: usize, m: i32, n: i32, pivots: usize): i32 {
  const end = x + WIDTH * m,
    row = end; // the pivot's row, with zeros up to the pivot
  let pivot = largest(x, end);
  for (let i = 0; i < n; i++) {
    const own = x + WIDTH * i;
    const value = load<real>(pivot + bytes(i));
    if (!(abs<real>(value) > 0 && isFinite(value))) return i + 1;
    store<i32>(pivots + 4 * i, <i32>((pivot - x) / WIDTH));
    exchange(own, pivot, PANEL);
    memory.fill(row, 0, WIDTH);
    memory.copy(row + bytes(i + 1), own + bytes(i + 1), WIDTH - bytes(i + 1));
    pivot = eliminate(own + WIDTH, end, row, i, value);
  }
  return 0;
}

/** The row from x on that has the largest first number, NaN counting as such. */
function largest(x: usize, end: usize): usize {
  let most: real = -1,
    found = x;
  for (; x < end; x += WIDTH) {
    const value = abs<real>(load<real>(x));
    if (!(value <= most)) {
      most = value;
      found = x;
    }
  }
  return found;
}

/** Takes from each row of x … end the multiple of `row` that column i asks for, and keeps it there; the row that is largest in the next column. */
function eliminate(x: usize, end: usize, row: usize, i: i32, pivot: real): usize {
  const next = bytes(min(i + 1, PANEL - 1));
  let most: real = -1,
    found = x;
  for (; x < end; x += WIDTH) {
    const factor = load<real>(x + bytes(i)) / pivot,
      factors = v128.splat<real>(factor);
    for (let at: usize = 0; at < WIDTH; at += 64) {
      const y = x + at,
        z = row + at;
      v128.store(y, nmadd(factors, v128.load(z), v128.load(y)));
      v128.store(y, nmadd(factors, v128.load(z, 16), v128.load(y, 16)), 16);
      v128.store(y, nmadd(factors, v128.load(z, 32), v128.load(y, 32)), 32);
      v128.store(y, nmadd(factors, v128.load(z, 48), v128.load(y, 48)), 48);
    }
    store<real>(x + bytes(i), factor);
    const value = abs<real>(load<real>(x + next));
    if (!(value <= most)) {
      most = value;
      found = x;
    }
  }
  return found;
}

/** The exchanges of `count` rows, in their order, in cols columns of x. */
function exchangeAll(x: usize, step: i32, cols: i32, pivots: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const other = load<i32>(pivots + 4 * i);
    if (other != i) exchange(x + bytes(i * step), x + bytes(other * step), cols);
  }
}

/** X ← A⁻¹ X, or A⁻ᵀ X, for x [n, cols] and the factors of A [n, n]. */
export function solveFactors(
  lu: usize,
  pivots: usize,
  x: usize,
  n: i32,
  cols: i32,
  transposed: bool,
  scratch: usize,
): void {
  if (!transposed) {
    exchangeAll(x, cols, cols, pivots, n);
    solveTriangle(lu, n, 1, true, true, x, cols, n, cols, scratch);
    solveTriangle(lu, n, 1, false, false, x, cols, n, cols, scratch);
    return;
  }
  solveTriangle(lu, 1, n, true, false, x, cols, n, cols, scratch);
  solveTriangle(lu, 1, n, false, true, x, cols, n, cols, scratch);
  for (let i = n - 1; i >= 0; i--) {
    exchange(x + bytes(i * cols), x + bytes(load<i32>(pivots + 4 * i) * cols), cols);
  }
}
