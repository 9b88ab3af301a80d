/**
 * Where an extremum over axes lies, for a function given as a class; the grid is the outputs, the layout that of a
 * reduction (layout.ts).
 */
import { columnsAt, lengthOf, outputAt, runAt, runsOf, stepOf } from "../layout";
import { select } from "../simd";
import { Fold } from "./folds";
import { fold } from "./walk";

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

/** The first place of the extremum m, or of a NaN, in the output's row. */
function placeInRow(x: usize, layout: usize, n: i32, m: f32): i32 {
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    const at = indexIn(x + runAt(layout, run), n, m);
    if (at >= 0) return run * n + at;
  }
  return 0;
}

/** Which of two is extreme. */
export abstract class Extremum {
  /** What no element is beyond. */
  abstract start(): v128;
  /** Where v is no better than best. */
  abstract loses(v: v128, best: v128): v128;
}

export class Largest extends Extremum {
  start(): v128 {
    return f32x4.splat(-Infinity);
  }
  loses(v: v128, best: v128): v128 {
    return f32x4.le(v, best);
  }
}

export class Smallest extends Extremum {
  start(): v128 {
    return f32x4.splat(Infinity);
  }
  loses(v: v128, best: v128): v128 {
    return f32x4.ge(v, best);
  }
}

/** Where v is better than best, or is the first NaN. */
function beats<E extends Extremum>(v: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), changetype<E>(0).loses(v, best));
}

/** Four elements, or one in all lanes. */
function take(x: usize, width: i32): v128 {
  return width == 1 ? v128.load32_splat(x) : v128.load(x);
}

function put(y: usize, x: v128, width: i32): void {
  if (width == 1) v128.store_lane<i32>(y, x, 0);
  else v128.store(y, x);
}

/** How many columns from output `begin` on are walked at once: 16, 4 or 1; 0 for rows. */
function widthAt(layout: usize, begin: i32, end: i32): i32 {
  const columns = columnsAt(layout, begin, end);
  return columns < 4 ? min(columns, 1) : columns < 16 ? 4 : 16;
}

/** y = the place of the extremum in each of four columns, or in one. */
function place4<E extends Extremum>(x: usize, y: usize, layout: usize, n: i32, width: i32): void {
  const step = stepOf(layout);
  let best = changetype<E>(0).start();
  let at = i32x4.splat(0);
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let k = run * n; k < (run + 1) * n; k++, p += step) {
      const v = take(p, width);
      const hit = beats<E>(v, best);
      best = select(v, best, hit);
      at = select(i32x4.splat(k), at, hit);
    }
  }
  put(y, at, width);
}

/** The same in sixteen columns: a whole cache line at each step. */
function place16<E extends Extremum>(x: usize, y: usize, layout: usize, n: i32): void {
  const step = stepOf(layout);
  let best0 = changetype<E>(0).start();
  let best1 = best0;
  let best2 = best0;
  let best3 = best0;
  let at0 = i32x4.splat(0);
  let at1 = at0;
  let at2 = at0;
  let at3 = at0;
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let k = run * n; k < (run + 1) * n; k++, p += step) {
      const here = i32x4.splat(k);
      const hit0 = beats<E>(v128.load(p), best0);
      const hit1 = beats<E>(v128.load(p, 16), best1);
      const hit2 = beats<E>(v128.load(p, 32), best2);
      const hit3 = beats<E>(v128.load(p, 48), best3);
      best0 = select(v128.load(p), best0, hit0);
      best1 = select(v128.load(p, 16), best1, hit1);
      best2 = select(v128.load(p, 32), best2, hit2);
      best3 = select(v128.load(p, 48), best3, hit3);
      at0 = select(here, at0, hit0);
      at1 = select(here, at1, hit1);
      at2 = select(here, at2, hit2);
      at3 = select(here, at3, hit3);
    }
  }
  v128.store(y, at0);
  v128.store(y, at1, 16);
  v128.store(y, at2, 32);
  v128.store(y, at3, 48);
}

/** The index of the first extremum, or of the first NaN, in the flattened reduced axes: y holds i32. */
export function place<E extends Extremum, F extends Fold>(
  x: usize,
  y: usize,
  layout: usize,
  begin: i32,
  end: i32,
): void {
  const n = lengthOf(layout);
  while (begin < end) {
    const width = widthAt(layout, begin, end);
    if (width > 0) {
      const from = x + outputAt(layout, begin);
      const to = y + (begin << 2);
      if (width == 16) place16<E>(from, to, layout, n);
      else place4<E>(from, to, layout, n, width);
      begin += width;
      continue;
    }
    const stop = min(begin + 8, end);
    fold<F>(x, y, layout, 0, 1, begin, stop); // rows need no scratch
    for (; begin < stop; begin++) {
      const to = y + (begin << 2);
      store<i32>(to, placeInRow(x + outputAt(layout, begin), layout, n, load<f32>(to)));
    }
  }
}
