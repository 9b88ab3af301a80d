/** Sums of rows: a product with few rows of C, read from B as it lies, where packing would cost as much as multiplying. */
import { madd } from "../simd";
import { bytes } from "./tile";

/** Columns that four rows of B keep in L1 while each row of A passes over them. */
const CHUNK: i32 = 512;

/**
 * c[i · cRow + j] = Σ a[i · aRow + p · aCol] · b[p · bRow + j] for i < m, j < n, p < k. The four rows of B of a turn lie a
 * quarter of all apart, as in dots.ts: 1024² out of the third cache 60 GB/s, as a plain read, where neighbours reach 35.
 */
export function sumRows(
  a: usize,
  aRow: i32,
  aCol: i32,
  b: usize,
  bRow: i32,
  c: usize,
  cRow: i32,
  m: i32,
  n: i32,
  k: i32,
): void {
  const quarter = k >> 2;
  for (let i = 0; i < m; i++) memory.fill(c + bytes(i * cRow), 0, bytes(n));
  for (let p = 0; p < quarter; p++) {
    turn(a + bytes(p * aCol), aRow, quarter * aCol, b + bytes(p * bRow), quarter * bRow, 4, c, cRow, m, n);
  }
  for (let p = quarter << 2; p < k; p++) {
    turn(a + bytes(p * aCol), aRow, 0, b + bytes(p * bRow), 0, 1, c, cRow, m, n);
  }
}

/** The share of one or four rows of B, aStep and bStep elements apart, in all of C. */
function turn(
  a: usize,
  aRow: i32,
  aStep: i32,
  b: usize,
  bStep: i32,
  count: i32,
  c: usize,
  cRow: i32,
  m: i32,
  n: i32,
): void {
  for (let j = 0; j < n; j += CHUNK) {
    const cols = min(n - j, CHUNK);
    for (let i = 0; i < m; i++) {
      const x = a + bytes(i * aRow),
        y = c + bytes(i * cRow + j);
      addRows(x, bytes(aStep), b + bytes(j), bytes(bStep), count, y, cols);
    }
  }
}

/** y[j] += Σ x[p] · b[p][j] over one or four rows of b, with steps in bytes. */
function addRows(x: usize, xStep: usize, b: usize, bStep: usize, count: i32, y: usize, n: i32): void {
  const whole = n & -4,
    rest = bytes(whole);
  if (count == 4) {
    addFour<Four>(x, xStep, b, bStep, y, whole);
    addFour<One>(x, xStep, b + rest, bStep, y + rest, n - whole);
  } else {
    addOne<Four>(x, b, y, whole);
    addOne<One>(x, b + rest, y + rest, n - whole);
  }
}

function addOne<L extends Lanes>(x: usize, b: usize, y: usize, n: i32): void {
  const l = changetype<L>(0);
  const x0 = v128.load32_splat(x);
  for (; n > 0; n -= l.count()) {
    l.store(y, madd(x0, l.load(b), l.load(y)));
    b += bytes(l.count());
    y += bytes(l.count());
  }
}

/** Two vectors at a time while there are so many: four spill on V8 11 (45 GB/s for 66). */
function addFour<L extends Lanes>(x: usize, xStep: usize, b: usize, bStep: usize, y: usize, n: i32): void {
  const l = changetype<L>(0);
  const x0 = v128.load32_splat(x),
    x1 = v128.load32_splat((x += xStep)),
    x2 = v128.load32_splat((x += xStep)),
    x3 = v128.load32_splat((x += xStep));
  let r1 = b + bStep,
    r2 = r1 + bStep,
    r3 = r2 + bStep;
  if (l.count() == 4) {
    for (; n >= 8; n -= 8) {
      let s = madd(x0, v128.load(b), v128.load(y)),
        t = madd(x0, v128.load(b, 16), v128.load(y, 16));
      s = madd(x1, v128.load(r1), s);
      t = madd(x1, v128.load(r1, 16), t);
      s = madd(x2, v128.load(r2), s);
      t = madd(x2, v128.load(r2, 16), t);
      v128.store(y, madd(x3, v128.load(r3), s));
      v128.store(y, madd(x3, v128.load(r3, 16), t), 16);
      b += 32;
      r1 += 32;
      r2 += 32;
      r3 += 32;
      y += 32;
    }
  }
  for (; n > 0; n -= l.count()) {
    let s = madd(x0, l.load(b), l.load(y));
    s = madd(x1, l.load(r1), s);
    s = madd(x2, l.load(r2), s);
    l.store(y, madd(x3, l.load(r3), s));
    const step = bytes(l.count());
    b += step;
    r1 += step;
    r2 += step;
    r3 += step;
    y += step;
  }
}

/** Four columns at a time, or one: a lane's bits are the same in both. */
abstract class Lanes {
  abstract count(): i32;
  abstract load(p: usize): v128;
  abstract store(p: usize, x: v128): void;
}
class Four extends Lanes {
  count(): i32 {
    return 4;
  }
  load(p: usize): v128 {
    return v128.load(p);
  }
  store(p: usize, x: v128): void {
    v128.store(p, x);
  }
}
class One extends Lanes {
  count(): i32 {
    return 1;
  }
  load(p: usize): v128 {
    return v128.load32_zero(p);
  }
  store(p: usize, x: v128): void {
    v128.store32_lane(p, x, 0);
  }
}
