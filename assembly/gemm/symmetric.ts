/** Symmetric products: the tiles of X·Xᵀ on and above the diagonal, half of all. */
import { bytes, FUSED, WIDE } from "../simd";
import { Reals } from "../storage";
import { EDGE, KC, MC, NC, packRows, strip, twoStrips } from "./multiply";
import { turn } from "../transposition";
import { Operand, Strided } from "./panels";
import { MR, NR, tallRows } from "./tile";

/** Rows of a block on the diagonal that is mirrored element by element. */
const SIDE: i32 = 32;

/**
 * C = (adds ? C : 0) + A·Xᵀ on and above the diagonal, where A is X or −X, X(i, p) = x[i · across + p · along] [n, k], c [n, n] with cStep
 * bytes from row to row. What lies below the diagonal in a tile that it passes through is overwritten, too.
 */
export function multiplyUpper<A extends Operand>(
  x: usize,
  across: i32,
  along: i32,
  c: usize,
  cStep: usize,
  n: i32,
  k: i32,
  adds: bool,
  scratch: usize,
): void {
  const aPanels = scratch + EDGE,
    bPanels = (aPanels + bytes(min(k, KC) * min(n + 3, MC)) + 63) & ~63;
  for (let j = 0; j < n; j += NC) {
    const cols = min(n - j, NC);
    let p = 0;
    do {
      const depth = min(k - p, KC);
      changetype<Strided<Reals>>(0).pack(x, across, along, j, cols, NR, p, depth, bPanels);
      for (let i = 0; i < j + cols; i += MC) {
        const rows = min(j + cols - i, MC);
        packRows<A>(x, across, along, i, rows, p, depth, aPanels);
        upperStrips(aPanels, i, rows, bPanels, j, cols, c, cStep, depth, p > 0 || adds, scratch);
      }
      p += depth;
    } while (p < k);
  }
}

/** The columns of tiles on and right of the diagonal, each down to the diagonal: rows i … i + rows, columns j … j + cols of C. */
function upperStrips(
  a: usize,
  i: i32,
  rows: i32,
  b: usize,
  j: i32,
  cols: i32,
  c: usize,
  cStep: usize,
  k: i32,
  add: bool,
  edge: usize,
): void {
  for (let at = max(i - j, 0) & -NR; at < cols; at += NR) {
    const panel = b + bytes(at * k),
      to = c + cStep * i + bytes(j + at);
    let height = rowsDownTo(j + at + NR - i, rows),
      done = 0;
    if (WIDE && cols - at >= 2 * NR) {
      twoStrips(a, height, panel, bytes(NR * k), to, cStep, k, add, edge);
      at += NR;
      done = height; // and what the second one needs beyond
      height = rowsDownTo(j + at + NR - i, rows);
      if (done == height) continue;
    }
    strip(
      a + bytes(done * k),
      height - done,
      b + bytes(at * k),
      min(cols - at, NR),
      c + cStep * (i + done) + bytes(j + at),
      cStep,
      k,
      add,
      edge,
    );
  }
}

/** The first `needed` of `rows` rows, and as many more as fill tiles. */
function rowsDownTo(needed: i32, rows: i32): i32 {
  const whole = ((needed + MR - 1) / MR) * MR,
    uniform = FUSED ? tallRows(rows) : rows; // so many rows are in panels of MR
  return whole < uniform ? whole : rows;
}

/** What lies below the diagonal of c [n, n] becomes as what lies above. scratch as for turn. */
export function mirror(c: usize, n: i32, scratch: usize): void {
  for (let i = 0; i < n; i += SIDE) {
    const end = min(n, i + SIDE),
      corner = c + bytes(i * n + i);
    for (let row = i + 1; row < end; row++) {
      for (let col = i; col < row; col++)
        store<real>(c + bytes(row * n + col), load<real>(c + bytes(col * n + row)));
    }
    turn(corner + bytes(end - i), n, corner + bytes((end - i) * n), n, end - i, n - end, scratch);
  }
}
