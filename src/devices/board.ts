/** What the threads of a team share beside the kernels' memory: the launch on offer, how far it is, and who sleeps. */
import type { WasmFunction } from "./instance.js";

/** The most parts that a grid is cut into, and the most arguments of a kernel. */
export const MOST_PARTS = 64;
export const MOST_ARGUMENTS = 64;

/** Words of a cache line: what different threads write lies in different lines. */
const LINE = 16;

/** Parts that nobody has taken yet; 0 or less: there is no work. Whoever subtracts 1 from a positive number has a part. */
const FREE = 0;
/** Parts that are finished, and whether the leader sleeps until all are. */
const DONE = LINE;
const LEADER_SLEEPS = LINE + 1;
/** Counts the calls that woke sleepers; and how many sleep. */
const CALLS = 2 * LINE;
const SLEEPERS = 2 * LINE + 1;
/** Messages that each worker was sent, and modules that all of them together have linked. */
const POSTED = 3 * LINE;
const LINKED = 3 * LINE + 1;
/** The launch: kernel, grid, parts, number of arguments, which of them is scratch (−1: none), its bytes for each thread. */
const LAUNCH = 4 * LINE;
/** What became of each part, and which worker is at it. */
const STATUS = 5 * LINE;
const TAKER = STATUS + MOST_PARTS;
const WORDS = TAKER + MOST_PARTS;
/** What a worker's exception said. */
const MESSAGE_BYTES = 512;

/** The status of a part whose kernel trapped. No kernel returns it. */
const TRAPPED = -1;

/** Milliseconds that a worker looks for work before it sleeps: more than there is between two kernels of a training step. */
const PATIENCE = 0.1;

/** A kernel's run over a grid, in parts. */
export interface Run {
  /** All but the last two, which are the range. */
  readonly args: readonly number[];
  readonly grid: number;
  readonly parts: number;
  /** Which argument is scratch, of which each thread has `stride` bytes. −1: none. */
  readonly scratchAt: number;
  readonly stride: number;
}

/** `Atomics.pause` tells the processor that the thread only waits; few engines have it yet. */
export const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {});

export class Board {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #message: Uint8Array;
  readonly kernels: WasmFunction[] = [];

  constructor(readonly buffer = new SharedArrayBuffer(4 * WORDS + 8 * MOST_ARGUMENTS + MESSAGE_BYTES)) {
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#numbers = new Float64Array(buffer, 4 * WORDS, MOST_ARGUMENTS);
    this.#message = new Uint8Array(buffer, 4 * WORDS + 8 * MOST_ARGUMENTS);
  }

  /** The leader's: puts up a run of the kernel with that index, and wakes who sleeps. */
  offer(kernel: number, { args, grid, parts, scratchAt, stride }: Run): void {
    const words = this.#words;
    words[LAUNCH] = kernel;
    words[LAUNCH + 1] = grid;
    words[LAUNCH + 2] = parts;
    words[LAUNCH + 3] = args.length;
    words[LAUNCH + 4] = scratchAt;
    words[LAUNCH + 5] = stride;
    for (let i = 0; i < args.length; i++) this.#numbers[i] = args[i];
    words[DONE] = 0;
    Atomics.store(words, FREE, parts);
    if (Atomics.load(words, SLEEPERS) > 0) this.#call(parts - 1);
  }

  /** Takes parts and computes them until none is free; their number. */
  work(thread: number): number {
    for (let taken = 0; ; taken++) {
      const left = Atomics.sub(this.#words, FREE, 1);
      if (left <= 0) return taken;
      this.#compute(left - 1, thread);
    }
  }

  #compute(part: number, thread: number): void {
    const words = this.#words;
    words[TAKER + part] = thread;
    const kernel = words[LAUNCH];
    const grid = words[LAUNCH + 1];
    const parts = words[LAUNCH + 2];
    const count = words[LAUNCH + 3];
    const scratchAt = words[LAUNCH + 4];
    const args: number[] = [];
    for (let i = 0; i < count; i++) args.push(this.#numbers[i]);
    if (scratchAt >= 0) args[scratchAt] += thread * words[LAUNCH + 5];
    args.push(Math.floor((grid * part) / parts), Math.floor((grid * (part + 1)) / parts));
    try {
      words[STATUS + part] = this.kernels[kernel](...args) ?? 0;
    } catch (error) {
      words[STATUS + part] = TRAPPED;
      this.#message.fill(0);
      this.#message.set(new TextEncoder().encode(String(error)).subarray(0, MESSAGE_BYTES));
    }
    words[TAKER + part] = 0;
    const done = Atomics.add(words, DONE, 1) + 1;
    if (done === parts && Atomics.load(words, LEADER_SLEEPS) === 1) Atomics.notify(words, DONE);
  }

  /** Whether every part of the launch is finished. */
  finished(): boolean {
    return Atomics.load(this.#words, DONE) === this.#words[LAUNCH + 2];
  }

  /** The leader's: sleeps until every part is finished, or so many milliseconds have passed. */
  sleepUntilFinished(milliseconds: number): void {
    const words = this.#words;
    Atomics.store(words, LEADER_SLEEPS, 1);
    for (let done = Atomics.load(words, DONE); done < words[LAUNCH + 2]; done = Atomics.load(words, DONE))
      if (Atomics.wait(words, DONE, done, milliseconds) === "timed-out") break;
    Atomics.store(words, LEADER_SLEEPS, 0);
  }

  /** The status of the first part that has one other than 0; its text if it trapped. */
  result(): number | string {
    const words = this.#words;
    for (let part = 0; part < words[LAUNCH + 2]; part++)
      if (words[STATUS + part] === TRAPPED)
        return new TextDecoder().decode(this.#message.slice()).replace(/\0+$/, "");
      else if (words[STATUS + part] !== 0) return words[STATUS + part];
    return 0;
  }

  /** The worker that has a part in hand; 0 if none has. */
  busy(): number {
    return this.#words.subarray(TAKER, TAKER + MOST_PARTS).find((worker) => worker > 0) ?? 0;
  }

  /** A worker's: computes what is offered until it has been sent more than `received` messages. */
  serve(worker: number, received: number): void {
    const words = this.#words;
    const idle = (): boolean => Atomics.load(words, FREE) <= 0 && Atomics.load(words, POSTED) === received;
    while (Atomics.load(words, POSTED) === received) {
      this.work(worker);
      const since = performance.now();
      while (idle() && performance.now() - since < PATIENCE) for (let i = 0; i < 32 && idle(); i++) pause();
      if (!idle()) continue;
      const call = Atomics.load(words, CALLS);
      Atomics.add(words, SLEEPERS, 1);
      if (idle()) Atomics.wait(words, CALLS, call);
      Atomics.sub(words, SLEEPERS, 1);
    }
  }

  /** Says that every worker was sent a message, and wakes all to read it. */
  posted(): void {
    Atomics.add(this.#words, POSTED, 1);
    this.#call(Infinity);
  }

  /** A worker's: says that it has linked a module. */
  linked(): void {
    Atomics.add(this.#words, LINKED, 1);
  }

  /** How many modules the workers have linked, all together. */
  get links(): number {
    return Atomics.load(this.#words, LINKED);
  }

  #call(sleepers: number): void {
    Atomics.add(this.#words, CALLS, 1);
    Atomics.notify(this.#words, CALLS, sleepers);
  }
}
