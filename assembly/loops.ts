/** Loops over elements, for a function given as a class: tails are handled once, here. */

/** A function of one vector. */
export abstract class Unary {
  abstract lanes(x: v128): v128;
}

/** A function of two vectors. */
export abstract class Binary {
  abstract lanes(x: v128, y: v128): v128;
}

/** y = F(x), element by element. x, y [n]; y may be x. */
export function map<F extends Unary>(x: usize, y: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n >= 16; n -= 16, x += 64, y += 64) {
    const y0 = f.lanes(v128.load(x));
    const y1 = f.lanes(v128.load(x, 16));
    const y2 = f.lanes(v128.load(x, 32));
    const y3 = f.lanes(v128.load(x, 48));
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, f.lanes(v128.load(x)));
  for (; n > 0; n--, x += 4, y += 4) v128.store_lane<f32>(y, f.lanes(v128.load32_zero(x)), 0);
}

/** z = F(x, y), element by element. x, y, z [n]; z may be x or y. */
export function zip<F extends Binary>(x: usize, y: usize, z: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n >= 16; n -= 16, x += 64, y += 64, z += 64) {
    const z0 = f.lanes(v128.load(x), v128.load(y));
    const z1 = f.lanes(v128.load(x, 16), v128.load(y, 16));
    const z2 = f.lanes(v128.load(x, 32), v128.load(y, 32));
    const z3 = f.lanes(v128.load(x, 48), v128.load(y, 48));
    v128.store(z, z0);
    v128.store(z, z1, 16);
    v128.store(z, z2, 32);
    v128.store(z, z3, 48);
  }
  for (; n >= 4; n -= 4, x += 16, y += 16, z += 16) v128.store(z, f.lanes(v128.load(x), v128.load(y)));
  for (; n > 0; n--, x += 4, y += 4, z += 4) {
    v128.store_lane<f32>(z, f.lanes(v128.load32_zero(x), v128.load32_zero(y)), 0);
  }
}
