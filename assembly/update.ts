/** Steps of optimisers, in place. All tensors [n]; the grid is the elements. */
import { One, Span, Whole } from "./loops";
import { madd } from "./simd";

/**
 * PyTorch's SGD: g = gradient + weightDecay·p; v = momentum·v + g;
 * p −= learningRate · (nesterov ? g + momentum·v : v).
 * momentum = 0: p −= learningRate·g, and velocity is not touched.
 */
export function sgdUpdate(
  parameter: usize,
  gradient: usize,
  velocity: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
  begin: i32,
  end: i32,
): void {
  const rest = end - ((end - begin) & 3);
  descend<Whole>(parameter, gradient, velocity, learningRate, momentum, nesterov, weightDecay, begin, rest);
  descend<One>(parameter, gradient, velocity, learningRate, momentum, nesterov, weightDecay, rest, end);
}

function descend<S extends Span>(
  parameter: usize,
  gradient: usize,
  velocity: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  const rate = f32x4.splat(-learningRate);
  const decay = f32x4.splat(weightDecay);
  const keep = f32x4.splat(momentum);
  for (let i = begin; i < end; i += span.length()) {
    const at = (<usize>i) << 2;
    const p = span.get(parameter + at);
    let g = madd(decay, p, span.get(gradient + at));
    if (momentum != 0) {
      const v = madd(keep, span.get(velocity + at), g);
      span.put(velocity + at, v);
      g = nesterov ? madd(keep, v, g) : v;
    }
    span.put(parameter + at, madd(rate, g, p));
  }
}

/**
 * PyTorch's Adam: g = gradient + weightDecay·p; m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²;
 * p −= learningRate/correction1 · m / (√v/√correction2 + ε), correctionᵢ = 1 − βᵢᵗ.
 * decoupled (AdamW): p −= learningRate·weightDecay·p first, and g = gradient.
 */
export function adamUpdate(
  parameter: usize,
  gradient: usize,
  m: usize,
  v: usize,
  learningRate: f32,
  beta1: f64,
  beta2: f64,
  epsilon: f32,
  weightDecay: f32,
  decoupled: i32,
  correction1: f32,
  correction2: f32,
  begin: i32,
  end: i32,
): void {
  const decay = f32x4.splat(decoupled ? -learningRate * weightDecay : weightDecay);
  const keep1 = f32x4.splat(<f32>beta1);
  const take1 = f32x4.splat(<f32>(1 - beta1));
  const keep2 = f32x4.splat(<f32>beta2);
  const take2 = f32x4.splat(<f32>(1 - beta2));
  const rate = f32x4.splat(-learningRate / correction1);
  const scale = f32x4.splat(1 / sqrt(correction2));
  const least = f32x4.splat(epsilon);
  const rest = end - ((end - begin) & 3);
  adapt<Whole>(
    parameter,
    gradient,
    m,
    v,
    decoupled,
    decay,
    keep1,
    take1,
    keep2,
    take2,
    rate,
    scale,
    least,
    begin,
    rest,
  );
  adapt<One>(
    parameter,
    gradient,
    m,
    v,
    decoupled,
    decay,
    keep1,
    take1,
    keep2,
    take2,
    rate,
    scale,
    least,
    rest,
    end,
  );
}

function adapt<S extends Span>(
  parameter: usize,
  gradient: usize,
  m: usize,
  v: usize,
  decoupled: i32,
  decay: v128,
  keep1: v128,
  take1: v128,
  keep2: v128,
  take2: v128,
  rate: v128,
  scale: v128,
  least: v128,
  begin: i32,
  end: i32,
): void {
  const span = changetype<S>(0);
  for (let i = begin; i < end; i += span.length()) {
    const at = (<usize>i) << 2;
    let p = span.get(parameter + at);
    let g = span.get(gradient + at);
    if (decoupled) p = madd(decay, p, p);
    else g = madd(decay, p, g);
    const m1 = madd(keep1, span.get(m + at), f32x4.mul(take1, g));
    const v1 = madd(keep2, span.get(v + at), f32x4.mul(take2, f32x4.mul(g, g)));
    span.put(m + at, m1);
    span.put(v + at, v1);
    const step = f32x4.div(m1, madd(f32x4.sqrt(v1), scale, least));
    span.put(parameter + at, madd(rate, step, p));
  }
}
