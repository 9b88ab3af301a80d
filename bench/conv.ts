/**
 * Convolutions where no other Wasm library has them: gradients against their forward, and a training step of a convolutional
 * network beside TensorFlow.js's CPU backend and jax-js, which start from the same weights. npm run bench:conv [-- --quick]
 */
import { parseArgs } from "node:util";
import type * as TensorFlow from "@tensorflow/tfjs-core";
import * as L from "../src/index.js";
import { convFilter } from "../src/ops/convolution.js";
import { type Contestant, efforts, interleave } from "./interleave.js";
import { Limits } from "./limits.js";
import { describe, machine } from "./machine.js";
import { load, require } from "./peers/peer.js";
import { duration, figure, giga, percent, save, table } from "./report.js";
import { type Array32, integers, reals, size } from "./workload.js";

const { values: options } = parseArgs({ options: { quick: { type: "boolean" } } });
const effort = efforts[options.quick ? "quick" : "full"];
const here = machine();
console.log(describe(here) + "\n");
await L.init({ threads: 1 });
const limits = await Limits.create();

const tensorOf = ({ shape, data }: Array32): L.Tensor => L.tensor(data, shape);

/** Forward and both gradients of 3 × 3 with padding "same", in turns. */
async function gradients(extent: number, channels: number): Promise<string[]> {
  const image = [1, extent, extent, channels];
  const [x, dy] = [tensorOf(reals(1, ...image)), tensorOf(reals(2, ...image))];
  const filter = tensorOf(reals(3, 3, 3, channels, channels));
  const same = { padding: "same" } as const;
  const timings = await interleave(
    [
      { name: "forward", run: () => L.conv2d(x, filter, same).dispose() },
      { name: "input", run: () => L.convTranspose2d(dy, filter, same).dispose() },
      { name: "filter", run: () => convFilter(x, dy, { ...same, kernel: [3, 3], groups: 1 }).dispose() },
    ],
    effort,
  );
  const [forward, input, own] = ["forward", "input", "filter"].map((name) => timings.get(name)!.median);
  const algorithm = L.profile(() => L.conv2d(x, filter, same).dispose()).calls[0].algorithm ?? "";
  const ratio = (time: number): string => `${duration(time)}, ${(time / forward).toFixed(2)} ×`;
  return [`3×3 ${extent}²×${channels}`, algorithm, duration(forward), ratio(input), ratio(own)];
}

const rows = [];
for (const [extent, channels] of [[56, 64], [28, 128], [14, 256], [7, 512]]) rows.push(await gradients(extent, channels)); // prettier-ignore
console.log(table(["convolution", "algorithm", "forward", "gradient to x", "gradient to the filter"], rows));

/** How far from float64 each algorithm is: of 2000 results, relative to their root mean square. */
function errors(extent: number, channels: number): string[] {
  const [x, w] = [reals(1, 1, extent, extent, channels), reals(3, 3, 3, channels, channels)];
  const [image, filter] = [tensorOf(x), tensorOf(w)];
  const exact = (index: number): number => {
    const o = index % channels;
    const [row, col] = [Math.floor(index / channels / extent), Math.floor(index / channels) % extent];
    let sum = 0;
    for (let i = 0; i < 9; i++) {
      const [h, v] = [row + Math.floor(i / 3) - 1, col + (i % 3) - 1];
      if (h < 0 || h >= extent || v < 0 || v >= extent) continue;
      for (let c = 0; c < channels; c++)
        sum += x.data[(h * extent + v) * channels + c] * w.data[(i * channels + c) * channels + o];
    }
    return sum;
  };
  const places = Array.from({ length: 2000 }, (_, i) => (i * 7919) % (extent * extent * channels));
  const values = places.map(exact);
  const mean = (list: number[]): number => Math.sqrt(list.reduce((sum, v) => sum + v * v, 0) / list.length);
  const cells = (["gemm", "winograd2", "winograd4"] as const).map((algorithm) => {
    const y = L.conv2d(image, filter, { padding: "same", algorithm }).dataSync();
    const off = places.map((place, i) => (y[place] - values[i]) / mean(values));
    return `${mean(off).toExponential(1)}, at most ${Math.max(...off.map(Math.abs)).toExponential(1)}`;
  });
  return [`3×3 ${extent}²×${channels}`, ...cells];
}

console.log(
  "\n" +
    table(
      ["error / root mean square", "gemm", "winograd2", "winograd4"],
      [errors(56, 64), errors(28, 128), errors(14, 256), errors(7, 512)],
    ),
);

// 28² × 1 → 3 × 3 × 32 → the largest of 2 × 2 → 3 × 3 × 64 → the largest of 2 × 2 → 10

const BATCH = 64;
const [A, B, CLASSES] = [32, 64, 10];
const RATE = 0.01;
const scaled = ({ shape, data }: Array32, factor: number): Array32 => ({
  shape,
  data: data.map((x) => factor * x),
});
const images = reals(4, BATCH, 28, 28, 1);
const labels = integers(5, CLASSES, BATCH);
const weights = [
  scaled(reals(6, 3, 3, 1, A), 0.5),
  scaled(reals(7, A), 0.1),
  scaled(reals(8, 3, 3, A, B), 0.1),
  scaled(reals(9, B), 0.1),
  scaled(reals(10, 49 * B, CLASSES), 0.03),
  scaled(reals(11, CLASSES), 0.1),
];
const FLOPS = 2 * BATCH * (784 * 9 * A * 2 + 196 * 9 * A * B * 3 + 49 * B * CLASSES * 3);

/** A step of gradient descent, and the loss before it. */
interface Side extends Contestant {
  readonly loss: () => number | Promise<number>;
}

function ours(): Side {
  const [k1, b1, k2, b2, w, b] = weights.map(tensorOf);
  const parameters = { k1, b1, k2, b2, w, b };
  const [x, y] = [tensorOf(images), L.tensor(labels)];
  const relu = { padding: "same", activation: "relu" } as const;
  const loss = (): L.Tensor => {
    const h1 = L.maxPool(L.conv2d(x, k1, b1, relu), 2);
    const h2 = L.maxPool(L.conv2d(h1, k2, b2, relu), 2);
    return L.mean(L.crossEntropy(L.add(L.matmul(L.reshape(h2, [BATCH, -1]), w), b), y));
  };
  const step = L.valueAndGrad(loss, parameters);
  const optimizer = new L.optim.SGD(parameters, { learningRate: RATE });
  return {
    name: "lanewise",
    run: () => L.scope(() => optimizer.step(step()[1])),
    loss: () => L.scope(() => loss().item()),
  };
}

async function tfjs(): Promise<Side> {
  const tf = await load<typeof TensorFlow>("@tensorflow/tfjs-core");
  require("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  await load("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  const tensor = ({ shape, data }: Array32): TensorFlow.Tensor => tf.tensor(data, shape as number[] as never);
  const [k1, b1, k2, b2, w, b] = weights.map((each) => tf.variable(tensor(each)));
  const x = tensor(images);
  const y = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), CLASSES), "float32");
  const layer = (h: TensorFlow.Tensor, k: TensorFlow.Tensor, b: TensorFlow.Tensor): TensorFlow.Tensor =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(h as TensorFlow.Tensor4D, k as TensorFlow.Tensor4D, 1, "same"), b)) as TensorFlow.Tensor4D, 2, 2, "same"); // prettier-ignore
  const loss = (): TensorFlow.Scalar => {
    const h = tf.reshape(layer(layer(x, k1, b1), k2, b2), [BATCH, 49 * B]) as TensorFlow.Tensor2D;
    return tf.losses.softmaxCrossEntropy(y, tf.add(tf.matMul(h, w as TensorFlow.Tensor2D), b));
  };
  const optimizer = tf.train.sgd(RATE);
  return {
    name: "tfjs-backend-cpu",
    run: () => void optimizer.minimize(loss),
    loss: () => tf.tidy(loss).dataSync()[0],
  };
}

/** Channels first, as jax-js wants them; the pool as the largest over two axes of the image taken apart. */
async function jax(): Promise<Side> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the package is installed in bench/ only
  type Value = any;
  const { numpy: np, nn, lax, ...jax } = await load<Record<string, Value>>("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const value = ({ shape, data }: Array32): Value => np.array(data).reshape(shape);
  const parameters = weights.map((each, i) =>
    i === 0 || i === 2 ? np.transpose(value(each), [3, 2, 0, 1]) : value(each),
  );
  const x = value({ ...images, shape: [BATCH, 1, 28, 28] });
  const oneHot = Float32Array.from({ length: BATCH * CLASSES }, (_, i) =>
    Number(labels[Math.floor(i / CLASSES)] === i % CLASSES),
  );
  const y = np.array(oneHot).reshape([BATCH, CLASSES]);
  const layer = (h: Value, k: Value, b: Value, extent: number, outputs: number): Value => {
    const z = nn.relu(np.add(lax.conv(h, k, [1, 1], "SAME"), b.reshape([1, outputs, 1, 1])));
    return np.max(z.reshape([BATCH, outputs, extent / 2, 2, extent / 2, 2]), [3, 5]);
  };
  const loss = ([k1, b1, k2, b2, w, b]: Value[], x: Value, y: Value): Value => {
    const h = layer(layer(x, k1, b1, 28, A), k2, b2, 14, B);
    const rows = np.transpose(h, [0, 2, 3, 1]).reshape([BATCH, 49 * B]);
    return np.sum(nn.logSoftmax(np.add(np.matmul(rows, w), b), -1).mul(y)).mul(-1 / BATCH);
  };
  const gradient = jax.grad(loss);
  const step = jax.jit((all: Value[], x: Value, y: Value) => {
    const slopes = gradient(all.map((each) => each.ref), x, y); // prettier-ignore
    return all.map((each, i) => each.sub(slopes[i].mul(RATE)));
  });
  const value0 = jax.jit(loss);
  let current = parameters;
  return {
    name: "jax-js",
    run: async () => {
      current = step(current, x.ref, y.ref);
      await Promise.all(current.map((each: Value) => each.blockUntilReady()));
    },
    loss: async () => (await value0(current.map((each: Value) => each.ref), x.ref, y.ref).data())[0], // prettier-ignore
  };
}

const sides: Side[] = [ours()];
for (const connect of [tfjs, jax]) {
  try {
    const side = await connect();
    const [a, b] = [await sides[0].loss(), await side.loss()];
    if (Math.abs(a - b) > 1e-4 * Math.abs(a)) throw new Error(`its loss is ${b}, ours ${a}`);
    sides.push(side);
  } catch (error) {
    console.log(`${connect.name}: ${String((error as Error).message ?? error).split("\n")[0]}`);
  }
}
const timings = await interleave([...sides, { name: "limit", run: limits.registers().run }], {
  ...effort,
  limit: 300,
});
const peak = giga(limits.registers().flops!, timings.get("limit")!.median);
const own = timings.get("lanewise")!.median;
console.log(`\ntraining step 28²×1 → 3×3×${A} → pool → 3×3×${B} → pool → ${CLASSES}, batch ${BATCH} (${size([FLOPS]) / 1e9} GFLOP)`); // prettier-ignore
console.log(
  table(
    ["", "step", "effective GFLOP/s", "of the FMA peak", "theirs / ours"],
    sides.map(({ name }) => {
      const { median, tooSlow } = timings.get(name)!;
      const rate = giga(FLOPS, median);
      return [
        name,
        duration(median) + (tooSlow ? "*" : ""),
        figure(rate),
        percent(rate / peak),
        `${(median / own).toFixed(1)} ×`,
      ];
    }),
  ),
);
save("conv", here, { gradients: rows, timings: Object.fromEntries(timings) });
process.exit(0);
