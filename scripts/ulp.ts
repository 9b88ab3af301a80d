/** The largest error of each transcendental kernel over every float32 there is, or every N-th: npm run ulp -- --stride N */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { functions, ulps } from "../__tests__/functions.js";

type Kernel = (x: number, y: number, begin: number, end: number) => void;

const { values: options, positionals } = parseArgs({
  options: { stride: { type: "string", default: "1" }, folder: { type: "string", default: "build/wasm" } },
  allowPositionals: true,
});
const names = positionals.length ? positionals : Object.keys(functions);
const stride = Number(options.stride);
const size = 1 << 20;
const memory = new WebAssembly.Memory({ initial: 4 + (8 * size) / 65536 });
const x = new Float32Array(memory.buffer, 131072, size);
const y = new Float32Array(memory.buffer, 131072 + 4 * size, size);
const bits = new Uint32Array(memory.buffer, 131072, size);

const binaries: [name: string, kernels: Record<string, Kernel>][] = [];
for (const name of ["simd", "relaxed"]) {
  const code = readFileSync(`${options.folder}/${name}.wasm`);
  if (!WebAssembly.validate(code)) continue;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  binaries.push([name, exports as Record<string, Kernel>]);
}

console.log(`node ${process.version}, every ${stride === 1 ? "" : `${stride}-th `}float32`);
for (const name of names) {
  const { exact } = functions[name];
  const values = new Float64Array(size);
  const worst = binaries.map(() => ({ error: 0, at: NaN }));
  for (let first = 0; first < 2 ** 32; first += size * stride) {
    for (let i = 0; i < size; i++) bits[i] = first + i * stride;
    for (let i = 0; i < size; i++) values[i] = exact(x[i]);
    binaries.forEach(([, kernels], binary) => {
      kernels[name](x.byteOffset, y.byteOffset, 0, size);
      const record = worst[binary];
      for (let i = 0; i < size; i++) {
        if (y[i] === values[i]) continue;
        const error = ulps(y[i], values[i]);
        if (error > record.error) [record.error, record.at] = [error, x[i]];
      }
    });
  }
  worst.forEach(({ error, at }, i) =>
    console.log(`${name.padEnd(10)} ${binaries[i][0].padEnd(8)} ${error.toFixed(3)} ULP at ${at}`),
  );
}
