/** Normalisation, softmax and attention with their gradients: each against itself and its parts, and beside TensorFlow.js: npm run bench:layers [FILTER…] [-- --quick] */
import { parseArgs } from "node:util";
import type * as TensorFlow from "@tensorflow/tfjs-core";
import * as lanewise from "../src/index.js";
import { efforts, interleave } from "./interleave.js";
import { Limits } from "./limits.js";
import { describe, machine } from "./machine.js";
import { connect, layerNorm } from "./peers/tfjs.js";
import { load } from "./peers/peer.js";
import { duration, percent, save, table } from "./report.js";
import { type Array32, reals, size } from "./workload.js";

const { values: options, positionals } = parseArgs({
  options: { quick: { type: "boolean" } },
  allowPositionals: true,
});
const here = machine();
console.log(describe(here) + "\n");
await lanewise.init({ threads: 1 });
await connect();
const tf = await load<typeof TensorFlow>("@tensorflow/tfjs-core");
const limits = await Limits.create();

type Ours = (...inputs: lanewise.Tensor[]) => lanewise.Tensor;
type Theirs = (...inputs: TensorFlow.Tensor[]) => TensorFlow.Tensor;

interface Layer {
  readonly inputs: readonly Array32[];
  readonly ours: Ours;
  readonly theirs?: Theirs;
  /** The same of smaller ops of ours. */
  readonly parts?: Ours;
}

const rows = (...shape: number[]): Layer => ({
  inputs: [reals(1, ...shape), reals(2, ...shape.slice(-1)), reals(3, ...shape.slice(-1))],
  ours: (x, gain, bias) => lanewise.layerNorm(x, gain, bias),
  theirs: (x, gain, bias) => layerNorm(tf, x, gain, bias),
});

const softmax = (...shape: number[]): Layer => ({
  inputs: [reals(1, ...shape)],
  ours: (x) => lanewise.softmax(x),
  theirs: (x) => tf.softmax(x),
});

const channels = (...shape: number[]): Layer => ({
  inputs: [reals(1, ...shape), reals(2, ...shape.slice(-1)), reals(3, ...shape.slice(-1))],
  ours: (x, gain, bias) => lanewise.batchNorm(x, gain, bias),
  theirs: (x, gain, bias) =>
    tf.tidy(() => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x as TensorFlow.Tensor4D, mean as TensorFlow.Tensor1D, variance as TensorFlow.Tensor1D, bias as TensorFlow.Tensor1D, gain as TensorFlow.Tensor1D, 1e-5); // prettier-ignore
    }),
});

const attention = (causal: boolean, ...shape: number[]): Layer => ({
  inputs: [1, 2, 3].map((seed) => reals(seed, ...shape)),
  ours: (q, k, v) => lanewise.attention(q, k, v, { causal }),
  theirs: causal
    ? undefined
    : (q, k, v) => {
        const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(shape[2]));
        return tf.matMul(tf.softmax(scores), v);
      },
  parts: (q, k, v) => {
    const scores = lanewise.mul(lanewise.matmul(q, k, { transposeB: true }), 1 / Math.sqrt(shape[2]));
    const mask = lanewise.tril(lanewise.full([shape[1], shape[1]], 1, { dtype: "bool" }));
    return lanewise.matmul(lanewise.softmax(scores, causal ? { mask } : {}), v);
  },
});

const layers: Record<string, Layer> = {
  "layerNorm 128×768": rows(128, 768),
  "layerNorm 1024²": rows(1024, 1024),
  "batchNorm 8 × 56² × 64, training": channels(8, 56, 56, 64),
  "softmax 12×128×128": softmax(12, 128, 128),
  "softmax 1024²": softmax(1024, 1024),
  "attention 12×512×64": attention(false, 12, 512, 64),
  "attention 12×512×64 causal": attention(true, 12, 512, 64),
};

const header = ["", "forward", "of copy", "backward", "of forward", "of parts", "tfjs forward", "theirs / ours", "tfjs backward", "theirs / ours"]; // prettier-ignore
const results: object[] = [];
const cells: string[][] = [];
for (const [name, { inputs, ours, theirs, parts }] of Object.entries(layers)) {
  if (positionals.length > 0 && !positionals.some((filter) => name.includes(filter))) continue;
  const tensors = inputs.map(({ data, shape }) => lanewise.tensor(data, shape));
  const dy = lanewise.tensor(reals(9, ...inputs[0].shape).data, inputs[0].shape);
  const forward = (f: Ours) => () => lanewise.scope(() => void f(...tensors));
  const both = () =>
    lanewise.scope(() => {
      const [, pullback] = lanewise.vjp((all: readonly lanewise.Tensor[]) => ours(...all), tensors);
      pullback(dy);
    });
  const copy = limits.stream("copy", 8 * size(inputs[0].shape));
  const contestants: { name: string; run: () => unknown }[] = [
    { name: "copy", run: copy.run },
    { name: "forward", run: forward(ours) },
    { name: "both", run: both },
    ...(parts ? [{ name: "parts", run: forward(parts) }] : []),
  ];
  const foreign = inputs.map(({ data, shape }) =>
    tf.tensor<TensorFlow.Rank>(data, shape as number[] as never),
  );
  if (theirs) {
    const cotangent = tf.tensor<TensorFlow.Rank>(reals(9, ...inputs[0].shape).data, inputs[0].shape as number[] as never); // prettier-ignore
    const gradient = tf.grads(theirs);
    contestants.push({ name: "theirs", run: () => tf.dispose(tf.tidy(() => theirs(...foreign))) });
    try {
      tf.dispose(gradient(foreign, cotangent));
      contestants.push({ name: "their both", run: () => tf.dispose(gradient(foreign, cotangent)) });
    } catch {
      // It has no such gradient.
    }
  }
  const timings = await interleave(contestants, efforts[options.quick ? "quick" : "full"]);
  const time = (key: string): number => timings.get(key)?.median ?? NaN;
  const backward = time("both") - time("forward");
  const theirBackward = time("their both") - time("theirs");
  const ratio = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)} ×` : "–");
  cells.push([
    name,
    duration(time("forward")),
    parts ? "" : percent(time("copy") / time("forward")),
    duration(backward),
    ratio(backward / time("forward")),
    ratio(time("parts") / time("forward")),
    duration(time("theirs")),
    ratio(time("theirs") / time("forward")),
    duration(theirBackward),
    ratio(theirBackward / backward),
  ]);
  results.push({ name, timings: Object.fromEntries(timings) });
  tf.dispose(foreign);
  for (const tensor of [...tensors, dy]) tensor.dispose();
}
console.log(table(header, cells));
save("layers", here, { results });
