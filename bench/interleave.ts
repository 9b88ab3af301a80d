/** Times several pieces of work in one process, round by round, so that all see the same disturbances. */
import { startClock } from "./clock.js";

export interface Contestant {
  readonly name: string;
  /** One repetition. A promise is waited for. */
  readonly run: () => unknown;
}

export interface Timing {
  /** Milliseconds of one repetition. */
  readonly median: number;
  readonly min: number;
  /** Half the distance of the quartiles, relative to the median: how noisy the rounds were. */
  readonly spread: number;
  /** Samples, and repetitions in each. */
  readonly rounds: number;
  readonly batch: number;
  /** A single repetition took longer than the limit. */
  readonly tooSlow?: true;
}

export interface Effort {
  /** Milliseconds for all rounds of all contestants together. */
  readonly budget: number;
  /** Each contestant is run at least so long beforehand, and so long again after it last got faster. */
  readonly warmUp: number;
  readonly minRounds: number;
  readonly maxRounds: number;
  /** Repetitions are batched until a sample lasts so long. */
  readonly sample: number;
  /** Slower contestants get no rounds. */
  readonly limit: number;
}

export const efforts: Record<"quick" | "full", Effort> = {
  quick: { budget: 400, warmUp: 40, minRounds: 5, maxRounds: 200, sample: 0.4, limit: 1000 },
  full: { budget: 3000, warmUp: 150, minRounds: 9, maxRounds: 600, sample: 1, limit: 3000 },
};

interface Lane {
  readonly contestant: Contestant;
  readonly asynchronous: boolean;
  readonly batch: number;
  readonly samples: number[];
}

/** One sample: the milliseconds of `batch` repetitions. Synchronous work pays for no promise. */
async function sample(run: () => unknown, batch: number, asynchronous: boolean): Promise<number> {
  const elapsed = startClock();
  if (asynchronous) for (let i = 0; i < batch; i++) await run();
  else for (let i = 0; i < batch; i++) run();
  return elapsed();
}

/** Runs it until it gets no faster, so that the engine has compiled it well; returns the best time of one repetition. */
async function warmUp(
  contestant: Contestant,
  effort: Effort,
): Promise<{ asynchronous: boolean; each: number }> {
  const start = performance.now();
  const elapsed = startClock();
  const first = contestant.run();
  const asynchronous = first instanceof Promise;
  await first;
  let each = elapsed();
  let improved = start;
  for (let runs = 1; each < effort.limit; runs++) {
    const now = performance.now();
    if (
      runs >= 3 &&
      now - start > effort.warmUp &&
      (now - improved > effort.warmUp || now - start > 5 * effort.warmUp)
    )
      break;
    const time = await sample(contestant.run, 1, asynchronous);
    if (time < 0.95 * each) improved = performance.now();
    each = Math.min(each, time);
    // The engine's compiler gets a turn where it needs this thread.
    if (runs % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { asynchronous, each };
}

export async function interleave(
  contestants: readonly Contestant[],
  effort: Effort,
): Promise<Map<string, Timing>> {
  const timings = new Map<string, Timing>();
  const lanes: Lane[] = [];
  for (const contestant of contestants) {
    const { asynchronous, each } = await warmUp(contestant, effort);
    if (each > effort.limit)
      timings.set(contestant.name, {
        median: each,
        min: each,
        spread: NaN,
        rounds: 1,
        batch: 1,
        tooSlow: true,
      });
    else lanes.push({ contestant, asynchronous, batch: Math.ceil(effort.sample / each), samples: [] });
  }
  const start = performance.now();
  for (let round = 0; round < effort.maxRounds; round++) {
    if (round >= effort.minRounds && performance.now() - start > effort.budget) break;
    for (let i = 0; i < lanes.length; i++) {
      const { contestant, asynchronous, batch, samples } = lanes[(i + round) % lanes.length];
      samples.push((await sample(contestant.run, batch, asynchronous)) / batch);
    }
  }
  for (const { contestant, batch, samples } of lanes) timings.set(contestant.name, summary(samples, batch));
  return timings;
}

function summary(samples: number[], batch: number): Timing {
  const sorted = samples.sort((x, y) => x - y);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const median = at(0.5);
  return { median, min: sorted[0], spread: (at(0.75) - at(0.25)) / 2 / median, rounds: sorted.length, batch };
}
