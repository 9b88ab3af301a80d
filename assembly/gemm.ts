/** Matrix products, batched and with a bias and an activation. */
import { Activate, Store } from "./gemm/epilogue";
import { product, productBatched } from "./gemm/product";
import { Reals } from "./storage";
import { Brains, Halves } from "./storage/reals";

/** C = A·B, A(i, p) = a[i·aRow + p·aCol] [m, k], B(p, j) = b[p·bRow + j·bCol] [k, n] → c [m, n]. */
export function matmul(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  product<Reals, Store>(a, b, 0, 0, c, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmul for each index of a batch; layout [rank, then innermost first: extent, aStride, bStride], c [...batch, m, n]. */
export function matmulBatched(
  a: usize,
  b: usize,
  c: usize,
  layout: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  productBatched<Reals>(a, b, c, layout, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** y = activation(x·w + bias), x [m, k], w [k, n], bias [n] → y [m, n]; activation 0 none, 1 relu, 2 tanh, 3 sigmoid. */
export function linear(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  product<Reals, Activate>(x, w, bias, activation, y, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmul for b of float16. */
export function matmulHalf(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  product<Halves, Store>(a, b, 0, 0, c, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmul for b of bfloat16. */
export function matmulBrain(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  product<Brains, Store>(a, b, 0, 0, c, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmulBatched for b of float16. */
export function matmulBatchedHalf(
  a: usize,
  b: usize,
  c: usize,
  layout: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  productBatched<Halves>(a, b, c, layout, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmulBatched for b of bfloat16. */
export function matmulBatchedBrain(
  a: usize,
  b: usize,
  c: usize,
  layout: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  productBatched<Brains>(a, b, c, layout, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}
