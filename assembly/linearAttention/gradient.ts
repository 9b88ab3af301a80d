/** The gradients by keys and values, from the sums over queries: of a causal sequence over the later ones, which is read backwards. */
import { bytes } from "../simd";
import { attendChunk, CHUNK, keysAt, LONG, queriesAt, valuesAt } from "./chunk";
import { learn, packQueries, packValues, recall, stateBytes, turnState } from "./state";

/** Of all queries: dk = v (dyᵀ q), dv = k (qᵀ dy). */
function pullAll(
  dy: usize,
  q: usize,
  k: usize,
  v: usize,
  dk: usize,
  dv: usize,
  state: usize,
  turned: usize,
  chunk: usize,
  queries: i32,
  keys: i32,
  m: i32,
  e: i32,
): void {
  for (let i = 0; i < queries; i += LONG) {
    const rows = min(queries - i, LONG),
      values = valuesAt(chunk, rows, e);
    packValues(q + bytes(i * m), m, rows, m, values);
    learn(dy + bytes(i * e), e, values, rows, e, m, state, keysAt(chunk, rows, e), chunk);
  }
  turnState(state, e, m, turned);
  for (let j = 0; j < keys; j += LONG) {
    const rows = min(keys - j, LONG),
      packed = queriesAt(chunk);
    packQueries(v + bytes(j * e), e, rows, e, packed);
    recall(packed, rows, e, m, state, dk + bytes(j * m), m, chunk);
    packQueries(k + bytes(j * m), m, rows, m, packed);
    recall(packed, rows, m, e, turned, dv + bytes(j * e), e, chunk);
  }
}

/** Of the later queries alone: the same, position by position from the last. */
function pullLater(
  dy: usize,
  q: usize,
  k: usize,
  v: usize,
  dk: usize,
  dv: usize,
  state: usize,
  turned: usize,
  chunk: usize,
  length: i32,
  m: i32,
  e: i32,
): void {
  for (let done = 0; done < length; done += CHUNK) {
    const rows = min(length - done, CHUNK),
      last = length - 1 - done,
      wide = bytes(last * m),
      narrow = bytes(last * e),
      queries = q + wide,
      pulls = dy + narrow,
      some = done > 0;
    if (some) turnState(state, e, m, turned);
    attendChunk(
      k + wide,
      -m,
      queries,
      -m,
      pulls,
      -e,
      rows,
      m,
      e,
      turned,
      dv + narrow,
      -e,
      0,
      some,
      false,
      chunk,
    );
    const more = done + rows < length;
    attendChunk(
      v + narrow,
      -e,
      pulls,
      -e,
      queries,
      -m,
      rows,
      e,
      m,
      state,
      dk + wide,
      -m,
      0,
      some,
      more,
      chunk,
    );
  }
}

/**
 * The gradients of linearAttentionSums by k and v: dk_j = Σ (v_j · dy_i) q_i and dv_j = Σ (k_j · q_i) dy_i over all queries i, or those i ≥ j
 * if causal. dy [items, queries, e], q [items, queries, m], k, dk [items, keys, m], v, dv [items, keys, e]. The grid is the items.
 */
export function linearAttentionSumsGrad(
  dy: usize,
  q: usize,
  k: usize,
  v: usize,
  dk: usize,
  dv: usize,
  scratch: usize,
  queries: i32,
  keys: i32,
  m: i32,
  e: i32,
  causal: i32,
  begin: i32,
  end: i32,
): void {
  const turned = scratch + stateBytes(e, m),
    chunk = turned + stateBytes(m, e);
  for (let item = begin; item < end; item++) {
    const from = bytes(item * queries * m),
      pulls = dy + bytes(item * queries * e),
      wide = bytes(item * keys * m),
      narrow = bytes(item * keys * e);
    memory.fill(scratch, 0, stateBytes(e, m));
    if (causal) {
      pullLater(
        pulls,
        q + from,
        k + wide,
        v + narrow,
        dk + wide,
        dv + narrow,
        scratch,
        turned,
        chunk,
        keys,
        m,
        e,
      );
    } else {
      pullAll(
        pulls,
        q + from,
        k + wide,
        v + narrow,
        dk + wide,
        dv + narrow,
        scratch,
        turned,
        chunk,
        queries,
        keys,
        m,
        e,
      );
    }
  }
}
