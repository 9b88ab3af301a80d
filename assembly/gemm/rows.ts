/** Sums of rows: a product with few rows of C, read from B as it lies, where packing would cost as much as multiplying. */
import { bytes, LANES, loadOne, madd, storeOne } from "../simd";
import { Storage } from "../storage";

/** Columns that four rows of B keep in L1 while each row of A passes over them. */
const CHUNK: i32 = 512;

/**
 * c[i · cRow + j] = Σ a[i · aRow + p · aCol] · b[p · bRow + j] for i < m, j < n, p < k; b is of type S. The four rows of B of a turn lie a
 * quarter of all apart, as in dots.ts: 1024² out of the third cache 60 GB/s, as a plain read, where neighbours reach 35.
 */
export function sumRows<S extends Storage>(
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
  const size = changetype<S>(0).width();
  const quarter = k >> 2;
  for (let i = 0; i < m; i++) memory.fill(c + bytes(i * cRow), 0, bytes(n));
  for (let p = 0; p < quarter; p++) {
    turn<S>(
      a + bytes(p * aCol),
      aRow,
      quarter * aCol,
      b + size * (p * bRow),
      quarter * bRow,
      4,
      c,
      cRow,
      m,
      n,
    );
  }
  for (let p = quarter << 2; p < k; p++) {
    turn<S>(a + bytes(p * aCol), aRow, 0, b + size * (p * bRow), 0, 1, c, cRow, m, n);
  }
}

/** The share of one or four rows of B, aStep and bStep elements apart, in all of C. */
function turn<S extends Storage>(
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
  const size = changetype<S>(0).width();
  for (let j = 0; j < n; j += CHUNK) {
    const cols = min(n - j, CHUNK);
    for (let i = 0; i < m; i++) {
      const x = a + bytes(i * aRow),
        y = c + bytes(i * cRow + j);
      if (count == 4) addFour<S>(x, bytes(aStep), b + size * j, size * bStep, y, cols);
      else addOne<S>(x, b + size * j, y, cols);
    }
  }
}

/** y[j] += x[0] · b[j] */
function addOne<S extends Storage>(x: usize, b: usize, y: usize, n: i32): void {
  const s = changetype<S>(0);
  const x0 = v128.load_splat<real>(x);
  for (; n >= LANES; n -= LANES, y += 16) {
    v128.store(y, madd(x0, s.load(b), v128.load(y)));
    b += s.width() * LANES;
  }
  for (; n > 0; n--, y += bytes(1)) {
    storeOne(y, madd(x0, s.loadOne(b), loadOne(y)));
    b += s.width();
  }
}

/**
 * y[j] += Σ x[p] · b[p][j] over four rows of b, with steps in bytes. Two vectors at a time while there are so many: four spill
 * on V8 11 (45 GB/s for 66).
 */
function addFour<S extends Storage>(x: usize, xStep: usize, b: usize, bStep: usize, y: usize, n: i32): void {
  const s = changetype<S>(0),
    vector = s.width() * LANES;
  const x0 = v128.load_splat<real>(x),
    x1 = v128.load_splat<real>((x += xStep)),
    x2 = v128.load_splat<real>((x += xStep)),
    x3 = v128.load_splat<real>((x += xStep));
  let r1 = b + bStep,
    r2 = r1 + bStep,
    r3 = r2 + bStep;
  for (; n >= 2 * LANES; n -= 2 * LANES, y += 32) {
    let u = madd(x0, s.load(b), v128.load(y)),
      v = madd(x0, s.load(b + vector), v128.load(y, 16));
    u = madd(x1, s.load(r1), u);
    v = madd(x1, s.load(r1 + vector), v);
    u = madd(x2, s.load(r2), u);
    v = madd(x2, s.load(r2 + vector), v);
    v128.store(y, madd(x3, s.load(r3), u));
    v128.store(y, madd(x3, s.load(r3 + vector), v), 16);
    b += 2 * vector;
    r1 += 2 * vector;
    r2 += 2 * vector;
    r3 += 2 * vector;
  }
  for (; n > 0; n--, y += bytes(1)) {
    let u = madd(x0, s.loadOne(b), loadOne(y));
    u = madd(x1, s.loadOne(r1), u);
    u = madd(x2, s.loadOne(r2), u);
    storeOne(y, madd(x3, s.loadOne(r3), u));
    b += s.width();
    r1 += s.width();
    r2 += s.width();
    r3 += s.width();
  }
}
