/** The microkernel: a tile of C as sums of products of one packed panel of A and one panel of B. */
import { add, FUSED, LANES, madd, WORD } from "../simd";

/** Columns of a tile. */
export const NR: i32 = 2 * LANES;
/** So many columns in whole tiles. */
export function roundUp(cols: i32): i32 {
  return (cols + NR - 1) & -NR;
}

/**
 * Rows of the tallest tile. With a fused multiply-add 6 × 8 is fastest on Zen 3 and Intel; without, each product
 * needs a register of its own and 6 × 8 falls from 39 to 25 GFLOP/s.
 */
export const MR: i32 = FUSED ? 6 : 4;

/** How many of `rows` rows go to tall tiles; the others, eight at most, go to short ones, so as to waste fewest. */
export function tallRows(rows: i32): i32 {
  if (!FUSED) return 0;
  const rest = rows % MR;
  if (rest == 0 || rest == 5) return rows;
  if (rest > 2 || rows < MR) return rows - rest;
  return rows - rest - MR;
}

/**
 * C = (more ? C : 0) + A·B for panels a [k, 6] and b [k, NR], and c [6, NR] with cStep bytes from row to row. Four terms a
 * turn: beside a busy neighbour on the same core, which leaves half the instructions of a cycle, one term a turn reached 31
 * GFLOP/s and four 38 (Zen 3); alone both reach 50. The exits between them also keep the compiler from mixing the terms,
 * which takes more registers than there are.
 */
export function tallTile(a: usize, b: usize, c: usize, cStep: usize, k: i32, more: bool): void {
  let c00 = i32x4.splat(0),
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
  while (k > 0) {
    let b0 = v128.load(b),
      b1 = v128.load(b, 16),
      x = v128.load_splat<real>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 2 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 3 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load_splat<real>(a, 4 * WORD);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load_splat<real>(a, 5 * WORD);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load_splat<real>(a, 6 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 7 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 8 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 9 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load_splat<real>(a, 10 * WORD);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load_splat<real>(a, 11 * WORD);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    if (k == 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    x = v128.load_splat<real>(a, 12 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 13 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 14 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 15 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load_splat<real>(a, 16 * WORD);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load_splat<real>(a, 17 * WORD);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    if (k == 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    x = v128.load_splat<real>(a, 18 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 19 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 20 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 21 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load_splat<real>(a, 22 * WORD);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load_splat<real>(a, 23 * WORD);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    a += 24 * WORD;
    b += 128;
    k -= 4;
  }
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep,
    c4 = c3 + cStep,
    c5 = c4 + cStep;
  if (more) {
    c00 = add(v128.load(c), c00);
    c01 = add(v128.load(c, 16), c01);
    c10 = add(v128.load(c1), c10);
    c11 = add(v128.load(c1, 16), c11);
    c20 = add(v128.load(c2), c20);
    c21 = add(v128.load(c2, 16), c21);
    c30 = add(v128.load(c3), c30);
    c31 = add(v128.load(c3, 16), c31);
    c40 = add(v128.load(c4), c40);
    c41 = add(v128.load(c4, 16), c41);
    c50 = add(v128.load(c5), c50);
    c51 = add(v128.load(c5, 16), c51);
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

/**
 * The same for a [k, 4] and c [4, NR]. V8 11 gains most by the four terms, 43 GFLOP/s for 36, and loses most without the exits: 26 with two
 * terms, for it keeps a register for each constant offset (Zen 4, plain). To V8 13 and 14 the four are as good as one.
 */
export function shortTile(a: usize, b: usize, c: usize, cStep: usize, k: i32, more: bool): void {
  let c00 = i32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00;
  while (k > 0) {
    let b0 = v128.load(b),
      b1 = v128.load(b, 16),
      x = v128.load_splat<real>(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 2 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 3 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load_splat<real>(a, 4 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 5 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 6 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 7 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (k == 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    x = v128.load_splat<real>(a, 8 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 9 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 10 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 11 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (k == 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    x = v128.load_splat<real>(a, 12 * WORD);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load_splat<real>(a, 13 * WORD);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load_splat<real>(a, 14 * WORD);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load_splat<real>(a, 15 * WORD);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    a += 16 * WORD;
    b += 128;
    k -= 4;
  }
  const c1 = c + cStep,
    c2 = c1 + cStep,
    c3 = c2 + cStep;
  if (more) {
    c00 = add(v128.load(c), c00);
    c01 = add(v128.load(c, 16), c01);
    c10 = add(v128.load(c1), c10);
    c11 = add(v128.load(c1, 16), c11);
    c20 = add(v128.load(c2), c20);
    c21 = add(v128.load(c2, 16), c21);
    c30 = add(v128.load(c3), c30);
    c31 = add(v128.load(c3, 16), c31);
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
