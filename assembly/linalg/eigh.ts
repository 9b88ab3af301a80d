/** Eigenvalues and eigenvectors of symmetric matrices: tridiagonal by reflections, diagonal by the implicit QL iteration. */
import { refused } from "./batch";
import { add, bytes, DOUBLE, LANES, loadOne, madd, nmadd, storeOne, sumLanes } from "../simd";
import { turn } from "../transposition";
import { accumulate, reflect, stepOf } from "./reflections";
import { apply, begin, clear, finish, hasRoom, rotate, SMALL } from "./rotations";
import { addMultiple, average, dot, orient } from "./rows";

/** QL iterations for one eigenvalue; 2 are usual. */
const MOST: i32 = 60;

/**
 * (A + Aᵀ) / 2 = V diag(w) Vᵀ: a [n, n] → w [n], ascending, v [n, n], an eigenvector a column, its largest element positive. Whether it was found:
 * NaN or infinity stand in its way. Scratch: two matrices, `rotations` bytes for a list of them, the rest as below.
 */
export function decompose(a: usize, w: usize, v: usize, n: i32, rotations: i32, scratch: usize): bool {
  const step = stepOf(n),
    x = scratch,
    z = x + bytes(n * step),
    list = z + bytes(n * step),
    d = list + rotations,
    e = d + 8 * n,
    free = e + 8 * n;
  turn(a, n, x, step, n, n, free);
  for (let i = 0; i < n; i++) average(a + bytes(i * n), x + bytes(i * step), n);
  tridiagonalize(x, step, n, d, e, free);
  accumulate(x, step, n, 1, free, z, free + bytes(n));
  clear(list, rotations);
  if (!iterate(d, e, n, list, z, bytes(step))) return false;
  apply(list, z, bytes(step), n);
  for (let i = 0; i < n; i++) {
    const smallest = smallestOf(d, n);
    store<real>(w + bytes(i), <real>load<f64>(d + 8 * smallest));
    store<f64>(d + 8 * smallest, Infinity);
    const row = x + bytes(i * step);
    memory.copy(row, z + bytes(smallest * step), bytes(n));
    orient(row, n);
  }
  turn(x, step, v, n, n, n, free);
  return true;
}

function smallestOf(d: usize, n: i32): i32 {
  let found = 0;
  for (let i = 1; i < n; i++) if (load<f64>(d + 8 * i) < load<f64>(d + 8 * found)) found = i;
  return found;
}

/**
 * A = Q T Qᵀ in place of x [n, n]: row i keeps, from column i + 2 on, the v of reflection i without its leading 1; T's diagonal goes to d, what is
 * beside it to e, τ to scratch [n]. What a reflection changes waits until the next one passes over the matrix.
 */
function tridiagonalize(x: usize, step: i32, n: i32, d: usize, e: usize, scratch: usize): void {
  const length = bytes(n + LANES);
  let v = scratch + length,
    p = v + length,
    lastV = p + length,
    lastP = lastV + length;
  memory.fill(v, 0, 4 * length);
  for (let i = 0; i < n; i++) {
    const from = bytes(i),
      row = x + bytes(i * step + i);
    addMultiple(lastP + from, -load<real>(lastV + from), row, n - i);
    addMultiple(lastV + from, -load<real>(lastP + from), row, n - i);
    store<f64>(d + 8 * i, load<real>(row));
    const rest = n - i - 1,
      next = from + bytes(1);
    if (rest == 0) return;
    const tau = reflect(row + bytes(1), rest);
    store<f64>(e + 8 * i, load<real>(row + bytes(1)));
    store<real>(scratch + from, tau);
    memory.copy(v + next, row + bytes(1), bytes(rest));
    store<real>(v + next, 1);
    for (let j = i + 1; j < n; j++) {
      const at = bytes(j);
      const sum = updateAndDot(
        x + bytes(j * step) + next,
        lastV + next,
        lastP + next,
        lastV + at,
        lastP + at,
        v + next,
        rest,
      );
      store<real>(p + at, tau * sum);
    }
    addMultiple(v + next, <real>-0.5 * tau * dot(p + next, v + next, rest), p + next, rest);
    const oldV = lastV,
      oldP = lastP;
    lastV = v;
    lastP = p;
    v = oldV;
    p = oldP;
  }
}

/** row [n] −= v · *a + p · *b … of the last reflection; Σ row · next. */
function updateAndDot(row: usize, v: usize, p: usize, vOwn: usize, pOwn: usize, next: usize, n: i32): real {
  const a = v128.load_splat<real>(pOwn),
    b = v128.load_splat<real>(vOwn);
  let sum = i32x4.splat(0);
  for (; n >= LANES; n -= LANES, row += 16, v += 16, p += 16, next += 16) {
    const y = nmadd(b, v128.load(p), nmadd(a, v128.load(v), v128.load(row)));
    v128.store(row, y);
    sum = madd(y, v128.load(next), sum);
  }
  for (; n > 0; n--, row += bytes(1), v += bytes(1), p += bytes(1), next += bytes(1)) {
    const y = nmadd(b, loadOne(p), nmadd(a, loadOne(v), loadOne(row)));
    storeOne(row, y);
    sum = madd(y, loadOne(next), sum);
  }
  return sumLanes(sum);
}

/** The diagonal becomes T's eigenvalues, the rotations being made of z's rows: the implicit QL iteration with Wilkinson's shift (Golub, Van Loan, section 8.3). */
function iterate(d: usize, e: usize, n: i32, list: usize, z: usize, step: usize): bool {
  for (let low = 0; low < n; low++) {
    for (let turn = 0; ; turn++) {
      const high = endOfBlock(d, e, low, n);
      if (high == low) break;
      if (turn == MOST) return false;
      if (!hasRoom(list, high - low)) apply(list, z, step, n);
      sweep(d, e, low, high, list);
    }
    if (!isFinite(load<f64>(d + 8 * low))) return false;
  }
  return true;
}

/** The last row of the block that begins at `low` and is not yet diagonal. */
function endOfBlock(d: usize, e: usize, low: i32, n: i32): i32 {
  let high = low;
  for (; high < n - 1; high++) {
    const size = abs(load<f64>(d + 8 * high)) + abs(load<f64>(d + 8 * (high + 1)));
    if (abs(load<f64>(e + 8 * high)) <= SMALL * size) break;
  }
  return high;
}

/** One QL step on rows low … high. */
function sweep(d: usize, e: usize, low: i32, high: i32, list: usize): void {
  const first = load<f64>(d + 8 * low),
    beside = load<f64>(e + 8 * low);
  const ratio = (load<f64>(d + 8 * (low + 1)) - first) / (2 * beside),
    root = sqrt(ratio * ratio + 1);
  let g = load<f64>(d + 8 * high) - first + beside / (ratio + (ratio < 0 ? -root : root)),
    s = 1.0,
    c = 1.0,
    p = 0.0;
  begin(list, high);
  for (let i = high - 1; i >= low; i--) {
    const at = e + 8 * i,
      own = d + 8 * i,
      f = s * load<f64>(at),
      b = c * load<f64>(at);
    let r = sqrt(f * f + g * g);
    store<f64>(at, r, 8);
    if (r == 0) {
      // Two blocks from here on.
      store<f64>(own, load<f64>(own, 8) - p, 8);
      store<f64>(e + 8 * high, 0);
      return finish(list);
    }
    s = f / r;
    c = g / r;
    g = load<f64>(own, 8) - p;
    r = (load<f64>(own) - g) * s + 2 * c * b;
    p = s * r;
    store<f64>(own, g + p, 8);
    g = c * r - b;
    rotate(list, c, s);
  }
  finish(list);
  store<f64>(d + 8 * low, load<f64>(d + 8 * low) - p);
  store<f64>(e + 8 * low, g);
  store<f64>(e + 8 * high, 0);
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
