/** Rotation of pairs of elements by angles that grow with their position. */
import { One, Span, Whole } from "./loops";
import { bytes, LANES, madd, mul, nmadd } from "./simd";

/**
 * y₁ = x₁ · cos − x₂ · sin and y₂ = x₂ · cos + x₁ · sin of the halves x₁, x₂ of each head. x, y [items, length, heads · 2 · half]; table
 * [length, 2 · half]: cosines, then sines; sign −1 turns back. The grid is items · length.
 */
export function rotary(
  x: usize,
  table: usize,
  y: usize,
  length: i32,
  heads: i32,
  half: i32,
  sign: f64,
  begin: i32,
  end: i32,
): void {
  const row = bytes(2 * half),
    whole = half & -LANES,
    tail = bytes(whole);
  for (let i = begin; i < end; i++) {
    const angles = table + row * (i % length);
    for (let h = 0; h < heads; h++) {
      const at = row * (i * heads + h);
      turn<Whole>(x + at, angles, y + at, bytes(half), whole, sign);
      turn<One>(x + at + tail, angles + tail, y + at + tail, bytes(half), half - whole, sign);
    }
  }
}

/** n pairs, their second elements `far` bytes behind the first ones, as sines behind cosines. */
function turn<S extends Span>(x: usize, cos: usize, y: usize, far: usize, n: i32, sign: f64): void {
  const s = changetype<S>(0),
    step = bytes(s.length()),
    signs = v128.splat<real>(<real>sign);
  for (; n > 0; n -= s.length(), x += step, cos += step, y += step) {
    const a = s.get(x),
      b = s.get(x + far),
      c = s.get(cos),
      t = mul(s.get(cos + far), signs);
    s.put(y, nmadd(b, t, mul(a, c)));
    s.put(y + far, madd(a, t, mul(b, c)));
  }
}
