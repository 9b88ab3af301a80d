/**
 * The Walsh–Hadamard transform of rows, y = scale · H x with H the matrix of n · n signs (−1)^(bits that i and j share): n a power of two,
 * n log₂ n additions (Fino, Algazi: "Unified matrix treatment of the fast Walsh–Hadamard transform", 1976). The grid is the rows.
 */
import { Sum, zip } from "./loops";
import {
  add,
  bytes,
  DOUBLE,
  LANES,
  loadOne,
  madd,
  mul,
  splat,
  storeOne,
  sub,
  swapHalves,
  swapPairs,
  WORD,
} from "./simd";

/** The steps within a vector: neighbours, and halves; times scale. */
function within(x: v128, odd: v128, far: v128, scale: v128): v128 {
  let y = x;
  if (!DOUBLE) y = madd(y, odd, swapPairs(y));
  return mul(madd(y, far, swapHalves(y)), scale);
}

/** 1 −1 1 −1, and 1 1 −1 −1; of two lanes the latter is 1 −1. */
function oddSigns(): v128 {
  return f32x4(1, -1, 1, -1);
}
function farSigns(): v128 {
  return DOUBLE ? f64x2(1, -1) : f32x4(1, 1, -1, -1);
}

/** Rows of one or two elements of four lanes, by hand. */
function short(x: usize, y: usize, n: i32, scale: v128): void {
  const a = loadOne(x);
  if (n == 1) return storeOne(y, mul(a, scale));
  const b = loadOne(x + bytes(1));
  storeOne(y, mul(add(a, b), scale));
  storeOne(y + bytes(1), mul(sub(a, b), scale));
}

/** The steps within vectors, and those of eight neighbouring vectors. */
function first(x: usize, y: usize, n: i32, odd: v128, far: v128, scale: v128): void {
  for (; n > 0; n -= 8 * LANES, x += 128, y += 128) {
    let a = within(v128.load(x), odd, far, scale),
      b = within(v128.load(x, 16), odd, far, scale),
      c = within(v128.load(x, 32), odd, far, scale),
      d = within(v128.load(x, 48), odd, far, scale),
      e = within(v128.load(x, 64), odd, far, scale),
      f = within(v128.load(x, 80), odd, far, scale),
      g = within(v128.load(x, 96), odd, far, scale),
      k = within(v128.load(x, 112), odd, far, scale);
    let t = sub(a, b);
    a = add(a, b);
    b = sub(c, d);
    c = add(c, d);
    d = sub(a, c);
    a = add(a, c);
    c = add(t, b);
    t = sub(t, b);
    // a, c, d, t are the sums of the first four after two steps.
    b = sub(e, f);
    e = add(e, f);
    f = sub(g, k);
    g = add(g, k);
    k = sub(e, g);
    e = add(e, g);
    g = add(b, f);
    b = sub(b, f);
    v128.store(y, add(a, e));
    v128.store(y, add(c, g), 16);
    v128.store(y, add(d, k), 32);
    v128.store(y, add(t, b), 48);
    v128.store(y, sub(a, e), 64);
    v128.store(y, sub(c, g), 80);
    v128.store(y, sub(d, k), 96);
    v128.store(y, sub(t, b), 112);
  }
}

/** Three steps at once, of elements h, 2h and 4h apart: eight vectors at a time. */
function eights(y: usize, n: i32, h: i32): void {
  const step = bytes(h);
  for (let block = 0; block < n; block += 8 * h) {
    let p = y + bytes(block);
    for (const end = p + step; p < end; p += 16) {
      const p1 = p + step,
        p2 = p1 + step,
        p3 = p2 + step,
        p4 = p3 + step,
        p5 = p4 + step,
        p6 = p5 + step,
        p7 = p6 + step;
      let a = v128.load(p),
        b = v128.load(p1),
        c = v128.load(p2),
        d = v128.load(p3),
        e = v128.load(p4),
        f = v128.load(p5),
        g = v128.load(p6),
        k = v128.load(p7);
      let t = sub(a, b);
      a = add(a, b);
      b = sub(c, d);
      c = add(c, d);
      d = sub(a, c);
      a = add(a, c);
      c = add(t, b);
      t = sub(t, b);
      // a, c, d, t are the sums of the first four after two steps.
      b = sub(e, f);
      e = add(e, f);
      f = sub(g, k);
      g = add(g, k);
      k = sub(e, g);
      e = add(e, g);
      g = add(b, f);
      b = sub(b, f);
      v128.store(p, add(a, e));
      v128.store(p1, add(c, g));
      v128.store(p2, add(d, k));
      v128.store(p3, add(t, b));
      v128.store(p4, sub(a, e));
      v128.store(p5, sub(c, g));
      v128.store(p6, sub(d, k));
      v128.store(p7, sub(t, b));
    }
  }
}

/** Two steps. */
function fours(y: usize, n: i32, h: i32): void {
  const step = bytes(h);
  for (let block = 0; block < n; block += 4 * h) {
    let p = y + bytes(block);
    for (const end = p + step; p < end; p += 16) {
      const p1 = p + step,
        p2 = p1 + step,
        p3 = p2 + step,
        a = v128.load(p),
        b = v128.load(p1),
        c = v128.load(p2),
        d = v128.load(p3),
        s = add(a, b),
        t = sub(a, b),
        u = add(c, d),
        v = sub(c, d);
      v128.store(p, add(s, u));
      v128.store(p1, add(t, v));
      v128.store(p2, sub(s, u));
      v128.store(p3, sub(t, v));
    }
  }
}

/** One step. */
function twos(y: usize, n: i32, h: i32): void {
  const step = bytes(h);
  for (let block = 0; block < n; block += 2 * h) {
    let p = y + bytes(block);
    for (const end = p + step; p < end; p += 16) {
      const a = v128.load(p),
        b = v128.load(p + step);
      v128.store(p, add(a, b));
      v128.store(p + step, sub(a, b));
    }
  }
}

/** y = scale · H x of one row; y may be x. */
function transform(x: usize, y: usize, n: i32, scale: v128): void {
  if (n < LANES) return short(x, y, n, scale);
  const odd = oddSigns(),
    far = farSigns();
  let h = 8 * LANES;
  if (n >= h) first(x, y, n, odd, far, scale);
  else {
    for (let p: usize = 0; p < bytes(n); p += 16)
      v128.store(y + p, within(v128.load(x + p), odd, far, scale));
    h = LANES;
  }
  for (; 8 * h <= n; h *= 8) eights(y, n, h);
  if (4 * h <= n) fours(y, n, h);
  else if (2 * h <= n) twos(y, n, h);
}

/** x, y [rows, n] */
export function hadamard(x: usize, y: usize, n: i32, scale: f64, begin: i32, end: i32): void {
  const s = splat(scale),
    row = bytes(n);
  for (let i = begin; i < end; i++) transform(x + row * i, y + row * i, n, s);
}

/** y = x where minus is false, −x where it is true, n of each; y may be x. */
function flip(x: usize, minus: usize, y: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, x += 16, y += 16, minus += 4 * LANES) {
    const sign = DOUBLE ? i64x2.shl(v128.load32x2_u(minus), 63) : i32x4.shl(v128.load(minus), 31);
    v128.store(y, v128.xor(v128.load(x), sign));
  }
  for (; n > 0; n--, x += WORD, y += WORD, minus += 4) {
    const v = load<real>(x);
    store<real>(y, load<i32>(minus) ? -v : v);
  }
}

/**
 * y = scale · H D₁ H D₂ H D₃ x for each block, x [rows, n] → y [rows, blocks · n]; minus [blocks, 3, n]: where D₁, D₂ and D₃ are −1. The grid
 * is the rows. Scratch: n reals.
 */
export function hadamardChain(
  x: usize,
  minus: usize,
  y: usize,
  scratch: usize,
  n: i32,
  blocks: i32,
  scale: f64,
  begin: i32,
  end: i32,
): void {
  const one = splat(1),
    last = splat(scale),
    row = bytes(n),
    signs = (<usize>n) << 2;
  for (let i = begin; i < end; i++) {
    let to = y + row * (i * blocks),
      d = minus;
    for (let block = 0; block < blocks; block++, to += row, d += 3 * signs) {
      flip(x + row * i, d + 2 * signs, scratch, n);
      transform(scratch, scratch, n, one);
      flip(scratch, d + signs, scratch, n);
      transform(scratch, scratch, n, one);
      flip(scratch, d, scratch, n);
      transform(scratch, to, n, last);
    }
  }
}

/** Its transpose: dx = scale · Σ D₃ H D₂ H D₁ H dy, over the blocks. Scratch: n reals. */
export function hadamardChainGrad(
  dy: usize,
  minus: usize,
  dx: usize,
  scratch: usize,
  n: i32,
  blocks: i32,
  scale: f64,
  begin: i32,
  end: i32,
): void {
  const one = splat(1),
    last = splat(scale),
    row = bytes(n),
    signs = (<usize>n) << 2;
  for (let i = begin; i < end; i++) {
    let from = dy + row * (i * blocks),
      d = minus;
    memory.fill(dx + row * i, 0, row);
    for (let block = 0; block < blocks; block++, from += row, d += 3 * signs) {
      transform(from, scratch, n, one);
      flip(scratch, d, scratch, n);
      transform(scratch, scratch, n, one);
      flip(scratch, d + signs, scratch, n);
      transform(scratch, scratch, n, last);
      flip(scratch, d + 2 * signs, scratch, n);
      zip<Sum>(dx + row * i, scratch, dx + row * i, 0, n);
    }
  }
}
