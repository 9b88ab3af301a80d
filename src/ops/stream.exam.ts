/** What the exams of random tensors have in common: the stream that a key gives. */
import { array, type Case, type Reference } from "../exam.js";
import { threefry } from "../random.js";
import type { Shape } from "../shape.js";
import type { Key } from "./random.js";

export const keys: readonly Key[] = [
  [0, 0],
  [-1, -1],
  [0x13198a2e, 0x03707344],
];

export const key = keys[2];

/** Both words of the counter that element i comes from, and which of them it is. */
export function drawOf(key: Key, i: number): { words: Key; second: boolean } {
  return { words: threefry(key, [4 * (i >> 3) + (i & 3), 0]), second: (i & 4) !== 0 };
}

export function bits(key: Key, i: number): number {
  const { words, second } = drawOf(key, i);
  return words[second ? 1 : 0];
}

/** The upper 24 bits as a number in [0, 1). */
export const unit = (word: number): number => (word >>> 8) / 2 ** 24;

/** An array whose elements are functions of their place in the stream. */
export function stream(shape: Shape, element: (i: number) => number): Reference {
  let i = 0;
  return array(shape, () => element(i++));
}

export type Generator = { readonly key: Key; readonly shape: Shape };

export const cases = <A extends object>(more: A): Case<Generator & A>[] => [
  ...keys.map((key) => ({ inputs: [], attributes: { key, shape: [1037], ...more } })),
  { inputs: [], attributes: { key, shape: [], ...more } },
  { inputs: [], attributes: { key, shape: [3, 4, 5], ...more } },
];

export const sized =
  <A extends object>(more: A) =>
  (n: number): Case<Generator & A> => ({ inputs: [], attributes: { key, shape: [n], ...more } });

export const bench = <A extends object>(more: A): Record<string, Case<Generator & A>> => ({
  "1M": { inputs: [], attributes: { key, shape: [1 << 20], ...more } },
});

export const badKey = /: key is \[1\], expected two 32-bit words \(random\.key makes one\)$/;
export const badShape = /: shape \[-1\] has the extent -1, expected a whole number ≥ 0$/;

/** Box and Muller: √(−2 ln u) · cos 2πv for the first word's element, sin for the second's. */
export function deviate(key: Key, i: number): number {
  const { words, second } = drawOf(key, i);
  const radius = Math.sqrt(-2 * Math.log(unit(words[0]) + 2 ** -24));
  const angle = 2 * Math.PI * unit(words[1]);
  return radius * (second ? Math.sin(angle) : Math.cos(angle));
}
