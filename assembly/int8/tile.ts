/**
 * The microkernels of integer products: a tile of C, of i32, plus the products of one packed panel of A and one of B. A word of a
 * panel is four bytes or two 16-bit integers, neighbours along k; A has a word for each row, B one for each of 8 columns.
 */

import { dotBytes } from "../simd";

/** Columns of a tile. */
export const NR: i32 = 8;

/** Which of two operands has the bytes in [0, 127]. */
export abstract class Side {
  abstract dot(a: v128, b: v128, c: v128): v128;
}

export class InA extends Side {
  dot(a: v128, b: v128, c: v128): v128 {
    return dotBytes(b, a, c);
  }
}

export class InB extends Side {
  dot(a: v128, b: v128, c: v128): v128 {
    return dotBytes(a, b, c);
  }
}

/** c [6, 8] += A·B of k words of bytes: one instruction for 16 products where there is VNNI or SDOT. */
export function byteTile<S extends Side>(a: usize, b: usize, c: usize, cStep: usize, k: i32): void {
  const s = changetype<S>(0);
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep,
    c4 = c3 + cStep,
    c5 = c4 + cStep;
  let c00 = v128.load(c),
    c01 = v128.load(c, 16),
    c10 = v128.load(c1),
    c11 = v128.load(c1, 16),
    c20 = v128.load(c2),
    c21 = v128.load(c2, 16),
    c30 = v128.load(c3),
    c31 = v128.load(c3, 16),
    c40 = v128.load(c4),
    c41 = v128.load(c4, 16),
    c50 = v128.load(c5),
    c51 = v128.load(c5, 16);
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = s.dot(x, b0, c00);
    c01 = s.dot(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = s.dot(x, b0, c10);
    c11 = s.dot(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = s.dot(x, b0, c20);
    c21 = s.dot(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = s.dot(x, b0, c30);
    c31 = s.dot(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = s.dot(x, b0, c40);
    c41 = s.dot(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = s.dot(x, b0, c50);
    c51 = s.dot(x, b1, c51);
    a += 24;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
  v128.store(c4, c40);
  v128.store(c4, c41, 16);
  v128.store(c5, c50);
  v128.store(c5, c51, 16);
}

/** c [4, 8] += A·B of k words of two 16-bit integers: two instructions for 8 products everywhere. */
export function pairTile(a: usize, b: usize, c: usize, cStep: usize, k: i32): void {
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep;
  let c00 = v128.load(c),
    c01 = v128.load(c, 16),
    c10 = v128.load(c1),
    c11 = v128.load(c1, 16),
    c20 = v128.load(c2),
    c21 = v128.load(c2, 16),
    c30 = v128.load(c3),
    c31 = v128.load(c3, 16);
  for (; k > 0; k--) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(x, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(x, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(x, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(x, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(x, b1));
    a += 16;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}
