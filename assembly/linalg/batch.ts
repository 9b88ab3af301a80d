/** Batches of matrices. */

/**
 * What a kernel returns where matrix `index` of a batch has no pivot at row `pivot − 1`, the matrices having n rows. `src/ops/linalg/plans.ts` reads
 * it.
 */
export function refused(index: i32, n: i32, pivot: i32): i32 {
  return index * (n + 1) + pivot;
}
