/** Builds the package: the Wasm binaries, their embedded form and the kernels' names, one module, its types. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { rollup } from "rollup";
import { embed } from "./embed.mjs";
import { FLOAT64_BASE, parts, WIDE_BASE, windowOf } from "./parts.mjs";

const LOADER = "@assemblyscript/loader";

/** The command that a dependency installs, to be run by this Node. */
function command(name, bin) {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return join(dirname(file), bin);
}

/** Runs the AssemblyScript compiler. */
function asc(...args) {
  return new Promise((resolve, reject) => {
    const compiler = spawn(process.execPath, [command("assemblyscript", "bin/asc.js"), ...args], {
      stdio: "inherit",
    });
    compiler.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`asc ${args.join(" ")} failed`)),
    );
  });
}

const config = JSON.parse(readFileSync("asconfig.json", "utf8"));

/** Compiles a module of its own with the options of asconfig.json, but not its entry. */
function compileAlone(entry, outFile, target, more = {}) {
  const { options, targets } = config;
  const enable = [...options.enable, ...(targets[target].enable ?? [])];
  const flags = Object.entries({ ...options, ...more, enable, outFile }).flatMap(([flag, value]) => {
    if (value === true) return [`--${flag}`];
    return [value].flat().flatMap((item) => [`--${flag}`, String(item)]);
  });
  return asc(entry, "--config", "none", ...flags);
}

const compilePart = (part, target) =>
  compileAlone(`assembly/parts/${part}.ts`, `build/parts/${part}.${target}.wasm`, target, {
    bindings: ["raw"],
    memoryBase: windowOf(part),
  });

/** The kernels for float64, from the same sources. */
const compileFloat64 = (target) =>
  compileAlone("assembly/float64.ts", `build/parts/float64.${target}.wasm`, target, {
    bindings: ["raw"],
    memoryBase: FLOAT64_BASE,
    use: ["abort=", "real=f64"],
  });

/** The kernels of products in wide tiles, from the same sources. */
const compileWide = (target) =>
  compileAlone("assembly/wide.ts", `build/parts/wide.${target}.wasm`, target, {
    bindings: ["raw"],
    memoryBase: WIDE_BASE,
    use: [...config.options.use, "JOINED=f32"], // any name that is there: the kernels ask whether this one is
  });

const binaries = ["simd", "relaxed", "simd-threads", "relaxed-threads"];

rmSync("dist", { recursive: true, force: true });
const jobs = [
  ...binaries.map((target) => () => asc("--target", target)),
  () => compileAlone("assembly/unpack.ts", "build/parts/unpack.wasm", "simd", { shrinkLevel: 2 }),
  ...["simd", "relaxed"].map((target) => () => compileFloat64(target)),
  ...["simd", "relaxed"].map((target) => () => compileWide(target)),
  ...parts.flatMap((part) => ["simd", "relaxed"].map((target) => () => compilePart(part, target))),
];
// Two at a time: a compiler takes some 400 MB.
await Promise.all(
  [0, 1].map(async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  }),
);
embed();
// What runs from the sources needs the workers' script as JavaScript, too: it is given a file, not a module.
await build({
  entryPoints: ["src/devices/worker.ts"],
  outfile: "src/generated/worker.js",
  bundle: true,
  format: "esm",
});
execFileSync(process.execPath, [command("typescript", "bin/tsc"), "--project", "src"], { stdio: "inherit" });
/**
 * Files with all that they import: the code is in the first one, from which the others only take names. One file, the loader in it: Node
 * spends a millisecond of a cold start on each module it loads, and five on finding a package. By Rollup, for a namespace as esbuild writes
 * it (`nn`, `optim`) could not be shaken off; but once it is used, no bundler takes it apart, so namespaces have files of their own, too.
 */
async function bundled(main, source, others = {}) {
  const facades = new Map(Object.entries(others).map(([name, file]) => [`\0${name}`, resolve(file)]));
  const bundle = await rollup({
    input: { [main]: source },
    preserveEntrySignatures: "allow-extension",
    // Ops name one another in their backward rules, which run long after all are there.
    onLog: (level, log, next) => log.code === "CIRCULAR_DEPENDENCY" || next(level, log),
    plugins: [
      {
        buildStart() {
          for (const id of facades.keys())
            this.emitFile({ type: "chunk", id, name: id.slice(1), preserveSignature: "strict" });
        },
        resolveId: (id) =>
          id === LOADER ? fileURLToPath(import.meta.resolve(LOADER)) : facades.has(id) ? id : null,
        load: (id) => (facades.has(id) ? `export * from ${JSON.stringify(facades.get(id))};` : null),
      },
    ],
  });
  const { output } = await bundle.generate({
    manualChunks: (id) => (facades.has(id) ? undefined : main),
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minifyInternalExports: false,
  });
  for (const { fileName, code } of output) {
    // In ASCII and without comments an engine reads it faster: 24 ms for 27 (Node 24).
    const plain = await transform(code.replaceAll("../generated/worker.js", "./worker.js"), {
      charset: "ascii",
    });
    writeFileSync(`dist/${fileName}`, `${NOTICE}\n${plain.code}`);
  }
}
const NOTICE =
  "/* lanewise, MIT. Contains @assemblyscript/loader, Apache-2.0, the AssemblyScript authors. */";
await bundled("index", "build/js/index.js", {
  features: "build/js/features/index.js",
  nn: "build/js/nn/index.js",
  optim: "build/js/optim/index.js",
  random: "build/js/random.js",
});
await bundled("float64", "build/js/float64.js");
await bundled("worker", "build/js/devices/worker.js");
await bundled("wide", "build/js/wide.js");
mkdirSync("dist/wasm", { recursive: true });
for (const target of binaries) cpSync(`build/wasm/${target}.wasm`, `dist/wasm/${target}.wasm`);
for (const target of ["simd", "relaxed"])
  cpSync(`build/parts/float64.${target}.wasm`, `dist/wasm/float64-${target}.wasm`);
cpSync("build/parts/wide.relaxed.wasm", "dist/wasm/wide-relaxed.wasm");
