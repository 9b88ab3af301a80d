/** What `versus.ts` measures. */
import { type Array32, type Elementwise, integers, reals, size, type Workload } from "./workload.js";
import { choleskyFactor, eliminated } from "../src/ops/linalg/matrices.exam.js";
import { normalCdf } from "../src/special.exam.js";
import { train } from "./training.js";

/** Every result is to agree with float64 to so much of what was added up. */
const RELATIVE = 1e-5;

/** C = A · B, batched over leading axes that both have. */
function matmul(
  name: string,
  m: number,
  n: number,
  k: number,
  { batch = 1, tA = false, tB = false } = {},
): Workload {
  const lead = batch > 1 ? [batch] : [];
  const exact: Workload["exact"] =
    ([a, b]) =>
    (index) => {
      const matrix = Math.floor(index / (m * n));
      const i = Math.floor(index / n) % m;
      const j = index % n;
      let value = 0;
      let magnitude = 0;
      for (let p = 0; p < k; p++) {
        const x = a.data[matrix * m * k + (tA ? p * m + i : i * k + p)];
        const y = b.data[matrix * k * n + (tB ? j * k + p : p * n + j)];
        value += x * y;
        magnitude += Math.abs(x * y);
      }
      return { value, tolerance: RELATIVE * magnitude };
    };
  return {
    name: `matmul ${name}`,
    task: { kind: "matmul", transposeA: tA, transposeB: tB },
    inputs: () => [
      reals(1, ...lead, ...(tA ? [k, m] : [m, k])),
      reals(2, ...lead, ...(tB ? [n, k] : [k, n])),
    ],
    shape: [...lead, m, n],
    flops: 2 * batch * m * n * k,
    bytes: 4 * batch * (m * k + k * n + m * n),
    // One row passes over all of B and uses each element once: the memory is the limit.
    stream: m === 1 ? "read" : undefined,
    exact,
  };
}

const square = (n: number): Workload => matmul(String(n), n, n, n);
const named = (m: number, k: number, n: number, options = {}): Workload => {
  const { tA, tB, batch } = options as { tA?: boolean; tB?: boolean; batch?: number };
  return matmul(
    `${batch ? `${batch}×` : ""}${m}×${k}${tA ? "ᵀ" : ""} · ${k}×${n}${tB ? "ᵀ" : ""}`,
    m,
    n,
    k,
    options,
  );
};

/** y = f(x), element by element; results below `floor` need only be as near as it. */
function unary(kind: Elementwise, f: (x: number) => number, floor = 0): Workload {
  const shape = [1024, 1024];
  return {
    name: `${kind} 1M`,
    task: { kind },
    inputs: () => [scaled(reals(3, ...shape), 4)],
    shape,
    bytes: 8 * size(shape),
    stream: "copy",
    exact:
      ([x]) =>
      (index) => {
        const value = f(x.data[index]);
        return { value, tolerance: RELATIVE * Math.max(Math.abs(value), floor) };
      },
  };
}

const scaled = ({ shape, data }: Array32, factor: number): Array32 => ({
  shape,
  data: data.map((x) => factor * x),
});

/** z = x ∘ y; y may be one row that is repeated. */
function binary(kind: "add" | "mul", shape: number[], other = shape): Workload {
  const cols = size(other);
  return {
    name: `${kind} ${shape.join("×")}${other === shape ? "" : ` + ${other.join("×")}`}`,
    task: { kind },
    inputs: () => [reals(4, ...shape), reals(5, ...other)],
    shape,
    bytes: 4 * (2 * size(shape) + cols),
    stream: other === shape ? "triad" : "copy",
    exact:
      ([x, y]) =>
      (index) => {
        const [a, b] = [x.data[index], y.data[index % cols]];
        const value = kind === "add" ? a + b : a * b;
        return { value, tolerance: RELATIVE * Math.max(Math.abs(a), Math.abs(b)) };
      },
  };
}

function softmax(...shape: number[]): Workload {
  const cols = shape[shape.length - 1];
  return {
    name: `softmax ${shape.join("×")}`,
    task: { kind: "softmax" },
    inputs: () => [scaled(reals(6, ...shape), 4)],
    shape,
    bytes: 8 * size(shape),
    stream: "copy",
    exact:
      ([x]) =>
      (index) => {
        const start = index - (index % cols);
        let sum = 0;
        for (let j = start; j < start + cols; j++) sum += Math.exp(x.data[j]);
        const value = Math.exp(x.data[index]) / sum;
        return { value, tolerance: RELATIVE * value };
      },
  };
}

/** Sum over one axis of a matrix. */
function sum(rows: number, cols: number, axis: 0 | 1): Workload {
  return {
    name: `sum ${rows}×${cols} over ${axis === 0 ? "rows" : "columns"}`,
    task: { kind: "sum", axis },
    inputs: () => [reals(7, rows, cols)],
    shape: [axis === 0 ? cols : rows],
    bytes: 4 * (rows * cols + (axis === 0 ? cols : rows)),
    stream: "read",
    exact:
      ([x]) =>
      (index) => {
        let value = 0;
        let magnitude = 0;
        for (let i = 0; i < (axis === 0 ? rows : cols); i++) {
          const element = x.data[axis === 0 ? i * cols + index : index * cols + i];
          value += element;
          magnitude += Math.abs(element);
        }
        return { value, tolerance: RELATIVE * magnitude };
      },
  };
}

function argmax(rows: number, cols: number): Workload {
  return {
    name: `argmax ${rows}×${cols}`,
    task: { kind: "argmax" },
    inputs: () => [reals(8, rows, cols)],
    shape: [rows],
    bytes: 4 * rows * cols,
    stream: "read",
    exact:
      ([x]) =>
      (index) => {
        const row = x.data.subarray(index * cols, (index + 1) * cols);
        return { value: row.indexOf(row.reduce((a, b) => Math.max(a, b))), tolerance: 0 };
      },
  };
}

function transpose(rows: number, cols: number): Workload {
  return {
    name: `transpose ${rows}×${cols}`,
    task: { kind: "transpose" },
    inputs: () => [reals(9, rows, cols)],
    shape: [cols, rows],
    bytes: 8 * rows * cols,
    stream: "copy",
    exact:
      ([x]) =>
      (index) => ({ value: x.data[(index % rows) * cols + Math.floor(index / rows)], tolerance: 0 }),
  };
}

function gather(rows: number, cols: number, count: number): Workload {
  const indices = integers(10, rows, count);
  return {
    name: `gather ${count} of ${rows}×${cols}`,
    task: { kind: "gather", indices },
    inputs: () => [reals(11, rows, cols)],
    shape: [count, cols],
    bytes: 8 * count * cols,
    stream: "copy",
    exact:
      ([x]) =>
      (index) => ({
        value: x.data[indices[Math.floor(index / cols)] * cols + (index % cols)],
        tolerance: 0,
      }),
  };
}

/** Taps, and pixels before the first: padding "same". */
const before = (extent: number, kernel: number, stride: number): number =>
  Math.floor(Math.max(0, (Math.ceil(extent / stride) - 1) * stride + kernel - extent) / 2);

/** Images with padding "same" under windows of kernel × kernel; `precise` allows no algorithm that rounds more. */
function conv(
  extent: number,
  channels: number,
  outputs: number,
  kernel: number,
  { stride = 1, groups = 1, precise = false } = {},
): Workload {
  const depth = channels / groups;
  const places = Math.ceil(extent / stride);
  const first = before(extent, kernel, stride);
  const each = outputs / groups;
  return {
    name:
      `conv ${kernel}×${kernel}${stride > 1 ? ` s${stride}` : ""}${groups > 1 ? " of each" : ""} ${extent}²×${channels}` +
      `${groups > 1 ? "" : ` → ${outputs}`}${precise ? " precise" : ""}`,
    task: { kind: "conv", stride, groups, precise },
    inputs: () => [reals(12, 1, extent, extent, channels), reals(13, kernel, kernel, depth, outputs)],
    shape: [1, places, places, outputs],
    flops: 2 * places ** 2 * kernel ** 2 * depth * outputs,
    exact:
      ([x, filter]) =>
      (index) => {
        const o = index % outputs;
        const [row, col] = [Math.floor(index / outputs / places), Math.floor(index / outputs) % places];
        let [value, magnitude] = [0, 0];
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [h, w] = [row * stride + i - first, col * stride + j - first];
            if (h < 0 || h >= extent || w < 0 || w >= extent) continue;
            for (let c = 0; c < depth; c++) {
              const product =
                x.data[(h * extent + w) * channels + Math.floor(o / each) * depth + c] *
                filter.data[((i * kernel + j) * depth + c) * outputs + o];
              value += product;
              magnitude += Math.abs(product);
            }
          }
        return { value, tolerance: RELATIVE * magnitude };
      },
  };
}

function maxPool(extent: number, channels: number, kernel: number, stride: number): Workload {
  const places = Math.ceil(extent / stride);
  const first = before(extent, kernel, stride);
  return {
    name: `maxPool ${kernel}×${kernel} s${stride} ${extent}²×${channels}`,
    task: { kind: "maxPool", kernel, stride },
    inputs: () => [reals(14, 1, extent, extent, channels)],
    shape: [1, places, places, channels],
    bytes: 4 * channels * (extent ** 2 + places ** 2),
    stream: "copy",
    exact:
      ([x]) =>
      (index) => {
        const c = index % channels;
        const [row, col] = [Math.floor(index / channels / places), Math.floor(index / channels) % places];
        let value = -Infinity;
        for (let h = row * stride - first; h < row * stride - first + kernel; h++)
          for (let w = col * stride - first; w < col * stride - first + kernel; w++)
            if (h >= 0 && h < extent && w >= 0 && w < extent)
              value = Math.max(value, x.data[(h * extent + w) * channels + c]);
        return { value, tolerance: 0 };
      },
  };
}

function globalAverage(extent: number, channels: number): Workload {
  return {
    name: `global average ${extent}²×${channels}`,
    task: { kind: "globalAverage" },
    inputs: () => [reals(15, 1, extent, extent, channels)],
    shape: [1, channels],
    bytes: 4 * channels * (extent ** 2 + 1),
    stream: "read",
    exact:
      ([x]) =>
      (index) => {
        let [value, magnitude] = [0, 0];
        for (let pixel = 0; pixel < extent ** 2; pixel++) {
          value += x.data[pixel * channels + index] / extent ** 2;
          magnitude += Math.abs(x.data[pixel * channels + index]) / extent ** 2;
        }
        return { value, tolerance: RELATIVE * magnitude };
      },
  };
}

const EPSILON = 1e-5;

/** Rows less their mean, divided by their deviation. */
function layerNorm(rows: number, cols: number): Workload {
  const shape = [rows, cols];
  return {
    name: `layerNorm ${rows}×${cols}`,
    task: { kind: "layerNorm" },
    inputs: () => [reals(16, ...shape), reals(17, cols), reals(18, cols)],
    shape,
    bytes: 8 * rows * cols,
    stream: "copy",
    exact:
      ([x, gain, bias]) =>
      (index) => {
        const col = index % cols;
        const row = Array.from(x.data.subarray(index - col, index - col + cols));
        const mean = row.reduce((a, b) => a + b) / cols;
        const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / cols;
        const value =
          ((x.data[index] - mean) / Math.sqrt(variance + EPSILON)) * gain.data[col] + bias.data[col];
        return { value, tolerance: RELATIVE * 4 };
      },
  };
}

/** Channels by given statistics. */
function batchNorm(extent: number, channels: number): Workload {
  const shape = [1, extent, extent, channels];
  const each = (seed: number): Array32 => reals(seed, channels);
  return {
    name: `batchNorm ${extent}²×${channels}`,
    task: { kind: "batchNorm" },
    inputs: () => [
      reals(19, ...shape),
      each(20),
      { shape: [channels], data: each(21).data.map((v) => v + 1.5) },
      each(22),
      each(23),
    ],
    shape,
    bytes: 8 * size(shape),
    stream: "copy",
    exact:
      ([x, mean, variance, gain, bias]) =>
      (index) => {
        const c = index % channels;
        const scale = gain.data[c] / Math.sqrt(variance.data[c] + EPSILON);
        return { value: (x.data[index] - mean.data[c]) * scale + bias.data[c], tolerance: RELATIVE * 4 };
      },
  };
}

/** softmax(q kᵀ / √d) v, [heads, length, d] each. */
function attention(heads: number, length: number, d: number): Workload {
  const shape = [heads, length, d];
  return {
    name: `attention ${heads}×${length}×${d}`,
    task: { kind: "attention" },
    inputs: () => [24, 25, 26].map((seed) => reals(seed, ...shape)),
    shape,
    flops: 4 * heads * length * length * d,
    exact:
      ([q, k, v]) =>
      (index) => {
        const row = Math.floor(index / d);
        const first = Math.floor(row / length) * length;
        const scores = Array.from({ length }, (_, j) => {
          let dot = 0;
          for (let p = 0; p < d; p++) dot += q.data[row * d + p] * k.data[(first + j) * d + p];
          return Math.exp(dot / Math.sqrt(d));
        });
        const total = scores.reduce((a, b) => a + b);
        const value = scores.reduce(
          (sum, s, j) => sum + (s / total) * v.data[(first + j) * d + (index % d)],
          0,
        );
        return { value, tolerance: RELATIVE };
      },
  };
}

/** An algorithm's exact result, made once, of which each element may be off by so much of the largest. */
function whole(of: (inputs: readonly Array32[]) => Float64Array, tolerance: number): Workload["exact"] {
  return (inputs) => {
    const result = of(inputs);
    const most = result.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return (index) => ({ value: result[index], tolerance: tolerance * most });
  };
}

/** Symmetric, and positive definite: its diagonal outweighs the rest. */
function definite(n: number): Array32 {
  const { shape, data } = reals(8, n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j];
    data[i * n + i] += Math.sqrt(n) * 2;
  }
  return { shape, data };
}

const matrix = ({ shape: [m, n], data }: Array32): Float64Array[] =>
  Array.from({ length: m }, (_, i) => Float64Array.from(data.subarray(i * n, (i + 1) * n)));
const flat = (rows: readonly Float64Array[]): Float64Array =>
  Float64Array.from(rows.flatMap((row) => [...row]));

const cholesky = (n: number): Workload => ({
  name: `cholesky ${n}`,
  task: { kind: "cholesky" },
  inputs: () => [definite(n)],
  shape: [n, n],
  flops: n ** 3 / 3,
  exact: whole(([a]) => flat(choleskyFactor(matrix(a))), 1e-4),
});

const solve = (n: number, cols: number): Workload => ({
  name: `solve ${n}² · ${n}×${cols}`,
  task: { kind: "solve" },
  inputs: () => [definite(n), reals(9, n, cols)],
  shape: [n, cols],
  flops: (2 / 3) * n ** 3 + 2 * n * n * cols,
  exact: whole(([a, b]) => flat(eliminated(matrix(a), matrix(b)).x), 1e-4),
});

/** The 3 × 3 convolutions of ResNet. */
const residual = [
  [56, 64],
  [28, 128],
  [14, 256],
  [7, 512],
] as const;

export const workloads: readonly Workload[] = [
  ...[32, 64, 128, 256, 512, 1024, 2048].map(square),
  matmul("512 Aᵀ", 512, 512, 512, { tA: true }),
  matmul("512 Bᵀ", 512, 512, 512, { tB: true }),
  matmul("512 AᵀBᵀ", 512, 512, 512, { tA: true, tB: true }),
  named(1, 1024, 1024),
  named(1, 1024, 1024, { tB: true }),
  named(32, 768, 768),
  named(128, 768, 3072),
  named(128, 3072, 768),
  named(128, 64, 128, { batch: 12 }),
  named(128, 64, 128, { batch: 12, tB: true }),
  // The products of the training step below.
  named(128, 784, 256, { tB: true }),
  named(256, 128, 784, { tA: true }),
  named(128, 256, 10, { tB: true }),
  named(10, 128, 256, { tA: true }),
  named(128, 10, 256),
  train(128, [784, 256, 10]),
  ...residual.map(([extent, channels]) => conv(extent, channels, channels, 3)),
  ...residual.map(([extent, channels]) => conv(extent, channels, channels, 3, { precise: true })),
  conv(56, 64, 256, 1),
  conv(224, 3, 64, 7, { stride: 2 }),
  conv(112, 32, 32, 3, { groups: 32 }),
  conv(56, 144, 144, 3, { groups: 144, stride: 2 }),
  maxPool(112, 64, 3, 2),
  globalAverage(7, 2048),
  binary("add", [16]),
  binary("add", [1024, 1024]),
  binary("mul", [1024, 1024]),
  binary("add", [1024, 1024], [1024]),
  unary("exp", Math.exp),
  unary("tanh", Math.tanh),
  unary("sigmoid", (x) => 1 / (1 + Math.exp(-x))),
  unary("cos", Math.cos, 1),
  unary("gelu", (x) => x * normalCdf(x), 1),
  softmax(1024, 1024),
  softmax(12, 128, 128),
  layerNorm(128, 768),
  layerNorm(1024, 1024),
  batchNorm(56, 64),
  attention(12, 512, 64),
  cholesky(256),
  cholesky(1024),
  solve(256, 1),
  solve(1024, 64),
  sum(1024, 1024, 1),
  sum(1024, 1024, 0),
  argmax(1024, 1024),
  transpose(1024, 1024),
  gather(10000, 256, 4096),
];
