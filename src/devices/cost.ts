/** What a kernel's runs take, learned from them. */

/** Milliseconds for each operation or byte, before anything is known: 50 a nanosecond, which few kernels do. */
const GUESS = 2e-8;

/** Work below which a kernel takes a microsecond or two: measuring would cost as much. */
const SMALL = 4096;

/** The first runs are measured, then one in so many. */
const FIRST = 4;
const ONE_IN = 8;

export class Cost {
  #each = GUESS;
  #runs = 0;
  #samples = 0;

  /** Milliseconds that one thread is expected to take for so many operations and bytes. */
  of(work: number): number {
    return this.#each * work;
  }

  /** Whether a run with so much work should be measured. */
  wanted(work: number): boolean {
    if (work < SMALL) return false;
    this.#runs++;
    return this.#runs <= FIRST || this.#runs % ONE_IN === 0;
  }

  /** A run took so long. What interrupted a run makes it longer, so less counts for more. */
  learn(work: number, milliseconds: number): void {
    const each = milliseconds / work;
    if (this.#samples++ === 0) this.#each = each;
    else this.#each += (each < this.#each ? 0.5 : 0.125) * (Math.min(each, 4 * this.#each) - this.#each);
  }
}
