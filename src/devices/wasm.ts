/** The Wasm device: kernels of one binary over one memory, on the calling thread. */
import { instantiateSync } from "@assemblyscript/loader";
import { DeviceError } from "../errors.js";
import { type Block, Heap } from "../memory.js";
import { freedByNet } from "../tensor.js";
import type { Device, DType, Launch, MemoryReport, Numbers } from "./device.js";

type Kernel = (...numbers: number[]) => number | undefined;

const PAGE = 2 ** 16;

/** Where the heap begins: below lies what a module keeps for itself, and address 0 belongs to nobody. */
const HEAP_START = 1024;

export class WasmDevice implements Device {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: Record<string, Kernel>;
  readonly #heap: Heap;

  /** `maxMemory` bounds the memory, in bytes. */
  constructor(
    readonly name: string,
    module: WebAssembly.Module,
    maxMemory: number,
  ) {
    this.#heap = new Heap(HEAP_START, (bytes) => this.#grow(bytes, maxMemory));
    const { instance } = instantiateSync(module, { env: { memory: this.#memory } });
    // Not the loader's `exports`: it wraps each function to set a global that these kernels do not have.
    this.#kernels = instance.exports as unknown as Record<string, Kernel>;
  }

  alloc(bytes: number, owner: string): Block {
    return this.#heap.allocate(bytes, owner);
  }

  free(block: Block): void {
    this.#heap.release(block);
  }

  write(block: Block, data: Numbers): void {
    const array = data instanceof Int32Array ? Int32Array : Float32Array;
    new array(this.#memory.buffer, block.pointer, data.length).set(data);
  }

  async read(block: Block, dtype: DType, size: number): Promise<Numbers> {
    return this.readSync(block, dtype, size);
  }

  readSync(block: Block, dtype: DType, size: number): Numbers {
    const array = dtype === "int32" ? Int32Array : Float32Array;
    return new array(this.#memory.buffer, block.pointer, size).slice();
  }

  run({ kernel, layout, scratch, numbers, grid }: Launch, blocks: readonly Block[], owner: string): number {
    const run = this.#kernels[kernel];
    if (run === undefined) throw new DeviceError(`${owner}: ${this.name} has no kernel "${kernel}"`);
    const args: number[] = [];
    for (const block of blocks) args.push(block.pointer);
    const temporary: Block[] = [];
    try {
      if (layout !== undefined) {
        const table = this.alloc(4 * layout.length, owner);
        temporary.push(table);
        new Int32Array(this.#memory.buffer, table.pointer, layout.length).set(layout);
        args.push(table.pointer);
      }
      if (scratch !== undefined) {
        const space = this.alloc(scratch, owner);
        temporary.push(space);
        args.push(space.pointer);
      }
      if (numbers !== undefined) for (const number of numbers) args.push(number);
      return run(...args, 0, grid) ?? 0;
    } finally {
      for (const block of temporary) this.free(block);
    }
  }

  memory(): MemoryReport {
    const { liveBytes, peakBytes, liveBlocks } = this.#heap;
    const heapBytes = this.#memory.buffer.byteLength;
    return { liveBytes, peakBytes, liveBlocks, heapBytes, freedByNet: freedByNet.get(this) ?? 0 };
  }

  /** Makes the memory at least `bytes` long, if it may be; returns its length. */
  #grow(bytes: number, maxMemory: number): number {
    const length = this.#memory.buffer.byteLength;
    const pages = Math.ceil((bytes - length) / PAGE);
    if (pages <= 0 || length + pages * PAGE > maxMemory) return length;
    try {
      this.#memory.grow(pages);
    } catch {
      return length; // a RangeError: the engine or the system has no more
    }
    return this.#memory.buffer.byteLength;
  }
}
