/**
 * The largest error of each transcendental kernel over every float32 there is, or every N-th, and of those of two numbers over
 * 2³² / N pairs: npm run ulp -- --stride N NAME…
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { functions, functionsOfTwo, ulps } from "../__tests__/functions.js";

type Kernel = (...numbers: number[]) => void;

const { values: options, positionals } = parseArgs({
  options: { stride: { type: "string", default: "1" }, folder: { type: "string", default: "build/wasm" } },
  allowPositionals: true,
});
const names = positionals.length ? positionals : [...Object.keys(functions), ...Object.keys(functionsOfTwo)];
const stride = Number(options.stride);
const size = 1 << 20;
const FIRST = 131072;
const memory = new WebAssembly.Memory({ initial: 4 + (12 * size) / 65536 });
const [x, y, z] = [0, 1, 2].map((i) => new Float32Array(memory.buffer, FIRST + 4 * i * size, size));
const bits = new Uint32Array(memory.buffer, FIRST, size);
/** That of one axis along which both operands advance. */
const layout = FIRST - 64;
new Int32Array(memory.buffer, layout, 4).set([1, size, 1, 1]);

const binaries: [name: string, kernels: Record<string, Kernel>][] = [];
for (const name of ["simd", "relaxed"]) {
  const code = readFileSync(`${options.folder}/${name}.wasm`);
  if (!WebAssembly.validate(code)) continue;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  binaries.push([name, exports as Record<string, Kernel>]);
}

/** Runs a kernel of each binary on what `fill` writes beforehand, and tells the largest errors. */
function survey(
  name: string,
  fill: (first: number, values: Float64Array) => void,
  run: (kernel: Kernel) => void,
) {
  const values = new Float64Array(size);
  const worst = binaries.map(() => ({ error: 0, at: [NaN] }));
  for (let first = 0; first < 2 ** 32; first += size * stride) {
    fill(first, values);
    binaries.forEach(([, kernels], binary) => {
      run(kernels[name]);
      const record = worst[binary];
      for (let i = 0; i < size; i++) {
        if (z[i] === values[i]) continue;
        const error = ulps(z[i], values[i]);
        if (error > record.error) [record.error, record.at] = [error, [x[i], y[i]]];
      }
    });
  }
  worst.forEach(({ error, at }, i) => {
    const where = name in functions ? at[0] : at.join(", ");
    console.log(`${name.padEnd(10)} ${binaries[i][0].padEnd(8)} ${error.toFixed(3)} ULP at ${where}`);
  });
}

let state = 1;
/** 32 random bits (Marsaglia's xorshift32). */
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

console.log(`node ${process.version}, every ${stride === 1 ? "" : `${stride}-th `}float32`);
for (const name of names)
  if (name in functions) {
    const { exact } = functions[name];
    survey(
      name,
      (first, values) => {
        for (let i = 0; i < size; i++) bits[i] = first + i * stride;
        for (let i = 0; i < size; i++) values[i] = exact(x[i]);
      },
      (kernel) => kernel(x.byteOffset, z.byteOffset, 0, size),
    );
  } else {
    const { exact, draw } = functionsOfTwo[name];
    survey(
      name,
      (_, values) => {
        for (let i = 0; i < size; i++) [x[i], y[i]] = draw(random(), random());
        for (let i = 0; i < size; i++) values[i] = exact(x[i], y[i]);
      },
      (kernel) => kernel(x.byteOffset, y.byteOffset, z.byteOffset, layout, 0, size),
    );
  }
