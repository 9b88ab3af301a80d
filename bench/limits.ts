/** What this machine can do at most, in WebAssembly and in this process: the yardstick of every other figure. */
import { instantiateLoops, type Loops } from "./limits/module.js";
import { flopsPerTurn } from "./limits/source.js";

/** Work of a known size. */
export interface Work {
  readonly run: () => unknown;
  readonly flops?: number;
  readonly bytes?: number;
}

export type Stream = "read" | "fill" | "copy" | "triad";

/** How many arrays a stream passes over. */
const arrays: Record<Stream, number> = { read: 1, fill: 1, copy: 2, triad: 3 };

/** Panels of the bare tile, as byte addresses: A and B take less than 16 KB together, so they stay in L1. */
const PANELS = { a: 1024, b: 16384, c: 32768, depth: 256 };

export class Limits {
  private constructor(
    readonly memory: WebAssembly.Memory,
    readonly loops: Loops,
  ) {}

  /** With `relaxed`, the fused multiply-add and the tile made of it, where the engine has them. */
  static async create(relaxed = true): Promise<Limits> {
    const memory = new WebAssembly.Memory({ initial: 1 });
    return new Limits(memory, await instantiateLoops(memory, relaxed));
  }

  /** Register-only multiply and add in two instructions. */
  unfused(turns = 400): Work {
    return { run: () => this.loops.unfused(turns, 0.5, 0.25), flops: turns * flopsPerTurn.unfused };
  }

  /** Register-only relaxed_madd; undefined where the engine has none. */
  fused(turns = 400): Work | undefined {
    if (this.loops.fused === undefined) return undefined;
    return { run: () => this.loops.fused!(turns, 0.5, 0.25), flops: turns * flopsPerTurn.fused };
  }

  /** The register-only loop that the package's multiply-add compiles to. */
  registers(): Work {
    return this.fused() ?? this.unfused();
  }

  /** The bare microkernel of this package's matmul, on panels that stay in L1. */
  tile(turns = 8): Work {
    const { a, b, c, depth } = PANELS;
    this.#reserve(c + 4096);
    const flops = 2 * this.loops.rows() * this.loops.cols() * depth * turns;
    return { run: () => this.loops.tiles(a, b, c, depth, turns), flops };
  }

  /** One pass of a stream whose arrays hold about `bytes` together. */
  stream(kind: Stream, bytes: number): Work {
    const each = Math.max(128, Math.ceil(bytes / arrays[kind] / 128) * 128);
    const step = each + 256; // not all arrays at the same place of a page
    this.#reserve(1024 + arrays[kind] * step);
    const [x, y, z] = [0, 1, 2].map((i) => 1024 + i * step);
    const run = {
      read: () => this.loops.read(x, each),
      fill: () => this.loops.fill(x, each),
      copy: () => this.loops.copy(x, y, each),
      triad: () => this.loops.triad(x, y, z, each),
    }[kind];
    return { run, bytes: each * arrays[kind] };
  }

  #reserve(bytes: number): void {
    const pages = Math.ceil((bytes - this.memory.buffer.byteLength) / 2 ** 16);
    if (pages <= 0) return;
    const from = this.memory.buffer.byteLength;
    this.memory.grow(pages);
    new Float32Array(this.memory.buffer, from).fill(1); // so that every page exists
  }
}
