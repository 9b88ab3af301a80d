/** The Wasm binaries that the package carries inside its JavaScript, so that no file has to be found. */
import { core } from "../generated/core.js";
import { unpacker } from "../generated/unpack.js";
import type { Part } from "./device.js";
import { instantiate } from "./instance.js";

export type BinaryName = "wasm-simd" | "wasm-relaxed";

const PAGE = 2 ** 16;

/**
 * The bytes of a part's module. Undoes `text` and `difference` of scripts/embed.mjs, in WebAssembly: an engine interprets
 * JavaScript that runs but once, which took 6 of the 15 milliseconds that a cold start may.
 */
export function unpack(name: BinaryName, part: Part = core): Uint8Array<ArrayBuffer> {
  const size = part.simd.length + 2 * part.relaxed.length;
  const memory = new WebAssembly.Memory({ initial: 2 * Math.ceil(size / PAGE) });
  const code = Uint8Array.from(atob(unpacker), (letter) => letter.charCodeAt(0));
  const { decode, apply } = instantiate(new WebAssembly.Module(code), memory);
  const bytes = new Uint8Array(memory.buffer);
  const put = (text: string, at: number): number => {
    new TextEncoder().encodeInto(text, bytes.subarray(at));
    return decode(at, text.length)!;
  };
  const simd = put(part.simd, 0);
  if (name === "wasm-simd") return bytes.slice(0, simd);
  const target = simd + put(part.relaxed, simd);
  return bytes.slice(target, target + apply(simd, 0, target)!);
}
