/**
 * Keys of the counter-based generator Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). The same key gives the same numbers on every device; use each key once.
 */
import { OptionError, ShapeError } from "./errors.js";
import { triangularRows } from "./ops/distributions.js";
import { type Key, normal } from "./ops/random.js";
import { scope } from "./memory.js";
import { type Shape, show } from "./shape.js";
import { tensor, type Tensor } from "./tensor.js";

export { categorical, exponential, gamma, gumbel, truncatedNormal } from "./ops/distributions.js";
export { bernoulli, dropout, type Key, normal, permutation, randomBits, uniform } from "./ops/random.js";

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];

/** Skein's key-schedule parity, truncated to 32 bits. */
const PARITY = 0x1bd11bda;

/** The cipher itself, on one block: two words of counter → two random words, as signed 32-bit integers. */
export function threefry([k0, k1]: Key, [c0, c1]: Key): Key {
  const schedule = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round & 7];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    if ((round & 3) === 3) {
      const s = (round + 1) >> 2;
      x0 = (x0 + schedule[s % 3]) | 0;
      x1 = (x1 + schedule[(s + 1) % 3] + s) | 0;
    }
  }
  return [x0, x1];
}

/** A key from a seed: a whole number in [0, 2⁵³). */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new OptionError(`random.key: seed is ${seed}, expected a whole number in [0, 2 ** 53)`);
  return [Math.floor(seed / 2 ** 32) | 0, seed | 0];
}

/** An independent key for each value of `data`, a 32-bit number: an epoch, a step, a layer. */
export function foldIn(parent: Key, data: number): Key {
  // Streams have 0 in the counter's second word, derived keys 1 and 2: they never meet.
  return threefry(parent, [data | 0, 1]);
}

/** `count` independent keys. */
export function split(parent: Key, count = 2): Key[] {
  return Array.from({ length: count }, (_, i) => threefry(parent, [i, 2]));
}

/**
 * Normal vectors: `multivariateNormal(key, shape, mean, covariance)` with mean [d] and covariance [d, d], symmetric and
 * positive definite → [...shape, d]. Reads the covariance, and factors it in float64. The mean has a gradient.
 * Throws ShapeError, or OptionError with the row at which the covariance is not positive definite.
 */
export function multivariateNormal(key: Key, shape: Shape, mean: Tensor, covariance: Tensor): Tensor {
  const [d = 0] = mean.shape;
  if (mean.rank !== 1) throw new ShapeError(`multivariateNormal: mean is ${show(mean.shape)}, expected [d]`);
  if (covariance.rank !== 2 || covariance.shape.some((extent) => extent !== d))
    throw new ShapeError(
      `multivariateNormal: covariance is ${show(covariance.shape)}, expected [${d}, ${d}] (mean ${show(mean.shape)})`,
    );
  return scope(() => {
    const factor = tensor(transposedCholesky(covariance.dataSync(), d), [d, d]);
    return triangularRows(normal(key, [...shape, d]), factor, mean);
  });
}

/** Lᵀ, row-major, of A = L·Lᵀ. */
function transposedCholesky(a: ArrayLike<number>, d: number): Float64Array {
  const upper = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = i; j < d; j++) {
      let rest = a[j * d + i];
      if (Math.abs(rest - a[i * d + j]) > 1e-5 * Math.abs(rest))
        throw new OptionError(`multivariateNormal: covariance is not symmetric at [${j}, ${i}]`);
      for (let k = 0; k < i; k++) rest -= upper[k * d + i] * upper[k * d + j];
      if (i === j && !(rest > 0))
        throw new OptionError(`multivariateNormal: covariance is not positive definite (row ${i})`);
      upper[i * d + j] = i === j ? Math.sqrt(rest) : rest / upper[i * d + i];
    }
  return upper;
}
