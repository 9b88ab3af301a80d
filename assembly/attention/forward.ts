/** Attention forward: queries in the columns of panels. */
import { decayColumns } from "../exponential/decay";
import { bytes, log } from "../simd";
import { hideKeys } from "./mask";
import {
  CHUNK,
  chunkAt,
  chunksBytes,
  COLUMNS,
  linesAt,
  linesBytes,
  multiplyPanel,
  packChunks,
  packChunksOfRows,
  packColumns,
  ROW,
  roundRows,
  storeColumns,
} from "./panels";

/** Queries in a unit of the grid. `src/ops/attention.ts` repeats it. */
export const QUERIES: i32 = 64;

/** The largest of each column, and of what stands at `tops` before: to `tops`. */
function raise(scores: usize, rows: i32, tops: usize): void {
  let a = v128.load(tops),
    b = v128.load(tops, 16);
  for (; rows > 0; rows--, scores += ROW) {
    a = f32x4.pmax(a, v128.load(scores));
    b = f32x4.pmax(b, v128.load(scores, 16));
  }
  v128.store(tops, a);
  v128.store(tops, b, 16);
}

/** c [rows, 8] times the columns' factors [8]. */
function scaleColumns(c: usize, rows: i32, factors: usize): void {
  const a = v128.load(factors),
    b = v128.load(factors, 16);
  for (; rows > 0; rows--, c += ROW) {
    v128.store(c, f32x4.mul(v128.load(c), a));
    v128.store(c, f32x4.mul(v128.load(c, 16), b), 16);
  }
}

/**
 * y = softmax(scale · q kᵀ) v, and for the gradient logSum [items, heads, queries] = ln Σ e^score, 0 where a query sees no key: there y is 0.
 * layout: for each item and head where its truth values in mask begin, in words; masked: whether there are any. The grid is units of QUERIES
 * queries of an item's head. Scratch: 256 bytes, then packed k and v, a panel of q, one of y, and roundRows(CHUNK) rows of scores.
 */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
  y: usize,
  logSum: usize,
  layout: usize,
  scratch: usize,
  queries: i32,
  keys: i32,
  heads: i32,
  kvHeads: i32,
  d: i32,
  e: i32,
  scale: f32,
  causal: i32,
  masked: i32,
  byQuery: i32,
  byKey: i32,
  begin: i32,
  end: i32,
): void {
  const units = (queries + QUERIES - 1) / QUERIES,
    group = heads / kvHeads,
    shift = keys - queries,
    tops = scratch,
    before = tops + ROW,
    sums = before + ROW,
    kPacked = scratch + 256,
    vPacked = kPacked + chunksBytes(keys, d),
    panel = vPacked + linesBytes(e, keys),
    out = panel + ROW * d,
    scores = out + ROW * roundRows(e);
  let packed = -1;
  for (let unit = begin; unit < end; unit++) {
    const head = unit / units,
      item = head / heads,
      h = head - item * heads,
      kv = item * kvHeads + h / group,
      first = (unit - head * units) * QUERIES,
      last = min(first + QUERIES, queries);
    if (kv != packed) {
      packed = kv;
      const own = kv - item * kvHeads;
      packChunksOfRows(k + bytes((item * keys * kvHeads + own) * d), kvHeads * d, keys, d, kPacked);
      packChunks(v + bytes((item * keys * kvHeads + own) * e), 1, kvHeads * e, e, keys, vPacked);
    }
    const truths = masked ? mask + (load<i32>(layout + (head << 2)) << 2) : 0;
    for (let i = first; i < last; i += COLUMNS) {
      const lines = min(last - i, COLUMNS),
        at = item * queries + i;
      packColumns(q + bytes((at * heads + h) * d), heads * d, lines, d, scale, panel);
      v128.store(tops, f32x4.splat(-Infinity));
      v128.store(tops, f32x4.splat(-Infinity), 16);
      memory.fill(sums, 0, ROW);
      memory.fill(out, 0, ROW * roundRows(e));
      const seen = causal ? max(0, min(keys, i + lines + shift)) : keys;
      for (let j = 0, chunk = 0; j < seen; j += CHUNK, chunk++) {
        const whole = min(keys - j, CHUNK),
          rows = min(seen - j, CHUNK);
        multiplyPanel(chunkAt(kPacked, chunk, d), whole, d, rows, panel, scores, d, false);
        if (masked || causal) hideKeys(scores, rows, j, i, lines, truths, byQuery, byKey, causal != 0, shift);
        v128.store(before, v128.load(tops));
        v128.store(before, v128.load(tops, 16), 16);
        raise(scores, rows, tops);
        // Nothing seen yet: below 0, that no difference of infinities arises.
        const floor = f32x4.splat(-3e38);
        v128.store(tops, f32x4.pmax(v128.load(tops), floor));
        v128.store(tops, f32x4.pmax(v128.load(tops, 16), floor), 16);
        if (j > 0) {
          memory.fill(sums + ROW, 0, ROW);
          decayColumns(before, 1, tops, false, sums + ROW);
          scaleColumns(sums, 1, before);
          scaleColumns(out, e, before);
        }
        decayColumns(scores, rows, tops, false, sums);
        multiplyPanel(linesAt(vPacked, chunk, e), e, whole, e, scores, out, rows, true);
      }
      for (let c: usize = 0; c < ROW; c += 16) {
        const sum = v128.load(sums + c),
          none = f32x4.eq(sum, f32x4.splat(0));
        v128.store(before + c, v128.andnot(f32x4.div(f32x4.splat(1), sum), none));
        v128.store(sums + c, v128.andnot(f32x4.add(log(sum), v128.load(tops + c)), none));
      }
      memory.copy(logSum + bytes((item * heads + h) * queries + i), sums, bytes(lines));
      storeColumns(out, e, before, y + bytes((at * heads + h) * e), heads * e, lines);
    }
  }
}
