/** What the queries of a chunk see: the keys before it by the state of these, and their own ones one by one. */
import { strip } from "../gemm/multiply";
import { Strided, turnPanel } from "../gemm/panels";
import { MR, NR, roundUp, shortTile, tallRows, tallTile } from "../gemm/tile";
import { add, bytes, FUSED, SHIFT, sumLanes, WORD } from "../simd";
import { Reals } from "../storage";
import {
  learn,
  linesBytes,
  packQueries,
  packValues,
  queriesBytes,
  recall,
  valuesBytes,
  whole,
} from "./state";

/** Positions in a chunk of a causal sequence, and in one of the passes over all. `src/ops/linearAttention.ts` repeats them. */
export const CHUNK: i32 = 24;
export const LONG: i32 = 240;

/** Bytes at the start of scratch for a ragged tile, then for the products of a tile of queries with the keys of a chunk, twice. */
const EDGE: usize = 192;
const SCORES: usize = (<usize>(MR * CHUNK)) << SHIFT;

/** Where packed queries begin, then keys, then values, in the scratch of a chunk. */
export function queriesAt(scratch: usize): usize {
  return scratch + EDGE + 2 * SCORES;
}
export function keysAt(scratch: usize, rows: i32, m: i32): usize {
  return queriesAt(scratch) + queriesBytes(rows, m);
}
export function valuesAt(scratch: usize, rows: i32, m: i32): usize {
  return keysAt(scratch, rows, m) + max(whole(bytes(roundUp(rows) * m)), linesBytes(rows, m));
}

/** scores [live, columns] of the queries from i on: 0 where key j > i; the sums of the rows to `sums`, if any. */
function hideLater(scores: usize, i: i32, live: i32, columns: i32, sums: usize): void {
  const step = bytes(CHUNK);
  for (const end = i + live; i < end; i++, scores += step) {
    for (let p = scores + bytes(i + 1); p < scores + bytes(columns); p += WORD) store<real>(p, 0);
    if (sums == 0) continue;
    let sum = i32x4.splat(0);
    for (let p = scores; p < scores + bytes(columns); p += 16) sum = add(sum, v128.load(p));
    store<real>(sums, sumLanes(sum));
    sums += WORD;
  }
}

/**
 * y_i = (more ? y_i : 0) + Σ (q_i · k_j) v_j over the keys j ≤ i of a chunk: tile by tile of queries, each with as many keys as it sees.
 * q and v are packed, k are panels [⌈rows / NR⌉, m, NR]; sums, if any, of q_i · k_j.
 */
function within(
  q: usize,
  k: usize,
  v: usize,
  rows: i32,
  m: i32,
  e: i32,
  y: usize,
  yRow: i32,
  sums: usize,
  more: bool,
  scratch: usize,
): void {
  const scores = scratch + EDGE,
    panel = scores + SCORES,
    tall = tallRows(rows);
  for (let i = 0; i < rows;) {
    const isTall = FUSED && i < tall,
      height = isTall ? MR : 4,
      live = min(rows - i, height),
      depth = i + live,
      columns = roundUp(depth);
    for (let j = 0; j < columns; j += NR) {
      if (isTall) tallTile(q, k + bytes(j * m), scores + bytes(j), bytes(CHUNK), m, false);
      else shortTile(q, k + bytes(j * m), scores + bytes(j), bytes(CHUNK), m, false);
    }
    hideLater(scores, i, live, columns, sums);
    turnPanel<Reals>(scores, bytes(CHUNK), live, height, depth, panel);
    for (let p = 0; p < e; p += NR) {
      strip(
        panel,
        live,
        v + bytes(p * rows),
        min(e - p, NR),
        y + bytes(p),
        bytes(yRow),
        depth,
        more,
        scratch,
      );
    }
    q += bytes(height * m);
    y += bytes(yRow * height);
    if (sums) sums += bytes(height);
    i += height;
  }
}

/**
 * y_i = Σ (q_i · k_j) v_j over the keys j ≤ i of a chunk, and those before it if there are `earlier` ones, of which state is kᵀ v; then, if
 * there are `later` ones, state += kᵀ v. q, k [rows, m], v, y [rows, e]; sums, if any, of q_i · k_j within the chunk. The queries stay
 * packed at queriesAt(scratch).
 */
export function attendChunk(
  q: usize,
  qRow: i32,
  k: usize,
  kRow: i32,
  v: usize,
  vRow: i32,
  rows: i32,
  m: i32,
  e: i32,
  state: usize,
  y: usize,
  yRow: i32,
  sums: usize,
  earlier: bool,
  later: bool,
  scratch: usize,
): void {
  const queries = queriesAt(scratch),
    keys = keysAt(scratch, rows, m),
    values = valuesAt(scratch, rows, m);
  packQueries(q, qRow, rows, m, queries);
  packValues(v, vRow, rows, e, values);
  if (earlier) recall(queries, rows, m, e, state, y, yRow, scratch);
  changetype<Strided<Reals>>(0).pack(k, kRow, 1, 0, rows, NR, 0, m, keys);
  within(queries, keys, values, rows, m, e, y, yRow, sums, earlier, scratch);
  if (later) learn(k, kRow, values, rows, m, e, state, keys, scratch);
}
