/** Steps of more optimisers, in place. All tensors [n]; the grid is the elements. */
import { One, Span, Whole } from "./loops";
import { add, bytes, div, LANES, lt, madd, max, mul, nmadd, splat, sqrt, sub } from "./simd";

/** Where whole vectors of [begin, end) end. */
function wholeEnd(begin: i32, end: i32): i32 {
  return end - ((end - begin) & (LANES - 1));
}

/**
 * PyTorch's RMSprop: g = gradient + weightDecay·p; s = α·s + (1 − α)·g²; if centered m = α·m + (1 − α)·g and
 * d = g / (√(s − m²) + ε), else d = g / (√s + ε); if momentum v = momentum·v + d and d = v; p −= learningRate·d.
 * square, mean, velocity are s, m, v; what is not used is not touched.
 */
export function rmspropUpdate(
  parameter: usize,
  gradient: usize,
  square: usize,
  mean: usize,
  velocity: usize,
  learningRate: f64,
  alpha: f64,
  epsilon: f64,
  weightDecay: f64,
  momentum: f64,
  centered: i32,
  begin: i32,
  end: i32,
): void {
  const rest = wholeEnd(begin, end);
  rms<Whole>(
    parameter,
    gradient,
    square,
    mean,
    velocity,
    learningRate,
    alpha,
    epsilon,
    weightDecay,
    momentum,
    centered,
    begin,
    rest,
  );
  rms<One>(
    parameter,
    gradient,
    square,
    mean,
    velocity,
    learningRate,
    alpha,
    epsilon,
    weightDecay,
    momentum,
    centered,
    rest,
    end,
  );
}

function rms<S extends Span>(
  parameter: usize,
  gradient: usize,
  square: usize,
  mean: usize,
  velocity: usize,
  learningRate: f64,
  alpha: f64,
  epsilon: f64,
  weightDecay: f64,
  momentum: f64,
  centered: i32,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  const keep = splat(alpha);
  const take = splat(1 - alpha);
  for (let i = begin; i < end; i += span.length()) {
    const at = bytes(i);
    const p = span.get(parameter + at);
    const g = madd(splat(weightDecay), p, span.get(gradient + at));
    const s = madd(keep, span.get(square + at), mul(take, mul(g, g)));
    span.put(square + at, s);
    let variance = s;
    if (centered) {
      const m = madd(keep, span.get(mean + at), mul(take, g));
      span.put(mean + at, m);
      variance = max(nmadd(m, m, s), splat(0)); // rounding may leave less than nothing
    }
    let d = div(g, add(sqrt(variance), splat(epsilon)));
    if (momentum != 0) {
      d = madd(splat(momentum), span.get(velocity + at), d);
      span.put(velocity + at, d);
    }
    span.put(parameter + at, nmadd(splat(learningRate), d, p));
  }
}

/** g = gradient + weightDecay·p; s = s + g²; p −= learningRate·g / (√s + ε). square is s. */
export function adagradUpdate(
  parameter: usize,
  gradient: usize,
  square: usize,
  learningRate: f64,
  epsilon: f64,
  weightDecay: f64,
  begin: i32,
  end: i32,
): void {
  const rest = wholeEnd(begin, end);
  accumulate<Whole>(parameter, gradient, square, learningRate, epsilon, weightDecay, begin, rest);
  accumulate<One>(parameter, gradient, square, learningRate, epsilon, weightDecay, rest, end);
}

function accumulate<S extends Span>(
  parameter: usize,
  gradient: usize,
  square: usize,
  learningRate: f64,
  epsilon: f64,
  weightDecay: f64,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  for (let i = begin; i < end; i += span.length()) {
    const at = bytes(i);
    const p = span.get(parameter + at);
    const g = madd(splat(weightDecay), p, span.get(gradient + at));
    const s = madd(g, g, span.get(square + at));
    span.put(square + at, s);
    const step = div(g, add(sqrt(s), splat(epsilon)));
    span.put(parameter + at, nmadd(splat(learningRate), step, p));
  }
}

/**
 * Lion: p −= learningRate·(sign(β₁·m + (1 − β₁)·g) + weightDecay·p); m = β₂·m + (1 − β₂)·g. The sign of 0 is 0.
 */
export function lionUpdate(
  parameter: usize,
  gradient: usize,
  m: usize,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  weightDecay: f64,
  begin: i32,
  end: i32,
): void {
  const rest = wholeEnd(begin, end);
  evolve<Whole>(parameter, gradient, m, learningRate, beta1, beta2, weightDecay, begin, rest);
  evolve<One>(parameter, gradient, m, learningRate, beta1, beta2, weightDecay, rest, end);
}

function evolve<S extends Span>(
  parameter: usize,
  gradient: usize,
  m: usize,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  weightDecay: f64,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  const zero = splat(0);
  const one = splat(1);
  for (let i = begin; i < end; i += span.length()) {
    const at = bytes(i);
    const p = span.get(parameter + at);
    const g = span.get(gradient + at);
    const before = span.get(m + at);
    const u = madd(splat(beta1), before, mul(splat(1 - beta1), g));
    const sign = sub(v128.and(one, lt(zero, u)), v128.and(one, lt(u, zero)));
    span.put(parameter + at, nmadd(splat(learningRate), madd(splat(weightDecay), p, sign), p));
    span.put(m + at, madd(splat(beta2), before, mul(splat(1 - beta2), g)));
  }
}
