/** Householder reflections H = I − τ v vᵀ of rows, alone and in blocks H₁ … H_b = I − Vᵀ T V (Schreiber, Van Loan, 1989). */
import { bandsOf } from "../gemm/bands";
import { Store } from "../gemm/epilogue";
import { product } from "../gemm/product";
import { bytes, DOUBLE } from "../simd";
import { Reals } from "../storage";
import { addMultiple, dot, largest, scale } from "./rows";
import { subtractProduct } from "./triangle";

/** Reflections in a block. `src/ops/linalg/plans.ts` repeats it. */
export const BLOCK: i32 = 32;

/** Squares add up well between these. */
const TINY: real = DOUBLE ? <real>1e-290 : <real>1e-30;
const HUGE: real = DOUBLE ? <real>1e300 : <real>1e38;

/** H x = (β, 0 …): x [n] becomes β and v without its leading 1; τ, which is 0 where there is nothing to reflect. */
export function reflect(x: usize, n: i32): real {
  const rest = dot(x + bytes(1), x + bytes(1), n - 1),
    first = load<real>(x),
    total = first * first + rest;
  if (!(total > TINY && total < HUGE)) {
    const most = largest(x, n);
    if (!(most != 1 && 1 / most < HUGE)) return 0;
    scale(x, 1 / most, n);
    const tau = reflect(x, n);
    store<real>(x, load<real>(x) * most);
    return tau;
  }
  if (rest == 0) return 0;
  const length = sqrt<real>(total),
    beta = first > 0 ? -length : length;
  scale(x + bytes(1), 1 / (first - beta), n - 1);
  store<real>(x, beta);
  return (beta - first) / beta;
}

/** y ← H y for y [n], by v without its leading 1. */
export function applyReflection(v: usize, tau: real, y: usize, n: i32): void {
  const factor = -tau * (load<real>(y) + dot(v + bytes(1), y + bytes(1), n - 1));
  store<real>(y, load<real>(y) + factor);
  addMultiple(v + bytes(1), factor, y + bytes(1), n - 1);
}

/** V [count, n] from rows of w, vRow elements apart, whose v begin at the diagonal, without their leading ones. */
export function unpackBlock(w: usize, wRow: i32, count: i32, n: i32, v: usize): void {
  for (let i = 0; i < count; i++, w += bytes(wRow), v += bytes(n)) {
    memory.fill(v, 0, bytes(i));
    store<real>(v + bytes(i), 1);
    memory.copy(v + bytes(i + 1), w + bytes(i + 1), bytes(n - i - 1));
  }
}

/** T [count, count], upper triangular, of V [count, n] and their τ. */
export function blockFactor(v: usize, taus: usize, count: i32, n: i32, t: usize, scratch: usize): void {
  const gram = scratch,
    free = scratch + bytes(BLOCK * BLOCK);
  product<Reals, Store>(v, v, 0, 0, gram, free, count, count, n, n, 1, 1, n, 0, bandsOf(count, count));
  for (let j = 0; j < count; j++) {
    const tau = load<real>(taus + bytes(j));
    for (let i = 0; i < j; i++) {
      let sum: real = 0;
      for (let p = i; p < j; p++)
        sum += load<real>(t + bytes(i * count + p)) * load<real>(gram + bytes(p * count + j));
      store<real>(t + bytes(i * count + j), -tau * sum);
    }
    store<real>(t + bytes(j * count + j), tau);
    for (let i = j + 1; i < count; i++) store<real>(t + bytes(i * count + j), 0);
  }
}

/** Y ← Y (I − Vᵀ T V), or by Tᵀ, for y [rows, n] with rows yRow elements apart. scratch: two of [rows, count], then that of a product. */
export function applyBlock(
  v: usize,
  t: usize,
  transposed: bool,
  count: i32,
  y: usize,
  yRow: i32,
  rows: i32,
  n: i32,
  scratch: usize,
): void {
  const size = (bytes(rows * count) + 63) & ~63;
  const x = scratch,
    z = x + size,
    free = z + size;
  const bands = bandsOf(rows, count),
    tRow = transposed ? 1 : count,
    tCol = transposed ? count : 1;
  product<Reals, Store>(y, v, 0, 0, x, free, rows, count, n, yRow, 1, 1, n, 0, bands);
  product<Reals, Store>(x, t, 0, 0, z, free, rows, count, count, count, 1, tRow, tCol, 0, bands);
  subtractProduct(z, count, 1, v, n, y, yRow, rows, n, count, free);
}

/** The rows of a work matrix for n columns lie so many elements apart: never 4 KB, where they would share one set of the first cache. */
export function stepOf(n: i32): i32 {
  return ((n + 15) & -16) + 16;
}

/** z [n, n] = (H₀ H₁ …)ᵀ, where row i of x [n, n] keeps the v of Hᵢ without its leading 1, which belongs to place i + skip. */
export function accumulate(
  x: usize,
  step: i32,
  n: i32,
  skip: i32,
  taus: usize,
  z: usize,
  scratch: usize,
): void {
  const v = scratch,
    t = v + bytes(BLOCK * n),
    free = (t + bytes(BLOCK * BLOCK) + 63) & ~63;
  memory.fill(z, 0, bytes(n * step));
  for (let i = 0; i < n; i++) store<real>(z + bytes(i * step + i), 1);
  for (let i = (n - 1 - skip) & -BLOCK; i >= 0; i -= BLOCK) {
    const rest = n - i - skip,
      count = min(rest, BLOCK);
    unpackBlock(x + bytes(i * step + i + skip), step, count, rest, v);
    blockFactor(v, taus + bytes(i), count, rest, t, free);
    applyBlock(v, t, true, count, z + bytes((i + skip) * (step + 1)), step, rest, rest, free);
  }
}
