/** The Wasm device: kernels of one binary over one memory, on the calling thread and, where there is a team, on others. */
import { arrayOf, type DType, type Numbers } from "../dtype.js";
import { DeviceError, WorkerError } from "../errors.js";
import { type Block, Heap, wholeLines } from "../memory.js";
import { freedByNet } from "../tensor.js";
import { type BinaryName, unpack } from "./binaries.js";
import { Cost } from "./cost.js";
import type { Device, Launch, MemoryReport, Part } from "./device.js";
import { instantiate } from "./instance.js";
import { type Kernel, Team, type WorkerFactory } from "./workers.js";

const PAGE = 2 ** 16;

/** Where the heap begins: below lie the modules' tables, each in a window of its own, and address 0 belongs to nobody. */
export const HEAP_START = 49152;

/** Bytes of a shared memory's smallest maximum worth a try. */
const LEAST = 2 ** 24;

export interface WasmOptions {
  /** The instruction set of the parts that ops bring along. */
  readonly binary: BinaryName;
  /** Bounds the memory, in bytes. */
  readonly maxBytes: number;
  /** How many threads share the work: with 1 the memory is none that could be shared, unless `shared` says so. */
  readonly threads: number;
  readonly shared: boolean;
  readonly workerFactory?: WorkerFactory;
  /** Milliseconds of one thread's work below which a part is not worth making. */
  readonly grain?: number;
}

/** Ends the workers of devices that nobody has any more. */
const abandoned = new FinalizationRegistry<Team>((team) => void team.end());

/** A memory that threads share must say how large it may become: as much as the system lets it. */
function sharedMemory(maxBytes: number): WebAssembly.Memory {
  for (let bytes = maxBytes; ; bytes /= 2)
    try {
      return new WebAssembly.Memory({
        initial: 1,
        maximum: Math.max(1, Math.floor(bytes / PAGE)),
        shared: true,
      });
    } catch (error) {
      if (bytes / 2 < LEAST) throw error; // a RangeError: no address space, however little
    }
}

/**
 * V8 does not count the bytes of a shared memory that is garbage, and so sees no reason to collect it: 200 devices of 17 MB stood at 2.6 GB.
 * Arrays of that size, never written and garbage at once, it counts: 150 to 290 MB.
 */
function hastenCollection(bytes: number): void {
  try {
    for (let i = 0; i < 4; i++) new ArrayBuffer(bytes);
  } catch {
    // a RangeError: there is no such array, and the engine has just looked for garbage
  }
}

export class WasmDevice implements Device {
  readonly #binary: BinaryName;
  readonly #shared: boolean;
  #heap: Heap;
  readonly #team: Team | undefined;
  #memory: WebAssembly.Memory | undefined;
  #kernels: Record<string, Kernel> = {};
  /** Those whose reals are float64. */
  #doubles: Record<string, Kernel> | undefined;
  /** Blocks that a worker which is lost may still write, and whether they were freed since. */
  #haunted: Map<Block, boolean> | undefined;
  /** All bytes of the memory as it was when last somebody looked. */
  #bytes = new Uint8Array(0);

  constructor(
    readonly name: string,
    { binary, maxBytes, threads, shared, workerFactory, grain }: WasmOptions,
  ) {
    this.#binary = binary;
    this.#shared = shared;
    this.#memory = shared ? sharedMemory(maxBytes) : new WebAssembly.Memory({ initial: 1 });
    this.#heap = new Heap(HEAP_START, (bytes) => this.#grow(bytes, maxBytes));
    if (threads < 2) return;
    this.#team = new Team(threads, this.#memory, workerFactory, grain);
    abandoned.register(this, this.#team);
  }

  /** The threads that share its work, if there are several. */
  get team(): Team | undefined {
    return this.#team;
  }

  /** Adds a module's kernels to the device's. */
  link(module: WebAssembly.Module): void {
    const functions = instantiate(module, this.#alive("init"));
    const first = this.#team?.link(module, Object.values(functions)) ?? 0;
    const kernels = Object.entries(functions).map(([name, run], i): [string, Kernel] => [
      name,
      { run, index: first + i, cost: new Cost() },
    ]);
    if ("float64" in functions) this.#doubles = Object.fromEntries(kernels);
    else for (const [name, kernel] of kernels) this.#kernels[name] = kernel;
  }

  alloc(bytes: number, owner: string): Block {
    this.#alive(owner);
    return this.#heap.allocate(bytes, owner);
  }

  free(block: Block): void {
    if (this.#haunted?.has(block)) this.#haunted.set(block, true);
    else if (this.#memory !== undefined) this.#heap.release(block);
  }

  write(block: Block, data: Numbers): void {
    this.#view("tensor").set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), block.pointer);
  }

  async read(block: Block, dtype: DType, size: number): Promise<Numbers> {
    return this.readSync(block, dtype, size);
  }

  readSync(block: Block, dtype: DType, size: number): Numbers {
    return new arrayOf[dtype](this.#alive("data").buffer, block.pointer, size).slice();
  }

  run(launch: Launch, blocks: readonly Block[], owner: string, part?: Part, double = false): number {
    const { kernel: name, layout, scratch, numbers, grid, flops = 0, bytes } = launch;
    const kernel = double ? this.#doubles![name] : (this.#kernels[name] ?? this.#bring(name, owner, part));
    const args: number[] = [];
    let touched = 0;
    for (const block of blocks) {
      args.push(block.pointer);
      touched += block.bytes;
    }
    const team = this.#team;
    const work = flops + (bytes ?? touched);
    let parts = team?.partsOf(kernel, work, grid, scratch !== undefined, owner) ?? 1;
    const temporary: Block[] = [];
    try {
      if (layout !== undefined) {
        const table = this.#borrow(4 * layout.length, owner, temporary, args);
        new Int32Array(this.#alive(owner).buffer, table, layout.length).set(layout);
      }
      const scratchAt = scratch === undefined ? -1 : args.length;
      const stride = scratch === undefined ? 0 : wholeLines(scratch);
      if (scratch !== undefined)
        try {
          this.#borrow(parts > 1 ? stride * team!.threads : stride, owner, temporary, args);
        } catch (error) {
          if (parts === 1) throw error;
          parts = 1; // there is not so much memory as all threads together want
          this.#borrow(stride, owner, temporary, args);
        }
      if (numbers !== undefined) for (const number of numbers) args.push(number);
      if (team === undefined) return kernel.run(...args, 0, grid) ?? 0;
      return team.run(kernel, { args, grid, parts, scratchAt, stride }, work, owner);
    } catch (error) {
      if (error instanceof WorkerError) this.#haunt([...blocks, ...temporary]);
      throw error;
    } finally {
      for (const block of temporary) this.free(block);
    }
  }

  /** A block for one run of a kernel, and its pointer as an argument. */
  #borrow(bytes: number, owner: string, temporary: Block[], args: number[]): number {
    const block = this.#heap.allocate(bytes, owner);
    temporary.push(block);
    args.push(block.pointer);
    return block.pointer;
  }

  hasDouble(kernel: string, owner: string): boolean {
    if (this.#doubles === undefined)
      throw new DeviceError(
        `${owner}: the kernels for float64 are not loaded: init({ modules: [float64] }), float64 from "lanewise/float64"`,
      );
    return kernel in this.#doubles;
  }

  memory(): MemoryReport {
    const { liveBytes, peakBytes, liveBlocks, pooledBytes, cuts } = this.#heap;
    return {
      liveBytes,
      peakBytes,
      liveBlocks,
      pooledBytes,
      heapBytes: this.#memory?.buffer.byteLength ?? 0,
      owners: this.#heap.census(),
      cuts,
      freedByNet: freedByNet.get(this) ?? 0,
    };
  }

  async destroy(): Promise<void> {
    const { heapBytes } = this.memory();
    this.#memory = undefined;
    this.#bytes = new Uint8Array(0);
    this.#kernels = {};
    this.#doubles = undefined;
    this.#heap = new Heap(HEAP_START, () => 0);
    await this.#team?.end();
    if (this.#shared) hastenCollection(heapBytes);
  }

  /** The memory; throws if the device was destroyed. */
  #alive(owner: string): WebAssembly.Memory {
    if (this.#memory === undefined) throw new DeviceError(`${owner}: ${this.name} was destroyed`);
    return this.#memory;
  }

  /** All bytes of the memory. */
  #view(owner: string): Uint8Array {
    const { buffer } = this.#alive(owner);
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  /** A kernel that is not here yet, from the part that has it. */
  #bring(name: string, owner: string, part: Part | undefined): Kernel {
    this.#alive(owner);
    if (part !== undefined) this.link(new WebAssembly.Module(unpack(this.#binary, part, this.#shared)));
    const kernel = this.#kernels[name];
    if (kernel === undefined) throw new DeviceError(`${owner}: ${this.name} has no kernel "${name}"`);
    return kernel;
  }

  /** Keeps blocks, freed or not, from new owners until a worker that is lost can write them no more. */
  #haunt(blocks: readonly Block[]): void {
    const haunted = (this.#haunted = new Map(blocks.map((block) => [block, false])));
    void this.#team!.end().then((told) => {
      if (!told) return;
      this.#haunted = undefined;
      for (const [block, freed] of haunted) if (freed) this.free(block);
    });
  }

  /** Makes the memory at least `bytes` long, if it may be; returns its length. */
  #grow(bytes: number, maxBytes: number): number {
    const memory = this.#memory!;
    const length = memory.buffer.byteLength;
    const pages = Math.ceil((bytes - length) / PAGE);
    if (pages <= 0 || length + pages * PAGE > maxBytes) return length;
    try {
      memory.grow(pages);
    } catch {
      return length; // a RangeError: the engine or the system has no more
    }
    return memory.buffer.byteLength;
  }
}
