/** The microkernel: a tile of C as sums of products of one packed panel of A and one panel of B. */
import { FUSED, madd } from "../simd";

/** Columns of a tile. */
export const NR: i32 = 8;
/**
 * Rows of the tallest tile. With a fused multiply-add 6 × 8 is fastest on Zen 3 and Intel; without, each product
 * needs a register of its own and 6 × 8 falls from 39 to 25 GFLOP/s.
 */
export const MR: i32 = FUSED ? 6 : 4;

/** So many floats in bytes. */
export function bytes(floats: i32): usize {
  return (<usize>floats) << 2;
}

/** How many of `rows` rows go to tall tiles; the others, eight at most, go to short ones, so as to waste fewest. */
export function tallRows(rows: i32): i32 {
  if (!FUSED) return 0;
  const rest = rows % MR;
  if (rest == 0 || rest == 5) return rows;
  if (rest > 2 || rows < MR) return rows - rest;
  return rows - rest - MR;
}

export abstract class Height {
  abstract tall(): bool;
}
export class Tall extends Height {
  tall(): bool {
    return FUSED;
  }
}
export class Short extends Height {
  tall(): bool {
    return false;
  }
}

/**
 * C = (add ? C : 0) + A·B for panels a [k, height] and b [k, 8], and c [height, 8] with cStep bytes from row to row.
 * Not unrolled along k: V8 11 keeps a register for each constant offset, and unrolling twice costs it 30 %.
 */
export function tile<H extends Height>(a: usize, b: usize, c: usize, cStep: usize, k: i32, add: bool): void {
  const tall = changetype<H>(0).tall();
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00,
    c40 = c00,
    c41 = c00,
    c50 = c00,
    c51 = c00;
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (tall) {
      x = v128.load32_splat(a, 16);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
      x = v128.load32_splat(a, 20);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += tall ? 24 : 16;
    b += NR << 2;
  }
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep,
    c4 = c3 + cStep,
    c5 = c4 + cStep;
  if (add) {
    c00 = f32x4.add(v128.load(c), c00);
    c01 = f32x4.add(v128.load(c, 16), c01);
    c10 = f32x4.add(v128.load(c1), c10);
    c11 = f32x4.add(v128.load(c1, 16), c11);
    c20 = f32x4.add(v128.load(c2), c20);
    c21 = f32x4.add(v128.load(c2, 16), c21);
    c30 = f32x4.add(v128.load(c3), c30);
    c31 = f32x4.add(v128.load(c3, 16), c31);
    if (tall) {
      c40 = f32x4.add(v128.load(c4), c40);
      c41 = f32x4.add(v128.load(c4, 16), c41);
      c50 = f32x4.add(v128.load(c5), c50);
      c51 = f32x4.add(v128.load(c5, 16), c51);
    }
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
  if (tall) {
    v128.store(c4, c40);
    v128.store(c4, c41, 16);
    v128.store(c5, c50);
    v128.store(c5, c51, 16);
  }
}
