/**
 * Keys of the counter-based generator Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). The same key gives the same numbers on every device; use each key once.
 */
import { OptionError } from "./errors.js";
import type { Key } from "./ops/random.js";

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
