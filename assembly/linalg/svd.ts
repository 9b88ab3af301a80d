/** The singular value decomposition: triangular, then bidiagonal by reflections, then diagonal by the implicit QR iteration. */
import { bandsOf } from "../gemm/bands";
import { Store } from "../gemm/epilogue";
import { product } from "../gemm/product";
import { bytes } from "../simd";
import { Reals } from "../storage";
import { turn } from "../transposition";
import { refused } from "./batch";
import { bidiagonalize } from "./bidiagonal";
import { iterate } from "./golubKahan";
import { triangularize } from "./qr";
import { accumulate, stepOf } from "./reflections";
import { exchange, orient, scale } from "./rows";

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
