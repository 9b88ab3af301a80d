/** Steps of optimisers, in place. All tensors [n]; the grid is the elements. */
import { loadPart, madd, storePart } from "./simd";

/**
 * PyTorch's SGD: g = gradient + weightDecay·p; v = momentum·v + g; p −= learningRate · (nesterov ? g + momentum·v : v).
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
  const rate = f32x4.splat(-learningRate);
  const decay = f32x4.splat(weightDecay);
  const keep = f32x4.splat(momentum);
  for (let i = begin; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const n = min(end - i, 4);
    const p = loadPart(parameter + at, n);
    let g = madd(decay, p, loadPart(gradient + at, n));
    if (momentum != 0) {
      const v = madd(keep, loadPart(velocity + at, n), g);
      storePart(velocity + at, v, n);
      g = nesterov ? madd(keep, v, g) : v;
    }
    storePart(parameter + at, madd(rate, g, p), n);
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
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  weightDecay: f32,
  decoupled: i32,
  correction1: f32,
  correction2: f32,
  begin: i32,
  end: i32,
): void {
  const decay = f32x4.splat(decoupled ? -learningRate * weightDecay : weightDecay);
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat(1 - beta2);
  const rate = f32x4.splat(-learningRate / correction1);
  const scale = f32x4.splat(1 / sqrt(correction2));
  const least = f32x4.splat(epsilon);
  for (let i = begin; i < end; i += 4) {
    const at = (<usize>i) << 2;
    const n = min(end - i, 4);
    let p = loadPart(parameter + at, n);
    let g = loadPart(gradient + at, n);
    if (decoupled) p = madd(decay, p, p);
    else g = madd(decay, p, g);
    const m1 = madd(keep1, loadPart(m + at, n), f32x4.mul(take1, g));
    const v1 = madd(keep2, loadPart(v + at, n), f32x4.mul(take2, f32x4.mul(g, g)));
    storePart(m + at, m1, n);
    storePart(v + at, v1, n);
    const step = f32x4.div(m1, madd(f32x4.sqrt(v1), scale, least));
    storePart(parameter + at, madd(rate, step, p), n);
  }
}
