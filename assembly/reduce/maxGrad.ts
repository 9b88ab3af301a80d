/** The gradient of a maximum over axes; the grid is outputs, the layout that of a reduction (layout.ts). */
import { columnsAt, lengthOf, outputAt, runAt, runsOf, stepOf } from "../layout";
import { One, Span, Whole } from "../loops";
import { bytes, DOUBLE, eq, LANES, splat, swapHalves, WORD } from "../simd";

/** Columns whose y and counts stay in the first cache while the rows of x stream by. */
const COLUMNS: i32 = 1024;

/** How many of n elements are m. */
function ties(x: usize, n: i32, m: real): i32 {
  const all = splat(m);
  let counts = i32x4.splat(0);
  for (; n >= LANES; n -= LANES, x += 16) counts = i32x4.sub(counts, eq(v128.load(x), all));
  counts = i32x4.add(counts, swapHalves(counts));
  let count = i32x4.extract_lane(counts, 0);
  if (!DOUBLE) count += i32x4.extract_lane(counts, 1);
  for (; n > 0; n--, x += WORD) count += i32(load<real>(x) == m);
  return count;
}

/** dx = share where x is m, else 0; n elements. */
function give(x: usize, dx: usize, n: i32, m: real, share: real): void {
  const all = splat(m);
  const shares = splat(share);
  for (; n >= LANES; n -= LANES, x += 16, dx += 16) v128.store(dx, v128.and(shares, eq(v128.load(x), all)));
  for (; n > 0; n--, x += WORD, dx += WORD) store<real>(dx, load<real>(x) == m ? share : 0);
}

/** One output whose runs are rows. */
function shareRow(dy: real, x: usize, m: real, dx: usize, layout: usize, n: i32, runs: i32): void {
  let count = 0;
  for (let run = 0; run < runs; run++) count += ties(x + runAt(layout, run), n, m);
  for (let run = 0; run < runs; run++) {
    const at = runAt(layout, run);
    give(x + at, dx + at, n, m, dy / <real>count);
  }
}

/** counts[j] += [x[j] = y[j]] for n columns; a count is an integer in the place of a real. */
function tally<S extends Span>(x: usize, y: usize, counts: usize, n: i32): void {
  const span = changetype<S>(0);
  const step = bytes(span.length());
  for (; n > 0; n -= span.length(), x += step, y += step, counts += step) {
    span.put(counts, i32x4.sub(span.get(counts), eq(span.get(x), span.get(y))));
  }
}

/** dx[j] = shares[j] where x[j] is y[j], else 0, for n columns. */
function spread<S extends Span>(x: usize, y: usize, shares: usize, dx: usize, n: i32): void {
  const span = changetype<S>(0);
  const step = bytes(span.length());
  for (; n > 0; n -= span.length(), x += step, y += step, shares += step, dx += step) {
    span.put(dx, v128.and(span.get(shares), eq(span.get(x), span.get(y))));
  }
}

/**
 * Outputs side by side, by rows of x; counts, then shares, stand in dx's first row, which is written last.
 */
function shareColumns(
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  layout: usize,
  n: i32,
  runs: i32,
  columns: i32,
): void {
  const step = stepOf(layout);
  const whole = columns & -LANES;
  const rest = columns - whole;
  const tail = bytes(whole);
  memory.fill(dx, 0, bytes(columns));
  for (let run = 0; run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let k = 0; k < n; k++, p += step) {
      tally<Whole>(p, y, dx, whole);
      tally<One>(p + tail, y + tail, dx + tail, rest);
    }
  }
  for (let j: usize = 0; j < bytes(columns); j += WORD) {
    store<real>(dx + j, load<real>(dy + j) / <real>load<i32>(dx + j));
  }
  for (let run = runs - 1; run >= 0; run--) {
    let at = runAt(layout, run) + step * n;
    for (let k = 0; k < n; k++) {
      at -= step;
      spread<Whole>(x + at, y, dx, dx + at, whole);
      spread<One>(x + at + tail, y + tail, dx + tail, dx + at + tail, rest);
    }
  }
}

/**
 * dx = dy · [x = y] / (how many of the output's x are y) over all of x, where y = max x; 0 where y is NaN.
 */
export function maxGrad(dy: usize, x: usize, y: usize, dx: usize, layout: usize, begin: i32, end: i32): void {
  const n = lengthOf(layout);
  const runs = runsOf(layout);
  if (n * runs == 0) return;
  while (begin < end) {
    const columns = min(columnsAt(layout, begin, end), COLUMNS);
    const at = outputAt(layout, begin);
    const to = bytes(begin);
    if (columns > 0) shareColumns(dy + to, x + at, y + to, dx + at, layout, n, runs, columns);
    else shareRow(load<real>(dy + to), x + at, load<real>(y + to), dx + at, layout, n, runs);
    begin += columns || 1;
  }
}
