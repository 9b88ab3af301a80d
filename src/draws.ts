/** Counters of random draws that a second run of the same function finds as the first one did. */

/** The draws of one run, in order, and how many of them the present run has taken again. */
interface Draws {
  readonly numbers: number[];
  again: number | undefined;
}

let current: Draws | undefined;

function within<T>(draws: Draws, body: () => T): T {
  const before = current;
  current = draws;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Runs `body`; the function that comes with its value runs it again with the same draws. */
export function repeatable<T>(body: () => T): [value: T, again: () => T] {
  const numbers: number[] = [];
  const value = within({ numbers, again: undefined }, body);
  return [value, () => within({ numbers, again: 0 }, body)];
}

/** Whether a function runs again that ran before: what it did to its surroundings is done. */
export function isRepeating(): boolean {
  return current?.again !== undefined;
}

/** Numbers 0, 1, 2, … for the draws of whoever owns it. */
export class DrawCounter {
  #count = 0;

  next(): number {
    const draws = current;
    if (draws?.again !== undefined) return draws.numbers[draws.again++];
    const number = this.#count++;
    draws?.numbers.push(number);
    return number;
  }
}
