/** Upper bidiagonal form by reflections from both sides (Golub, Van Loan, section 5.4). */
import { bytes, LANES, loadOne, madd, nmadd, storeOne } from "../simd";
import { reflect } from "./reflections";
import { addMultiple, dot, scale } from "./rows";

/**
 * X = U B Vᵀ for x [n, n]: B's diagonal goes to d, what is beside it to e (both float64). Row i of x keeps from column i + 2 on the v of the
 * reflection from the right, row i of u from column i + 1 on that of the one from the left, without their leading ones; τ in uTaus, vTaus [n]. What
 * the reflections change waits until the next ones pass over the matrix. Scratch: six vectors.
 */
export function bidiagonalize(
  x: usize,
  step: i32,
  n: i32,
  u: usize,
  d: usize,
  e: usize,
  uTaus: usize,
  vTaus: usize,
  scratch: usize,
): void {
  const length = bytes(n + LANES),
    y = scratch,
    z = y + length,
    v = z + length,
    sum = v + length;
  let left = sum + length,
    lastLeft = left + length;
  memory.fill(scratch, 0, 6 * length);
  for (let i = 0; i < n; i++) {
    const own = bytes(i),
      next = own + bytes(1),
      rest = n - i - 1,
      row = x + bytes(i * step),
      reflected = u + bytes(i * step);
    // Column i, with what waits for it, is what the left reflection is made of.
    for (let j = i; j < n; j++) {
      const at = bytes(j);
      const waits =
        load<real>(lastLeft + at) * load<real>(y + own) + load<real>(z + at) * load<real>(v + own);
      store<real>(reflected + at, load<real>(x + bytes(j * step + i)) - waits);
    }
    const tau = reflect(reflected + own, n - i);
    store<real>(uTaus + own, tau);
    store<f64>(d + 8 * i, load<real>(reflected + own));
    if (rest == 0) return;
    memory.copy(left + next, reflected + next, bytes(rest));
    store<real>(left + own, 1);
    memory.fill(sum, 0, length);
    for (let j = i; j < n; j++) {
      const at = bytes(j);
      updateAndAdd(
        x + bytes(j * step) + next,
        y + next,
        load<real>(lastLeft + at),
        v + next,
        load<real>(z + at),
        load<real>(left + at),
        sum + next,
        rest,
      );
    }
    scale(sum + next, tau, rest);
    addMultiple(sum + next, -1, row + next, rest);
    const vTau = reflect(row + next, rest);
    store<real>(vTaus + own, vTau);
    store<f64>(e + 8 * i, load<real>(row + next));
    memory.copy(v + next, row + next, bytes(rest));
    store<real>(v + next, 1);
    memory.copy(y + next, sum + next, bytes(rest));
    const shared = dot(y + next, v + next, rest);
    for (let j = i + 1; j < n; j++) {
      const at = bytes(j);
      const sum = dot(x + bytes(j * step) + next, v + next, rest) - load<real>(left + at) * shared;
      store<real>(z + at, vTau * sum);
    }
    const old = lastLeft;
    lastLeft = left;
    left = old;
  }
}

/** row [n] −= y · a + v · b; sum [n] += row · factor. */
function updateAndAdd(
  row: usize,
  y: usize,
  a: real,
  v: usize,
  b: real,
  factor: real,
  sum: usize,
  n: i32,
): void {
  const as = v128.splat<real>(a),
    bs = v128.splat<real>(b),
    factors = v128.splat<real>(factor);
  for (; n >= LANES; n -= LANES, row += 16, y += 16, v += 16, sum += 16) {
    const value = nmadd(bs, v128.load(v), nmadd(as, v128.load(y), v128.load(row)));
    v128.store(row, value);
    v128.store(sum, madd(factors, value, v128.load(sum)));
  }
  for (; n > 0; n--, row += bytes(1), y += bytes(1), v += bytes(1), sum += bytes(1)) {
    const value = nmadd(bs, loadOne(v), nmadd(as, loadOne(y), loadOne(row)));
    storeOne(row, value);
    storeOne(sum, madd(factors, value, loadOne(sum)));
  }
}
