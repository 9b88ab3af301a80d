/** No kernel reads beyond the end of the memory, whichever of its operands lies there. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { unpack } from "../src/devices/binaries.js";
import type { Launch, Part } from "../src/devices/device.js";
import { HEAP_START } from "../src/devices/wasm.js";
import { scope, setDevice } from "../src/index.js";
import { type Block, wholeLines } from "../src/memory.js";
import { runnable } from "./binaries.js";
import { call, casesOf, describeCase, examined, tensorsOf } from "./exams.js";
import { GuardedDevice } from "./guarded.js";

const PAGE = 2 ** 16;

type Kernel = (...numbers: number[]) => number | undefined;

/** Runs each kernel once more for each of its operands, scratch and layout among them, with that one at the end of a memory. */
class EdgeDevice extends GuardedDevice {
  /** The traps since somebody last looked. */
  traps = new Set<string>();
  readonly #small = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels = new Map<string, Record<string, Kernel>>();

  override run(launch: Launch, blocks: readonly Block[], owner: string, part?: Part, double = false): number {
    if (!double) this.#tryEnds(launch, blocks, part);
    return super.run(launch, blocks, owner, part, double);
  }

  #kernel(name: string, part?: Part): Kernel {
    const known = this.#kernels.get(part?.name ?? "core");
    if (known !== undefined) return known[name] ?? this.#kernel(name);
    const module = new WebAssembly.Module(unpack(this.name, part));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#small } });
    this.#kernels.set(part?.name ?? "core", exports as Record<string, Kernel>);
    return this.#kernel(name, part);
  }

  #tryEnds(
    { kernel, layout, scratch, numbers = [], grid }: Launch,
    blocks: readonly Block[],
    part?: Part,
  ): void {
    const contents = blocks.map((block) => this.bytesOf(block));
    if (layout) contents.push(new Uint8Array(Int32Array.from(layout).buffer));
    if (scratch !== undefined) contents.push(new Uint8Array(scratch));
    const sizes = contents.map((bytes) => wholeLines(Math.max(1, bytes.length)));
    const total = HEAP_START + 2 * sizes.reduce((sum, size) => sum + size, 0);
    const missing = total - this.#small.buffer.byteLength;
    if (missing > 0) this.#small.grow(Math.ceil(missing / PAGE));
    const run = this.#kernel(kernel, part);
    for (let last = 0; last < sizes.length; last++) {
      let at = HEAP_START;
      const pointers = contents.map((bytes, i) => {
        const pointer = i === last ? this.#small.buffer.byteLength - sizes[i] : at;
        at += sizes[i];
        new Uint8Array(this.#small.buffer, pointer, bytes.length).set(bytes);
        return pointer;
      });
      try {
        run(...pointers, ...numbers, 0, grid);
      } catch (error) {
        this.traps.add(`${kernel}, operand ${last} of ${sizes.length} at the end: ${String(error)}`);
      }
    }
  }
}

describe.each(runnable)("on %s", (binary) => {
  let device: EdgeDevice;
  beforeAll(() => setDevice((device = new EdgeDevice(binary))));

  test.each(examined)("$name", ({ op, exam }) => {
    for (const case_ of casesOf(exam))
      scope(() => {
        device.traps.clear();
        call(op, tensorsOf(case_), case_);
        expect([describeCase(case_), [...device.traps]]).toEqual([describeCase(case_), []]);
      });
  });
});
