/**
 * Softmax, its logarithm and the cross entropy over rows, with their gradients; the grid is the rows. Every exponential is
 * taken below the row's maximum. A row with NaN or Infinity, or with nothing but −Infinity, becomes NaN.
 */
import { loadPart, log, madd, storePart, sumLanes } from "./simd";

/** Elements that are added in float32 before they join a row's float64 total. */
const BLOCK = 512;

/** A number that the compilers cannot know, for zero is 0: V8 13 makes a known one anew at each use (1.40 ns for 0.58). */
function constant(value: f32, zero: i32): v128 {
  return i32x4.splat(reinterpret<i32>(value) + zero);
}

/** eˣ · scale for x ≤ 0, as simd's exp but 0 below e⁻⁸⁷·⁷; the constants are given because each loop must keep its own. */
function power(
  x: v128,
  least: v128,
  log2e: v128,
  magic: v128,
  ln2High: v128,
  ln2Low: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
): v128 {
  x = f32x4.pmax(x, least);
  const t = madd(x, log2e, magic);
  const n = f32x4.sub(t, magic);
  const r = madd(n, ln2Low, madd(n, ln2High, x));
  const q = madd(madd(madd(madd(c6, r, c5), r, c4), r, c3), r, c2);
  const s = i32x4.shl(t, 23);
  return madd(madd(f32x4.mul(r, r), q, r), s, s);
}

/** Σ eᵃ over a = x − shift ≤ 0, n elements; and y = scale · eᵃ, unless y is 0. */
function exponentials(x: usize, y: usize, n: i32, shift: f32, scale: f32): f64 {
  const zero = n >> 31;
  const least = constant(-88, zero);
  const log2e = constant(1.4426950408889634, zero);
  const magic = constant(12582912 + 127, zero);
  const h = constant(-0.693359375, zero);
  const l = constant(2.1219444e-4, zero);
  const c6 = constant(0.001386994845, zero);
  const c5 = constant(0.008366253227, zero);
  const c4 = constant(0.04166744277, zero);
  const c3 = constant(0.1666654646, zero);
  const c2 = constant(0.4999999702, zero);
  const s = f32x4.splat(shift);
  const f = f32x4.splat(scale);
  let total = 0.0;
  for (; n > 0; n -= BLOCK) {
    let sum = f32x4.splat(0);
    let m = min(n, BLOCK);
    for (; m >= 16; m -= 16, x += 64) {
      const a = power(f32x4.sub(v128.load(x), s), least, log2e, magic, h, l, c6, c5, c4, c3, c2);
      const b = power(f32x4.sub(v128.load(x, 16), s), least, log2e, magic, h, l, c6, c5, c4, c3, c2);
      const c = power(f32x4.sub(v128.load(x, 32), s), least, log2e, magic, h, l, c6, c5, c4, c3, c2);
      const d = power(f32x4.sub(v128.load(x, 48), s), least, log2e, magic, h, l, c6, c5, c4, c3, c2);
      sum = f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
      if (!y) continue;
      v128.store(y, f32x4.mul(a, f));
      v128.store(y, f32x4.mul(b, f), 16);
      v128.store(y, f32x4.mul(c, f), 32);
      v128.store(y, f32x4.mul(d, f), 48);
      y += 64;
    }
    for (; m > 0; m -= 4, x += 16) {
      const whole = m >= 4;
      const v = f32x4.sub(whole ? v128.load(x) : loadPart(x, m), s);
      const a = power(v, least, log2e, magic, h, l, c6, c5, c4, c3, c2);
      sum = f32x4.add(sum, v128.and(a, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(m))));
      if (!y) continue;
      if (whole) v128.store(y, f32x4.mul(a, f));
      else storePart(y, f32x4.mul(a, f), m);
      y += 16;
    }
    total += sumLanes(sum);
  }
  return total;
}

/** The largest of n elements; a NaN may be lost, and comes back with its exponential. */
function largest(x: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  for (; n >= 16; n -= 16, x += 64) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  for (; n >= 4; n -= 4, x += 16) a = f32x4.pmax(a, v128.load(x));
  for (; n > 0; n--, x += 4) b = f32x4.pmax(b, v128.load32_splat(x));
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  a = f32x4.pmax(a, v128.shuffle<i64>(a, a, 1, 0));
  return f32x4.extract_lane(f32x4.pmax(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2)), 0);
}

/** What is made of elements a and b of a row and two numbers of the whole row. */
abstract class Term {
  abstract of(a: v128, b: v128, s: v128, t: v128): v128;
}
class Sum extends Term {
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.add(a, b);
  }
}
class Scaled extends Term {
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.mul(a, s);
  }
}
class Below extends Term {
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.sub(f32x4.sub(a, s), t);
  }
}
class Centred extends Term {
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.mul(b, f32x4.sub(a, s));
  }
}

/** y = F(a, b, s, t), n elements. */
function row<F extends Term>(a: usize, b: usize, y: usize, n: i32, s: f32, t: f32): void {
  const f = changetype<F>(0);
  const S = f32x4.splat(s);
  const T = f32x4.splat(t);
  for (; n >= 8; n -= 8, a += 32, b += 32, y += 32) {
    const y0 = f.of(v128.load(a), v128.load(b), S, T);
    const y1 = f.of(v128.load(a, 16), v128.load(b, 16), S, T);
    v128.store(y, y0);
    v128.store(y, y1, 16);
  }
  for (; n > 0; n -= 4, a += 16, b += 16, y += 16) {
    if (n >= 4) v128.store(y, f.of(v128.load(a), v128.load(b), S, T));
    else storePart(y, f.of(loadPart(a, n), loadPart(b, n), S, T), n);
  }
}

/** Σ a · b, n elements; Σ a where b is 0. */
function dot(a: usize, b: usize, n: i32): f64 {
  const one = f32x4.splat(1);
  let total = 0.0;
  for (; n > 0; n -= BLOCK) {
    let p = f32x4.splat(0);
    let q = p;
    let m = min(n, BLOCK);
    for (; m >= 8; m -= 8, a += 32) {
      p = madd(v128.load(a), b ? v128.load(b) : one, p);
      q = madd(v128.load(a, 16), b ? v128.load(b, 16) : one, q);
      if (b) b += 32;
    }
    for (; m > 0; m--, a += 4) {
      total += <f64>load<f32>(a) * (b ? <f64>load<f32>(b) : 1);
      if (b) b += 4;
    }
    total += sumLanes(f32x4.add(p, q));
  }
  return total;
}

function ln(x: f64): f32 {
  return f32x4.extract_lane(log(f32x4.splat(<f32>x)), 0);
}

/** y = eˣ / Σ eˣ: x [rows, cols] → y [rows, cols]. */
export function softmax(x: usize, y: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const sum = exponentials(x + at, y + at, cols, largest(x + at, cols), 1);
    row<Scaled>(y + at, y + at, y + at, cols, <f32>(1 / sum), 0);
  }
}

/** y = x − log Σ eˣ: x [rows, cols] → y [rows, cols]. */
export function logSoftmax(x: usize, y: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const top = largest(x + at, cols);
    row<Below>(x + at, x + at, y + at, cols, top, ln(exponentials(x + at, 0, cols, top, 1)));
  }
}

/** dx = y · (dy − Σ dy · y): dy, y [rows, cols] → dx [rows, cols]; y is softmax's. */
export function softmaxGrad(dy: usize, y: usize, dx: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    row<Centred>(dy + at, y + at, dx + at, cols, <f32>dot(dy + at, y + at, cols), 0);
  }
}

/** dx = dy − eʸ · Σ dy: dy, y [rows, cols] → dx [rows, cols], apart from dy; y ≤ 0 is logSoftmax's. */
export function logSoftmaxGrad(dy: usize, y: usize, dx: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    exponentials(y + at, dx + at, cols, 0, <f32>-dot(dy + at, 0, cols));
    row<Sum>(dx + at, dy + at, dx + at, cols, 0, 0);
  }
}

/**
 * logSum = log Σ eˣ, loss = logSum − x[label]: logits x [rows, cols], labels [rows] → loss, logSum [rows].
 * Returns 0, or 1 + the first row whose label lies outside [0, cols); its loss and logSum are NaN.
 */
export function crossEntropy(
  logits: usize,
  labels: usize,
  loss: usize,
  logSum: usize,
  cols: i32,
  begin: i32,
  end: i32,
): i32 {
  let fault = 0;
  for (let i = begin; i < end; i++) {
    const x = logits + ((i * cols) << 2);
    const label = load<i32>(labels + (i << 2));
    const valid = <u32>label < <u32>cols;
    const top = valid ? largest(x, cols) : NaN;
    const rest = ln(exponentials(x, 0, cols, top, 1));
    store<f32>(loss + (i << 2), rest + (top - (valid ? load<f32>(x + (label << 2)) : 0)));
    store<f32>(logSum + (i << 2), top + rest);
    if (!valid && !fault) fault = i + 1;
  }
  return fault;
}

/** dlogits = dy · (exp(logits − logSum) − [column = label]): dy, labels, logSum [rows] → dlogits [rows, cols]. */
export function crossEntropyGrad(
  dy: usize,
  logits: usize,
  labels: usize,
  logSum: usize,
  dlogits: usize,
  cols: i32,
  begin: i32,
  end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const scale = load<f32>(dy + (i << 2));
    const label = load<i32>(labels + (i << 2));
    exponentials(logits + at, dlogits + at, cols, load<f32>(logSum + (i << 2)), scale);
    if (<u32>label >= <u32>cols) continue;
    const hit = dlogits + at + (label << 2);
    store<f32>(hit, load<f32>(hit) - scale);
  }
}
