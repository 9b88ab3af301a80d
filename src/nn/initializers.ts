/** Random initial weights. The fans of a weight [out, in, ...rest] are in · rest and out · rest, as in torch. */
import { checkOptions } from "../arguments.js";
import { OptionError, ShapeError } from "../errors.js";
import { type Key, normal, uniform } from "../ops/random.js";
import { type Shape, show, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Makes a weight of the given shape. */
export type Initializer = (key: Key, shape: Shape) => Tensor;

export interface InitializerOptions {
  /** A factor of every weight. */
  gain?: number;
}

/** @internal Throws unless `key` is one. */
export function checkKey(who: string, key: Key | undefined): asserts key is Key {
  if (!Array.isArray(key) || key.length !== 2)
    throw new OptionError(`${who}: key is ${String(key)}, expected two 32-bit words (random.key makes one)`);
}

/** @internal The gain that was asked for. Throws unless key, shape and options are sound. */
export function checkInitializer(
  who: string,
  key: Key,
  shape: Shape,
  options: InitializerOptions,
  standard: number,
): number {
  checkKey(who, key);
  checkOptions(who, options, ["gain"]);
  if (shape.length < 2) throw new ShapeError(`${who}: shape is ${show(shape)}, expected [out, in, ...]`);
  const { gain = standard } = options;
  if (!Number.isFinite(gain)) throw new OptionError(`${who}: gain is ${gain}, expected a finite number`);
  return gain;
}

/** fanIn and fanOut; at least 1, for an empty weight needs no numbers. */
function fansOf([outputs, inputs, ...rest]: Shape): { fanIn: number; fanOut: number } {
  const field = sizeOf(rest);
  return { fanIn: Math.max(1, inputs * field), fanOut: Math.max(1, outputs * field) };
}

/** Uniform numbers of this standard deviation: in ±√3 · deviation. */
function uniformOf(key: Key, shape: Shape, deviation: number): Tensor {
  const bound = Math.sqrt(3) * Math.abs(deviation);
  return uniform(key, shape, { low: -bound, high: bound });
}

/**
 * Uniform in ±gain · √(6 / (fanIn + fanOut)); gain 1. Glorot, Bengio: "Understanding the difficulty of training deep
 * feedforward neural networks", 2010, equation 16.
 */
export function glorotUniform(key: Key, shape: Shape, options: InitializerOptions = {}): Tensor {
  const gain = checkInitializer("glorotUniform", key, shape, options, 1);
  const { fanIn, fanOut } = fansOf(shape);
  return uniformOf(key, shape, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/** Normal with deviation gain · √(2 / (fanIn + fanOut)); gain 1. Glorot, Bengio 2010, equation 12. */
export function glorotNormal(key: Key, shape: Shape, options: InitializerOptions = {}): Tensor {
  const gain = checkInitializer("glorotNormal", key, shape, options, 1);
  const { fanIn, fanOut } = fansOf(shape);
  return normal(key, shape, { deviation: gain * Math.sqrt(2 / (fanIn + fanOut)) });
}

/**
 * Uniform in ±gain · √(3 / fanIn); gain √2, that of ReLU. He, Zhang, Ren, Sun: "Delving deep into rectifiers", 2015,
 * equation 10.
 */
export function heUniform(key: Key, shape: Shape, options: InitializerOptions = {}): Tensor {
  const gain = checkInitializer("heUniform", key, shape, options, Math.SQRT2);
  return uniformOf(key, shape, gain / Math.sqrt(fansOf(shape).fanIn));
}

/** Normal with deviation gain / √fanIn; gain √2, that of ReLU. He et al. 2015, equation 10. */
export function heNormal(key: Key, shape: Shape, options: InitializerOptions = {}): Tensor {
  const gain = checkInitializer("heNormal", key, shape, options, Math.SQRT2);
  return normal(key, shape, { deviation: gain / Math.sqrt(fansOf(shape).fanIn) });
}
