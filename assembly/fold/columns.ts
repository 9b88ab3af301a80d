/** Folds of columns that lie side by side. */
import { lengthOf, runAt, runsOf, stepOf } from "../layout";
import { One, Span, Whole } from "../loops";
import { bytes, LANES, storePart, WORD } from "../simd";
import { Fold } from "./folds";

/** Columns at a time: what is folded of them stays in the first cache. `src/ops/reduce.ts` repeats it. */
export const COLUMNS: i32 = 4096;

/** Turns of four steps down a column that are folded in lanes before they join a total. */
const TURNS = 16;

/** So few columns are folded one vector after the other, in a register. The bits are the same. */
const NARROW = 32;

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

/** Joins what is folded of n columns, a vector at a time, to their totals, and begins anew. */
export function join<F extends Fold>(part: usize, totals: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n -= LANES, part += 16, totals += 32) {
    const a = v128.load(part);
    v128.store(totals, f.low(v128.load(totals), a));
    v128.store(totals, f.high(v128.load(totals, 16), a), 16);
    v128.store(part, f.start());
  }
}

/**
 * n columns side by side, COLUMNS at most. The rows of a turn lie a quarter of a run apart, so that x is read as four long
 * streams: 60 GB/s on 1024² where sixteen columns walked down alone get 11. scratch: three reals a column, n a multiple of LANES.
 */
export function foldColumns<F extends Fold>(
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
  const whole = n & -LANES,
    rest = n - whole,
    tail = bytes(whole);
  const totals = scratch + bytes((n + LANES - 1) & -LANES);
  for (let at: usize = 0; at < bytes(n); at += 16) {
    v128.store(scratch + at, f.start());
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
        for (; at < bytes(n); at += WORD) foldDown<F, One>(p + at, far, step, turns, scratch + at);
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
  for (; n >= LANES; n -= LANES, total += 32, y += 16) {
    v128.store(y, f.finish(v128.load(total), v128.load(total, 16), scale));
  }
  if (n > 0) storePart(y, f.finish(v128.load(total), v128.load(total, 16), scale), n);
}
