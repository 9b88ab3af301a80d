/** What a tensor needs of the machine it lives on. A device is given a kernel's name and numbers; it knows no op. */
import type { DType, Numbers } from "../dtype.js";
import { DeviceError } from "../errors.js";
import type { Block } from "../memory.js";

/** One run of a kernel: arguments are the blocks, the layout table, the scratch, the numbers, begin and end. */
export interface Launch {
  readonly kernel: string;
  /** The kernel computes [0, grid). */
  readonly grid: number;
  /** Sizes and attributes, in the kernel's order. */
  readonly numbers?: readonly number[];
  /** A table of 32-bit integers that the kernel reads. */
  readonly layout?: readonly number[];
  /** Bytes that one call of the kernel may overwrite: calls at the same time have each their own. */
  readonly scratch?: number;
  /** Useful floating-point operations, and bytes that must be read and written: how much work it is. */
  readonly flops?: number;
  readonly bytes?: number;
}

/**
 * Kernels that an op brings along: a Wasm module of its own, as text that `devices/binaries.ts` reads, linked to the
 * device's memory when the first of its kernels runs.
 */
export interface Part {
  readonly name: string;
  readonly simd: string;
  /** As its difference from `simd`. */
  readonly relaxed: string;
}

/** Bytes count whole blocks of 64. */
export interface MemoryReport {
  /** Bytes that tensors hold now, and the most they ever held. */
  liveBytes: number;
  peakBytes: number;
  /** Blocks alive now; tensors that share one (a reshape) count once. */
  liveBlocks: number;
  /** Bytes that nobody holds, kept for an allocation of the same size: what is neither live nor pooled is free for any size. */
  pooledBytes: number;
  /** Bytes taken from the system. Wasm memory never shrinks; `destroy()` gives all of it back. */
  heapBytes: number;
  /** Which ops made the blocks alive now, the largest share first. */
  owners: readonly { readonly owner: string; readonly bytes: number; readonly blocks: number }[];
  /** Allocations since ever that no block of the pool served: in a loop that repeats itself, their number stands still. */
  cuts: number;
  /** Tensors that nobody disposed of, found by the garbage collector. */
  freedByNet: number;
}

export interface Device {
  /** "wasm-relaxed", "wasm-simd", … */
  readonly name: string;
  alloc(bytes: number, owner: string): Block;
  free(block: Block): void;
  write(block: Block, data: Numbers): void;
  /** A copy of the first `size` elements, once all issued work is done. */
  read(block: Block, dtype: DType, size: number): Promise<Numbers>;
  /** The same at once; devices outside this process's memory throw. */
  readSync(block: Block, dtype: DType, size: number): Numbers;
  /**
   * What the kernel returns: 0, or a positive number that the op explains. `owner` pays for layout and scratch; `part`
   * has the kernel where the device does not. `double` asks for that whose reals are float64.
   */
  run(launch: Launch, blocks: readonly Block[], owner: string, part?: Part, double?: boolean): number;
  /** Whether there is a kernel for float64. Throws a DeviceError, in the owner's name, if there is none at all. */
  hasDouble(kernel: string, owner: string): boolean;
  memory(): MemoryReport;
  /**
   * Gives memory and threads back to the system; what uses the device or its tensors afterwards throws a DeviceError, but for
   * `dispose`. Resolves when its threads have ended.
   */
  destroy(): Promise<void>;
}

let current: Device | undefined;

/** The device that new tensors live on. */
export function currentDevice(): Device {
  if (current === undefined) throw new DeviceError("no device yet: call `await init()` first");
  return current;
}

/** Makes `device` the one that new tensors live on. */
export function setDevice(device: Device): void {
  current = device;
}

/** Allocation, reads and kernels of the current device: see `MemoryReport`. */
export function memory(): MemoryReport {
  return currentDevice().memory();
}
