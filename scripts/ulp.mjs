/** The largest error of each transcendental kernel over every float32 there is, or every N-th: npm run ulp -- --stride N */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const references = {
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
};
const { values: options, positionals } = parseArgs({
  options: { stride: { type: "string", default: "1" }, folder: { type: "string", default: "build/wasm" } },
  allowPositionals: true,
});
const names = positionals.length ? positionals : Object.keys(references);
const stride = Number(options.stride);
const size = 1 << 20;
const memory = new WebAssembly.Memory({ initial: 4 + (8 * size) / 65536 });
const x = new Float32Array(memory.buffer, 131072, size);
const y = new Float32Array(memory.buffer, 131072 + 4 * size, size);
const bits = new Uint32Array(memory.buffer, 131072, size);

const binaries = {};
for (const name of ["simd", "relaxed"]) {
  const code = readFileSync(`${options.folder}/${name}.wasm`);
  if (!WebAssembly.validate(code)) continue;
  binaries[name] = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
}

/** |value − exact| in units of the last place of a float32 of exact's size, subnormals included. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
function ulps(value, exact) {
  if (Object.is(value, exact) || (value !== value && exact !== exact)) return 0;
  if (value !== value || exact !== exact) return Infinity;
  if (Math.abs(value) === Infinity) {
    if (Math.fround(exact) === value) return 0;
    value = value < 0 ? -(2 ** 128) : 2 ** 128;
  }
  double[0] = exact;
  const exponent = Math.max(((words[1] >>> 20) & 2047) - 1023, -126);
  return Math.abs(value - exact) / 2 ** (exponent - 23);
}

console.log(`node ${process.version}, every ${stride === 1 ? "" : `${stride}-th `}float32`);
for (const name of names) {
  const reference = references[name];
  const exact = new Float64Array(size);
  const worst = Object.fromEntries(
    Object.keys(binaries).map((key) => [key, { error: 0, at: NaN, subnormal: 0, below: NaN }]),
  );
  for (let first = 0; first < 2 ** 32; first += size * stride) {
    for (let i = 0; i < size; i++) bits[i] = first + i * stride;
    for (let i = 0; i < size; i++) exact[i] = reference(x[i]);
    for (const [key, kernels] of Object.entries(binaries)) {
      kernels[name](x.byteOffset, y.byteOffset, 0, size);
      const record = worst[key];
      for (let i = 0; i < size; i++) {
        const error = ulps(y[i], exact[i]);
        if (error > record.error) [record.error, record.at] = [error, x[i]];
        if (error > record.subnormal && Math.abs(exact[i]) < 2 ** -126)
          [record.subnormal, record.below] = [error, x[i]];
      }
    }
  }
  for (const [key, { error, at, subnormal, below }] of Object.entries(worst))
    console.log(
      `${name.padEnd(8)} ${key.padEnd(8)} ${error.toFixed(3)} ULP at ${at}` +
        (subnormal ? `; subnormal results ${subnormal.toFixed(3)} at ${below}` : ""),
    );
}
