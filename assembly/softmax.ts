/**
 * Softmax and its logarithm over rows, with their gradients; the grid is the rows. Every exponential is
 * taken below the row's maximum. A row with NaN or Infinity becomes NaN; of nothing but −Infinity softmax is 0, its logarithm −Infinity.
 */
import { sumDecays } from "./exponential/decay";
import { aheadOf, dot, largest } from "./softmax/row";
import { loadPart, log, storePart } from "./simd";

export { crossEntropy, crossEntropyGrad } from "./softmax/crossEntropy";

/** What is made of elements a and b of a row and two numbers of the whole row. */
abstract class Term {
  /** Whether b counts. */
  abstract paired(): bool;
  abstract of(a: v128, b: v128, s: v128, t: v128): v128;
}
class Sum extends Term {
  paired(): bool {
    return true;
  }
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.add(a, b);
  }
}
class Scaled extends Term {
  paired(): bool {
    return false;
  }
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.mul(a, s);
  }
}
class Below extends Term {
  paired(): bool {
    return false;
  }
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.sub(f32x4.sub(a, s), t);
  }
}
class Centred extends Term {
  paired(): bool {
    return true;
  }
  of(a: v128, b: v128, s: v128, t: v128): v128 {
    return f32x4.mul(b, f32x4.sub(a, s));
  }
}

/** F of a vector of a and of b. */
function one<F extends Term>(a: usize, b: usize, s: v128, t: v128): v128 {
  const f = changetype<F>(0);
  return f.of(v128.load(a), f.paired() ? v128.load(b) : s, s, t);
}

/** y = F(a, b, s, t), n elements. */
function row<F extends Term>(a: usize, b: usize, y: usize, n: i32, s: f32, t: f32): void {
  const f = changetype<F>(0),
    paired = f.paired(),
    S = f32x4.splat(s),
    T = f32x4.splat(t);
  if (n < 4) return storePart(y, f.of(loadPart(a, n), paired ? loadPart(b, n) : S, S, T), n);
  const end = (n << 2) - 16,
    last = one<F>(a + end, b + end, S, T),
    lastAt = y + end;
  for (; n >= 16; n -= 16, a += 64, y += 64) {
    const y0 = f.of(v128.load(a), paired ? v128.load(b) : S, S, T),
      y1 = f.of(v128.load(a, 16), paired ? v128.load(b, 16) : S, S, T),
      y2 = f.of(v128.load(a, 32), paired ? v128.load(b, 32) : S, S, T),
      y3 = f.of(v128.load(a, 48), paired ? v128.load(b, 48) : S, S, T);
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
    if (paired) b += 64;
  }
  for (; n >= 4; n -= 4, a += 16, b += 16, y += 16) v128.store(y, one<F>(a, b, S, T));
  v128.store(lastAt, last);
}

/** What a row is taken below: 0 if there is nothing but −Infinity. */
function topOf(largest: f32): f32 {
  return largest == -Infinity ? 0 : largest;
}

/** y = eˣ / Σ eˣ: x [rows, cols] → y [rows, cols]. */
export function softmax(x: usize, y: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const top = topOf(largest(x + at, cols)),
      sum = sumDecays(x + at, y + at, cols, top, 1, aheadOf(i, end, cols));
    row<Scaled>(y + at, y + at, y + at, cols, sum == 0 ? 0 : <f32>(1 / sum), 0);
  }
}

/** y = x − log Σ eˣ: x [rows, cols] → y [rows, cols]. */
export function logSoftmax(x: usize, y: usize, cols: i32, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const top = topOf(largest(x + at, cols));
    const sum = sumDecays(x + at, 0, cols, top, 1, aheadOf(i, end, cols));
    const rest: f32 = sum == 0 ? 0 : f32x4.extract_lane(log(f32x4.splat(<f32>sum)), 0);
    row<Below>(x + at, x + at, y + at, cols, top, rest);
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
    sumDecays(y + at, dx + at, cols, 0, <f32>-dot(dy + at, 0, cols), aheadOf(i, end, cols));
    row<Sum>(dx + at, dy + at, dx + at, cols, 0, 0);
  }
}
