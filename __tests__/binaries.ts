/** The Wasm binaries: those this engine can run, and the files that the build wrote. */
import { readFileSync } from "node:fs";
import { type BinaryName, unpack } from "../src/devices/binaries.js";

/** What `init({ prefer: [name] })` accepts here. */
export const runnable: readonly BinaryName[] = (["wasm-simd", "wasm-relaxed"] as const).filter((name) =>
  WebAssembly.validate(unpack(name)),
);

export const targets = ["simd", "relaxed", "simd-threads", "relaxed-threads"] as const;

/** The bytes of build/wasm/<target>.wasm. */
export function builtBinary(target: (typeof targets)[number]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../build/wasm/${target}.wasm`, import.meta.url)));
}
