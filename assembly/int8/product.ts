/**
 * C = A·B of 8-bit integers, exact in i32: A(i, p) = a[i·aRow + p·aCol] [m, k], B(p, j) = b[p·bRow + j·bCol] [k, n]. Where either
 * operand spans no more than 127, which it does if it was quantized to 7 bits or comes from a relu, it is moved into [0, 127]
 * and one instruction makes 16 products; else both are widened to 16 bits.
 */
import { firstCol, firstRow, lastCol, lastRow } from "../gemm/bands";
import { FUSED } from "../simd";
import { boundsOf, sumLines, sumOf } from "./lines";
import { pack, Pairs, Quads, Unit } from "./pack";
import { byteTile, InA, InB, NR, pairTile, Side } from "./tile";

/** The blocks, in words of k: no larger than those that `src/ops/gemm.ts` makes room for. */
const KC: i32 = 256;
const MC: i32 = 120;
const NC: i32 = 1024;
const EDGE: usize = 192;

/** Up to so many rows of C are dot products, where the lines of both operands lie along k. */
const FEW: i32 = 4;

/** How panels are multiplied: the height of a tile, and the tile. */
abstract class Way {
  abstract height(): i32;
  abstract multiply(a: usize, b: usize, c: usize, cStep: usize, words: i32): void;
}

/** Bytes, those of one operand in [0, 127]. */
class Moved<S extends Side> extends Way {
  height(): i32 {
    return 6;
  }
  multiply(a: usize, b: usize, c: usize, cStep: usize, words: i32): void {
    byteTile<S>(a, b, c, cStep, words);
  }
}

/** 16-bit integers. */
class Widened extends Way {
  height(): i32 {
    return 4;
  }
  multiply(a: usize, b: usize, c: usize, cStep: usize, words: i32): void {
    pairTile(a, b, c, cStep, words);
  }
}

/** What moves bytes within these bounds into [0, 127]; −1 where they span more. */
function moveOf(bounds: i32): i32 {
  const low = (bounds << 16) >> 16;
  const high = bounds >> 16;
  return high - low <= 127 ? max(-low, 0) : -1;
}

/** c [m, n] of i32, in bands [begin, end) of its longer side. scratch: panels, or 4 bytes for each row. */
export function product(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  const i0 = firstRow(m, n, begin),
    i1 = lastRow(m, n, end),
    j0 = firstCol(m, n, begin),
    j1 = lastCol(m, n, end);
  const x = a + i0 * aRow,
    z = b + j0 * bCol,
    rows = i1 - i0,
    cols = j1 - j0,
    y = c + ((<usize>(i0 * n + j0)) << 2),
    cStep = (<usize>n) << 2;
  if (rows <= 0 || cols <= 0) return;
  if (rows <= FEW && aCol == 1 && bRow == 1) {
    for (let i = 0; i < rows; i++) dots(x + i * aRow, z, bCol, cols, y + cStep * i, k);
    return;
  }
  if (FUSED) {
    const bMove = moveOf(boundsOf(b, k * n));
    if (bMove >= 0) {
      sumLines(x, aRow, aCol, rows, k, -bMove, scratch);
      for (let i = 0; i < rows; i++) fillRow(y + cStep * i, load<i32>(scratch + ((<usize>i) << 2)), cols);
      return blocks<Moved<InB>, Quads>(
        x,
        aRow,
        aCol,
        z,
        bCol,
        bRow,
        y,
        cStep,
        rows,
        cols,
        k,
        0,
        bMove,
        scratch,
      );
    }
    const aMove = moveOf(boundsOf(a, m * k));
    if (aMove >= 0) {
      sumLines(z, bCol, bRow, cols, k, -aMove, y);
      for (let i = 1; i < rows; i++) memory.copy(y + cStep * i, y, (<usize>cols) << 2);
      return blocks<Moved<InA>, Quads>(
        x,
        aRow,
        aCol,
        z,
        bCol,
        bRow,
        y,
        cStep,
        rows,
        cols,
        k,
        aMove,
        0,
        scratch,
      );
    }
  }
  for (let i = 0; i < rows; i++) memory.fill(y + cStep * i, 0, (<usize>cols) << 2);
  blocks<Widened, Pairs>(x, aRow, aCol, z, bCol, bRow, y, cStep, rows, cols, k, 0, 0, scratch);
}

/** y = i32 y · aScale[i · aStep] · bScale[j · bStep] as float32, in the bands [begin, end) of product. */
export function scaleSums(
  y: usize,
  aScale: usize,
  bScale: usize,
  m: i32,
  n: i32,
  aStep: i32,
  bStep: i32,
  begin: i32,
  end: i32,
): void {
  const j0 = firstCol(m, n, begin),
    j1 = lastCol(m, n, end);
  for (let i = firstRow(m, n, begin), i1 = lastRow(m, n, end); i < i1; i++) {
    const own = v128.load32_splat(aScale + ((<usize>(i * aStep)) << 2));
    let p = y + ((<usize>(i * n + j0)) << 2),
      s = bScale + ((<usize>(j0 * bStep)) << 2);
    const one = v128.load32_splat(bScale);
    let left = j1 - j0;
    for (; left >= 4; left -= 4, p += 16, s += (<usize>bStep) << 4) {
      const x = f32x4.mul(f32x4.convert_i32x4_s(v128.load(p)), own);
      v128.store(p, f32x4.mul(x, bStep ? v128.load(s) : one));
    }
    for (; left > 0; left--, p += 4, s += (<usize>bStep) << 2) {
      store<f32>(p, <f32>load<i32>(p) * f32x4.extract_lane(own, 0) * load<f32>(s));
    }
  }
}

function fillRow(y: usize, value: i32, n: i32): void {
  for (let j = 0; j < n; j++, y += 4) store<i32>(y, value);
}

/** y[j] = x · z[j], lines of k bytes, those of z `zAcross` bytes apart. */
function dots(x: usize, z: usize, zAcross: i32, n: i32, y: usize, k: i32): void {
  for (let j = 0; j < n; j++, z += zAcross, y += 4) {
    let sum = i32x4.splat(0);
    let more = sum;
    let p = 0;
    for (; p <= k - 16; p += 16) {
      const u = v128.load(x + p);
      const v = v128.load(z + p);
      const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(u), i16x8.extend_low_i8x16_s(v));
      const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(u), i16x8.extend_high_i8x16_s(v));
      sum = i32x4.add(sum, low);
      more = i32x4.add(more, high);
    }
    let total = sumOf(i32x4.add(sum, more));
    for (; p < k; p++) total += <i32>load<i8>(x + p) * <i32>load<i8>(z + p);
    store<i32>(y, total);
  }
}

/** c += A·B, block by block. */
function blocks<W extends Way, U extends Unit>(
  a: usize,
  aAcross: i32,
  aAlong: i32,
  b: usize,
  bAcross: i32,
  bAlong: i32,
  c: usize,
  cStep: usize,
  m: i32,
  n: i32,
  k: i32,
  aMove: i32,
  bMove: i32,
  scratch: usize,
): void {
  const steps = KC << changetype<U>(0).shift();
  const height = changetype<W>(0).height();
  const aPanels = scratch + EDGE;
  const bPanels = aPanels + ((<usize>(min((k + 1) >> 1, KC) * min(m + 5, MC))) << 2);
  for (let j = 0; j < n; j += NC) {
    const cols = min(n - j, NC);
    for (let p = 0; p < k; p += steps) {
      const depth = min(k - p, steps);
      const words = (depth + (1 << changetype<U>(0).shift()) - 1) >> changetype<U>(0).shift();
      pack<U>(b + j * bAcross + p * bAlong, bAcross, bAlong, cols, NR, depth, bMove, bPanels);
      for (let i = 0; i < m; i += MC) {
        const rows = min(m - i, MC);
        pack<U>(a + i * aAcross + p * aAlong, aAcross, aAlong, rows, height, depth, aMove, aPanels);
        tiles<W>(aPanels, rows, bPanels, cols, c + cStep * i + ((<usize>j) << 2), cStep, words, scratch);
      }
    }
  }
}

/** c [rows, cols] += A·B of panels of so many words. */
function tiles<W extends Way>(
  a: usize,
  rows: i32,
  b: usize,
  cols: i32,
  c: usize,
  cStep: usize,
  words: i32,
  edge: usize,
): void {
  const w = changetype<W>(0);
  const height = w.height();
  for (; cols > 0; cols -= NR) {
    let panel = a,
      to = c;
    for (let left = rows; left > 0; left -= height) {
      if (left >= height && cols >= NR) w.multiply(panel, b, to, cStep, words);
      else {
        const live = min(left, height),
          wide = min(cols, NR);
        copyTile(to, cStep, edge, NR << 2, live, wide);
        w.multiply(panel, b, edge, NR << 2, words);
        copyTile(edge, NR << 2, to, cStep, live, wide);
      }
      panel += (<usize>(height * words)) << 2;
      to += cStep * height;
    }
    b += (<usize>(NR * words)) << 2;
    c += NR << 2;
  }
}

function copyTile(x: usize, xStep: usize, y: usize, yStep: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--, x += xStep, y += yStep) {
    for (let j: usize = 0; j < (<usize>cols) << 2; j += 4) store<i32>(y + j, load<i32>(x + j));
  }
}
