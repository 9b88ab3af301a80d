/** The singular value decomposition: triangular, then bidiagonal by reflections, then diagonal by the implicit QR iteration. */
import { bandsOf } from "../gemm/bands";
import { Store } from "../gemm/epilogue";
import { product } from "../gemm/product";
import { bytes, DOUBLE } from "../simd";
import { Reals } from "../storage";
import { turn } from "../transposition";
import { bidiagonalize } from "./bidiagonal";
import { triangularize } from "./qr";
import { accumulate, stepOf } from "./reflections";
import { apply, begin, clear, finish, hasRoom, rotate } from "./rotations";
import { exchange, orient, rotateRows, scale } from "./rows";

/** What is too small beside its neighbours to count. */
const SMALL: f64 = DOUBLE ? 1.1e-16 : 7e-9;
/** QR iterations for one singular value; 2 are usual. */
const MOST: i32 = 75;

/**
 * A = U diag(s) Vᵀ: a [m, n] → u [m, k], s [k], descending, vt [k, n], k = min(m, n), the largest element of each row of vt positive. Whether
 * it was found: NaN or infinity stand in its way. All by a matrix with as many rows as columns or more, A or Aᵀ.
 */
export function decomposeSingular(
  a: usize,
  u: usize,
  s: usize,
  vt: usize,
  m: i32,
  n: i32,
  rotations: i32,
  scratch: usize,
): bool {
  const k = min(m, n),
    p = max(m, n),
    step = stepOf(k),
    square = bytes(k * step);
  const w = scratch,
    q = w + bytes(k * p),
    x = (q + bytes(k * p) + 63) & ~63,
    reflections = x + square,
    left = reflections + square,
    right = left + square,
    list = right + square,
    d = list + 2 * rotations,
    e = d + 8 * k,
    uTaus = e + 8 * k,
    vTaus = uTaus + bytes(k),
    free = (vTaus + bytes(k) + 63) & ~63;
  if (m >= n) turn(a, n, w, m, m, n, free);
  else memory.copy(w, a, bytes(m * n));
  triangularize(w, q, p, k, free);
  turn(w, p, x, step, k, k, free);
  for (let i = 1; i < k; i++) memory.fill(x + bytes(i * step), 0, bytes(i));
  bidiagonalize(x, step, k, reflections, d, e, uTaus, vTaus, free);
  accumulate(reflections, step, k, 0, uTaus, left, free);
  accumulate(x, step, k, 1, vTaus, right, free);
  if (!iterate(d, e, k, list, rotations, left, right, step)) return false;
  sort(d, k, left, right, step);
  // The rows of Uᵀ of the tall matrix, in its place.
  product<Reals, Store>(left, q, 0, 0, w, free, k, p, k, step, 1, p, 1, 0, bandsOf(k, p));
  for (let i = 0; i < k; i++) {
    store<real>(s + bytes(i), <real>load<f64>(d + 8 * i));
    const tall = w + bytes(i * p),
      short = right + bytes(i * step);
    if (m >= n) scale(tall, orient(short, k), p);
    else scale(short, orient(tall, p), k);
  }
  if (m >= n) {
    turn(w, m, u, k, k, m, free);
    for (let i = 0; i < k; i++) memory.copy(vt + bytes(i * n), right + bytes(i * step), bytes(n));
  } else {
    turn(right, step, u, k, k, k, free);
    memory.copy(vt, w, bytes(k * n));
  }
  return true;
}

/** Singular values and their vectors, the largest first. */
function sort(d: usize, k: i32, left: usize, right: usize, step: i32): void {
  for (let i = 0; i < k; i++) {
    let largest = i;
    for (let j = i + 1; j < k; j++) if (load<f64>(d + 8 * j) > load<f64>(d + 8 * largest)) largest = j;
    const value = load<f64>(d + 8 * largest);
    store<f64>(d + 8 * largest, load<f64>(d + 8 * i));
    store<f64>(d + 8 * i, value);
    exchange(left + bytes(i * step), left + bytes(largest * step), k);
    exchange(right + bytes(i * step), right + bytes(largest * step), k);
  }
}

/** The Golub–Kahan iteration: the bidiagonal d, e becomes diagonal, none of it negative, the rotations being made of the rows of left and right. */
function iterate(
  d: usize,
  e: usize,
  k: i32,
  list: usize,
  rotations: i32,
  left: usize,
  right: usize,
  step: i32,
): bool {
  const rights = list + rotations,
    back = -bytes(step),
    end = bytes((k - 1) * step);
  clear(list, rotations);
  clear(rights, rotations);
  for (let high = k - 1; high >= 0; high--) {
    for (let turn = 0; ; turn++) {
      const low = startOfBlock(d, e, high);
      if (low == high) break;
      if (turn == MOST) return false;
      const zero = zeroIn(d, e, low, high);
      if (zero >= 0 || !hasRoom(list, high - low)) {
        apply(list, left + end, back, k);
        apply(rights, right + end, back, k);
      }
      if (zero == high) clearColumn(d, e, low, high, right, bytes(step), k);
      else if (zero >= 0) clearRow(d, e, zero, high, left, bytes(step), k);
      else sweep(d, e, low, high, k, list, rights);
    }
    const value = load<f64>(d + 8 * high);
    if (!isFinite(value)) return false;
  }
  apply(list, left + end, back, k);
  apply(rights, right + end, back, k);
  for (let i = 0; i < k; i++) {
    if (load<f64>(d + 8 * i) >= 0) continue;
    store<f64>(d + 8 * i, -load<f64>(d + 8 * i));
    scale(right + bytes(i * step), -1, k);
  }
  return true;
}

/** The first row of the block that ends at `high` and is not yet diagonal. */
function startOfBlock(d: usize, e: usize, high: i32): i32 {
  let low = high;
  for (; low > 0; low--) {
    const size = abs(load<f64>(d + 8 * low)) + abs(load<f64>(d + 8 * (low - 1)));
    if (abs(load<f64>(e + 8 * (low - 1))) > SMALL * size) continue;
    store<f64>(e + 8 * (low - 1), 0);
    break;
  }
  return low;
}

/** A row of the block whose diagonal element is 0 beside its neighbours, which becomes 0; or −1. */
function zeroIn(d: usize, e: usize, low: i32, high: i32): i32 {
  for (let i = high; i >= low; i--) {
    const size = (i < high ? abs(load<f64>(e + 8 * i)) : 0) + (i > low ? abs(load<f64>(e + 8 * (i - 1))) : 0);
    if (abs(load<f64>(d + 8 * i)) > SMALL * size) continue;
    store<f64>(d + 8 * i, 0);
    return i;
  }
  return -1;
}

/** Where the last diagonal element is 0: what is above it becomes 0, too, by rotations with each column before it. */
function clearColumn(d: usize, e: usize, low: i32, high: i32, right: usize, step: usize, k: i32): void {
  let f = load<f64>(e + 8 * (high - 1));
  store<f64>(e + 8 * (high - 1), 0);
  for (let j = high - 1; j >= low; j--) {
    const own = load<f64>(d + 8 * j),
      length = sqrt(own * own + f * f),
      c = length == 0 ? 1 : own / length,
      s = length == 0 ? 0 : f / length;
    store<f64>(d + 8 * j, length);
    if (j > low) {
      const above = load<f64>(e + 8 * (j - 1));
      f = -s * above;
      store<f64>(e + 8 * (j - 1), c * above);
    }
    rotateRows(right + step * j, right + step * high, c, s, k);
  }
}

/** Where another is 0: what is beside it becomes 0, too, by rotations with each row after it. */
function clearRow(d: usize, e: usize, zero: i32, high: i32, left: usize, step: usize, k: i32): void {
  let f = load<f64>(e + 8 * zero);
  store<f64>(e + 8 * zero, 0);
  for (let j = zero + 1; j <= high; j++) {
    const own = load<f64>(d + 8 * j),
      length = sqrt(own * own + f * f),
      c = length == 0 ? 1 : own / length,
      s = length == 0 ? 0 : f / length;
    store<f64>(d + 8 * j, length);
    if (j < high) {
      const beside = load<f64>(e + 8 * j);
      f = -s * beside;
      store<f64>(e + 8 * j, c * beside);
    }
    rotateRows(left + step * j, left + step * zero, c, s, k);
  }
}

/** One QR step on rows low … high with the shift that the last two rows suggest. */
function sweep(d: usize, e: usize, low: i32, high: i32, k: i32, lefts: usize, rights: usize): void {
  const last = load<f64>(d + 8 * high),
    before = load<f64>(d + 8 * (high - 1)),
    above = load<f64>(e + 8 * (high - 1)),
    first = load<f64>(d + 8 * low);
  const b = ((before + last) * (before - last) + above * above) / 2,
    c2 = last * above * (last * above),
    root = sqrt(b * b + c2),
    shift = c2 == 0 ? 0 : c2 / (b + (b < 0 ? -root : root));
  let f = (first + last) * (first - last) + shift,
    g = first * load<f64>(e + 8 * low);
  begin(lefts, k - 1 - low);
  begin(rights, k - 1 - low);
  for (let j = low; j < high; j++) {
    const dj = d + 8 * j,
      ej = e + 8 * j;
    let length = sqrt(f * f + g * g),
      c = length == 0 ? 1 : f / length,
      s = length == 0 ? 0 : g / length;
    if (j > low) store<f64>(ej - 8, length);
    f = c * load<f64>(dj) + s * load<f64>(ej);
    store<f64>(ej, c * load<f64>(ej) - s * load<f64>(dj));
    g = s * load<f64>(dj, 8);
    store<f64>(dj, c * load<f64>(dj, 8), 8);
    rotate(rights, c, s);
    length = sqrt(f * f + g * g);
    c = length == 0 ? 1 : f / length;
    s = length == 0 ? 0 : g / length;
    store<f64>(dj, length);
    f = c * load<f64>(ej) + s * load<f64>(dj, 8);
    store<f64>(dj, c * load<f64>(dj, 8) - s * load<f64>(ej), 8);
    if (j + 1 < high) {
      g = s * load<f64>(ej, 8);
      store<f64>(ej, c * load<f64>(ej, 8), 8);
    }
    rotate(lefts, c, s);
  }
  store<f64>(e + 8 * (high - 1), f);
  finish(lefts);
  finish(rights);
}
