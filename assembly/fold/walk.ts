/** A fold over axes, for a function given as a class; the grid is outputs, the layout that of a reduction. */
import { columnsAt, lengthOf, outputAt, runAt, runsOf } from "../layout";
import { bytes, LANES, storeOne, WORD } from "../simd";
import { COLUMNS, foldColumns } from "./columns";
import { Fold } from "./folds";

/** Elements of a row that are folded in lanes before they join a total. */
const ROW = 1024;

/** The total of an output's runs of n elements, in the first lane. */
export function foldRow<F extends Fold>(x: usize, layout: usize, n: i32, runs: i32, low: v128): v128 {
  const f = changetype<F>(0);
  let high = low;
  for (let run = 0; run < runs; run++) {
    let p = x + runAt(layout, run);
    let rest = n;
    while (rest >= 4 * LANES) {
      const count = min(rest, ROW) & -(4 * LANES);
      let a = f.start();
      let b = a;
      let c = a;
      let d = a;
      for (const stop = p + bytes(count); p < stop; p += 64) {
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
    for (; rest >= LANES; rest -= LANES, p += 16) {
      low = f.low(low, v128.load(p));
      high = f.high(high, v128.load(p));
    }
    for (; rest > 0; rest--, p += WORD) {
      low = f.low(low, v128.load_lane<real>(p, f.start(), 0));
    }
  }
  return f.across(low, high);
}

/** y = scale · F over the reduced axes. scratch: three reals for each of 4096 columns, or for each column side by side. */
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
    const to = y + bytes(begin);
    const columns = min(columnsAt(layout, begin, end), COLUMNS);
    if (columns > 0) foldColumns<F>(from, to, layout, start, scale, columns, scratch);
    else {
      const total = foldRow<F>(from, layout, n, runs, start);
      storeOne(to, f.finish(total, total, scale));
    }
    begin += max(columns, 1);
  }
}
