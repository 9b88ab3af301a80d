/** The Cholesky factor, halved until a block is left. */
import { refused } from "./batch";
import { mirror, multiplyUpper } from "../gemm/symmetric";
import { Negated } from "../gemm/panels";
import { bytes } from "../simd";
import { turn } from "../transposition";
import { addMultiple, average, scale } from "./rows";
import { half, solveTriangle } from "./triangle";

/** Rows of a block that is factored row by row. */
const BLOCK: i32 = 32;

/**
 * The lower triangular L with L·Lᵀ = (A + Aᵀ) / 2, a, l [n, n]: 0, or one more than the row at which that is not positive definite. By U
 * = Lᵀ, whose rows are contiguous where they are computed.
 */
export function choleskyFactor(a: usize, l: usize, n: i32, scratch: usize): i32 {
  const row = bytes(n);
  turn(a, n, l, n, n, n, scratch);
  for (let i = 0; i < n; i++) average(a + row * i + bytes(i), l + row * i + bytes(i), n - i);
  const pivot = factorUpper(l, n, n, scratch);
  if (pivot) return pivot;
  mirror(l, n, scratch);
  for (let i = 0; i + 1 < n; i++) memory.fill(l + row * i + bytes(i + 1), 0, bytes(n - i - 1));
  return 0;
}

/** U with Uᵀ·U = A in place of A's upper triangle, rows `step` elements apart. */
function factorUpper(a: usize, step: i32, n: i32, scratch: usize): i32 {
  if (n <= BLOCK) return factorRows(a, bytes(step), n);
  const h = half(n),
    r = n - h;
  const right = a + bytes(h),
    corner = right + bytes(h * step);
  let pivot = factorUpper(a, step, h, scratch);
  if (pivot) return pivot;
  solveTriangle(a, 1, step, true, false, right, step, h, r, scratch);
  multiplyUpper<Negated>(right, 1, step, corner, bytes(step), r, h, true, scratch);
  pivot = factorUpper(corner, step, r, scratch);
  return pivot ? pivot + h : 0;
}

/** The same row by row: each, divided by its pivot's root, is taken from those below; step is bytes. */
function factorRows(a: usize, step: usize, n: i32): i32 {
  for (let i = 0; i < n; i++, a += step + bytes(1)) {
    const pivot = load<real>(a);
    if (!(pivot > 0)) return i + 1;
    scale(a, 1 / sqrt<real>(pivot), n - i);
    for (let j = 1, y = a + step; j < n - i; j++, y += step) {
      addMultiple(a + bytes(j), -load<real>(a + bytes(j)), y + bytes(j), n - i - j);
    }
  }
  return 0;
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
