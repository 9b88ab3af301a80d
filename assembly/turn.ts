/** Sine and cosine of a part of a turn. */
import { select } from "./simd";

/** a · b + c, rounded twice whatever the binary. */
function twice(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** sin(2πu + by·π/2), 0 ≤ u < 1: polynomials (our own minimax fits) of f = 4u − the integer nearest to it. */
function turn(u: v128, by: i32): v128 {
  const magic = f32x4.splat(12582912);
  const t = twice(u, f32x4.splat(4), magic);
  const f = f32x4.sub(f32x4.mul(u, f32x4.splat(4)), f32x4.sub(t, magic));
  const z = f32x4.mul(f, f);
  const s = twice(twice(z, f32x4.splat(-0.0046859714), f32x4.splat(0.07971252)), z, f32x4.splat(-0.64596665));
  const c = twice(twice(z, f32x4.splat(0.0008944864), f32x4.splat(-0.020855596)), z, f32x4.splat(0.25366855));
  const sine = twice(f32x4.mul(s, z), f, f32x4.mul(f, f32x4.splat(1.5707964)));
  const cosine = twice(twice(c, z, f32x4.splat(-1.2337005)), z, f32x4.splat(1));
  const quarter = i32x4.add(t, i32x4.splat(by));
  const sign = v128.and(i32x4.shl(quarter, 30), i32x4.splat(0x80000000));
  return v128.xor(sign, select(cosine, sine, i32x4.shr_s(i32x4.shl(quarter, 31), 31)));
}

/** sin 2πu, 0 ≤ u < 1, with the same bits in both binaries; error ≤ 2.2 ULP. */
export function sinTurn(u: v128): v128 {
  return turn(u, 0);
}

/** cos 2πu, 0 ≤ u < 1, with the same bits in both binaries; error ≤ 1.9 ULP. */
export function cosTurn(u: v128): v128 {
  return turn(u, 1);
}
