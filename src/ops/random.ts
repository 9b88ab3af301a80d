/** Random tensors as pure functions of a key. `src/random.ts` makes the keys. */
import { OptionError } from "../errors.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { checkShape, type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Two 32-bit words that determine a stream of Threefry-2x32. */
export type Key = readonly [number, number];

export const noKey: Key = [0, 0];

/** A kernel over a fresh float32 tensor. */
export function generator(kernel: KernelName, key: Key, shape: Shape, ...numbers: number[]): Launch {
  checkKey(kernel, key);
  checkShape(kernel, shape);
  const grid = sizeOf(shape);
  const outputs = [{ shape, dtype: "float32" as const }];
  return { kernel, outputs, grid, numbers: [...key, ...numbers], bytes: 4 * grid };
}

function checkKey(name: string, key: Key): void {
  if (key.length !== 2 || !key.every((word) => Number.isInteger(word)))
    throw new OptionError(
      `${name}: key is [${key.join(", ")}], expected two 32-bit words (random.key makes one)`,
    );
}

/** Throws unless a key and a rate are those of a dropout. */
export function checkDropout(name: string, key: Key, rate: number): void {
  checkKey(name, key);
  checkProbability(name, "rate", rate, "1)");
}

function checkProbability(name: string, argument: string, p: number, below: string): void {
  if (!(p >= 0 && (below === "1)" ? p < 1 : p <= 1)))
    throw new OptionError(`${name}: ${argument} is ${p}, expected a number in [0, ${below}`);
}

/** `randomBits(key, shape)`: 32 independent random bits an element, as int32. */
export const randomBits = /* @__PURE__ */ op<[], { key: Key; shape: Shape }, ["key", "shape"]>()({
  name: "randomBits",
  inputs: {},
  defaults: { key: noKey, shape: [] },
  positional: ["key", "shape"],
  plan: (_, { key, shape }) => ({
    ...generator("randomBits", key, shape),
    outputs: [{ shape, dtype: "int32" }],
  }),
});

/** `uniform(key, shape, { low, high })`: uniform in [low, high), default [0, 1); 24 random bits an element. */
export const uniform = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; low?: number; high?: number },
  ["key", "shape"]
>()({
  name: "uniform",
  inputs: {},
  defaults: { key: noKey, shape: [], low: 0, high: 1 },
  positional: ["key", "shape"],
  plan: (_, { key, shape, low = 0, high = 1 }) => generator("uniform", key, shape, low, high),
});

/** `normal(key, shape, { mean, deviation })`: normal deviates by Box and Muller's method, default mean 0, deviation 1. */
export const normal = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; mean?: number; deviation?: number },
  ["key", "shape"]
>()({
  name: "normal",
  inputs: {},
  defaults: { key: noKey, shape: [], mean: 0, deviation: 1 },
  positional: ["key", "shape"],
  plan: (_, { key, shape, mean = 0, deviation = 1 }) => generator("normal", key, shape, mean, deviation),
});

/** `bernoulli(key, shape, probability)`: 1 with the given probability, else 0. */
export const bernoulli = /* @__PURE__ */ op<
  [],
  { key: Key; shape: Shape; probability: number },
  ["key", "shape", "probability"]
>()({
  name: "bernoulli",
  inputs: {},
  defaults: { key: noKey, shape: [], probability: 0.5 },
  positional: ["key", "shape", "probability"],
  plan(_, { key, shape, probability }) {
    checkProbability("bernoulli", "probability", probability, "1]");
    return generator("bernoulli", key, shape, probability);
  },
});

/** `permutation(key, n)`: the numbers 0 … n − 1 in random order, as int32 (Fisher and Yates' shuffle). */
export const permutation = /* @__PURE__ */ op<[], { key: Key; n: number }, ["key", "n"]>()({
  name: "permutation",
  inputs: {},
  defaults: { key: noKey, n: 0 },
  positional: ["key", "n"],
  plan(_, { key, n }) {
    checkKey("permutation", key);
    checkShape("permutation", [n]);
    return {
      kernel: "permutation",
      outputs: [{ shape: [n], dtype: "int32" }],
      grid: 1,
      numbers: [...key, n],
      bytes: 4 * n,
    };
  },
});

/**
 * `dropout(x, key, rate)`: each element 0 with probability `rate`, else x / (1 − rate). The key fixes the mask, so the
 * gradient makes it again instead of keeping it.
 * Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: "Dropout", 2014.
 */
export const dropout = /* @__PURE__ */ op<[x: Tensor], { key: Key; rate: number }, ["key", "rate"]>()({
  name: "dropout",
  inputs: { x: "float32" },
  defaults: { key: noKey, rate: 0.5 },
  positional: ["key", "rate"],
  plan([x], { key, rate }) {
    checkDropout("dropout", key, rate);
    return { ...generator("dropout", key, x.shape, rate), bytes: 8 * sizeOf(x.shape) };
  },
  vjp: (dy, _, __, { key, rate }) => [() => dropout(dy, key, rate)],
});
