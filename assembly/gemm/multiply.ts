/** The blocked product: packs panels that fit the caches, and runs the microkernel over each pair of them. */
import { bytes, FUSED, WIDE, WORD } from "../simd";
import { Epilogue } from "./epilogue";
import { Operand } from "./panels";
import { MR, NR, shortTile, tallRows, tallTile } from "./tile";
import { wideTile } from "./wideTile";

/** Blocks: KC × NR of B stay in L1, MC × KC of A in L2, KC × NC of B in L3. `src/ops/gemm.ts` repeats them. */
export const KC: i32 = 512;
export const MC: i32 = 120;
export const NC: i32 = 1024;
/** Bytes at the start of scratch for one ragged tile. */
export const EDGE: usize = 192;

/** C = E(A·B) in rows i0 … i1 and columns j0 … j1, for c with cStep bytes from row to row. */
export function multiply<A extends Operand, B extends Operand, E extends Epilogue>(
  a: usize,
  aAcross: i32,
  aAlong: i32,
  b: usize,
  bAcross: i32,
  bAlong: i32,
  c: usize,
  cStep: usize,
  i0: i32,
  i1: i32,
  j0: i32,
  j1: i32,
  k: i32,
  parameter: usize,
  attribute: i32,
  scratch: usize,
): void {
  const aPanels = scratch + EDGE,
    bPanels = (aPanels + bytes(min(k, KC) * min(i1 - i0 + 3, MC)) + 63) & ~63; // no vector across two lines
  for (let j = j0; j < j1; j += NC) {
    const cols = min(j1 - j, NC),
      own = parameter ? parameter + bytes(j) : 0,
      finishes = !changetype<E>(0).idle(parameter, attribute);
    let p = 0;
    do {
      const depth = min(k - p, KC),
        last = p + depth == k;
      const packed = changetype<B>(0).pack(b, bAcross, bAlong, j, cols, NR, p, depth, bPanels),
        step = changetype<B>(0).step(bAlong, NR, depth);
      for (let i = i0; i < i1; i += MC) {
        const rows = min(i1 - i, MC),
          to = c + cStep * i + bytes(j);
        packRows<A>(a, aAcross, aAlong, i, rows, p, depth, aPanels);
        const add = p > 0 || changetype<E>(0).adds(attribute);
        strips<E>(
          aPanels,
          rows,
          packed,
          step,
          cols,
          to,
          cStep,
          depth,
          add,
          last && finishes,
          own,
          attribute,
          scratch,
        );
      }
      p += depth;
    } while (p < k);
  }
}

/** Elements begin … begin + k of `rows` lines of A, as strips read them: tall panels, then short ones. */
export function packRows<A extends Operand>(
  a: usize,
  across: i32,
  along: i32,
  line: i32,
  rows: i32,
  begin: i32,
  k: i32,
  panels: usize,
): void {
  const operand = changetype<A>(0),
    tall = tallRows(rows);
  if (FUSED) operand.pack(a, across, along, line, tall, MR, begin, k, panels);
  operand.pack(a, across, along, line + tall, rows - tall, 4, begin, k, panels + bytes(tall * k));
}

/** C [rows, cols] = (add ? C : 0) + A·B of panels of depth k, those of B `step` bytes apart; finished while it is near. */
function strips<E extends Epilogue>(
  a: usize,
  rows: i32,
  b: usize,
  step: usize,
  cols: i32,
  c: usize,
  cStep: usize,
  k: i32,
  add: bool,
  finishes: bool,
  parameter: usize,
  attribute: i32,
  edge: usize,
): void {
  while (cols > 0) {
    const panels = WIDE && cols >= 2 * NR ? 2 : 1,
      width = panels * NR;
    if (WIDE && panels == 2) twoStrips(a, rows, b, step, c, cStep, k, add, edge);
    else strip(a, rows, b, min(cols, NR), c, cStep, k, add, edge);
    if (finishes) changetype<E>(0).finish(c, cStep, rows, min(cols, width), parameter, attribute);
    if (parameter) parameter += bytes(width);
    b += step * panels;
    c += bytes(width);
    cols -= width;
  }
}

/** Two whole columns of tiles, of panels of B `step` bytes apart: in wide tiles, as far as those of A are tall. */
export function twoStrips(
  a: usize,
  rows: i32,
  b: usize,
  step: usize,
  c: usize,
  cStep: usize,
  k: i32,
  add: bool,
  edge: usize,
): void {
  for (let tall = tallRows(rows); tall >= MR; tall -= MR) {
    wideTile(a, b, b + step, c, cStep, k, add);
    a += bytes(MR * k);
    c += cStep * MR;
    rows -= MR;
  }
  strip(a, rows, b, NR, c, cStep, k, add, edge);
  strip(a, rows, b + step, NR, c + bytes(NR), cStep, k, add, edge);
}

/** One column of tiles: all panels of A with one of B. Edge: 192 bytes for a ragged tile. */
export function strip(
  a: usize,
  rows: i32,
  b: usize,
  cols: i32,
  c: usize,
  cStep: usize,
  k: i32,
  add: bool,
  edge: usize,
): void {
  const shorts = rows - tallRows(rows);
  while (rows > 0) {
    const tall = FUSED && rows > shorts,
      height = tall ? MR : 4,
      live = min(rows, height);
    if (live == height && cols == NR) fullTile(tall, a, b, c, cStep, k, add);
    else {
      if (add) copyTile(c, cStep, edge, bytes(NR), live, cols);
      fullTile(tall, a, b, edge, bytes(NR), k, add);
      copyTile(edge, bytes(NR), c, cStep, live, cols);
    }
    a += bytes(height * k);
    c += cStep * height;
    rows -= height;
  }
}

function fullTile(tall: bool, a: usize, b: usize, c: usize, cStep: usize, k: i32, add: bool): void {
  if (tall) tallTile(a, b, c, cStep, k, add);
  else shortTile(a, b, c, cStep, k, add);
}

function copyTile(x: usize, xStep: usize, y: usize, yStep: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    for (let j: usize = 0; j < bytes(cols); j += WORD) store<real>(y + j, load<real>(x + j));
    x += xStep;
    y += yStep;
  }
}
