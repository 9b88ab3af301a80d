/** A fold over axes, for a function given as a class; the grid is outputs, the layout that of a reduction. */
import { columnsAt, lengthOf, outputAt, runAt, runsOf, stepOf } from "../layout";
import { One, Span, Whole } from "../loops";
import { bytes, maxLanes, storePart } from "../simd";

/** What is folded in float32 before it joins a total: elements of a row; turns of four steps down a column. */
const ROW = 1024;
const TURNS = 16;

/** Columns at a time: what is folded of them stays in the first cache. `src/ops/reduce.ts` repeats it. */
const COLUMNS = 4096;

/** How four lanes are folded, and into what totals: one vector for the lower two, one for the upper two. */
export abstract class Fold {
  abstract start(): f32;
  abstract total(): v128;
  /** The total of no elements. */
  abstract none(): v128;
  abstract lanes(a: v128, b: v128): v128;
  abstract low(total: v128, a: v128): v128;
  abstract high(total: v128, a: v128): v128;
  /** The total of all lanes of both, in the first lane. */
  abstract across(low: v128, high: v128): v128;
  abstract finish(low: v128, high: v128, scale: f64): v128;
}

/** Its totals are float64. */
export class Sum extends Fold {
  start(): f32 {
    return -0.0;
  }
  total(): v128 {
    return f64x2.splat(-0.0);
  }
  none(): v128 {
    return f64x2.splat(0);
  }
  lanes(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
  low(total: v128, a: v128): v128 {
    return f64x2.add(total, f64x2.promote_low_f32x4(a));
  }
  high(total: v128, a: v128): v128 {
    return f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1)));
  }
  across(low: v128, high: v128): v128 {
    const total = f64x2.add(low, high);
    return f64x2.add(total, v128.shuffle<i64>(total, total, 1, 0));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    const s = f64x2.splat(scale);
    const y = f32x4.demote_f64x2_zero(f64x2.mul(low, s));
    return v128.shuffle<i64>(y, f32x4.demote_f64x2_zero(f64x2.mul(high, s)), 0, 2);
  }
}

/**
 * NaN if an element is; of 0 and −0 the earlier. f32x4.max takes eight instructions: 0.31 ms for 0.11 on
 * 1024².
 */
export class Max extends Fold {
  start(): f32 {
    return -Infinity;
  }
  total(): v128 {
    return f32x4.splat(-Infinity);
  }
  none(): v128 {
    return f32x4.splat(-Infinity);
  }
  lanes(a: v128, b: v128): v128 {
    return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
  }
  low(total: v128, a: v128): v128 {
    return this.lanes(total, a);
  }
  high(total: v128, a: v128): v128 {
    return total;
  }
  across(low: v128, high: v128): v128 {
    return f32x4.splat(maxLanes(low));
  }
  finish(low: v128, high: v128, scale: f64): v128 {
    return low;
  }
}

/** So few columns are folded one vector after the other, in a register. The bits are the same. */
const NARROW = 32;

/** Four elements, or one in all lanes. */
export function take(x: usize, width: i32): v128 {
  return width == 1 ? v128.load32_splat(x) : v128.load(x);
}

export function put(y: usize, x: v128, width: i32): void {
  if (width == 1) v128.store_lane<i32>(y, x, 0);
  else v128.store(y, x);
}

/** The total of an output's runs of n elements. */
function foldRow<F extends Fold>(x: usize, layout: usize, n: i32, runs: i32, low: v128): v128 {
  const f = changetype<F>(0);
  let high = low;
  for (let run = 0; run < runs; run++) {
    let p = x + runAt(layout, run);
    let rest = n;
    while (rest >= 16) {
      const count = min(rest, ROW) & ~15;
      let a = f32x4.splat(f.start());
      let b = a;
      let c = a;
      let d = a;
      for (const stop = p + (count << 2); p < stop; p += 64) {
        a = f.lanes(a, v128.load(p));
        b = f.lanes(b, v128.load(p, 16));
        c = f.lanes(c, v128.load(p, 32));
        d = f.lanes(d, v128.load(p, 48));
      }
      a = f.lanes(f.lanes(a, b), f.lanes(c, d));
      low = f.low(low, a);
      high = f.high(high, a);
      rest -= count;
    }
    for (; rest >= 4; rest -= 4, p += 16) {
      low = f.low(low, v128.load(p));
      high = f.high(high, v128.load(p));
    }
    for (; rest > 0; rest--, p += 4) {
      low = f.low(low, f32x4.replace_lane(f32x4.splat(f.start()), 0, load<f32>(p)));
    }
  }
  return f.across(low, high);
}

/** part = F(part, four rows of x, `far` bytes apart), n columns. */
function foldFour<F extends Fold, S extends Span>(x: usize, far: usize, part: usize, n: i32): void {
  const f = changetype<F>(0);
  const span = changetype<S>(0);
  const step = bytes(span.length());
  let x1 = x + far,
    x2 = x1 + far,
    x3 = x2 + far;
  for (; n > 0; n -= span.length()) {
    const a = f.lanes(span.get(x), span.get(x1));
    const b = f.lanes(span.get(x2), span.get(x3));
    span.put(part, f.lanes(span.get(part), f.lanes(a, b)));
    x += step;
    x1 += step;
    x2 += step;
    x3 += step;
    part += step;
  }
}

/** part = F(part, one row of x), n columns. */
function foldOne<F extends Fold, S extends Span>(x: usize, part: usize, n: i32): void {
  const f = changetype<F>(0);
  const span = changetype<S>(0);
  const step = bytes(span.length());
  for (; n > 0; n -= span.length(), x += step, part += step) {
    span.put(part, f.lanes(span.get(part), span.get(x)));
  }
}

/** part = F(part, four rows a turn), of one vector of columns down `turns` turns. */
function foldDown<F extends Fold, S extends Span>(
  x: usize,
  far: usize,
  step: usize,
  turns: i32,
  part: usize,
): void {
  const f = changetype<F>(0);
  const span = changetype<S>(0);
  let x1 = x + far,
    x2 = x1 + far,
    x3 = x2 + far,
    total = span.get(part);
  for (; turns > 0; turns--) {
    const a = f.lanes(span.get(x), span.get(x1));
    const b = f.lanes(span.get(x2), span.get(x3));
    total = f.lanes(total, f.lanes(a, b));
    x += step;
    x1 += step;
    x2 += step;
    x3 += step;
  }
  span.put(part, total);
}

/** The same of four vectors, a whole cache line of each row. */
function foldLine<F extends Fold>(x: usize, far: usize, step: usize, turns: i32, part: usize): void {
  const f = changetype<F>(0);
  let a = v128.load(part),
    b = v128.load(part, 16),
    c = v128.load(part, 32),
    d = v128.load(part, 48);
  for (; turns > 0; turns--, x += step) {
    const x1 = x + far,
      x2 = x1 + far,
      x3 = x2 + far;
    const a0 = f.lanes(v128.load(x), v128.load(x1)),
      b0 = f.lanes(v128.load(x, 16), v128.load(x1, 16)),
      c0 = f.lanes(v128.load(x, 32), v128.load(x1, 32)),
      d0 = f.lanes(v128.load(x, 48), v128.load(x1, 48));
    a = f.lanes(a, f.lanes(a0, f.lanes(v128.load(x2), v128.load(x3))));
    b = f.lanes(b, f.lanes(b0, f.lanes(v128.load(x2, 16), v128.load(x3, 16))));
    c = f.lanes(c, f.lanes(c0, f.lanes(v128.load(x2, 32), v128.load(x3, 32))));
    d = f.lanes(d, f.lanes(d0, f.lanes(v128.load(x2, 48), v128.load(x3, 48))));
  }
  v128.store(part, a);
  v128.store(part, b, 16);
  v128.store(part, c, 32);
  v128.store(part, d, 48);
}

/** Joins what is folded of n columns, four at a time, to their totals, and begins anew. */
function join<F extends Fold>(part: usize, totals: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n -= 4, part += 16, totals += 32) {
    const a = v128.load(part);
    v128.store(totals, f.low(v128.load(totals), a));
    v128.store(totals, f.high(v128.load(totals, 16), a), 16);
    v128.store(part, f32x4.splat(f.start()));
  }
}

/**
 * n columns side by side, COLUMNS at most. The rows of a turn lie a quarter of a run apart, so that x is read as four long
 * streams: 60 GB/s on 1024² where sixteen columns walked down alone get 11. scratch: 12 bytes a column, n a multiple of 4.
 */
function foldColumns<F extends Fold>(
  x: usize,
  y: usize,
  layout: usize,
  start: v128,
  scale: f64,
  n: i32,
  scratch: usize,
): void {
  const f = changetype<F>(0);
  const step = stepOf(layout),
    quarter = lengthOf(layout) >> 2,
    far = step * quarter;
  const whole = n & -4,
    rest = n - whole,
    tail = bytes(whole);
  const totals = scratch + bytes((n + 3) & -4);
  for (let at: usize = 0; at < bytes(n); at += 16) {
    v128.store(scratch + at, f32x4.splat(f.start()));
    v128.store(totals + 2 * at, start);
    v128.store(totals + 2 * at, start, 16);
  }
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let turn = 0; turn < quarter;) {
      const turns = min(quarter - turn, TURNS);
      if (n <= NARROW) {
        let at: usize = 0;
        for (; at + 64 <= tail; at += 64) foldLine<F>(p + at, far, step, turns, scratch + at);
        for (; at < tail; at += 16) foldDown<F, Whole>(p + at, far, step, turns, scratch + at);
        for (; at < bytes(n); at += 4) foldDown<F, One>(p + at, far, step, turns, scratch + at);
        p += step * turns;
      } else {
        for (let i = 0; i < turns; i++, p += step) {
          foldFour<F, Whole>(p, far, scratch, whole);
          foldFour<F, One>(p + tail, far, scratch + tail, rest);
        }
      }
      turn += turns;
      join<F>(scratch, totals, n);
    }
    p += 3 * far;
    for (let row = lengthOf(layout) & 3; row > 0; row--, p += step) {
      foldOne<F, Whole>(p, scratch, whole);
      foldOne<F, One>(p + tail, scratch + tail, rest);
    }
    join<F>(scratch, totals, n);
  }
  let total = totals;
  for (; n >= 4; n -= 4, total += 32, y += 16) {
    v128.store(y, f.finish(v128.load(total), v128.load(total, 16), scale));
  }
  if (n > 0) storePart(y, f.finish(v128.load(total), v128.load(total, 16), scale), n);
}

/** y = scale · F over the reduced axes. scratch: 12 bytes for each of 4096 columns, or for each column side by side. */
export function fold<F extends Fold>(
  x: usize,
  y: usize,
  layout: usize,
  scratch: usize,
  scale: f64,
  begin: i32,
  end: i32,
): void {
  const f = changetype<F>(0);
  const n = lengthOf(layout);
  const runs = runsOf(layout);
  const start = n * runs > 0 ? f.total() : f.none();
  while (begin < end) {
    const from = x + outputAt(layout, begin);
    const to = y + (begin << 2);
    const columns = min(columnsAt(layout, begin, end), COLUMNS);
    if (columns > 0) foldColumns<F>(from, to, layout, start, scale, columns, scratch);
    else {
      const total = foldRow<F>(from, layout, n, runs, start);
      put(to, f.finish(total, total, scale), 1);
    }
    begin += max(columns, 1);
  }
}
