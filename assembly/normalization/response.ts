/**
 * Local response normalisation over channels: y = x · s^−β with s = k + α · Σ x² over the channels c − before … c + after. x, y [rows,
 * channels]; the grid is the rows. Float32 only: it takes powers.
 */
import { add, bytes, div, exp, LANES, loadPart, log, madd, mul, splat, storePart, sub } from "../simd";

/** A line of channels between zeros, wide enough for any window: where it begins. */
function clear(scratch: usize, before: i32, channels: i32, after: i32): usize {
  memory.fill(scratch, 0, bytes(before + channels + after + LANES));
  return scratch + bytes(before);
}

/** Σ of n elements from p on, in each lane. */
function windowSum(p: usize, n: i32): v128 {
  let sum = v128.load(p);
  for (let i = 1; i < n; i++) sum = add(sum, v128.load(p + bytes(i)));
  return sum;
}

/** s of a vector of channels, from their squares. */
function spread(square: usize, before: i32, after: i32, k: v128, alpha: v128): v128 {
  return madd(alpha, windowSum(square - bytes(before), before + after + 1), k);
}

/** s^β */
function power(s: v128, beta: v128): v128 {
  return exp(mul(beta, log(s)));
}

/** The squares of a row to a cleared line. */
function squares(x: usize, line: usize, channels: i32): void {
  for (; channels >= LANES; channels -= LANES, x += 16, line += 16) {
    const v = v128.load(x);
    v128.store(line, mul(v, v));
  }
  const rest = loadPart(x, channels);
  v128.store(line, mul(rest, rest));
}

/** Scratch: a line of before + channels + after + 4 reals. */
export function localResponseNorm(
  x: usize,
  y: usize,
  scratch: usize,
  channels: i32,
  before: i32,
  after: i32,
  k: f32,
  alpha: f32,
  beta: f32,
  begin: i32,
  end: i32,
): void {
  const line = clear(scratch, before, channels, after),
    K = splat(k),
    A = splat(alpha),
    B = splat(-beta);
  for (let row = begin; row < end; row++) {
    const from = x + bytes(row * channels),
      to = y - x;
    squares(from, line, channels);
    for (let c = 0; c < channels; c += LANES) {
      const p = from + bytes(c),
        s = spread(line + bytes(c), before, after, K, A);
      storePart(p + to, mul(loadPart(p, channels - c), power(s, B)), channels - c);
    }
  }
}

/**
 * dx = dy · s^−β − 2αβ · x · Σ dy · x · s^(−β−1), the sum over the channels whose windows hold this one. Scratch: a line, and one of
 * after + channels + before + 4 reals.
 */
export function localResponseNormGrad(
  dy: usize,
  x: usize,
  dx: usize,
  scratch: usize,
  channels: i32,
  before: i32,
  after: i32,
  k: f32,
  alpha: f32,
  beta: f32,
  begin: i32,
  end: i32,
): void {
  const line = clear(scratch, before, channels, after),
    shares = clear(line + bytes(channels + after + LANES), after, channels, before),
    K = splat(k),
    A = splat(alpha),
    B = splat(-beta),
    factor = splat(2 * alpha * beta);
  for (let row = begin; row < end; row++) {
    const at = bytes(row * channels);
    squares(x + at, line, channels);
    for (let c = 0; c < channels; c += LANES) {
      const to = at + bytes(c),
        n = channels - c,
        s = spread(line + bytes(c), before, after, K, A),
        g = mul(loadPart(dy + to, n), power(s, B));
      storePart(dx + to, g, n);
      storePart(shares + bytes(c), div(mul(g, loadPart(x + to, n)), s), n);
    }
    for (let c = 0; c < channels; c += LANES) {
      const to = at + bytes(c),
        n = channels - c,
        sum = windowSum(shares + bytes(c - after), before + after + 1);
      storePart(dx + to, sub(loadPart(dx + to, n), mul(factor, mul(loadPart(x + to, n), sum))), n);
    }
  }
}
