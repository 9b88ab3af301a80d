/** Random tensors beyond the uniform, the normal and Bernoulli's, as pure functions of a key. */
import { OptionError, ShapeError } from "../errors.js";
import { exp } from "../exact.js";
import { distributions as part } from "../generated/distributions.js";
import { op } from "../op.js";
import { type Shape, show, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add } from "./binary.js";
import { matmul } from "./matmul.js";
import { generator, type Key, noKey } from "./random.js";
import { argmax } from "./reduce.js";

/** Throws unless `value` is above 0 and finite. */
function checkPositive(name: string, attribute: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new OptionError(`${name}: ${attribute} is ${value}, expected a finite number above 0`);
}

/** Throws unless `value` is finite. */
function checkFinite(name: string, attribute: string, value: number): void {
  if (!Number.isFinite(value))
    throw new OptionError(`${name}: ${attribute} is ${value}, expected a finite number`);
}

/** `exponential(key, shape, { rate })`: density rate · e^(−rate · y), default rate 1; mean 1 / rate. */
export const exponential = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; rate?: number },
  ["key", "shape"]
>()({
  name: "exponential",
  part,
  inputs: {},
  defaults: { key: noKey, shape: [], rate: 1 },
  positional: ["key", "shape"],
  plan(_, { key, shape, rate = 1 }) {
    checkPositive("exponential", "rate", rate);
    return generator("exponential", key, shape, 1 / rate);
  },
});

/** `gumbel(key, shape, { location, scale })`: location − scale · ln e, with e exponential of mean 1; defaults 0 and 1. */
export const gumbel = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; location?: number; scale?: number },
  ["key", "shape"]
>()({
  name: "gumbel",
  part,
  inputs: {},
  defaults: { key: noKey, shape: [], location: 0, scale: 1 },
  positional: ["key", "shape"],
  plan(_, { key, shape, location = 0, scale = 1 }) {
    checkFinite("gumbel", "location", location);
    checkPositive("gumbel", "scale", scale);
    return generator("gumbel", key, shape, location, scale);
  },
});

/** Robert's choice of a proposal for a normal deviate in [a, b], a + b ≥ 0: the kernel's proposal, its rate, the least |z|. */
function proposalFor(a: number, b: number): { proposal: number; rate: number; nearest: number } {
  if (a < 0)
    return b - a > Math.sqrt(2 * Math.PI)
      ? { proposal: 0, rate: 1, nearest: 0 }
      : { proposal: 2, rate: 1, nearest: 0 };
  const root = Math.sqrt(a * a + 4);
  const rate = (a + root) / 2;
  const wide = a + (2 / (a + root)) * exp((a * a - a * root) / 4 + 0.5);
  return { proposal: b > wide ? 1 : 2, rate, nearest: a };
}

/**
 * `truncatedNormal(key, shape, { mean, deviation, low, high })`: normal deviates given that they lie in [low, high]; defaults
 * 0, 1, and two deviations on either side of the mean. Each is right also far out in a tail.
 * Robert: "Simulation of truncated normal variables", 1995.
 */
export const truncatedNormal = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; mean?: number; deviation?: number; low?: number; high?: number },
  ["key", "shape"]
>()({
  name: "truncatedNormal",
  part,
  inputs: {},
  defaults: { key: noKey, shape: [], mean: 0, deviation: 1, low: undefined, high: undefined },
  positional: ["key", "shape"],
  plan(_, { key, shape, mean = 0, deviation = 1, low, high }) {
    const [from, to] = [low ?? mean - 2 * deviation, high ?? mean + 2 * deviation];
    checkFinite("truncatedNormal", "mean", mean);
    checkPositive("truncatedNormal", "deviation", deviation);
    if (!(from < to) || from === Infinity || to === -Infinity)
      throw new OptionError(`truncatedNormal: low is ${from} and high is ${to}, expected low below high`);
    const [a, b] = [(from - mean) / deviation, (to - mean) / deviation];
    const mirrored = a + b < 0;
    const [least, most] = mirrored ? [-b, -a] : [a, b];
    const { proposal, rate, nearest } = proposalFor(least, most);
    const scale = mirrored ? -deviation : deviation;
    const numbers = [proposal, least, most, rate, nearest, mean, scale, from, to];
    return { ...generator("truncatedNormal", key, shape, ...numbers), scratch: 32 };
  },
});

/**
 * `gamma(key, shape, { concentration, rate })`: density ∝ y^(concentration − 1) · e^(−rate · y), default rate 1; mean
 * concentration / rate. Marsaglia, Tsang: "A simple method for generating gamma variables", 2000.
 */
export const gamma = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; concentration: number; rate?: number },
  ["key", "shape"]
>()({
  name: "gamma",
  part,
  inputs: {},
  defaults: { key: noKey, shape: [], concentration: 1, rate: 1 },
  positional: ["key", "shape"],
  plan(_, { key, shape, concentration, rate = 1 }) {
    checkPositive("gamma", "concentration", concentration);
    checkPositive("gamma", "rate", rate);
    return { ...generator("gamma", key, shape, concentration, 1 / rate), scratch: 64 };
  },
});

/**
 * `categorical(logits, key, shape)`: for each index of `shape`, and each row of logits [..., classes], a class with
 * probability softmax(logits) → [...shape, ...] int32. By the largest of logits + Gumbel noise.
 */
export const categorical = /* @__PURE__ */ op<
  [logits: Tensor],
  { key: Key; shape: Shape },
  ["key", "shape"]
>()({
  name: "categorical",
  inputs: { logits: "float32" },
  defaults: { key: noKey, shape: [] },
  positional: ["key", "shape"],
  forward([logits], { key, shape }) {
    if (logits.rank === 0 || logits.shape[logits.rank - 1] === 0)
      throw new ShapeError(`categorical: logits is ${show(logits.shape)}, which has no classes`);
    return argmax(add(logits, gumbel(key, [...shape, ...logits.shape])), { axis: -1 });
  },
});

/**
 * y = mean + z · lower in two roundings a product, so that the bits are those of every binary. z [..., d], lower [d, d]:
 * Lᵀ of a lower triangular L, mean [d] → [..., d].
 */
export const triangularRows = /* @__PURE__ */ op<[z: Tensor, lower: Tensor, mean: Tensor]>()({
  name: "triangularRows",
  part,
  inputs: { z: "float32", lower: "float32", mean: "float32" },
  plan([z, lower, mean]) {
    const d = z.shape[z.shape.length - 1] ?? 0;
    if (lower.shape.length !== 2 || lower.shape[0] !== d || lower.shape[1] !== d)
      throw new ShapeError(
        `triangularRows: lower is ${show(lower.shape)}, expected [${d}, ${d}] (last axis of z ${show(z.shape)})`,
      );
    if (mean.shape.length !== 1 || mean.shape[0] !== d)
      throw new ShapeError(
        `triangularRows: mean is ${show(mean.shape)}, expected [${d}] (last axis of z ${show(z.shape)})`,
      );
    const rows = d === 0 ? 0 : sizeOf(z.shape) / d;
    return {
      kernel: "triangularRows",
      outputs: [z],
      grid: rows,
      numbers: [d],
      flops: rows * d * d,
      bytes: 4 * (2 * rows * d + d * d + d),
    };
  },
  fallback: ([z, lower, mean]) => add(matmul(z, lower), mean),
});
