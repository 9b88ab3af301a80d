/** Products for attention: packed rows by one panel of eight columns, which stays where it is until the next product takes it. */
import { bytes, FUSED, storePart } from "../simd";
import { packRows } from "../gemm/multiply";
import { Strided } from "../gemm/panels";
import { MR, shortTile, tallRows, tallTile } from "../gemm/tile";
import { Reals } from "../storage";

/** Columns of a panel, and the bytes of one of its rows. */
export const COLUMNS: i32 = 8;
export const ROW: usize = 32;

/** Rows of the other side that are taken together: their products with a panel stay in the first cache. */
export const CHUNK: i32 = 192;

/** Rows as the tiles write them: up to five more than there are. */
export function roundRows(rows: i32): i32 {
  return rows + 5;
}

/** Bytes of packed rows. */
export function packedBytes(rows: i32, k: i32): usize {
  return bytes((rows + 3) * k);
}

/** Bytes of `rows` rows of k elements packed chunk by chunk. */
export function chunksBytes(rows: i32, k: i32): usize {
  return bytes((rows + 3 * ((rows + CHUNK - 1) / CHUNK)) * k);
}
/** Bytes of `lines` lines of k elements packed in chunks along k. */
export function linesBytes(lines: i32, k: i32): usize {
  return packedBytes(lines, k);
}

/** Where chunk `c` of such packed rows begins. */
export function chunkAt(packed: usize, c: i32, k: i32): usize {
  return packed + packedBytes(CHUNK, k) * c;
}
export function linesAt(packed: usize, c: i32, lines: i32): usize {
  return packed + packedBytes(lines, CHUNK) * c;
}

/** Rows of k elements, element (row, p) at x[row · across + p · along], packed in chunks of CHUNK along k: chunk after chunk. */
export function packChunks(x: usize, across: i32, along: i32, rows: i32, k: i32, panels: usize): void {
  for (let p = 0; p < k; p += CHUNK) {
    const depth = min(k - p, CHUNK);
    packRows<Strided<Reals>>(x, across, along, 0, rows, p, depth, panels);
    panels += packedBytes(rows, depth);
  }
}

/** Rows in chunks of CHUNK: chunk after chunk. */
export function packChunksOfRows(x: usize, across: i32, rows: i32, k: i32, panels: usize): void {
  for (let i = 0; i < rows; i += CHUNK) {
    const count = min(rows - i, CHUNK);
    packRows<Strided<Reals>>(x + bytes(across * i), across, 1, 0, count, 0, k, panels);
    panels += packedBytes(count, k);
  }
}

/** Up to eight lines of k elements as a panel [k, 8], times `scale`. */
export function packColumns(x: usize, across: i32, lines: i32, k: i32, scale: f32, panel: usize): void {
  changetype<Strided<Reals>>(0).pack(x, across, 1, 0, lines, COLUMNS, 0, k, panel);
  if (scale == 1) return;
  const s = f32x4.splat(scale);
  for (let p = panel, end = panel + ROW * k; p < end; p += 16) v128.store(p, f32x4.mul(v128.load(p), s));
}

/**
 * c [live, 8] = (add ? c : 0) + a · b: the first `live` of `rows` rows packed `depth` deep, of which the first k terms count; b [k, 8]. c has
 * room for MR − 1 more.
 */
export function multiplyPanel(
  a: usize,
  rows: i32,
  depth: i32,
  live: i32,
  b: usize,
  c: usize,
  k: i32,
  add: bool,
): void {
  const tall = min(tallRows(rows), live);
  let i = 0;
  for (; i < tall; i += MR) {
    if (FUSED) tallTile(a, b, c, ROW, k, add);
    a += bytes(MR * depth);
    c += ROW * MR;
  }
  for (; i < live; i += 4) {
    shortTile(a, b, c, ROW, k, add);
    a += bytes(4 * depth);
    c += ROW * 4;
  }
}

/** The first `lines` columns of c [k, 8], times the columns' scales [8], as lines of y, `across` elements apart. */
export function storeColumns(c: usize, k: i32, scales: usize, y: usize, across: i32, lines: i32): void {
  const s0 = v128.load(scales),
    s1 = v128.load(scales, 16);
  for (let p = 0; p < k; p += 4) {
    for (let half: usize = 0; half < 2; half++) {
      const from = c + (half << 4),
        s = half ? s1 : s0;
      const r0 = f32x4.mul(v128.load(from), s),
        r1 = f32x4.mul(v128.load(from, 32), s),
        r2 = f32x4.mul(v128.load(from, 64), s),
        r3 = f32x4.mul(v128.load(from, 96), s);
      const ab = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5),
        cd = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5),
        AB = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7),
        CD = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const first = (<i32>half) << 2;
      storeLine(y, across, first, lines, p, k, v128.shuffle<f64>(ab, cd, 0, 2));
      storeLine(y, across, first + 1, lines, p, k, v128.shuffle<f64>(ab, cd, 1, 3));
      storeLine(y, across, first + 2, lines, p, k, v128.shuffle<f64>(AB, CD, 0, 2));
      storeLine(y, across, first + 3, lines, p, k, v128.shuffle<f64>(AB, CD, 1, 3));
    }
    c += ROW << 2;
  }
}

function storeLine(y: usize, across: i32, line: i32, lines: i32, p: i32, k: i32, x: v128): void {
  if (line < lines) storePart(y + bytes(line * across + p), x, k - p);
}
