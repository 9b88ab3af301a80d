/** Two ways to do the same, in turn, by the wall: what one thread waits for another counts. */

export interface Pair {
  /** Median milliseconds of one repetition, of the first and of the second. */
  readonly first: number;
  readonly second: number;
  /** How many times faster the second is: of each pair of samples the ratio, of these the median and the quartiles. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  readonly samples: number;
}

/**
 * Milliseconds for both together, warming up included, and of one sample: long enough that it is no matter that workers are asleep
 * when it begins, as they are in no loop.
 */
const BUDGET = { quick: 1500, full: 6000 };
const SAMPLE = 50;

function sample(run: () => void, batch: number): number {
  const start = performance.now();
  for (let i = 0; i < batch; i++) run();
  return (performance.now() - start) / batch;
}

/** The median, and the quartiles. */
export function middle(values: number[]): { median: number; quartiles: [number, number] } {
  const sorted = values.sort((x, y) => x - y);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}

/** Measures two contestants, sample by sample, the one that begins changing every time. */
export async function pair(
  first: () => void,
  second: () => void,
  effort: keyof typeof BUDGET,
): Promise<Pair> {
  const start = performance.now();
  const budget = BUDGET[effort];
  let each = Infinity;
  while (performance.now() - start < budget / 4 || each === Infinity) {
    each = Math.min(each, sample(first, 1), sample(second, 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const batch = Math.ceil(SAMPLE / each);
  const times: [number[], number[]] = [[], []];
  while (performance.now() - start < budget || times[0].length < 5) {
    const turn = times[0].length % 2;
    for (const which of [turn, 1 - turn]) times[which].push(sample([first, second][which], batch));
  }
  const { median, quartiles } = middle(times[0].map((time, i) => time / times[1][i]));
  const [a, b] = times.map((samples) => middle([...samples]).median);
  return { first: a, second: b, ratio: median, quartiles, samples: times[0].length };
}
