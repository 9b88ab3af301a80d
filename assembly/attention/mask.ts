/** Which keys a query sees: scores of the others become −∞. Scores lie as [keys, 8 queries] or [queries, 8 keys]. */
import { COLUMNS, ROW } from "./panels";

/** Truth values from `at` on, `along` words from row to row of the scores and `across` from column to column. */
function hideBy(at: usize, along: i32, across: i32, rows: i32, columns: i32, scores: usize): void {
  const none = f32x4.splat(-Infinity),
    last = columns - 1;
  for (; rows > 0; rows--, at += (<usize>along) << 2, scores += ROW) {
    if (across == 0) {
      if (load<i32>(at)) continue;
      v128.store(scores, none);
      v128.store(scores, none, 16);
    } else {
      for (let j = 0; j < COLUMNS; j++) {
        if (!load<i32>(at + ((<usize>across * min(j, last)) << 2))) store<f32>(scores + (j << 2), -Infinity);
      }
    }
  }
}

/**
 * Scores [keys, 8 queries] of keys from `key` on. mask: none, or the truth values of a head, byQuery words from one query to the next and
 * byKey from one key to the next. With `causal`, query i sees the keys up to i + shift only.
 */
export function hideKeys(
  scores: usize,
  keys: i32,
  key: i32,
  query: i32,
  queries: i32,
  mask: usize,
  byQuery: i32,
  byKey: i32,
  causal: bool,
  shift: i32,
): void {
  if (mask)
    hideBy(mask + ((<usize>(query * byQuery + key * byKey)) << 2), byKey, byQuery, keys, queries, scores);
  if (!causal) return;
  // Query lane q sees key j while j ≤ query + q + shift.
  for (let j = max(0, query + shift + 1 - key); j < keys; j++) {
    const hidden = min(COLUMNS, key + j - query - shift);
    for (let q = 0; q < hidden; q++) store<f32>(scores + ROW * j + (q << 2), -Infinity);
  }
}

/** The same of scores [queries, 8 keys] of queries from `query` on. */
export function hideQueries(
  scores: usize,
  queries: i32,
  query: i32,
  key: i32,
  keys: i32,
  mask: usize,
  byQuery: i32,
  byKey: i32,
  causal: bool,
  shift: i32,
): void {
  if (mask)
    hideBy(mask + ((<usize>(query * byQuery + key * byKey)) << 2), byQuery, byKey, queries, keys, scores);
  if (!causal) return;
  // Key lane c is seen while key + c ≤ query + i + shift.
  for (let i = 0, end = min(queries, key + COLUMNS - 1 - query - shift); i < end; i++) {
    const seen = max(0, query + i + shift - key + 1);
    for (let c = seen; c < COLUMNS; c++) store<f32>(scores + ROW * i + (c << 2), -Infinity);
  }
}
