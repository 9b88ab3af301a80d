/** Dot products: a product with few rows or few columns of C, where the many lines of one operand are contiguous. */
import { add, bytes, DOUBLE, LANES, loadOne, madd, swapHalves, WORD } from "../simd";
import { Storage } from "../storage";

/**
 * y[v · vStep + l · lStep] = Σ x[v · xAcross + p] · z[l · zAcross + p] for few vectors v and many lines l, p < k; the lines are of type S. The four
 * lines of a turn lie a quarter of all apart: memory is then read as four long streams, which the processor fetches ahead,
 * where four neighbours would end and begin anew with every turn. 1024² out of the third cache: 50 GB/s for 34.
 */
export function dots<S extends Storage>(
  x: usize,
  xAcross: i32,
  vectors: i32,
  z: usize,
  zAcross: i32,
  lines: i32,
  y: usize,
  vStep: i32,
  lStep: i32,
  k: i32,
): void {
  const quarter = (lines + 3) >> 2;
  const zBytes = changetype<S>(0).width() * zAcross,
    zFar = zBytes * quarter,
    vBytes = bytes(vStep),
    lBytes = bytes(lStep),
    lFar = lBytes * quarter;
  for (let turn = 0; turn < quarter; turn++) {
    const count = (lines - turn + quarter - 1) / quarter;
    const z1 = count > 1 ? z + zFar : z,
      z2 = count > 2 ? z1 + zFar : z1,
      z3 = count > 3 ? z2 + zFar : z2;
    for (let v = 0; v < vectors; v++) {
      dotFour<S>(x + bytes(xAcross * v), z, z1, z2, z3, y + vBytes * v, lFar, count, k);
    }
    z += zBytes;
    y += lBytes;
  }
}

/** x(line, p) = x[line · across + p · along] of type S, copied to rows of k reals. */
export function gatherLines<S extends Storage>(
  x: usize,
  across: i32,
  along: i32,
  lines: i32,
  k: i32,
  to: usize,
): void {
  const s = changetype<S>(0);
  for (let line = 0; line < lines; line++) {
    for (let p = 0; p < k; p++) {
      v128.store_lane<real>(to, s.loadOne(x + s.width() * (line * across + p * along)), 0);
      to += WORD;
    }
  }
}

/** x · z0, x · z1, x · z2, x · z3: the first `count` of them to y, `far` bytes apart. */
function dotFour<S extends Storage>(
  x: usize,
  z0: usize,
  z1: usize,
  z2: usize,
  z3: usize,
  y: usize,
  far: usize,
  count: i32,
  k: i32,
): void {
  const s = changetype<S>(0),
    vector = s.width() * LANES;
  let a0 = i32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0,
    b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0;
  for (; k >= 2 * LANES; k -= 2 * LANES) {
    let v = v128.load(x);
    a0 = madd(v, s.load(z0), a0);
    a1 = madd(v, s.load(z1), a1);
    a2 = madd(v, s.load(z2), a2);
    a3 = madd(v, s.load(z3), a3);
    v = v128.load(x, 16);
    b0 = madd(v, s.load(z0 + vector), b0);
    b1 = madd(v, s.load(z1 + vector), b1);
    b2 = madd(v, s.load(z2 + vector), b2);
    b3 = madd(v, s.load(z3 + vector), b3);
    x += 32;
    z0 += 2 * vector;
    z1 += 2 * vector;
    z2 += 2 * vector;
    z3 += 2 * vector;
  }
  for (; k >= LANES; k -= LANES) {
    const v = v128.load(x);
    a0 = madd(v, s.load(z0), a0);
    a1 = madd(v, s.load(z1), a1);
    a2 = madd(v, s.load(z2), a2);
    a3 = madd(v, s.load(z3), a3);
    x += 16;
    z0 += vector;
    z1 += vector;
    z2 += vector;
    z3 += vector;
  }
  for (; k > 0; k--) {
    const v = loadOne(x);
    a0 = madd(v, s.loadOne(z0), a0);
    a1 = madd(v, s.loadOne(z1), a1);
    a2 = madd(v, s.loadOne(z2), a2);
    a3 = madd(v, s.loadOne(z3), a3);
    x += WORD;
    z0 += s.width();
    z1 += s.width();
    z2 += s.width();
    z3 += s.width();
  }
  const s01 = sumTwo(add(a0, b0), add(a1, b1)),
    s23 = sumTwo(add(a2, b2), add(a3, b3));
  v128.store_lane<real>(y, s01, 0);
  if (count > 1) v128.store_lane<real>((y += far), s01, 1);
  if (count > 2) v128.store_lane<real>((y += far), s23, 0);
  if (count > 3) v128.store_lane<real>(y + far, s23, 1);
}

/** The sum of the lanes of a, then that of b, in the first two lanes. */
function sumTwo(a: v128, b: v128): v128 {
  if (DOUBLE) return add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  const ab = add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  return add(ab, swapHalves(ab));
}
