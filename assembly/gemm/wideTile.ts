/** The microkernel of `lanewise/wide`: for engines that join two neighbouring vectors to one of 256 bits. */
import { add, madd, WORD } from "../simd";

/**
 * C = (more ? C : 0) + A·B for a panel a [k, 6], two panels b and d [k, NR] and c [6, 2 · NR], as by two tall tiles, to the bit. Joined, its
 * sums take twelve registers; a tall tile's take six, too few for two multiply-adds a cycle that last four. Not joined, they
 * spill. V8 joins what is stored side by side, back to the loads, if no store lies between these: so all of C is read before any is
 * written. 113 GFLOP/s for 85, without joining 40 for 57 (Zen 4).
 */
export function wideTile(a: usize, b: usize, d: usize, c: usize, cStep: usize, k: i32, more: bool): void {
  let c00 = i32x4.splat(0),
    c01 = c00,
    c02 = c00,
    c03 = c00,
    c10 = c00,
    c11 = c00,
    c12 = c00,
    c13 = c00,
    c20 = c00,
    c21 = c00,
    c22 = c00,
    c23 = c00,
    c30 = c00,
    c31 = c00,
    c32 = c00,
    c33 = c00,
    c40 = c00,
    c41 = c00,
    c42 = c00,
    c43 = c00,
    c50 = c00,
    c51 = c00,
    c52 = c00,
    c53 = c00;
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16),
      d0 = v128.load(d),
      d1 = v128.load(d, 16);
    let x = v128.load_splat<real>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    c02 = madd(x, d0, c02);
    c03 = madd(x, d1, c03);
    x = v128.load_splat<real>(a, WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    c12 = madd(x, d0, c12);
    c13 = madd(x, d1, c13);
    x = v128.load_splat<real>(a, 2 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    c22 = madd(x, d0, c22);
    c23 = madd(x, d1, c23);
    x = v128.load_splat<real>(a, 3 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    c32 = madd(x, d0, c32);
    c33 = madd(x, d1, c33);
    x = v128.load_splat<real>(a, 4 * WORD);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    c42 = madd(x, d0, c42);
    c43 = madd(x, d1, c43);
    x = v128.load_splat<real>(a, 5 * WORD);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    c52 = madd(x, d0, c52);
    c53 = madd(x, d1, c53);
    a += 6 * WORD;
    b += 32;
    d += 32;
  }
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep,
    c4 = c3 + cStep,
    c5 = c4 + cStep;
  if (more) {
    c00 = add(v128.load(c), c00);
    c01 = add(v128.load(c, 16), c01);
    c02 = add(v128.load(c, 32), c02);
    c03 = add(v128.load(c, 48), c03);
    c10 = add(v128.load(c1), c10);
    c11 = add(v128.load(c1, 16), c11);
    c12 = add(v128.load(c1, 32), c12);
    c13 = add(v128.load(c1, 48), c13);
    c20 = add(v128.load(c2), c20);
    c21 = add(v128.load(c2, 16), c21);
    c22 = add(v128.load(c2, 32), c22);
    c23 = add(v128.load(c2, 48), c23);
    c30 = add(v128.load(c3), c30);
    c31 = add(v128.load(c3, 16), c31);
    c32 = add(v128.load(c3, 32), c32);
    c33 = add(v128.load(c3, 48), c33);
    c40 = add(v128.load(c4), c40);
    c41 = add(v128.load(c4, 16), c41);
    c42 = add(v128.load(c4, 32), c42);
    c43 = add(v128.load(c4, 48), c43);
    c50 = add(v128.load(c5), c50);
    c51 = add(v128.load(c5, 16), c51);
    c52 = add(v128.load(c5, 32), c52);
    c53 = add(v128.load(c5, 48), c53);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c1, c12, 32);
  v128.store(c1, c13, 48);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c2, c22, 32);
  v128.store(c2, c23, 48);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
  v128.store(c3, c32, 32);
  v128.store(c3, c33, 48);
  v128.store(c4, c40);
  v128.store(c4, c41, 16);
  v128.store(c4, c42, 32);
  v128.store(c4, c43, 48);
  v128.store(c5, c50);
  v128.store(c5, c51, 16);
  v128.store(c5, c52, 32);
  v128.store(c5, c53, 48);
}
