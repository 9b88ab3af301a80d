/** Square systems by the LU factorisation, inverses and determinants; the grid is a batch of matrices. */
import { bytes, DOUBLE, log } from "../simd";
import { refused } from "./batch";
import { factor, solveFactors } from "./lu";

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

/** log det A of its factors; NaN if it is negative. The diagonal is multiplied in float64, with powers of two counted apart. */
export function logDeterminant(lu: usize, pivots: usize, n: i32): f64 {
  let product = 1.0,
    twos = 0,
    negative = false;
  for (let i = 0; i < n; i++) {
    const value = <f64>load<real>(lu + bytes(i * n + i));
    if (value < 0 != (load<i32>(pivots + 4 * i) != i)) negative = !negative;
    product *= abs(value);
    if (product < SMALLEST) {
      product *= LARGE;
      twos -= POWER;
    }
    const exponent = <i32>(reinterpret<u64>(product) >> 52) - BIAS;
    product = reinterpret<f64>(reinterpret<u64>(product) - ((<u64>exponent) << 52));
    twos += exponent;
  }
  return negative ? NaN : logOf(product) + twos * Math.LN2;
}

/** Below this a product, times LARGE = 2 ** POWER, is a normal number again. */
const SMALLEST: f64 = 2.2250738585072014e-308;
const LARGE: f64 = 1.8446744073709552e19;
const POWER: i32 = 64;
/** The exponent of 1. */
const BIAS: i32 = 1023;

function logOf(x: f64): f64 {
  return DOUBLE ? Math.log(x) : f32x4.extract_lane(log(f32x4.splat(<f32>x)), 0);
}
