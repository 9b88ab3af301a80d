/** The Wasm modules as built: what they ask for, what they offer, and that no hot loop leaves its function. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import binaryen from "assemblyscript/binaryen";
import { unpack } from "../src/devices/binaries.js";
import { HEAP_START } from "../src/devices/wasm.js";
import {
  builtBinary,
  builtPart,
  FLOAT64_BASE,
  partNames,
  parts,
  targets,
  WIDE_BASE,
  WINDOW,
  windowOf,
} from "./binaries.js";

/** The names that src/generated/kernels.ts gives to the compiler. */
const kernels = [...source("src/generated/kernels.ts").matchAll(/\| "(\w+)"/g)].map(([, name]) => name);

function source(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}

describe.each(targets)("%s", (target) => {
  const text = textOf(builtBinary(target));

  test("imports a memory and nothing else", () => {
    const imports = [...text.matchAll(/\(import "(\w+)" "(\w+)"/g)].map(
      ([, from, name]) => `${from}.${name}`,
    );
    expect(imports).toEqual(["env.memory"]);
    expect(/\(memory [^)]*shared\)/.test(text)).toBe(target.endsWith("threads"));
  });

  test("exports the kernels", () => {
    const exports = [...text.matchAll(/\(export "(\w+)"/g)].map(([, name]) => name);
    expect([...exports.filter((name) => name !== "memory"), ...onlyDouble].sort()).toEqual(
      [...kernels].sort(),
    );
  });

  test("keeps its tables below the heap", () => {
    for (const { begin, end } of tablesOf(text)) {
      expect(begin).toBeGreaterThanOrEqual(WINDOW);
      expect(end).toBeLessThanOrEqual(HEAP_START);
    }
  });

  test("has no global, no table of functions, no start function, and no instruction that calls around or allocates", () => {
    for (const construct of [
      "call_indirect",
      "call_ref",
      "memory.grow",
      "(table",
      "(elem",
      "(start",
      "(global",
      "unreachable",
    ])
      expect([construct, text.split(construct).length - 1]).toEqual([construct, 0]);
  });

  test("multiplies and adds in one rounding if it is relaxed, and only then", () => {
    expect(text.includes("f32x4.relaxed_madd")).toBe(target.startsWith("relaxed"));
    expect(text.includes("relaxed")).toBe(target.startsWith("relaxed"));
  });
});

/** A binary's text. Parsing one also validates it. */
function textOf(bytes: Uint8Array): string {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  try {
    expect(module.validate()).toBe(1);
    return module.emitText();
  } finally {
    module.dispose();
  }
}

test.each(["simd", "relaxed"] as const)("%s-threads is %s over a shared memory", (target) => {
  const code = (name: (typeof targets)[number]): string =>
    textOf(builtBinary(name)).replace(/^.*"memory".*$/m, "");
  expect(code(`${target}-threads`) === code(target)).toBe(true);
});

/** Where a module's data segments begin and end, as its text says. */
function tablesOf(text: string): { begin: number; end: number }[] {
  return [...text.matchAll(/\(data \S+ \(i32\.const (\d+)\) "(.*)"\)/g)].map(([, begin, data]) => ({
    begin: Number(begin),
    end: Number(begin) + data.replace(/\\([0-9a-f]{2}|.)/g, "?").length,
  }));
}

/** Where a part's tables may lie. */
function roomOf(name: string): [begin: number, end: number] {
  if (name === "wide") return [WIDE_BASE, FLOAT64_BASE];
  return name === "float64" ? [FLOAT64_BASE, HEAP_START] : [windowOf(name), windowOf(name) + WINDOW];
}

describe.each([...partNames, "float64", "wide"])("the part %s", (name) => {
  test.each(["simd", "relaxed"] as const)("is inside the JavaScript as it was built for %s", (target) => {
    expect(Buffer.from(unpack(`wasm-${target}`, parts[name])).equals(builtPart(name, target))).toBe(true);
  });

  test("keeps its tables in its window", () => {
    const [first, last] = roomOf(name);
    for (const { begin, end } of tablesOf(textOf(builtPart(name, "simd")))) {
      expect(begin).toBeGreaterThanOrEqual(first);
      expect(end).toBeLessThanOrEqual(last);
    }
  });
});

/** What float64 has alone. */
const onlyDouble = ["realToSingle", "singleToReal"];

test("each kernel is in one part, and the windows end where those of wide tiles begin", () => {
  const exports = partNames.flatMap(kernelsOf);
  expect([...exports, ...onlyDouble].sort()).toEqual([...kernels].sort());
  expect(windowOf(partNames.at(-1)!) + WINDOW).toBeLessThanOrEqual(WIDE_BASE);
});

test("wide tiles are in all kernels of a part or in none, for those of a part that is brought later would take their places", () => {
  const wide = kernelsOf("wide");
  for (const part of partNames.filter((name) => name !== "core")) {
    const taken = kernelsOf(part).filter((name) => wide.includes(name));
    expect([part, taken]).toEqual([part, taken.length > 0 ? kernelsOf(part) : []]);
  }
});

function kernelsOf(part: string): string[] {
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(builtPart(part, "simd")));
  return exports.map(({ name }) => name).filter((name) => name !== "memory");
}

const reals = "assembly/storage/Reals";

/** Functions whose innermost loop may call others: once for a row, a line of a tile, a block, or where the callee is long. */
const perRow = [
  ...["pointwise/Mod", "functions/arcs/Atan2", "functions/power/Pow"].flatMap((name) =>
    ["against", "broadcastTo"].map((loop) => `broadcast/${loop}<assembly/${name},${reals}>`),
  ),
  ...["acosh", "asinh", "atan", "atanh", "cos", "log1p", "sin", "tan"].map(
    (name) => `transcendental/${name}`,
  ),
  ...["gelu", "geluGrad", "softplus"].map((name) => `activations/${name}`),
  "loops/zipWith<assembly/loops/Alone<assembly/functions/gaussian/Erfc>>",
  "random/chains/biasActivationDropout",
  "random/chains/biasActivationDropoutGrad",
  "random/distributions/exponential",
  "random/distributions/gamma",
  "random/distributions/gumbel",
  "random/distributions/triangularRows",
  "random/distributions/truncatedNormal",
  "fold/place/place<assembly/fold/place/Largest,assembly/fold/folds/Max>",
  "fold/place/place<assembly/fold/place/Smallest,assembly/fold/folds/Min>",
  ...["aggregate/min", "aggregate/minInt", "reduce/max", "reduce/maxInt"],
  `gemm/dots/dots<${reals}>`,
  ...["storage/Reals", "storage/reals/Halves", "storage/reals/Brains"].map(
    (type) => `gemm/product/product<assembly/${type},assembly/gemm/epilogue/Store>`,
  ),
  `gemm/product/product<${reals},assembly/gemm/epilogue/Activate>`,
  `gemm/rows/sumRows<${reals}>`,
  ...["hadamard", "hadamardChain", "hadamardChainGrad"].map((name) => `hadamard/${name}`),
  "movement/transpose",
  "transposition/turn",
  "movement/copyStrided",
  "random/normal",
  "random/permutation",
  "functions/waves/waves",
  "softmax/crossEntropy/crossEntropy",
  "softmax/crossEntropy/crossEntropyGrad",
];

/** Those that work block by block, tile by tile or pixel by pixel: what they call has the loops that count. */
const perBlock = [
  /^gemm\/(multiply|panels|symmetric)\//,
  /^conv\/(products|direct|tiles|winograd|patches)\//,
  /^conv\/depthwise\/row$/,
  /^pooling\/(maxPool\w*|resample|row<.*)$/,
  /^attention\/(forward|gradient|panels)\/\w+$/,
  /^features\/(complex|exponential|fourier|project|threshold)\/\w+(<.*)?$/,
  /^linalg(\/\w+)*\/\w+$/,
  /^linearAttention\/(chunk|forward|gradient|state)\/\w+$/,
  /^normalization\/(rows|channels)\/\w+$/,
  /^recurrent\/\w+$/,
];

test("no other innermost loop calls a function", () => {
  const calls = callsInInnermostLoops(source("build/inspect/relaxed.wat"));
  expect(calls.size).toBeGreaterThan(0);
  expect(
    Object.fromEntries(
      [...calls].filter(([name]) => !perRow.includes(name) && !perBlock.some((names) => names.test(name))),
    ),
  ).toEqual({});
});

/** For each function with a loop that contains no other loop but a call: the functions called there. */
function callsInInnermostLoops(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const name = (symbol: string): string => symbol.replace(/^\$"?assembly\//, "").replace(/"$/, "");
  let caller = "";
  let open: { isLoop: boolean; innermost: boolean; calls: string[] }[] = [];
  for (const line of text.split("\n")) {
    const [, word, symbol] = /^\s*\(?(\S+)\s*(\S*)/.exec(line) ?? [];
    if (word === "func") [caller, open] = [name(symbol), []];
    else if (["loop", "if", "block"].includes(word)) {
      if (word === "loop") for (const outer of open) outer.innermost = false;
      open.push({ isLoop: word === "loop", innermost: true, calls: [] });
    } else if (word === "end") {
      const { isLoop, innermost, calls } = open.pop()!;
      if (isLoop && innermost && calls.length > 0)
        found.set(caller, [...(found.get(caller) ?? []), ...calls]);
    } else if (word?.startsWith("call")) for (const outer of open) outer.calls.push(name(symbol));
  }
  return found;
}
