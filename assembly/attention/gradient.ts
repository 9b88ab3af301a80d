/** The gradients of attention: by queries, which stand in the columns of panels, and by keys and values, where keys stand there. */
import { decayColumns } from "../exponential/decay";
import { bytes, loadPart, madd, sumLanes } from "../simd";
import { QUERIES } from "./forward";
import { hideKeys, hideQueries } from "./mask";
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

/** Keys in a unit of the gradient by keys and values. */
const KEYS: i32 = 128;

/** The sums of dy · y over each line of e elements, `across` elements apart. */
function products(dy: usize, y: usize, across: i32, lines: i32, e: i32, sums: usize): void {
  for (; lines > 0; lines--, dy += bytes(across), y += bytes(across), sums += 4) {
    const whole = bytes(e & -4),
      rest = e & 3;
    let sum = f32x4.mul(loadPart(dy + whole, rest), loadPart(y + whole, rest));
    for (let p: usize = 0; p < whole; p += 16) sum = madd(v128.load(dy + p), v128.load(y + p), sum);
    store<f32>(sums, sumLanes(sum));
  }
}

/** weights · (g − δ) → g, rows of eight; δ are the eight columns' own, or, if `each`, the rows' own. */
function pullScores(weights: usize, g: usize, rows: i32, deltas: usize, each: bool): void {
  let d0 = v128.load(deltas),
    d1 = v128.load(deltas, 16);
  for (; rows > 0; rows--, weights += ROW, g += ROW) {
    if (each) {
      d0 = d1 = v128.load32_splat(deltas);
      deltas += 4;
    }
    v128.store(g, f32x4.mul(v128.load(weights), f32x4.sub(v128.load(g), d0)));
    v128.store(g, f32x4.mul(v128.load(weights, 16), f32x4.sub(v128.load(g, 16), d1)), 16);
  }
}

/** Eight numbers of one value. */
function fillEight(p: usize, value: f32): void {
  v128.store(p, f32x4.splat(value));
  v128.store(p, f32x4.splat(value), 16);
}

/**
 * dq = scale · dS k with dS = w · (dy vᵀ − Σ dy · y), w the weights of attention; the grid is that of attention. Scratch: 256 bytes, then
 * packed k twice and v, panels of q, dy and dq, and scores twice.
 */
export function attentionGradQ(
  dy: usize,
  y: usize,
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
  logSum: usize,
  dq: usize,
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
    shifts = scratch,
    deltas = shifts + ROW,
    sums = deltas + ROW,
    kRows = scratch + 256,
    vRows = kRows + chunksBytes(keys, d),
    kLines = vRows + chunksBytes(keys, e),
    qPanel = kLines + linesBytes(d, keys),
    dyPanel = qPanel + ROW * d,
    out = dyPanel + ROW * e,
    weights = out + ROW * roundRows(d),
    pulls = weights + ROW * roundRows(CHUNK);
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
      const own = kv - item * kvHeads,
        kFrom = k + bytes((item * keys * kvHeads + own) * d);
      packChunksOfRows(kFrom, kvHeads * d, keys, d, kRows);
      packChunksOfRows(v + bytes((item * keys * kvHeads + own) * e), kvHeads * e, keys, e, vRows);
      packChunks(kFrom, 1, kvHeads * d, d, keys, kLines);
    }
    const truths = masked ? mask + (load<i32>(layout + (head << 2)) << 2) : 0;
    for (let i = first; i < last; i += COLUMNS) {
      const lines = min(last - i, COLUMNS),
        at = (item * queries + i) * heads + h;
      packColumns(q + bytes(at * d), heads * d, lines, d, scale, qPanel);
      packColumns(dy + bytes(at * e), heads * e, lines, e, 1, dyPanel);
      fillEight(shifts, 0);
      fillEight(deltas, 0);
      memory.copy(shifts, logSum + bytes((item * heads + h) * queries + i), bytes(lines));
      products(dy + bytes(at * e), y + bytes(at * e), heads * e, lines, e, deltas);
      memory.fill(out, 0, ROW * roundRows(d));
      const seen = causal ? max(0, min(keys, i + lines + shift)) : keys;
      for (let j = 0, chunk = 0; j < seen; j += CHUNK, chunk++) {
        const whole = min(keys - j, CHUNK),
          rows = min(seen - j, CHUNK);
        multiplyPanel(chunkAt(kRows, chunk, d), whole, d, rows, qPanel, weights, d, false);
        if (masked || causal)
          hideKeys(weights, rows, j, i, lines, truths, byQuery, byKey, causal != 0, shift);
        decayColumns(weights, rows, shifts, false, sums);
        multiplyPanel(chunkAt(vRows, chunk, e), whole, e, rows, dyPanel, pulls, e, false);
        pullScores(weights, pulls, rows, deltas, false);
        multiplyPanel(linesAt(kLines, chunk, d), d, whole, d, pulls, out, rows, true);
      }
      fillEight(sums, scale);
      storeColumns(out, d, sums, dq + bytes(at * d), heads * d, lines);
    }
  }
}

/**
 * dk = scale · dSᵀ q and dv = wᵀ dy, added up over the query heads that read a key head. The grid is units of KEYS keys of an item's key
 * head. Scratch: 256 bytes, 4 bytes a query, then packed q and dy, each twice, panels of k and v, those of dk and dv of a unit, and
 * scores twice.
 */
export function attentionGradKV(
  dy: usize,
  y: usize,
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
  logSum: usize,
  dk: usize,
  dv: usize,
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
  const units = (keys + KEYS - 1) / KEYS,
    group = heads / kvHeads,
    shift = keys - queries,
    sums = scratch,
    deltas = scratch + 256,
    qRows = deltas + ((bytes(queries) + 63) & ~63),
    dyRows = qRows + chunksBytes(queries, d),
    qLines = dyRows + chunksBytes(queries, e),
    dyLines = qLines + linesBytes(d, queries),
    kPanel = dyLines + linesBytes(e, queries),
    vPanel = kPanel + ROW * d,
    weights = vPanel + ROW * e,
    pulls = weights + ROW * roundRows(CHUNK),
    outs = pulls + ROW * roundRows(CHUNK),
    kOut = ROW * roundRows(d),
    outBytes = kOut + ROW * roundRows(e);
  let packed = -1;
  for (let unit = begin; unit < end; unit++) {
    const kv = unit / units,
      item = kv / kvHeads,
      own = kv - item * kvHeads,
      first = (unit - kv * units) * KEYS,
      last = min(first + KEYS, keys);
    memory.fill(outs, 0, outBytes * (KEYS / COLUMNS));
    for (let h = own * group; h < (own + 1) * group; h++) {
      const head = item * heads + h,
        from = item * queries * heads + h,
        logs = logSum + bytes(head * queries),
        truths = masked ? mask + (load<i32>(layout + (head << 2)) << 2) : 0;
      if (head != packed) {
        packed = head;
        packChunksOfRows(q + bytes(from * d), heads * d, queries, d, qRows);
        packChunksOfRows(dy + bytes(from * e), heads * e, queries, e, dyRows);
        packChunks(q + bytes(from * d), 1, heads * d, d, queries, qLines);
        packChunks(dy + bytes(from * e), 1, heads * e, e, queries, dyLines);
        products(dy + bytes(from * e), y + bytes(from * e), heads * e, queries, e, deltas);
      }
      for (let j = first, out = outs; j < last; j += COLUMNS, out += outBytes) {
        const lines = min(last - j, COLUMNS),
          at = (item * keys + j) * kvHeads + own;
        packColumns(k + bytes(at * d), kvHeads * d, lines, d, scale, kPanel);
        packColumns(v + bytes(at * e), kvHeads * e, lines, e, 1, vPanel);
        // The first query that sees any of these keys.
        const start = causal ? max(0, j - shift) / CHUNK : 0;
        for (let chunk = start, i = start * CHUNK; i < queries; i += CHUNK, chunk++) {
          const rows = min(queries - i, CHUNK);
          multiplyPanel(chunkAt(qRows, chunk, d), rows, d, rows, kPanel, weights, d, false);
          if (masked || causal)
            hideQueries(weights, rows, i, j, lines, truths, byQuery, byKey, causal != 0, shift);
          decayColumns(weights, rows, logs + bytes(i), true, sums);
          multiplyPanel(chunkAt(dyRows, chunk, e), rows, e, rows, vPanel, pulls, e, false);
          multiplyPanel(linesAt(dyLines, chunk, e), e, rows, e, weights, out + kOut, rows, true);
          pullScores(weights, pulls, rows, deltas + bytes(i), true);
          multiplyPanel(linesAt(qLines, chunk, d), d, rows, d, pulls, out, rows, true);
        }
      }
    }
    for (let j = first, out = outs; j < last; j += COLUMNS, out += outBytes) {
      const lines = min(last - j, COLUMNS),
        at = (item * keys + j) * kvHeads + own;
      fillEight(sums, scale);
      storeColumns(out, d, sums, dk + bytes(at * d), kvHeads * d, lines);
      fillEight(sums, 1);
      storeColumns(out + kOut, e, sums, dv + bytes(at * e), kvHeads * e, lines);
    }
  }
}
