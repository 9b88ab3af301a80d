/**
 * Cells of recurrent networks, a row of the batch at a time; the grid is the rows. x and h are what the input and the hidden state add to
 * the gates: [batch, gates · n]. Float32 only.
 */
import { mapExponential } from "./exponential/map";
import { Sigmoid, Tanh } from "./exponential";
import { One, Product, Span, Sum, Whole, zip } from "./loops";
import { bytes, LANES, madd, mul, splat, sub } from "./simd";

function sigmoids(x: usize, n: i32): void {
  mapExponential<Sigmoid>(x, x, n);
}
function tanhs(x: usize, y: usize, n: i32): void {
  mapExponential<Tanh>(x, y, n);
}

/** The gates i, f, g, o of a row [4, n], behind them its new state f · c + i · g [n]. */
function lstmGates(x: usize, h: usize, c: usize, gates: usize, n: i32): void {
  const row = bytes(n);
  zip<Sum>(x, h, gates, 0, 4 * n);
  sigmoids(gates, 2 * n);
  tanhs(gates + 2 * row, gates + 2 * row, n);
  sigmoids(gates + 3 * row, n);
  const whole = n & -LANES;
  lstmState<Whole>(gates, row, c, whole);
  lstmState<One>(gates + bytes(whole), row, c + bytes(whole), n - whole);
}

function lstmState<S extends Span>(i: usize, row: usize, c: usize, n: i32): void {
  const s = changetype<S>(0),
    step = bytes(s.length());
  for (; n > 0; n -= s.length(), i += step, c += step)
    s.put(i + 4 * row, madd(s.get(i + row), s.get(c), mul(s.get(i), s.get(i + 2 * row))));
}

/** state = f · c + i · g and y = o · tanh(state), [batch, n]; scratch: five rows. */
export function lstmCell(
  x: usize,
  h: usize,
  c: usize,
  y: usize,
  state: usize,
  scratch: usize,
  n: i32,
  begin: i32,
  end: i32,
): void {
  const row = bytes(n),
    fresh = scratch + 4 * row;
  for (let b = begin; b < end; b++) {
    const at = row * b;
    lstmGates(x + 4 * at, h + 4 * at, c + at, scratch, n);
    memory.copy(state + at, fresh, row);
    tanhs(fresh, fresh, n);
    zip<Product>(scratch + 3 * row, fresh, y + at, 0, n);
  }
}

/** The cotangents of the gates' sums [batch, 4 · n] and of c [batch, n], from those of y and of the new state; scratch: five rows. */
export function lstmCellGrad(
  dy: usize,
  dstate: usize,
  x: usize,
  h: usize,
  c: usize,
  dgates: usize,
  dc: usize,
  scratch: usize,
  n: i32,
  begin: i32,
  end: i32,
): void {
  const row = bytes(n),
    fresh = scratch + 4 * row,
    whole = n & -LANES,
    tail = bytes(whole);
  for (let b = begin; b < end; b++) {
    const at = row * b,
      to = dgates + 4 * at;
    lstmGates(x + 4 * at, h + 4 * at, c + at, scratch, n);
    tanhs(fresh, fresh, n);
    lstmPull<Whole>(dy + at, dstate + at, c + at, scratch, row, to, dc + at, whole);
    const rest = at + tail;
    lstmPull<One>(dy + rest, dstate + rest, c + rest, scratch + tail, row, to + tail, dc + rest, n - whole);
  }
}

/** gates: i, f, g, o and tanh of the new state, a row each; to: the cotangents of the first four, rows too. */
function lstmPull<S extends Span>(
  dy: usize,
  dstate: usize,
  c: usize,
  gates: usize,
  row: usize,
  to: usize,
  dc: usize,
  n: i32,
): void {
  const s = changetype<S>(0),
    ones = splat(1);
  for (let p: usize = 0, end = bytes(n); p < end; p += bytes(s.length())) {
    const i = s.get(gates + p),
      f = s.get(gates + row + p),
      g = s.get(gates + 2 * row + p),
      o = s.get(gates + 3 * row + p),
      t = s.get(gates + 4 * row + p),
      d = s.get(dy + p),
      ds = madd(mul(d, o), sub(ones, mul(t, t)), s.get(dstate + p));
    s.put(to + p, mul(mul(ds, g), mul(i, sub(ones, i))));
    s.put(to + row + p, mul(mul(ds, s.get(c + p)), mul(f, sub(ones, f))));
    s.put(to + 2 * row + p, mul(mul(ds, i), sub(ones, mul(g, g))));
    s.put(to + 3 * row + p, mul(mul(d, t), mul(o, sub(ones, o))));
    s.put(dc + p, mul(ds, f));
  }
}

/** The gates r, z, n of a row [3, n]. */
function gruGates(x: usize, h: usize, gates: usize, n: i32): void {
  const row = bytes(n),
    whole = n & -LANES,
    tail = bytes(whole);
  zip<Sum>(x, h, gates, 0, 2 * n);
  sigmoids(gates, 2 * n);
  gruReset<Whole>(x + 2 * row, h + 2 * row, gates, row, whole);
  gruReset<One>(x + 2 * row + tail, h + 2 * row + tail, gates + tail, row, n - whole);
  tanhs(gates + 2 * row, gates + 2 * row, n);
}

function gruReset<S extends Span>(x: usize, h: usize, r: usize, row: usize, n: i32): void {
  const s = changetype<S>(0),
    step = bytes(s.length());
  for (; n > 0; n -= s.length(), x += step, h += step, r += step)
    s.put(r + 2 * row, madd(s.get(r), s.get(h), s.get(x)));
}

/** y = (1 − z) · n + z · state, [batch, n]; scratch: three rows. */
export function gruCell(
  x: usize,
  h: usize,
  state: usize,
  y: usize,
  scratch: usize,
  n: i32,
  begin: i32,
  end: i32,
): void {
  const row = bytes(n),
    whole = n & -LANES,
    tail = bytes(whole);
  for (let b = begin; b < end; b++) {
    const at = row * b;
    gruGates(x + 3 * at, h + 3 * at, scratch, n);
    gruBlend<Whole>(scratch + row, row, state + at, y + at, whole);
    gruBlend<One>(scratch + row + tail, row, state + at + tail, y + at + tail, n - whole);
  }
}

function gruBlend<S extends Span>(z: usize, row: usize, state: usize, y: usize, n: i32): void {
  const s = changetype<S>(0),
    step = bytes(s.length());
  for (; n > 0; n -= s.length(), z += step, state += step, y += step) {
    const fresh = s.get(z + row);
    s.put(y, madd(s.get(z), sub(s.get(state), fresh), fresh));
  }
}

/** The cotangents of x, h [batch, 3 · n] and state [batch, n] from that of y; scratch: three rows. */
export function gruCellGrad(
  dy: usize,
  x: usize,
  h: usize,
  state: usize,
  dx: usize,
  dh: usize,
  dstate: usize,
  scratch: usize,
  n: i32,
  begin: i32,
  end: i32,
): void {
  const row = bytes(n),
    whole = n & -LANES,
    tail = bytes(whole);
  for (let b = begin; b < end; b++) {
    const at = row * b,
      far = at * 3,
      hn = h + far + 2 * row;
    gruGates(x + far, h + far, scratch, n);
    gruPull<Whole>(dy + at, hn, state + at, scratch, row, dx + far, dh + far, dstate + at, whole);
    const rest = at + tail;
    gruPull<One>(
      dy + rest,
      hn + tail,
      state + rest,
      scratch + tail,
      row,
      dx + far + tail,
      dh + far + tail,
      dstate + rest,
      n - whole,
    );
  }
}

/** gates: r, z, n, a row each; hn: what the hidden state adds to n; dx and dh: three rows each. */
function gruPull<S extends Span>(
  dy: usize,
  hn: usize,
  state: usize,
  gates: usize,
  row: usize,
  dx: usize,
  dh: usize,
  dstate: usize,
  n: i32,
): void {
  const s = changetype<S>(0),
    ones = splat(1);
  for (let p: usize = 0, end = bytes(n); p < end; p += bytes(s.length())) {
    const r = s.get(gates + p),
      z = s.get(gates + row + p),
      fresh = s.get(gates + 2 * row + p),
      d = s.get(dy + p),
      dn = mul(mul(d, sub(ones, z)), sub(ones, mul(fresh, fresh))),
      dz = mul(mul(d, sub(s.get(state + p), fresh)), mul(z, sub(ones, z))),
      dr = mul(mul(dn, s.get(hn + p)), mul(r, sub(ones, r)));
    s.put(dx + p, dr);
    s.put(dx + row + p, dz);
    s.put(dx + 2 * row + p, dn);
    s.put(dh + p, dr);
    s.put(dh + row + p, dz);
    s.put(dh + 2 * row + p, mul(dn, r));
    s.put(dstate + p, mul(d, z));
  }
}
