/** The Wasm binaries that the package carries inside its JavaScript, so that no file has to be found. */
import { core } from "../generated/core.js";
import { DeviceError } from "../errors.js";
import { unpacker } from "../generated/unpack.js";
import type { Part } from "./device.js";
import { instantiate } from "./instance.js";

export type BinaryName = "wasm-simd" | "wasm-relaxed";

const PAGE = 2 ** 16;

/** How an import of a memory of one page or more ends: its kind, flags, and pages. */
const OWN = [2, 0, 1];
/** The same of a memory that threads share, with the most pages that it may have, 65536. */
const SHARED = [2, 3, 1, 0x80, 0x80, 4];

/** A module whose only import is a memory, over one that threads share. Nothing else distinguishes the two. */
function share(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 9; // behind the header and the number of the first section, that of types
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    size |= (module[at] & 127) << shift;
    if (module[at++] < 128) break;
  }
  at += size; // the section of imports: 2, its bytes, 1 import, "env", "memory", kind, limits
  const end = at + 2 + module[at + 1];
  const last = end - OWN.length;
  if (module[at] !== 2 || OWN.some((byte, i) => module[last + i] !== byte))
    throw new DeviceError("init: a part's first import is not a memory");
  const shared = new Uint8Array(module.length + SHARED.length - OWN.length);
  shared.set(module.subarray(0, last));
  shared[at + 1] += SHARED.length - OWN.length;
  shared.set(SHARED, last);
  shared.set(module.subarray(end), last + SHARED.length);
  return shared;
}

/** The bytes of a part's module, over a memory of its own or one that threads share. */
export function unpack(name: BinaryName, part?: Part, shared = false): Uint8Array<ArrayBuffer> {
  const module = read(name, part);
  return shared ? share(module) : module;
}

/**
 * Undoes `text` and `difference` of scripts/embed.mjs, in WebAssembly: an engine interprets
 * JavaScript that runs but once, which took 6 of the 15 milliseconds that a cold start may.
 */
function read(name: BinaryName, part: Part = core): Uint8Array<ArrayBuffer> {
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
