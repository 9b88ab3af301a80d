/** Writes src/generated: each part's binaries as text, the second as its difference from the first, and the kernels' names. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parts } from "./parts.mjs";

/** The shortest run of equal bytes worth a reference. */
const SHORTEST = 6;

/**
 * `target` as its length and instructions over `base`: triples of LEB128 numbers (literal bytes, how far the copy's source lies from
 * the end of the one before, zigzag, and the copy's length), each followed by its literal bytes.
 */
export function difference(base, target) {
  const places = new Map();
  const key = (bytes, at) => bytes.subarray(at, at + SHORTEST).toString("latin1");
  for (let at = 0; at + SHORTEST <= base.length; at++) {
    const list = places.get(key(base, at));
    if (list === undefined) places.set(key(base, at), [at]);
    else list.push(at);
  }
  const out = leb(target.length);
  let literal = 0;
  let source = 0;
  const emit = (end, from, length) => {
    out.push(
      ...leb(end - literal),
      ...leb(zigzag(from - source)),
      ...leb(length),
      ...target.subarray(literal, end),
    );
    source = from + length;
    literal = end + length;
  };
  for (let at = 0; at < target.length;) {
    let best = { length: 0, cost: 0, from: 0 };
    // The place right behind the last copy, shifted by the literals since, is the likeliest and the cheapest to name.
    for (const from of [source + at - literal, source, ...(places.get(key(target, at)) ?? [])]) {
      let length = 0;
      while (
        from + length < base.length &&
        at + length < target.length &&
        base[from + length] === target[at + length]
      )
        length++;
      const cost = leb(zigzag(from - source)).length;
      if (length - cost > best.length - best.cost) best = { length, cost, from };
    }
    if (best.length < best.cost + 3) at++;
    else {
      emit(at, best.from, best.length);
      at = literal;
    }
  }
  if (literal < target.length) emit(target.length, source, 0);
  return Buffer.from(out);
}

const zigzag = (n) => (n < 0 ? -2 * n - 1 : 2 * n);

function leb(n) {
  const bytes = [];
  for (; n > 127; n >>>= 7) bytes.push((n & 127) | 128);
  return [...bytes, n];
}

/**
 * Bytes as printable ASCII that gzip can still see through: 5 KB less than base64 after gzip, measured. A byte is 88·page +
 * digit; pages 1 and 2 are announced by } and ~, a digit is the character 35 + digit, but ! instead of the backslash.
 */
export function text(bytes) {
  let out = "";
  for (const byte of bytes) {
    const digit = byte % 88;
    out += ["", "}", "~"][(byte - digit) / 88] + (digit === 57 ? "!" : String.fromCharCode(35 + digit));
  }
  return out;
}

export function embed() {
  mkdirSync("src/generated", { recursive: true });
  const names = [...parts, "float64", "wide"].flatMap((part) => {
    const [simd, relaxed] = ["simd", "relaxed"].map((target) => `build/parts/${part}.${target}.wasm`);
    const base = readFileSync(simd);
    const delta = difference(base, readFileSync(relaxed));
    writeFileSync(
      `src/generated/${part}.ts`,
      `/** Written by scripts/embed.mjs. */\nexport const ${part} = {\n  name: "${part}",\n  simd:\n    "${text(base)}",\n` +
        `  relaxed:\n    "${text(delta)}",\n};\n`,
    );
    const types = readFileSync(`build/parts/${part}.simd.d.ts`, "utf8");
    const kernels = [...types.matchAll(/export function (\w+)\(/g)].map(([, name]) => name);
    console.log(
      `${part}: ${kernels.length} kernels, simd ${base.length} bytes, relaxed as a difference of ${delta.length}`,
    );
    return kernels;
  });
  writeFileSync(
    "src/generated/unpack.ts",
    `/** Written by scripts/embed.mjs: assembly/unpack.ts as base64. */\n` +
      `export const unpacker =\n  "${readFileSync("build/parts/unpack.wasm", "base64")}";\n`,
  );
  writeFileSync(
    "src/generated/index.ts",
    `/** Written by scripts/embed.mjs: every part. */\n` +
      parts.map((part) => `export { ${part} } from "./${part}.js";\n`).join(""),
  );
  writeFileSync(
    "src/generated/kernels.ts",
    `/** Written by scripts/embed.mjs: the exports of the Wasm modules. */\n` +
      `export type KernelName =\n${[...new Set(names)].map((name) => `  | "${name}"`).join("\n")};\n`,
  );
}
