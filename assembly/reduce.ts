/**
 * Folds over axes: sum, maximum, where the maximum lies, and its gradient; the grid is the outputs. The layout is the kept
 * and the reduced rank, then the kept axes, then the reduced, each (extent, stride in x), innermost first. x is contiguous:
 * an output is made of runs along the innermost reduced axis, and either the runs have stride 1 (rows) or the outputs lie
 * side by side (columns).
 */

/** What is folded in float32 before it joins a float64 total: elements of a row; steps down a column. */
const ROW = 1024;
const STEPS = 64;

abstract class Fold {
  abstract start(): f64;
  abstract lanes(a: v128, b: v128): v128;
  abstract wide(a: v128, b: v128): v128;
}
class Sum extends Fold {
  start(): f64 {
    return -0.0;
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  wide(a: v128, b: v128): v128 {
    return f64x2.add(a, b);
  }
}
/** Three instructions where f32x4.max takes eight (1024²: 0.31 ms for 0.11); of 0 and −0 it keeps the earlier. */
class Max extends Fold {
  start(): f64 {
    return -Infinity;
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
  }
  wide(a: v128, b: v128): v128 {
    return f64x2.max(a, b);
  }
}

/** Offset in bytes of position `index` along `rank` axes, each (extent, stride), innermost first. */
function offsetOf(axes: usize, rank: i32, index: i32): i32 {
  let offset = 0;
  for (; rank > 1; rank--, axes += 8) {
    const next = index / load<i32>(axes);
    offset += (index - next * load<i32>(axes)) * load<i32>(axes, 4);
    index = next;
  }
  return (rank > 0 ? offset + index * load<i32>(axes, 4) : 0) << 2;
}

/** Offset in bytes of output `index`. */
function outputAt(layout: usize, index: i32): i32 {
  return offsetOf(layout + 8, load<i32>(layout), index);
}

/** Offset in bytes of an output's run `index`. */
function runAt(layout: usize, index: i32): i32 {
  return offsetOf(layout + 16 + (load<i32>(layout) << 3), load<i32>(layout, 4) - 1, index);
}

/** The runs of an output. */
function runsOf(layout: usize): i32 {
  const axes = layout + 8 + (load<i32>(layout) << 3);
  let runs = 1;
  for (let axis = load<i32>(layout, 4) - 1; axis > 0; axis--) runs *= load<i32>(axes + (axis << 3));
  return runs;
}

/** The elements of a run. */
function lengthOf(layout: usize): i32 {
  return load<i32>(layout, 4) > 0 ? load<i32>(layout + 8 + (load<i32>(layout) << 3)) : 1;
}

/** The bytes between the elements of a run. */
function stepOf(layout: usize): i32 {
  return load<i32>(layout, 4) > 0 ? load<i32>(layout + 12 + (load<i32>(layout) << 3)) << 2 : 4;
}

/** How many outputs from `begin` on are made side by side, 16, 4 or 1; 0 for rows. */
function widthAt(layout: usize, begin: i32, end: i32): i32 {
  if (load<i32>(layout) == 0 || load<i32>(layout, 12) != 1) return 0;
  const extent = load<i32>(layout, 8);
  const width = min(extent - (begin % extent), end - begin);
  return width < 16 ? (width < 4 ? 1 : 4) : 16;
}

/** Four elements, or one in all lanes. */
function take(x: usize, width: i32): v128 {
  return width == 1 ? v128.load32_splat(x) : v128.load(x);
}

function put(y: usize, x: v128, width: i32): void {
  if (width == 1) v128.store_lane<i32>(y, x, 0);
  else v128.store(y, x);
}

function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
}

/** Two totals and two more, times scale, as four floats. */
function scaled(a: v128, b: v128, scale: f64): v128 {
  const s = f64x2.splat(scale);
  const y = f32x4.demote_f64x2_zero(f64x2.mul(a, s));
  return v128.shuffle<i64>(y, f32x4.demote_f64x2_zero(f64x2.mul(b, s)), 0, 2);
}

/** Two totals joined with a row of n elements. */
function foldRow<F extends Fold>(x: usize, n: i32, total: v128): v128 {
  const f = changetype<F>(0);
  while (n >= 16) {
    const count = min(n, ROW) & ~15;
    let a = f32x4.splat(<f32>f.start());
    let b = a;
    let c = a;
    let d = a;
    for (const stop = x + (count << 2); x < stop; x += 64) {
      a = f.lanes(a, v128.load(x));
      b = f.lanes(b, v128.load(x, 16));
      c = f.lanes(c, v128.load(x, 32));
      d = f.lanes(d, v128.load(x, 48));
    }
    a = f.lanes(f.lanes(a, b), f.lanes(c, d));
    total = f.wide(total, f.wide(low(a), high(a)));
    n -= count;
  }
  for (; n >= 4; n -= 4, x += 16) total = f.wide(total, f.wide(low(v128.load(x)), high(v128.load(x))));
  for (; n > 0; n--, x += 4) {
    total = f.wide(total, f64x2.replace_lane(f64x2.splat(f.start()), 0, <f64>load<f32>(x)));
  }
  return total;
}

/** Four columns, or one. */
function fold4<F extends Fold>(x: usize, y: usize, layout: usize, start: f64, scale: f64, width: i32): void {
  const f = changetype<F>(0);
  const step = stepOf(layout);
  let t0 = f64x2.splat(start);
  let t1 = t0;
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let n = lengthOf(layout); n > 0; n -= STEPS) {
      let a = f32x4.splat(<f32>f.start());
      for (let k = min(n, STEPS); k > 0; k--, p += step) a = f.lanes(a, take(p, width));
      t0 = f.wide(t0, low(a));
      t1 = f.wide(t1, high(a));
    }
  }
  put(y, scaled(t0, t1, scale), width);
}

/** Sixteen columns: a whole cache line at each step. */
function fold16<F extends Fold>(x: usize, y: usize, layout: usize, start: f64, scale: f64): void {
  const f = changetype<F>(0);
  const step = stepOf(layout);
  let t0 = f64x2.splat(start);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  let t4 = t0;
  let t5 = t0;
  let t6 = t0;
  let t7 = t0;
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let n = lengthOf(layout); n > 0; n -= STEPS) {
      let a = f32x4.splat(<f32>f.start());
      let b = a;
      let c = a;
      let d = a;
      for (let k = min(n, STEPS); k > 0; k--, p += step) {
        a = f.lanes(a, v128.load(p));
        b = f.lanes(b, v128.load(p, 16));
        c = f.lanes(c, v128.load(p, 32));
        d = f.lanes(d, v128.load(p, 48));
      }
      t0 = f.wide(t0, low(a));
      t1 = f.wide(t1, high(a));
      t2 = f.wide(t2, low(b));
      t3 = f.wide(t3, high(b));
      t4 = f.wide(t4, low(c));
      t5 = f.wide(t5, high(c));
      t6 = f.wide(t6, low(d));
      t7 = f.wide(t7, high(d));
    }
  }
  v128.store(y, scaled(t0, t1, scale));
  v128.store(y, scaled(t2, t3, scale), 16);
  v128.store(y, scaled(t4, t5, scale), 32);
  v128.store(y, scaled(t6, t7, scale), 48);
}

function fold<F extends Fold>(x: usize, y: usize, layout: usize, scale: f64, begin: i32, end: i32): void {
  const f = changetype<F>(0);
  const n = lengthOf(layout);
  const runs = runsOf(layout);
  const start = n * runs > 0 ? f.start() : f.start() + 0.0;
  while (begin < end) {
    const from = x + outputAt(layout, begin);
    const to = y + (begin << 2);
    const width = widthAt(layout, begin, end);
    if (width == 16) {
      fold16<F>(from, to, layout, start, scale);
    } else if (width > 0) {
      fold4<F>(from, to, layout, start, scale, width);
    } else {
      let total = f64x2.splat(start);
      for (let run = 0; run < runs; run++) total = foldRow<F>(from + runAt(layout, run), n, total);
      put(to, scaled(f.wide(total, v128.shuffle<i64>(total, total, 1, 0)), total, scale), 1);
    }
    begin += width || 1;
  }
}

/** y = scale · Σ x over the reduced axes; scale · 0 where there is nothing to add. */
export function sum(x: usize, y: usize, layout: usize, scale: f32, begin: i32, end: i32): void {
  fold<Sum>(x, y, layout, scale, begin, end);
}

/** y = max x over the reduced axes, NaN if an element is; −Infinity where there is none. */
export function max(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  fold<Max>(x, y, layout, 1, begin, end);
}

/** The index of the first of n elements that is m or NaN, or −1. */
function indexIn(x: usize, n: i32, m: f32): i32 {
  const all = f32x4.splat(m);
  let i = 0;
  for (; i <= n - 4; i += 4, x += 16) {
    const v = v128.load(x);
    const hits = i32x4.bitmask(v128.or(f32x4.eq(v, all), f32x4.ne(v, v)));
    if (hits) return i + ctz(hits);
  }
  for (; i < n; i++, x += 4) {
    const v = load<f32>(x);
    if (v == m || v != v) return i;
  }
  return -1;
}

/** The first place of the maximum m, or of a NaN, in the output's row. */
function placeInRow(x: usize, layout: usize, n: i32, m: f32): i32 {
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    const at = indexIn(x + runAt(layout, run), n, m);
    if (at >= 0) return run * n + at;
  }
  return 0;
}

/** The same in each of four columns, or in one: from the end, so that the first place is written last. */
function placeInColumns(x: usize, layout: usize, n: i32, width: i32, m: v128): v128 {
  const step = stepOf(layout);
  let at = i32x4.splat(0);
  for (let run = runsOf(layout) - 1; run >= 0; run--) {
    let p = x + runAt(layout, run) + n * step;
    for (let k = (run + 1) * n; k > run * n;) {
      p -= step;
      k--;
      const v = take(p, width);
      at = v128.bitselect(i32x4.splat(k), at, v128.or(f32x4.eq(v, m), f32x4.ne(v, v)));
    }
  }
  return at;
}

/** The index of the first maximum, or of the first NaN, in the flattened reduced axes: y holds i32. */
export function argmax(x: usize, y: usize, layout: usize, begin: i32, end: i32): void {
  const n = lengthOf(layout);
  while (begin < end) {
    const width = widthAt(layout, begin, end);
    const stop = begin + (width || min(8, end - begin));
    const lanes = min(width, 4) || 1;
    max(x, y, layout, begin, stop);
    for (; begin < stop; begin += lanes) {
      const from = x + outputAt(layout, begin);
      const to = y + (begin << 2);
      if (width > 0) put(to, placeInColumns(from, layout, n, lanes, take(to, lanes)), lanes);
      else store<i32>(to, placeInRow(from, layout, n, load<f32>(to)));
    }
  }
}

/** Each lane of `count`, plus how often x, n elements `step` bytes apart, is m. */
function ties(x: usize, step: i32, n: i32, width: i32, m: v128, count: v128): v128 {
  for (; n > 0; n--, x += step) count = i32x4.sub(count, f32x4.eq(take(x, width), m));
  return count;
}

/** dx = share where x is m, else 0; n elements `step` bytes apart. */
function give(x: usize, dx: usize, step: i32, n: i32, width: i32, m: v128, share: v128): void {
  for (; n > 0; n--, x += step, dx += step) {
    put(dx, v128.and(share, f32x4.eq(take(x, width), m)), width);
  }
}

/** dx = dy · [x = y] / (how many of the output's x are y), over all of x, where y = max x; 0 where y is NaN. */
export function maxGrad(dy: usize, x: usize, y: usize, dx: usize, layout: usize, begin: i32, end: i32): void {
  const runs = runsOf(layout);
  const n = lengthOf(layout);
  while (begin < end) {
    const columns = min(widthAt(layout, begin, end), 4);
    const lanes = columns || 1;
    const width = columns || 4;
    const step = columns ? stepOf(layout) : 16;
    const steps = columns ? n : n >> 2;
    const rest = columns ? 0 : n & 3;
    const at = outputAt(layout, begin);
    const m = take(y + (begin << 2), lanes);
    let count = i32x4.splat(0);
    let last = count;
    for (let run = 0; run < runs; run++) {
      const p = x + at + runAt(layout, run);
      count = ties(p, step, steps, width, m, count);
      last = ties(p + (steps << 4), 4, rest, 1, m, last);
    }
    if (!columns) {
      count = i32x4.add(count, v128.shuffle<i64>(count, count, 1, 0));
      count = i32x4.add(count, v128.shuffle<i32>(count, count, 1, 0, 3, 2));
    }
    const share = f32x4.div(take(dy + (begin << 2), lanes), f32x4.convert_i32x4_s(i32x4.add(count, last)));
    for (let run = 0; run < runs; run++) {
      const offset = at + runAt(layout, run);
      give(x + offset, dx + offset, step, steps, width, m, share);
      give(x + offset + (steps << 4), dx + offset + (steps << 4), 4, rest, 1, m, share);
    }
    begin += lanes;
  }
}
