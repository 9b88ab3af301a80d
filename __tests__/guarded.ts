/** A Wasm device that distrusts its kernels: poisoned memory, canaries around every block, grids in any number of parts. */
import { type BinaryName, unpack } from "../src/devices/binaries.js";
import type { Device, Launch, MemoryReport, Part } from "../src/devices/device.js";
import { HEAP_START } from "../src/devices/wasm.js";
import { arrayOf, type DType, type Numbers } from "../src/dtype.js";
import { float64 } from "../src/float64.js";
import { Block, Heap } from "../src/memory.js";

/** A NaN that no arithmetic makes: what memory holds before anybody has written it. */
const POISON = 0x7fc5eed5;
const CANARY = 0x5c;

/** Canaries before and behind each block, in bytes. */
const MARGIN = 64;

type Kernel = (...numbers: number[]) => number | undefined;

export class GuardedDevice implements Device {
  /** Where a grid is cut: ascending numbers in [0, grid]. */
  cuts: (grid: number) => readonly number[] = () => [];
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: Record<string, Kernel> = {};
  readonly #doubles: Record<string, Kernel> = {};
  readonly #heap = new Heap(HEAP_START, (bytes) => {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
    return this.#memory.buffer.byteLength;
  });
  /** Every block's surroundings. */
  readonly #outer = new Map<Block, Block>();

  /** `modules` take the places of the device's own kernels, as those of `init`. */
  constructor(
    readonly name: BinaryName,
    modules: readonly Part[] = [],
  ) {
    this.#link();
    this.#link(float64);
    for (const part of modules) this.#link(part);
  }

  hasDouble(kernel: string): boolean {
    return kernel in this.#doubles;
  }

  #link(part?: Part): void {
    const module = new WebAssembly.Module(unpack(this.name, part));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    Object.assign("float64" in exports ? this.#doubles : this.#kernels, exports);
  }

  alloc(bytes: number, owner: string): Block {
    const outer = this.#heap.allocate(bytes + 2 * MARGIN, owner);
    const inner = new Block(outer.pointer + MARGIN, bytes);
    this.bytesOf(outer).fill(CANARY);
    this.bytesOf(inner).fill(0);
    this.#words(inner).fill(POISON);
    this.#outer.set(inner, outer);
    return inner;
  }

  free(block: Block): void {
    this.#heap.release(this.#outer.get(block)!);
    this.#outer.delete(block);
  }

  write(block: Block, data: Numbers): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.#memory.buffer, block.pointer, bytes.length).set(bytes);
  }

  async read(block: Block, dtype: DType, size: number): Promise<Numbers> {
    return this.readSync(block, dtype, size);
  }

  readSync(block: Block, dtype: DType, size: number): Numbers {
    return new arrayOf[dtype](this.#memory.buffer, block.pointer, size).slice();
  }

  run(
    { kernel, layout, scratch, numbers = [], grid }: Launch,
    blocks: readonly Block[],
    owner: string,
    part?: Part,
    double = false,
  ): number {
    if (!double && !(kernel in this.#kernels)) this.#link(part);
    const run = (double ? this.#doubles : this.#kernels)[kernel];
    const table = layout && this.alloc(4 * layout.length, owner);
    if (table) this.#words(table).set(layout!);
    const ends = [...this.cuts(grid), grid];
    let status = 0;
    ends.forEach((end, i) => {
      const space = scratch === undefined ? undefined : this.alloc(scratch, owner);
      const pointers = [...blocks, table, space].flatMap((block) => (block ? [block.pointer] : []));
      const result = run(...pointers, ...numbers, ends[i - 1] ?? 0, end) ?? 0;
      status ||= result;
      this.#check(kernel);
      if (space) this.free(space);
    });
    if (table) this.free(table);
    blocks.forEach((block, i) => {
      if (kernel === "writeStrided" && i === 0) return; // concat fills a tensor piece by piece
      const at = this.#words(block).indexOf(POISON);
      if (at >= 0)
        throw new Error(`${kernel}: argument ${i} of ${blocks.length}: word ${at} was not written`);
    });
    return status;
  }

  memory(): MemoryReport {
    const { liveBytes, peakBytes, liveBlocks, pooledBytes, cuts } = this.#heap;
    const heapBytes = this.#memory.buffer.byteLength;
    return { liveBytes, peakBytes, liveBlocks, pooledBytes, heapBytes, owners: [], cuts, freedByNet: 0 };
  }

  async destroy(): Promise<void> {}

  /** Throws if a byte beside any block has changed. */
  #check(kernel: string): void {
    for (const [inner, outer] of this.#outer) {
      const bytes = this.bytesOf(outer);
      const strange = (byte: number): boolean => byte !== CANARY;
      const before = bytes.subarray(0, MARGIN).findIndex(strange);
      const after = bytes.subarray(MARGIN + inner.bytes).findIndex(strange);
      const at = before >= 0 ? before - MARGIN : after >= 0 ? after + inner.bytes : undefined;
      if (at !== undefined)
        throw new Error(`${kernel}: wrote byte ${at} of a block of ${inner.bytes} (${outer.owner})`);
    }
  }

  protected bytesOf({ pointer, bytes }: Block): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, bytes);
  }

  /** Whole words: the last bytes of an odd number of 16-bit elements stand alone. */
  #words({ pointer, bytes }: Block): Int32Array {
    return new Int32Array(this.#memory.buffer, pointer, Math.floor(bytes / 4));
  }
}
