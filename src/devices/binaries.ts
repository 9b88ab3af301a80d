/** The Wasm binaries that the package carries inside its JavaScript, so that no file has to be found. */
import * as packed from "../generated/binaries.js";

export type BinaryName = "wasm-simd" | "wasm-relaxed";

/** The bytes of a module. */
export function unpack(name: BinaryName): Uint8Array<ArrayBuffer> {
  const simd = decode(packed.simd);
  return name === "wasm-simd" ? simd : apply(decode(packed.relaxed), simd);
}

/** Undoes `text` of scripts/embed.mjs. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const codes = new TextEncoder().encode(text);
  let length = 0;
  let page = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code > 124) page = code === 125 ? 88 : 176;
    else {
      codes[length++] = page + (code === 33 ? 57 : code - 35); // in place: it never overtakes the reading
      page = 0;
    }
  }
  return codes.subarray(0, length);
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
