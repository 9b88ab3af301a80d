/** Sums over keys of values times q · k, divided by the sums of q · k or as they are. */
import { dots } from "../gemm/dots";
import { sumRows } from "../gemm/rows";
import { Sum, zip } from "../loops";
import { bytes, DOUBLE, LANES, loadOne, mul, splat, storeOne, WORD } from "../simd";
import { Reals } from "../storage";
import { attendChunk, CHUNK, keysAt, LONG, queriesAt, valuesAt } from "./chunk";
import { learn, packQueries, packValues, recall, stateBytes, whole } from "./state";

/** The smallest normal number: the reciprocal of a smaller one may be infinite. */
const LEAST: f64 = DOUBLE ? 2.2250738585072014e-308 : 1.1754943508222875e-38;

/** y [rows, e] times r, r [rows] being 1 / (sum + eps) of the sums that stand there, or 0 where that is smaller than any normal number. */
function normalize(y: usize, sums: usize, rows: i32, e: i32, eps: f64): void {
  for (; rows > 0; rows--, sums += WORD) {
    const sum = load<real>(sums) + <real>eps,
      r: real = abs<real>(sum) < <real>LEAST ? 0 : 1 / sum,
      factor = splat(<f64>r);
    store<real>(sums, r);
    const end = y + bytes(e);
    for (const last = y + bytes(e & -LANES); y < last; y += 16) v128.store(y, mul(v128.load(y), factor));
    for (; y < end; y += WORD) storeOne(y, mul(loadOne(y), factor));
  }
}

/** z [m] += the sum of k [rows, m]. More: m reals, and one that is 1. */
function sumKeys(k: usize, rows: i32, m: i32, z: usize, more: usize): void {
  const one = more + bytes(m);
  store<real>(one, 1);
  sumRows<Reals>(one, 0, 0, k, m, more, 0, 1, m, rows);
  zip<Sum>(z, more, z, 0, m);
}

/** r [rows] = (more ? r : 0) + q · z. Products: `rows` reals. */
function addTotals(q: usize, rows: i32, m: i32, z: usize, r: usize, more: bool, products: usize): void {
  dots<Reals>(z, 0, 1, q, m, rows, more ? products : r, 0, 1, m);
  if (more) zip<Sum>(r, products, r, 0, rows);
}

/**
 * Of one sequence. Without r: y_i = Σ (q_i · k_j) v_j over all keys j, or those j ≤ i if causal. With r: divided by Σ q_i · k_j + eps, the
 * reciprocal of which is r_i. q [queries, m], k [keys, m], v [keys, e], y [queries, e], r [queries].
 */
function attend(
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  r: usize,
  scratch: usize,
  queries: i32,
  keys: i32,
  m: i32,
  e: i32,
  causal: bool,
  eps: f64,
): void {
  // The sum of the keys, room for more of them, and for products with queries.
  const z = scratch,
    more = z + whole(bytes(m)),
    products = more + whole(bytes(m + 1)),
    state = products + whole(bytes(LONG)),
    chunk = state + stateBytes(m, e),
    length = causal ? CHUNK : LONG;
  memory.fill(state, 0, stateBytes(m, e));
  memory.fill(z, 0, bytes(m));
  if (!causal) {
    for (let j = 0; j < keys; j += length) {
      const rows = min(keys - j, length),
        from = k + bytes(j * m),
        values = valuesAt(chunk, rows, m);
      packValues(v + bytes(j * e), e, rows, e, values);
      learn(from, m, values, rows, m, e, state, keysAt(chunk, rows, m), chunk);
      if (r) sumKeys(from, rows, m, z, more);
    }
  }
  for (let i = 0; i < queries; i += length) {
    const rows = min(queries - i, length),
      from = q + bytes(i * m),
      to = y + bytes(i * e),
      own = k + bytes(i * m),
      sums = r ? r + bytes(i) : 0;
    const later = causal && i + rows < queries;
    if (causal) {
      attendChunk(from, m, own, m, v + bytes(i * e), e, rows, m, e, state, to, e, sums, i > 0, later, chunk);
    } else {
      packQueries(from, m, rows, m, queriesAt(chunk));
      recall(queriesAt(chunk), rows, m, e, state, to, e, chunk);
    }
    if (r == 0) continue;
    if (!causal || i > 0) addTotals(from, rows, m, z, sums, causal, products);
    if (later) sumKeys(own, rows, m, z, more);
    normalize(to, sums, rows, e, eps);
  }
}

/**
 * Linear attention: y_i = Σ (q_i · k_j) v_j / (Σ q_i · k_j + eps), and r_i the reciprocal of the divisor; both 0 where it is smaller than any
 * normal number. The grid is the items.
 */
export function linearAttention(
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  r: usize,
  scratch: usize,
  queries: i32,
  keys: i32,
  m: i32,
  e: i32,
  causal: i32,
  eps: f64,
  begin: i32,
  end: i32,
): void {
  for (let item = begin; item < end; item++) {
    attend(
      q + bytes(item * queries * m),
      k + bytes(item * keys * m),
      v + bytes(item * keys * e),
      y + bytes(item * queries * e),
      r + bytes(item * queries),
      scratch,
      queries,
      keys,
      m,
      e,
      causal != 0,
      eps,
    );
  }
}

/** y_i = Σ (q_i · k_j) v_j. The grid is the items. */
export function linearAttentionSums(
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  scratch: usize,
  queries: i32,
  keys: i32,
  m: i32,
  e: i32,
  causal: i32,
  begin: i32,
  end: i32,
): void {
  for (let item = begin; item < end; item++) {
    attend(
      q + bytes(item * queries * m),
      k + bytes(item * keys * m),
      v + bytes(item * keys * e),
      y + bytes(item * queries * e),
      0,
      scratch,
      queries,
      keys,
      m,
      e,
      causal != 0,
      0,
    );
  }
}
