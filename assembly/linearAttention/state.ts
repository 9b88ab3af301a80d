/**
 * The sums over keys that queries are multiplied with: the state kᵀ v [m, e] of keys [rows, m] and values [rows, e], kept as panels
 * [⌈e / NR⌉, m, NR], which the microkernel adds to in place and reads as they lie. Rows of keys, values and queries are as many
 * elements apart as `kRow`, `vRow` and `qRow` say, which are negative where a sequence is read backwards.
 */
import { packRows, strip } from "../gemm/multiply";
import { Strided, turnPanel } from "../gemm/panels";
import { NR, roundUp } from "../gemm/tile";
import { bytes } from "../simd";
import { Reals } from "../storage";

/** Lines of the state that are added to at once: what is packed for them stays in L2. */
const LINES: i32 = 240;

/** So many bytes, in whole lines of the cache. */
export function whole(size: usize): usize {
  return (size + 63) & ~63;
}

/** Bytes of the state. */
export function stateBytes(m: i32, e: i32): usize {
  return whole(bytes(roundUp(e) * m));
}

/** Bytes of rows packed as queries are, of values, and of the keys that learn takes at a time. */
export function queriesBytes(rows: i32, m: i32): usize {
  return whole(bytes((rows + 3) * m));
}
export function valuesBytes(rows: i32, e: i32): usize {
  return whole(bytes(roundUp(e) * rows));
}
export function linesBytes(rows: i32, m: i32): usize {
  return whole(bytes((min(m, LINES) + 3) * rows));
}

/** Rows [rows, m] as recall reads them. */
export function packQueries(q: usize, qRow: i32, rows: i32, m: i32, packed: usize): void {
  packRows<Strided<Reals>>(q, qRow, 1, 0, rows, 0, m, packed);
}

/** Values [rows, e] as panels [⌈e / NR⌉, rows, NR]. */
export function packValues(v: usize, vRow: i32, rows: i32, e: i32, packed: usize): void {
  changetype<Strided<Reals>>(0).pack(v, 1, vRow, 0, e, NR, 0, rows, packed);
}

/** state += kᵀ v, v packed by packValues. Packed: linesBytes. */
export function learn(
  k: usize,
  kRow: i32,
  v: usize,
  rows: i32,
  m: i32,
  e: i32,
  state: usize,
  packed: usize,
  edge: usize,
): void {
  for (let f = 0; f < m; f += LINES) {
    const lines = min(m - f, LINES);
    packRows<Strided<Reals>>(k, 1, kRow, f, lines, 0, rows, packed);
    for (let p = 0; p < e; p += NR) {
      const to = state + bytes(p * m + f * NR);
      strip(packed, lines, v + bytes(p * rows), NR, to, bytes(NR), rows, true, edge);
    }
  }
}

/** y [rows, e] = q · state, q packed by packQueries; yRow in elements. */
export function recall(
  q: usize,
  rows: i32,
  m: i32,
  e: i32,
  state: usize,
  y: usize,
  yRow: i32,
  edge: usize,
): void {
  for (let p = 0; p < e; p += NR) {
    strip(q, rows, state + bytes(p * m), min(e - p, NR), y + bytes(p), bytes(yRow), m, false, edge);
  }
}

/** The transpose of a state of m lines and e columns: one of e lines and m columns. */
export function turnState(state: usize, m: i32, e: i32, turned: usize): void {
  for (let f = 0; f < m; f += NR) {
    for (let p = 0; p < e; p += NR) {
      const from = state + bytes(p * m + f * NR),
        to = turned + bytes(f * e + p * NR);
      turnPanel<Reals>(from, bytes(NR), min(m - f, NR), NR, min(e - p, NR), to);
    }
  }
}
