/** Plane rotations of neighbouring rows, put off until there are many, and then made column by column while those are in cache. */
import { bytes, DOUBLE, LANES, loadOne, madd, mul, nmadd, storeOne } from "../simd";

/** What is too small beside its neighbours to count where rotations make a matrix diagonal. */
export const SMALL: f64 = DOUBLE ? 1.1e-16 : 7e-9;

/**
 * A list of sweeps in memory: its end, the most it may have, then for each sweep the upper row of its first pair, the number of its
 * pairs, each a row above the one before, and c, s of each.
 */
const HEADER: usize = 16;

/** An empty list in `size` bytes. */
export function clear(list: usize, size: usize): void {
  store<usize>(list, HEADER);
  store<usize>(list, size, 4);
}

/** Whether there is room for a sweep of so many pairs. `src/ops/linalg/plans.ts` gives room for one at least. */
export function hasRoom(list: usize, pairs: i32): bool {
  return load<usize>(list) + HEADER + bytes(2 * pairs) <= load<usize>(list, 4);
}

/** Begins a sweep with rows row − 1 and row. */
export function begin(list: usize, row: i32): void {
  const sweep = list + load<usize>(list);
  store<i32>(sweep, row);
  store<i32>(sweep, 0, 4);
}

/** Adds a pair to the sweep: rows (x, y) become (c x − s y, s x + c y). */
export function rotate(list: usize, c: f64, s: f64): void {
  const sweep = list + load<usize>(list),
    pairs = load<i32>(sweep, 4);
  const at = sweep + HEADER + bytes(2 * pairs);
  store<real>(at, <real>c);
  store<real>(at + bytes(1), <real>s);
  store<i32>(sweep, pairs + 1, 4);
}

/** Ends the sweep. */
export function finish(list: usize): void {
  const used = load<usize>(list);
  store<usize>(list, used + HEADER + bytes(2 * load<i32>(list + used, 4)));
}

/** Makes all rotations of the rows of x, `step` bytes apart, in n columns, and empties the list. */
export function apply(list: usize, x: usize, step: usize, n: i32): void {
  const end = list + load<usize>(list);
  while (n > 0) {
    const width = n >= 4 * LANES ? 4 * LANES : n >= LANES ? LANES : 1;
    for (let sweep = list + HEADER; sweep < end;) {
      const pairs = load<i32>(sweep, 4);
      const row = x + step * load<i32>(sweep);
      if (width > LANES) turnFour(sweep + HEADER, pairs, row, step);
      else turnOne(sweep + HEADER, pairs, row, step, width > 1);
      sweep += HEADER + bytes(2 * pairs);
    }
    x += bytes(width);
    n -= width;
  }
  store<usize>(list, HEADER);
}

/** A sweep in one vector of columns, or in one column: y goes from pair to pair in a register. */
function turnOne(factors: usize, pairs: i32, row: usize, step: usize, whole: bool): void {
  let y = whole ? v128.load(row) : loadOne(row);
  for (; pairs > 0; pairs--, factors += bytes(2), row -= step) {
    const c = v128.load_splat<real>(factors),
      s = v128.load_splat<real>(factors + bytes(1)),
      above = row - step,
      x = whole ? v128.load(above) : loadOne(above);
    const turned = madd(c, y, mul(s, x));
    if (whole) v128.store(row, turned);
    else storeOne(row, turned);
    y = nmadd(s, y, mul(c, x));
  }
  if (whole) v128.store(row, y);
  else storeOne(row, y);
}

/** A sweep in four vectors of columns. */
function turnFour(factors: usize, pairs: i32, row: usize, step: usize): void {
  let y0 = v128.load(row),
    y1 = v128.load(row, 16),
    y2 = v128.load(row, 32),
    y3 = v128.load(row, 48);
  for (; pairs > 0; pairs--, factors += bytes(2), row -= step) {
    const c = v128.load_splat<real>(factors),
      s = v128.load_splat<real>(factors + bytes(1)),
      above = row - step,
      x0 = v128.load(above),
      x1 = v128.load(above, 16),
      x2 = v128.load(above, 32),
      x3 = v128.load(above, 48);
    v128.store(row, madd(c, y0, mul(s, x0)));
    v128.store(row, madd(c, y1, mul(s, x1)), 16);
    v128.store(row, madd(c, y2, mul(s, x2)), 32);
    v128.store(row, madd(c, y3, mul(s, x3)), 48);
    y0 = nmadd(s, y0, mul(c, x0));
    y1 = nmadd(s, y1, mul(c, x1));
    y2 = nmadd(s, y2, mul(c, x2));
    y3 = nmadd(s, y3, mul(c, x3));
  }
  v128.store(row, y0);
  v128.store(row, y1, 16);
  v128.store(row, y2, 32);
  v128.store(row, y3, 48);
}
