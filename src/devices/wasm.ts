/** The Wasm device: kernels of one binary over one memory, on the calling thread. */
import { arrayOf, type DType, type Numbers } from "../dtype.js";
import { DeviceError } from "../errors.js";
import { type Block, Heap } from "../memory.js";
import { freedByNet } from "../tensor.js";
import { type BinaryName, unpack } from "./binaries.js";
import type { Device, Launch, MemoryReport, Part } from "./device.js";
import { instantiate, type WasmFunction } from "./instance.js";

const PAGE = 2 ** 16;

/** Where the heap begins: below lie the modules' tables, each in a window of its own, and address 0 belongs to nobody. */
export const HEAP_START = 49152;

export class WasmDevice implements Device {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: Record<string, WasmFunction> = {};
  /** Those whose reals are float64. */
  #doubles: Record<string, WasmFunction> | undefined;
  readonly #heap: Heap;

  /** `binary` is the instruction set of the parts that ops bring along; `maxMemory` bounds the memory, in bytes. */
  constructor(
    readonly name: string,
    readonly binary: BinaryName,
    maxMemory: number,
  ) {
    this.#heap = new Heap(HEAP_START, (bytes) => this.#grow(bytes, maxMemory));
  }

  /** Adds a module's kernels to the device's. */
  link(module: WebAssembly.Module): void {
    const kernels = instantiate(module, this.#memory);
    if ("float64" in kernels) this.#doubles = kernels;
    else Object.assign(this.#kernels, kernels);
  }

  alloc(bytes: number, owner: string): Block {
    return this.#heap.allocate(bytes, owner);
  }

  free(block: Block): void {
    this.#heap.release(block);
  }

  write(block: Block, data: Numbers): void {
    new Uint8Array(this.#memory.buffer, block.pointer, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  async read(block: Block, dtype: DType, size: number): Promise<Numbers> {
    return this.readSync(block, dtype, size);
  }

  readSync(block: Block, dtype: DType, size: number): Numbers {
    return new arrayOf[dtype](this.#memory.buffer, block.pointer, size).slice();
  }

  run(
    { kernel, layout, scratch, numbers, grid }: Launch,
    blocks: readonly Block[],
    owner: string,
    part?: Part,
    double = false,
  ): number {
    const run = double ? this.#doubles![kernel] : (this.#kernels[kernel] ?? this.#bring(kernel, owner, part));
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

  hasDouble(kernel: string, owner: string): boolean {
    if (this.#doubles === undefined)
      throw new DeviceError(
        `${owner}: the kernels for float64 are not loaded: init({ modules: [float64] }), float64 from "lanewise/float64"`,
      );
    return kernel in this.#doubles;
  }

  /** A kernel that is not here yet, from the part that has it. */
  #bring(kernel: string, owner: string, part: Part | undefined): WasmFunction {
    if (part !== undefined) this.link(new WebAssembly.Module(unpack(this.binary, part)));
    if (this.#kernels[kernel] === undefined)
      throw new DeviceError(`${owner}: ${this.name} has no kernel "${kernel}"`);
    return this.#kernels[kernel];
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
