/** Constants of the transcendental functions, read from memory: V8 makes a constant in a loop anew at each use. */

/** Number i of a table in every lane. */
export function entry(table: usize, i: i32): v128 {
  return v128.load32_splat(table + ((<usize>i) << 2));
}

/** The same of float64. */
export function entry64(table: usize, i: i32): v128 {
  return v128.load64_splat(table + ((<usize>i) << 3));
}

/** The sign bit of x upon y ≥ 0. */
export function signed(y: v128, x: v128): v128 {
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}
