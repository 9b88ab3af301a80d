/** The one place where a Wasm module becomes functions. */
import { instantiateSync } from "@assemblyscript/loader";

/** A function of a module: numbers in, a number out. */
export type WasmFunction = (...numbers: number[]) => number | undefined;

/** A module's functions over a memory. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Record<string, WasmFunction> {
  const { instance } = instantiateSync(module, { env: { memory } });
  // Not the loader's `exports`: it wraps each function to set a global that these modules do not have.
  return instance.exports as unknown as Record<string, WasmFunction>;
}
