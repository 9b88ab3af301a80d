/** Threads that share the work of a device: workers, and the thread that issues it. */
import { DeviceError, WorkerError } from "../errors.js";
import { Board, MOST_ARGUMENTS, MOST_PARTS, pause, type Run } from "./board.js";
import type { Cost } from "./cost.js";
import type { WasmFunction } from "./instance.js";
import { builtin, maySleep } from "./platform.js";
import type { Message } from "./worker.js";

/** What a team needs of a worker: that of browsers has it, and Node's. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
  addEventListener?(type: string, listener: (event: Event) => void): void;
  on?(type: string, listener: (event: unknown) => void): unknown;
  ref?(): void;
  unref?(): void;
}

/** Starts a worker that runs `lanewise/worker.js`; `name` is for tools that show threads. */
export type WorkerFactory = (name: string) => WorkerLike;

const here = import.meta.url;

/** Node's workers where there are such, for a program can end without them. */
const startWorker: WorkerFactory = (name) => {
  const Node = builtin("node:worker_threads")?.Worker;
  if (Node !== undefined) return new Node(new URL("../generated/worker.js", here), { name, execArgv: [] });
  // Bundlers look for just this expression, and put the file beside theirs.
  return new Worker(new URL("../generated/worker.js", import.meta.url), { type: "module" });
};

/** Milliseconds within which a worker must start, and, beyond 50 times those of the leader, finish its part. */
const START = 20_000;
const FINISH = 10_000;

/** The longest that the leader sleeps at a time, in milliseconds. */
const SLICE = 100;

/** Milliseconds that the leader spins before it sleeps. */
const SPIN = 0.05;

/** Milliseconds of one thread's work that a part is worth. */
const GRAIN = 0.01;

/** Parts for each thread of a kernel that prepares nothing in scratch: the more, the less one thread waits for another. */
const EACH = 8;

/** Milliseconds of work that threads could share before workers are started, which takes each some 30. */
const WORTHWHILE = 50;

/** A kernel as a device keeps it. */
export interface Kernel {
  readonly run: WasmFunction;
  /** Its number in the team. */
  readonly index: number;
  readonly cost: Cost;
}

/**
 * The issuing thread, which is number 0, and workers 1, 2, … over one memory. A launch is cut into parts, which each thread takes
 * one after another, so that one that is late, asleep or not there yet only leaves more to the others.
 */
export class Team {
  readonly #board = new Board();
  readonly #modules: WebAssembly.Module[] = [];
  readonly #workers: WorkerLike[] = [];
  readonly #sleeps = maySleep();
  #started: Promise<void> | undefined;
  #ended: Promise<boolean> | undefined;
  #failure: WorkerError | undefined;
  /** Whether nobody has been told of the failure yet. */
  #untold = false;
  /** Milliseconds of work that workers might have shared, had there been any. */
  #missed = 0;
  /** Fails the start, while it lasts. */
  #abort: ((error: WorkerError) => void) | undefined;

  constructor(
    /** How many threads, this one among them: 2 at least. */
    readonly threads: number,
    private memory: WebAssembly.Memory | undefined,
    private readonly factory: WorkerFactory = startWorker,
    private readonly grain = GRAIN,
  ) {}

  /** Why the team is one thread. */
  get failure(): WorkerError | undefined {
    return this.#failure;
  }

  get started(): boolean {
    return this.#started !== undefined;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether there are workers that know all kernels. */
  get ready(): boolean {
    return !this.ended && this.started && this.#board.links === (this.threads - 1) * this.#modules.length;
  }

  /** Adds a module's exports, in order, to the kernels; the index of the first. */
  link(module: WebAssembly.Module, exports: readonly WasmFunction[]): number {
    const first = this.#board.kernels.length;
    this.#board.kernels.push(...exports);
    this.#modules.push(module);
    if (this.started && !this.ended) {
      for (const worker of this.#workers) worker.postMessage({ modules: [module] } satisfies Message);
      this.#board.posted();
    }
    return first;
  }

  /** Starts the workers; resolves when all know all kernels. Rejects with a WorkerError, and the team is one thread. */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  async #start(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        let waiting = this.threads - 1;
        this.#abort = reject;
        timer = setTimeout(() => this.#fail(1, `${waiting} did not start within ${START / 1000} s`), START);
        for (let thread = 1; thread < this.threads && !this.ended; thread++)
          this.#hire(thread, () => void (--waiting === 0 && resolve()));
      });
    } finally {
      clearTimeout(timer);
      this.#abort = undefined;
      for (const worker of this.#workers) worker.unref?.(); // a program may end without them
    }
  }

  /** Starts a worker; `ready` is called when it knows all kernels. */
  #hire(thread: number, ready: () => void): void {
    try {
      const worker = this.factory(`lanewise ${thread}`);
      this.#workers.push(worker);
      const listen = (type: string, listener: (event: unknown) => void): void =>
        void (worker.on?.(type, listener) ?? worker.addEventListener?.(type, listener));
      let known = false;
      listen("message", () => {
        if (!known) ready();
        known = true;
      });
      listen("error", (event) => this.#fail(thread, (event as { message?: string }).message ?? "no script"));
      listen("exit", (code) => this.#fail(thread, `it ended, code ${String(code)}`));
      const place = { thread, board: this.#board.buffer, memory: this.memory! };
      worker.postMessage({ place, modules: this.#modules } satisfies Message);
    } catch (error) {
      this.#fail(thread, String((error as Error).message));
    }
  }

  /** Ends the team for what became of one of its threads. */
  #fail(thread: number, reason: string): void {
    if (this.ended) return;
    const error = new WorkerError(
      `worker ${thread} of ${this.threads - 1}: ${reason}; the device goes on with one thread`,
    );
    this.#failure = error;
    this.#untold = this.#abort === undefined;
    void this.end();
  }

  #tell(owner: string): WorkerError {
    this.#untold = false;
    return new WorkerError(`${owner}: ${this.#failure!.message}`);
  }

  /** Into how many parts a kernel's run is worth cutting: 1 for a short one. Throws, once, what became of a worker since its start. */
  partsOf({ cost }: Kernel, work: number, grid: number, prepares: boolean, owner: string): number {
    const expected = cost.of(work);
    if (expected < 2 * this.grain || grid < 2) return 1;
    if (this.#untold) throw this.#tell(owner);
    if (!this.ready) {
      this.#missed += expected;
      if (this.#missed > WORTHWHILE && !this.started && !this.ended) this.start().catch(() => {}); // `failure` tells why
      return 1;
    }
    const most = prepares ? this.threads : EACH * this.threads;
    return Math.min(grid, Math.floor(expected / this.grain), most, MOST_PARTS);
  }

  /** Runs a kernel; its status, that of the first part that has one other than 0. Throws a WorkerError if a worker dies. */
  run({ run, index, cost }: Kernel, launch: Run, work: number, owner: string): number {
    const { args, grid, parts } = launch;
    if (parts === 1 || args.length > MOST_ARGUMENTS) {
      if (!cost.wanted(work)) return run(...args, 0, grid) ?? 0;
      const start = performance.now();
      const status = run(...args, 0, grid) ?? 0;
      cost.learn(work, performance.now() - start);
      return status;
    }
    const board = this.#board;
    const start = performance.now();
    board.offer(index, launch);
    const own = board.work(0);
    const elapsed = performance.now() - start;
    if (own > 0) cost.learn(work, (elapsed * parts) / own);
    if (!board.finished()) this.#wait(FINISH + 50 * elapsed, owner);
    const result = board.result();
    if (typeof result === "string") throw new DeviceError(`${owner}: ${result}`);
    return result;
  }

  /** Waits until the workers have finished their parts: asleep where this thread may sleep. */
  #wait(limit: number, owner: string): void {
    const board = this.#board;
    let before = performance.now();
    let waited = 0;
    while (!board.finished()) {
      if (this.#sleeps && waited > SPIN) board.sleepUntilFinished(SLICE);
      else for (let i = 0; i < 32 && !board.finished(); i++) pause();
      const now = performance.now();
      waited += Math.min(now - before, SLICE); // the machine itself may have slept
      before = now;
      if (waited < limit || board.finished()) continue;
      this.#fail(board.busy(), `it did not finish its part within ${Math.round(limit / 1000)} s`);
      throw this.#tell(owner);
    }
  }

  /** Ends the workers. Resolves when they have ended: to false if this runtime does not tell when. */
  end(): Promise<boolean> {
    return (this.#ended ??= this.#end());
  }

  async #end(): Promise<boolean> {
    this.#abort?.(this.#failure ?? new WorkerError("init: its workers were ended before they had started"));
    this.memory = undefined;
    const ends = this.#workers.map((worker) => worker.terminate());
    await Promise.all(ends);
    return ends.every((end) => end !== undefined);
  }
}
