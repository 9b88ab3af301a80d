/** The QR factorisation by blocks of reflections, on the transpose, whose rows are A's columns. */
import { refused } from "./batch";
import { bytes } from "../simd";
import { turn } from "../transposition";
import { applyBlock, applyReflection, BLOCK, blockFactor, reflect, unpackBlock } from "./reflections";
import { scale } from "./rows";

/**
 * A = Q·R: a [m, n] → q [m, k] with orthonormal columns, r [k, n] upper triangular with a diagonal ≥ 0, k = min(m, n): 0, or one more than the
 * row where NaN or infinity stands on it. Scratch: Aᵀ, Qᵀ, then what these two need.
 */
export function factorQR(a: usize, q: usize, r: usize, m: i32, n: i32, scratch: usize): i32 {
  const k = min(m, n),
    w = scratch,
    z = w + bytes(n * m),
    free = z + bytes(k * m);
  turn(a, n, w, m, m, n, free);
  triangularize(w, z, m, n, free);
  turn(w, m, r, n, n, k, free);
  for (let i = 0; i < k; i++) {
    memory.fill(r + bytes(i * n), 0, bytes(i));
    const diagonal = load<real>(r + bytes(i * n + i));
    if (!isFinite(diagonal)) return i + 1;
    if (diagonal >= 0) continue;
    scale(r + bytes(i * n + i), -1, n - i);
    scale(z + bytes(i * m), -1, m);
  }
  turn(z, m, q, k, k, m, free);
  return 0;
}

/**
 * w [n, m] = Aᵀ becomes Rᵀ, and beyond its diagonal the reflections; z [k, m] = Qᵀ. Scratch: V, each block's T, every τ, then what a block's
 * product needs.
 */
export function triangularize(w: usize, z: usize, m: i32, n: i32, scratch: usize): void {
  const k = min(m, n),
    v = scratch,
    t = v + bytes(BLOCK * m),
    taus = t + bytes((k + BLOCK) * BLOCK),
    free = (taus + bytes(k) + 63) & ~63;
  for (let i = 0; i < k; i += BLOCK) {
    const count = min(k - i, BLOCK),
      corner = w + bytes(i * m + i),
      length = m - i,
      below = corner + bytes(count * m);
    for (let j = 0; j < count; j++) {
      const row = corner + bytes(j * m + j),
        tau = reflect(row, length - j);
      store<real>(taus + bytes(i + j), tau);
      for (let l = j + 1; l < count; l++) applyReflection(row, tau, row + bytes((l - j) * m), length - j);
    }
    unpackBlock(corner, m, count, length, v);
    blockFactor(v, taus + bytes(i), count, length, t + bytes(i * BLOCK), free);
    applyBlock(v, t + bytes(i * BLOCK), false, count, below, m, n - i - count, length, free);
  }
  // Q = H₁ … H_k times the first columns of I, from the last block on.
  memory.fill(z, 0, bytes(k * m));
  for (let i = 0; i < k; i++) store<real>(z + bytes(i * m + i), 1);
  for (let i = (k - 1) & -BLOCK; i >= 0; i -= BLOCK) {
    const count = min(k - i, BLOCK),
      at = bytes(i * m + i);
    unpackBlock(w + at, m, count, m - i, v);
    applyBlock(v, t + bytes(i * BLOCK), true, count, z + at, m, k - i, m - i, free);
  }
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
