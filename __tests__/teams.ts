/** Devices with threads that share every kernel, however short. */
import type { BinaryName } from "../src/devices/binaries.js";
import { unpack } from "../src/devices/binaries.js";
import { WasmDevice, type WasmOptions } from "../src/devices/wasm.js";
import { float64 } from "../src/float64.js";

/** Milliseconds: less than any kernel is expected to take. */
const NOTHING = 1e-12;

/** A device whose workers have started: with one thread there are none. */
export async function teamOf(
  binary: BinaryName,
  threads: number,
  options: Partial<WasmOptions> = {},
): Promise<WasmDevice> {
  const shared = threads > 1;
  const device = new WasmDevice(binary, {
    binary,
    maxBytes: 2 ** 30,
    threads,
    shared,
    grain: NOTHING,
    ...options,
  });
  for (const part of [undefined, float64]) device.link(new WebAssembly.Module(unpack(binary, part, shared)));
  await device.team?.start();
  return device;
}
