/** One bias for all outputs. */
import { bytes } from "../simd";

/** The bytes of n reals, in whole lines of the cache. */
export function room(n: i32): usize {
  return (bytes(n) + 63) & ~63;
}

/** n times the first bias; none where it is 0. */
export function spread(bias: usize, n: i32, to: usize): usize {
  if (load<real>(bias) == 0) return 0;
  for (let i = 0; i < n; i++) store<real>(to + bytes(i), load<real>(bias));
  return to;
}
