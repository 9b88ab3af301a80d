/** Gradients of functions of each element, a million of them: against the function itself, and beside TensorFlow.js's. */
import { parseArgs } from "node:util";
import type * as TensorFlow from "@tensorflow/tfjs-core";
import * as lanewise from "../src/index.js";
import { efforts, interleave } from "./interleave.js";
import { describe, machine } from "./machine.js";
import { connect } from "./peers/tfjs.js";
import { load } from "./peers/peer.js";
import { duration, save, table } from "./report.js";
import { reals } from "./workload.js";

const { values: options, positionals } = parseArgs({
  options: { quick: { type: "boolean" } },
  allowPositionals: true,
});
const here = machine();
console.log(describe(here) + "\n");
await lanewise.init({ threads: 1 });
await connect();
const tf = await load<typeof TensorFlow>("@tensorflow/tfjs-core");

const SIZE = 1 << 20;

/** Names of ours, and of theirs where they have the function. Arguments are in (0.1, 0.9), where all of them are smooth. */
const names: Record<string, string | undefined> = {
  abs: "abs", neg: "neg", square: "square", sqrt: "sqrt", rsqrt: "rsqrt", reciprocal: "reciprocal", exp: "exp", expm1: "expm1",
  exp2: undefined, log: "log", log1p: "log1p", log2: undefined, sin: "sin", cos: "cos", tan: "tan", asin: "asin", acos: "acos",
  atan: "atan", sinh: "sinh", cosh: "cosh", tanh: "tanh", asinh: "asinh", acosh: undefined, atanh: "atanh", erf: "erf",
  erfc: undefined, sigmoid: "sigmoid", relu: "relu", relu6: "relu6", elu: "elu", selu: "selu", softplus: "softplus", gelu: undefined,
  geluTanh: undefined, silu: undefined, mish: undefined, hardSigmoid: undefined, hardSwish: undefined, leakyRelu: "leakyRelu",
}; // prettier-ignore

const data = reals(1, SIZE).data.map((x) => 0.5 + 0.4 * x);
const x = lanewise.tensor(data);
const dy = lanewise.tensor(reals(2, SIZE).data);
const theirX = tf.tensor1d(data);
const theirDy = tf.tensor1d(reals(2, SIZE).data);

type Ours = (x: lanewise.Tensor) => lanewise.Tensor;
type Theirs = (x: TensorFlow.Tensor) => TensorFlow.Tensor;

const rows: string[][] = [];
const results: object[] = [];
for (const [name, theirs] of Object.entries(names)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const ours = (lanewise as unknown as Record<string, Ours>)[name];
  const peer = theirs === undefined ? undefined : (tf as unknown as Record<string, Theirs>)[theirs];
  const gradient = peer && tf.grad(peer);
  const both = (): void =>
    lanewise.scope(() => {
      const [, pullback] = lanewise.vjp(ours, x);
      pullback(dy);
    });
  const contestants = [
    { name: "forward", run: () => ours(x).dispose() },
    { name: "both", run: both },
  ];
  if (gradient && peer) {
    try {
      gradient(theirX, theirDy).dispose();
      contestants.push({ name: "their forward", run: () => tf.dispose(peer(theirX)) });
      contestants.push({ name: "theirs", run: () => tf.dispose(gradient(theirX, theirDy)) });
    } catch {
      // It has no such kernel, or no such gradient.
    }
  }
  const timings = await interleave(contestants, efforts[options.quick ? "quick" : "full"]);
  const time = (key: string): number => timings.get(key)?.median ?? NaN;
  const backward = time("both") - time("forward");
  const theirBackward = time("theirs") - time("their forward");
  const ratio = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)} ×` : "–");
  rows.push([name, duration(time("forward")), duration(backward), ratio(backward / time("forward")), duration(theirBackward), ratio(theirBackward / backward)]); // prettier-ignore
  results.push({ name, forward: time("forward"), backward, theirs: theirBackward });
}
console.log(
  table(["1 M elements", "forward", "backward", "of forward", "tfjs-wasm backward", "theirs / ours"], rows),
);
save("backward", here, { results });
