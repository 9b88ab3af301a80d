/** The Wasm binaries: those this engine can run, and the files that the build wrote. */
import { readFileSync } from "node:fs";
import { type BinaryName, unpack } from "../src/devices/binaries.js";
import type { Part } from "../src/devices/device.js";
import { float64 } from "../src/generated/float64.js";
import * as generated from "../src/generated/index.js";
import { wide } from "../src/generated/wide.js";
import { FLOAT64_BASE, parts as order, WIDE_BASE, WINDOW, windowOf } from "../scripts/parts.mjs";

export { FLOAT64_BASE, WIDE_BASE, WINDOW, windowOf };

/** The parts of the kernels, in the order of their windows. */
export const partNames: readonly string[] = order;
export const parts: Readonly<Record<string, Part>> = { ...generated, float64, wide };

/** What `init({ prefer: [name] })` accepts here. */
export const runnable: readonly BinaryName[] = (["wasm-simd", "wasm-relaxed"] as const).filter((name) =>
  WebAssembly.validate(unpack(name)),
);

export const targets = ["simd", "relaxed", "simd-threads", "relaxed-threads"] as const;

/** The bytes of build/wasm/<target>.wasm. */
export function builtBinary(target: (typeof targets)[number]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../build/wasm/${target}.wasm`, import.meta.url)));
}

/** The bytes of build/parts/<part>.<target>.wasm. */
export function builtPart(part: string, target: "simd" | "relaxed"): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../build/parts/${part}.${target}.wasm`, import.meta.url)));
}
