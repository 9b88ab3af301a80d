/** Compiles the loops of `source.ts` with the package's own microkernel, when a benchmark runs. */
import asc from "assemblyscript/asc";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { source } from "./source.js";

/** Pointers and sizes in bytes, `turns` in repetitions. */
export interface Loops {
  rows(): number;
  cols(): number;
  tiles(a: number, b: number, c: number, k: number, turns: number): void;
  unfused(turns: number, scale: number, offset: number): number;
  /** Only where the engine has relaxed SIMD. */
  fused?(turns: number, scale: number, offset: number): number;
  fill(y: number, bytes: number): void;
  copy(y: number, x: number, bytes: number): void;
  triad(y: number, x: number, z: number, bytes: number): void;
  read(x: number, bytes: number): number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where the source seems to lie, for its imports. */
const entry = "build/bench/limits.ts";

async function compile(relaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const out: { code?: Uint8Array } = {};
  const flags =
    "--config none --runtime stub --importMemory --initialMemory 1 --optimizeLevel 3 --shrinkLevel 0 --converge " +
    "--noAssert --uncheckedBehavior always --use abort= --use real=f32 --enable simd" +
    (relaxed ? " --enable relaxed-simd" : "");
  const { error, stderr } = await asc.main([entry, ...flags.split(" "), "--outFile", "limits.wasm"], {
    readFile: (name) =>
      name === entry ? source(relaxed) : readFile(resolve(root, name), "utf8").catch(() => null),
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) out.code = contents as Uint8Array;
    },
  });
  if (error || !out.code)
    throw new Error(`the limits did not compile\n${stderr.toString()}`, { cause: error });
  return Uint8Array.from(out.code);
}

/** The loops over a memory: with the fused multiply-add if asked for and the engine has it. */
export async function instantiateLoops(memory: WebAssembly.Memory, relaxed = true): Promise<Loops> {
  let code = await compile(relaxed);
  if (relaxed && !WebAssembly.validate(code)) code = await compile(false);
  const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
  return instance.exports as unknown as Loops;
}
