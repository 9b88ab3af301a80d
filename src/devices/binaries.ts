/** The Wasm binaries that the package carries inside its JavaScript, so that no file has to be found. */
import { core } from "../generated/core.js";
import type { Part } from "./device.js";

export type BinaryName = "wasm-simd" | "wasm-relaxed";

/** The bytes of a part's module. */
export function unpack(name: BinaryName, part: Part = core): Uint8Array<ArrayBuffer> {
  const simd = decode(part.simd);
  return name === "wasm-simd" ? simd : apply(decode(part.relaxed), simd);
}

/** Undoes `text` of scripts/embed.mjs, in place: what is written never overtakes what is read. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const codes = new TextEncoder().encode(text);
  let written = 0;
  // In parts, for engines compile a function that is called often sooner than a long loop: 2.2 ms for 3.5 (Node 20).
  for (let read = 0; read < codes.length;) [read, written] = decodePart(codes, read, written);
  return codes.subarray(0, written);
}

/** Decodes some 256 characters; where it then reads and writes. */
function decodePart(codes: Uint8Array, read: number, written: number): [read: number, written: number] {
  const end = Math.min(codes.length, read + 256);
  while (read < end) {
    let code = codes[read++];
    let page = 0;
    if (code > 124) {
      page = code === 125 ? 88 : 176;
      code = codes[read++];
    }
    codes[written++] = page + (code === 33 ? 57 : code - 35);
  }
  return [read, written];
}

/** Undoes `difference` of scripts/embed.mjs. */
function apply(difference: Uint8Array, base: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = difference[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const target = new Uint8Array(number());
  let source = 0;
  for (let to = 0; to < target.length;) {
    const literals = number();
    const step = number();
    const copied = number();
    source += step & 1 ? -((step + 1) >>> 1) : step >>> 1;
    target.set(difference.subarray(at, (at += literals)), to);
    target.set(base.subarray(source, (source += copied)), to + literals);
    to += literals + copied;
  }
  return target;
}
