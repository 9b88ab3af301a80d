/** The gradient of a maximum over axes; the grid is outputs, the layout that of a reduction (layout.ts). */
import { columnsAt, lengthOf, outputAt, runAt, runsOf, stepOf } from "../layout";

/** Columns whose y and counts stay in the first cache while the rows of x stream by. */
const COLUMNS: i32 = 1024;

/** How many of n elements are m. */
function ties(x: usize, n: i32, m: f32): i32 {
  const all = f32x4.splat(m);
  let counts = i32x4.splat(0);
  for (; n >= 4; n -= 4, x += 16) counts = i32x4.sub(counts, f32x4.eq(v128.load(x), all));
  counts = i32x4.add(counts, v128.shuffle<i64>(counts, counts, 1, 0));
  let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  for (; n > 0; n--, x += 4) count += i32(load<f32>(x) == m);
  return count;
}

/** dx = share where x is m, else 0; n elements. */
function give(x: usize, dx: usize, n: i32, m: f32, share: f32): void {
  const all = f32x4.splat(m);
  const shares = f32x4.splat(share);
  for (; n >= 4; n -= 4, x += 16, dx += 16) v128.store(dx, v128.and(shares, f32x4.eq(v128.load(x), all)));
  for (; n > 0; n--, x += 4, dx += 4) store<f32>(dx, load<f32>(x) == m ? share : 0);
}

/** One output whose runs are rows. */
function shareRow(dy: f32, x: usize, m: f32, dx: usize, layout: usize, n: i32, runs: i32): void {
  let count = 0;
  for (let run = 0; run < runs; run++) count += ties(x + runAt(layout, run), n, m);
  for (let run = 0; run < runs; run++) {
    const at = runAt(layout, run);
    give(x + at, dx + at, n, m, dy / <f32>count);
  }
}

/** counts[j] += [x[j] = y[j]] for n columns. */
function tally(x: usize, y: usize, counts: usize, n: i32): void {
  for (; n >= 4; n -= 4, x += 16, y += 16, counts += 16) {
    v128.store(counts, i32x4.sub(v128.load(counts), f32x4.eq(v128.load(x), v128.load(y))));
  }
  for (; n > 0; n--, x += 4, y += 4, counts += 4) {
    store<i32>(counts, load<i32>(counts) + i32(load<f32>(x) == load<f32>(y)));
  }
}

/** dx[j] = shares[j] where x[j] is y[j], else 0, for n columns. */
function spread(x: usize, y: usize, shares: usize, dx: usize, n: i32): void {
  for (; n >= 4; n -= 4, x += 16, y += 16, shares += 16, dx += 16) {
    v128.store(dx, v128.and(v128.load(shares), f32x4.eq(v128.load(x), v128.load(y))));
  }
  for (; n > 0; n--, x += 4, y += 4, shares += 4, dx += 4) {
    store<f32>(dx, load<f32>(x) == load<f32>(y) ? load<f32>(shares) : 0);
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
  memory.fill(dx, 0, columns << 2);
  for (let run = 0; run < runs; run++) {
    let p = x + runAt(layout, run);
    for (let k = 0; k < n; k++, p += step) tally(p, y, dx, columns);
  }
  for (let j: usize = 0; j < (<usize>columns) << 2; j += 4) {
    store<f32>(dx + j, load<f32>(dy + j) / <f32>load<i32>(dx + j));
  }
  for (let run = runs - 1; run >= 0; run--) {
    let at = runAt(layout, run) + n * step;
    for (let k = 0; k < n; k++) {
      at -= step;
      spread(x + at, y, dx, dx + at, columns);
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
    const to = begin << 2;
    if (columns > 0) shareColumns(dy + to, x + at, y + to, dx + at, layout, n, runs, columns);
    else shareRow(load<f32>(dy + to), x + at, load<f32>(y + to), dx + at, layout, n, runs);
    begin += columns || 1;
  }
}
