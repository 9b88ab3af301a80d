/** Passes over rows of columns: two sums down each column, and a row made of one or two others by numbers of the columns. */
import { join } from "../fold/columns";
import { Sum } from "../fold/folds";
import { One, Span, Whole } from "../loops";
import { add, bytes, DOUBLE, LANES, madd, splat } from "../simd";

/** Turns of four rows that are added up as reals before they join float64 totals. */
const TURNS: i32 = 16;

/** Bytes of an array of n reals, in whole vectors. */
export function partOf(n: i32): usize {
  return bytes((n + LANES - 1) & -LANES);
}

/** The total of column c of an array of them. */
export function total(totals: usize, c: i32): f64 {
  return load<f64>(totals + (DOUBLE ? ((c >> 1) << 5) + ((c & 1) << 3) : c << 3));
}

/** What a row adds to the two sums of its columns, from vectors of a and b and two numbers of the columns. */
export abstract class Terms {
  /** Whether there is a second array; and numbers of the columns. */
  abstract paired(): bool;
  abstract scaled(): bool;
  abstract first(sum: v128, a: v128): v128;
  abstract second(sum: v128, a: v128, b: v128, scale: v128, shift: v128): v128;
}

/** Σ x and Σ x² */
export class Moments extends Terms {
  paired(): bool {
    return false;
  }
  scaled(): bool {
    return false;
  }
  first(sum: v128, a: v128): v128 {
    return add(sum, a);
  }
  second(sum: v128, a: v128, b: v128, scale: v128, shift: v128): v128 {
    return madd(a, a, sum);
  }
}

/** Σ x and Σ (x + shift)² */
export class Squares extends Terms {
  paired(): bool {
    return false;
  }
  scaled(): bool {
    return true;
  }
  first(sum: v128, a: v128): v128 {
    return add(sum, a);
  }
  second(sum: v128, a: v128, b: v128, scale: v128, shift: v128): v128 {
    const v = add(a, shift);
    return madd(v, v, sum);
  }
}

/** Σ a and Σ a · (b · scale + shift) */
export class Pulls extends Terms {
  paired(): bool {
    return true;
  }
  scaled(): bool {
    return true;
  }
  first(sum: v128, a: v128): v128 {
    return add(sum, a);
  }
  second(sum: v128, a: v128, b: v128, scale: v128, shift: v128): v128 {
    return madd(a, madd(b, scale, shift), sum);
  }
}

/** Rows taken together. */
abstract class Rows {
  abstract four(): bool;
}
class Four extends Rows {
  four(): bool {
    return true;
  }
}
class Single extends Rows {
  four(): bool {
    return false;
  }
}

/** Adds four rows of a and b, or one, `step` bytes apart, to the sums of n columns; `part` is partOf all columns. */
function addRows<T extends Terms, R extends Rows, S extends Span>(
  a: usize,
  b: usize,
  step: usize,
  n: i32,
  sums: usize,
  table: usize,
  part: usize,
): void {
  const t = changetype<T>(0),
    span = changetype<S>(0),
    width = bytes(span.length()),
    paired = t.paired(),
    scaled = t.scaled(),
    zero = splat(0),
    toB = b - a;
  for (; n >= span.length(); n -= span.length()) {
    const scale = scaled ? span.get(table) : zero,
      shift = scaled ? span.get(table + part) : zero;
    let x = span.get(a),
      s = t.first(span.get(sums), x),
      q = t.second(span.get(sums + part), x, paired ? span.get(a + toB) : zero, scale, shift);
    if (changetype<R>(0).four()) {
      const a1 = a + step,
        a2 = a1 + step,
        a3 = a2 + step;
      x = span.get(a1);
      s = t.first(s, x);
      q = t.second(q, x, paired ? span.get(a1 + toB) : zero, scale, shift);
      x = span.get(a2);
      s = t.first(s, x);
      q = t.second(q, x, paired ? span.get(a2 + toB) : zero, scale, shift);
      x = span.get(a3);
      s = t.first(s, x);
      q = t.second(q, x, paired ? span.get(a3 + toB) : zero, scale, shift);
    }
    span.put(sums, s);
    span.put(sums + part, q);
    a += width;
    sums += width;
    table += width;
  }
}

/**
 * The two totals of n columns over `rows` rows of a and b: float64, at `totals` and 2 · part behind it. mask: none, or a truth value
 * for each row that counts. sums: two parts; table: two, where the terms are scaled.
 */
export function addColumns<T extends Terms>(
  a: usize,
  b: usize,
  step: usize,
  rows: i32,
  n: i32,
  mask: usize,
  sums: usize,
  totals: usize,
  table: usize,
): void {
  const part = partOf(n),
    whole = n & -LANES,
    tail = bytes(whole);
  memory.fill(sums, 0, 2 * part);
  memory.fill(totals, 0, 4 * part);
  for (let row = 0, turn = 0; row < rows;) {
    if (!mask && rows - row >= 4) {
      addRows<T, Four, Whole>(a, b, step, whole, sums, table, part);
      if (whole < n)
        addRows<T, Four, One>(a + tail, b + tail, step, n - whole, sums + tail, table + tail, part);
      row += 4;
      a += step << 2;
      b += step << 2;
    } else {
      if (!mask || load<i32>(mask + (row << 2))) {
        addRows<T, Single, Whole>(a, b, step, whole, sums, table, part);
        if (whole < n)
          addRows<T, Single, One>(a + tail, b + tail, step, n - whole, sums + tail, table + tail, part);
      }
      row++;
      a += step;
      b += step;
    }
    if (++turn == TURNS || row == rows) {
      join<Sum>(sums, totals, n);
      join<Sum>(sums + part, totals + 2 * part, n);
      turn = 0;
    }
  }
}

/** A row of a made of one of x and one of z by three numbers of the columns: x · p + (z · q + t). */
function mixRow<S extends Span>(x: usize, z: usize, y: usize, n: i32, table: usize, part: usize): void {
  const span = changetype<S>(0),
    width = bytes(span.length());
  for (; n >= span.length(); n -= span.length()) {
    const rest = madd(span.get(z), span.get(table + part), span.get(table + 2 * part));
    span.put(y, madd(span.get(x), span.get(table), rest));
    x += width;
    z += width;
    y += width;
    table += width;
  }
}

/** y = x · p + (z · q + t), rows of n columns; table: p, q, t. */
export function mixColumns(x: usize, z: usize, y: usize, step: usize, rows: i32, n: i32, table: usize): void {
  const part = partOf(n),
    whole = n & -LANES,
    tail = bytes(whole);
  for (; rows > 0; rows--, x += step, z += step, y += step) {
    mixRow<Whole>(x, z, y, whole, table, part);
    mixRow<One>(x + tail, z + tail, y + tail, n - whole, table + tail, part);
  }
}

/** Four rows of x by two numbers of the columns, or one: y = x · p + t. */
function scaleRows<R extends Rows, S extends Span>(
  x: usize,
  to: usize,
  step: usize,
  n: i32,
  table: usize,
  part: usize,
): void {
  const span = changetype<S>(0),
    width = bytes(span.length());
  for (; n >= span.length(); n -= span.length()) {
    const p = span.get(table),
      t = span.get(table + part);
    span.put(x + to, madd(span.get(x), p, t));
    if (changetype<R>(0).four()) {
      const x1 = x + step,
        x2 = x1 + step,
        x3 = x2 + step;
      span.put(x1 + to, madd(span.get(x1), p, t));
      span.put(x2 + to, madd(span.get(x2), p, t));
      span.put(x3 + to, madd(span.get(x3), p, t));
    }
    x += width;
    table += width;
  }
}

/** y = x · p + t, rows of n columns; table: p, t. */
export function scaleColumns(x: usize, y: usize, step: usize, rows: i32, n: i32, table: usize): void {
  const part = partOf(n),
    whole = n & -LANES,
    tail = bytes(whole),
    to = y - x;
  for (; rows >= 4; rows -= 4, x += step << 2) {
    scaleRows<Four, Whole>(x, to, step, whole, table, part);
    if (whole < n) scaleRows<Four, One>(x + tail, to, step, n - whole, table + tail, part);
  }
  for (; rows > 0; rows--, x += step) {
    scaleRows<Single, Whole>(x, to, step, whole, table, part);
    scaleRows<Single, One>(x + tail, to, step, n - whole, table + tail, part);
  }
}
