/** Projections z = x · wᵀ of rows of x [rows, d] by w [D, d], block by block, so that what is made of them is made while they are in L2. */
import { dots } from "../gemm/dots";
import { Store } from "../gemm/epilogue";
import { KC, MC, multiply } from "../gemm/multiply";
import { Packed, Strided } from "../gemm/panels";
import { sumRows } from "../gemm/rows";
import { NR, roundUp } from "../gemm/tile";
import { bytes, loadPart, madd, storePart, sumLanes } from "../simd";
import { Reals } from "../storage";

/** Rows that are projected and then finished together: a block of the product. `src/ops/features/plans.ts` repeats it. */
export const BLOCK: i32 = MC;

/** How z comes about, as `src/ops/features/plans.ts` chooses: w is one number; by dot products with w as it lies; with w packed. */
const MULTIPLE: i32 = 0;
const AS_IT_LIES: i32 = 1;
const PACKED: i32 = 2;

/** From row to row of a block, in reals: whole cache lines. */
export function stepOf(D: i32): i32 {
  return (D + 15) & -16;
}

/** Elements that are added in float32 before they join a float64 total. */
export const RUN: i32 = 512;

/** Bytes of scratch for a product over k, and for a vector at its end. */
export function room(way: i32, k: i32): usize {
  return way == PACKED ? 256 + bytes(min(k, KC) * MC) : 64;
}

/** Packs w for `project`, where that is the way: what is left of scratch. */
export function packColumns(way: i32, w: usize, D: i32, d: i32, scratch: usize): usize {
  if (way != PACKED) return scratch;
  changetype<Strided<Reals>>(0).pack(w, d, 1, 0, D, NR, 0, d, scratch);
  return (scratch + bytes(roundUp(D) * d) + 63) & ~63;
}

/** z = x · wᵀ of `rows` rows, those of z stepOf(D) apart, with w as packColumns left it in `packed`. */
export function project(
  way: i32,
  x: usize,
  w: usize,
  packed: usize,
  z: usize,
  rows: i32,
  D: i32,
  d: i32,
  scratch: usize,
): void {
  const step = stepOf(D);
  if (way == MULTIPLE) {
    for (; rows > 0; rows--, x += bytes(d), z += bytes(step)) scaleRow(x, w, 0, 0, z, D);
  } else if (way == AS_IT_LIES) {
    dots<Reals>(x, d, rows, w, d, D, z, step, 1, d);
  } else {
    multiply<Strided<Reals>, Packed, Store>(x, d, 1, packed, 0, d, z, bytes(step), 0, rows, 0, D, d, 0, 0, scratch); // prettier-ignore
  }
}

/** Packs w for `projectBack`. */
export function packRows(way: i32, w: usize, D: i32, d: i32, scratch: usize): usize {
  if (way != PACKED) return scratch;
  changetype<Strided<Reals>>(0).pack(w, 1, d, 0, d, NR, 0, D, scratch);
  return (scratch + bytes(roundUp(d) * D) + 63) & ~63;
}

/** dx = dz · w + s · x of `rows` rows, those of dz stepOf(D) apart, s one number for each. */
export function projectBack(
  way: i32,
  dz: usize,
  w: usize,
  packed: usize,
  x: usize,
  s: usize,
  dx: usize,
  rows: i32,
  D: i32,
  d: i32,
  scratch: usize,
): void {
  const step = stepOf(D);
  if (way == MULTIPLE) {
    for (let i = 0; i < rows; i++)
      scaleRow(dz + bytes(step * i), w, x + bytes(d * i), s + bytes(i), dx + bytes(d * i), d);
    return;
  }
  if (way == AS_IT_LIES) sumRows<Reals>(dz, step, 1, w, d, dx, d, rows, d, D);
  else multiply<Strided<Reals>, Packed, Store>(dz, step, 1, packed, 0, D, dx, bytes(d), 0, rows, 0, d, D, 0, 0, scratch); // prettier-ignore
  for (let i = 0; i < rows; i++) {
    if (load<f32>(s + bytes(i)) != 0) addRow(x + bytes(d * i), s + bytes(i), dx + bytes(d * i), d);
  }
}

/** y = a · x + b · v, n elements, a and b one number each; without v: a · x. */
function scaleRow(x: usize, a: usize, v: usize, b: usize, y: usize, n: i32): void {
  const first = v128.load32_splat(a),
    second = v ? v128.load32_splat(b) : i32x4.splat(0);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    let product = f32x4.mul(n >= 4 ? v128.load(x) : loadPart(x, n), first);
    if (v) {
      product = madd(n >= 4 ? v128.load(v) : loadPart(v, n), second, product);
      v += 16;
    }
    if (n >= 4) v128.store(y, product);
    else storePart(y, product, n);
  }
}

/** y += b · x */
function addRow(x: usize, b: usize, y: usize, n: i32): void {
  const factor = v128.load32_splat(b);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    if (n >= 4) v128.store(y, madd(v128.load(x), factor, v128.load(y)));
    else storePart(y, madd(loadPart(x, n), factor, loadPart(y, n)), n);
  }
}

/** ‖x‖² / 2 of a row. */
export function halfSquare(x: usize, d: i32): f64 {
  let total = 0.0;
  while (d > 0) {
    let sum = f32x4.splat(0),
      n = min(d, RUN);
    d -= n;
    for (; n >= 4; n -= 4, x += 16) {
      const v = v128.load(x);
      sum = madd(v, v, sum);
    }
    if (n > 0) {
      const v = loadPart(x, n);
      sum = madd(v, v, sum);
    }
    total += sumLanes(sum);
  }
  return total / 2;
}
