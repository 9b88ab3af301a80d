/**
 * Where an extremum over axes lies, for a function given as a class; the grid is the outputs, the layout that of a
 * reduction (layout.ts).
 */
import { columnsAt, lengthOf, outputAt, runAt, runsOf, stepOf } from "../layout";
import { DOUBLE, eq, LANES, le, loadOne, ne, select, splat, WORD } from "../simd";
import { Words } from "../storage";
import { Fold } from "./folds";
import { foldRow } from "./walk";

/** Which of two is extreme. */
export abstract class Extremum {
  /** What no element is beyond. */
  abstract start(): v128;
  /** Where v is better than best, or is the first NaN. */
  abstract beats(v: v128, best: v128): v128;
  /** Where v is the extremum m, or NaN. */
  abstract is(v: v128, m: v128): v128;
}

export class Largest extends Extremum {
  start(): v128 {
    return splat(-Infinity);
  }
  beats(v: v128, best: v128): v128 {
    return v128.andnot(eq(best, best), le(v, best));
  }
  is(v: v128, m: v128): v128 {
    return v128.or(eq(v, m), ne(v, v));
  }
}

export class Smallest extends Extremum {
  start(): v128 {
    return splat(Infinity);
  }
  beats(v: v128, best: v128): v128 {
    return v128.andnot(eq(best, best), le(best, v));
  }
  is(v: v128, m: v128): v128 {
    return v128.or(eq(v, m), ne(v, v));
  }
}

/** Of i32. */
export class LargestInt extends Extremum {
  start(): v128 {
    return i32x4.splat(i32.MIN_VALUE);
  }
  beats(v: v128, best: v128): v128 {
    return i32x4.gt_s(v, best);
  }
  is(v: v128, m: v128): v128 {
    return i32x4.eq(v, m);
  }
}

/** Of i32. */
export class SmallestInt extends Extremum {
  start(): v128 {
    return i32x4.splat(i32.MAX_VALUE);
  }
  beats(v: v128, best: v128): v128 {
    return i32x4.lt_s(v, best);
  }
  is(v: v128, m: v128): v128 {
    return i32x4.eq(v, m);
  }
}

/** A bit for each lane of a mask. */
function bitmask(mask: v128): i32 {
  return DOUBLE ? i64x2.bitmask(mask) : i32x4.bitmask(mask);
}

/** The index of the first of n elements that is m, or NaN; or −1. */
function indexIn<E extends Extremum>(x: usize, n: i32, m: v128): i32 {
  const e = changetype<E>(0);
  let i = 0;
  for (; i <= n - LANES; i += LANES, x += 16) {
    const hits = bitmask(e.is(v128.load(x), m));
    if (hits) return i + ctz(hits);
  }
  for (; i < n; i++, x += WORD) {
    if (i32x4.extract_lane(e.is(loadOne(x), m), 0)) return i;
  }
  return -1;
}

/** The first place of the extremum m, or of a NaN, in the output's row. */
function placeInRow<E extends Extremum>(x: usize, layout: usize, n: i32, m: v128): i32 {
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    const at = indexIn<E>(x + runAt(layout, run), n, m);
    if (at >= 0) return run * n + at;
  }
  return 0;
}

/** A place in each lane. */
function places(k: i32): v128 {
  return DOUBLE ? i64x2.splat(k) : i32x4.splat(k);
}

/** A vector of elements, or one in all lanes. */
function take(x: usize, width: i32): v128 {
  return width == 1 ? v128.load_splat<real>(x) : v128.load(x);
}

/** How many columns from output `begin` on are walked at once: four vectors, one, or one column; 0 for rows. */
function widthAt(layout: usize, begin: i32, end: i32): i32 {
  const columns = columnsAt(layout, begin, end);
  if (columns < LANES) return min(columns, 1);
  return columns < 4 * LANES ? LANES : 4 * LANES;
}

/** y = the place of the extremum in each column of a vector, or in one. */
function placeFew<E extends Extremum>(x: usize, y: usize, layout: usize, n: i32, width: i32): void {
  const e = changetype<E>(0);
  const step = stepOf(layout);
  let best = e.start();
  let at = i32x4.splat(0);
  for (let run = 0, runs = runsOf(layout); run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let k = run * n; k < (run + 1) * n; k++, p += step) {
      const v = take(p, width);
      const hit = e.beats(v, best);
      best = select(v, best, hit);
      at = select(places(k), at, hit);
    }
  }
  if (width == 1) v128.store32_lane(y, at, 0);
  else changetype<Words>(0).store(y, at);
}

/** The same in four vectors of columns: a whole cache line at each step. */
function placeLine<E extends Extremum>(x: usize, y: usize, layout: usize, n: i32): void {
  const e = changetype<E>(0);
  const step = stepOf(layout);
  let best0 = e.start();
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
      const here = places(k);
      const hit0 = e.beats(v128.load(p), best0);
      const hit1 = e.beats(v128.load(p, 16), best1);
      const hit2 = e.beats(v128.load(p, 32), best2);
      const hit3 = e.beats(v128.load(p, 48), best3);
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
  changetype<Words>(0).storeFour(y, at0, at1, at2, at3);
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
  const runs = runsOf(layout);
  while (begin < end) {
    const width = widthAt(layout, begin, end);
    const from = x + outputAt(layout, begin);
    const to = y + ((<usize>begin) << 2);
    if (width == 4 * LANES) placeLine<E>(from, to, layout, n);
    else if (width > 0) placeFew<E>(from, to, layout, n, width);
    else {
      const m = foldRow<F>(from, layout, n, runs, changetype<F>(0).total());
      store<i32>(to, placeInRow<E>(from, layout, n, m));
    }
    begin += max(width, 1);
  }
}
