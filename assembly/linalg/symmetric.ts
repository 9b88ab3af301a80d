/** Symmetric products. */
import { Negated, Strided } from "../gemm/panels";
import { mirror, multiplyUpper } from "../gemm/symmetric";
import { bytes } from "../simd";
import { Reals } from "../storage";

/** C = X·Xᵀ, X(i, p) = x[i · across + p · along] [n, k], in each of a batch: c [batch, n, n]. */
export function syrk(
  x: usize,
  c: usize,
  scratch: usize,
  n: i32,
  k: i32,
  across: i32,
  along: i32,
  begin: i32,
  end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const to = c + bytes(i * n * n);
    multiplyUpper<Strided<Reals>>(x + bytes(i * n * k), across, along, to, bytes(n), n, k, false, scratch);
    mirror(to, n, scratch);
  }
}

/** C += X·Xᵀ, or C −= X·Xᵀ, in place, for symmetric c [n, n]; the grid is 1. */
export function syrkUpdate(
  c: usize,
  x: usize,
  scratch: usize,
  n: i32,
  k: i32,
  across: i32,
  along: i32,
  subtracts: i32,
  begin: i32,
  end: i32,
): void {
  if (begin >= end) return;
  if (subtracts) multiplyUpper<Negated>(x, across, along, c, bytes(n), n, k, true, scratch);
  else multiplyUpper<Strided<Reals>>(x, across, along, c, bytes(n), n, k, true, scratch);
  mirror(c, n, scratch);
}
