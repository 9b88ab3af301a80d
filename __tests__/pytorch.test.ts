/** Known answers from outside: what PyTorch computes, in float64, of the same numbers (scripts/known_answers.py). */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { runnable } from "./binaries.js";

type Tensor = L.Tensor;

interface Spec {
  readonly shape: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly whole?: boolean;
}

interface Answer {
  readonly inputs: readonly Spec[];
  readonly shape: readonly number[];
  readonly y: readonly number[];
  /** Of Σ y · weights, for each real input. */
  readonly gradients?: readonly (readonly number[])[];
}

const answers = JSON.parse(readFileSync(new URL("pytorch.json", import.meta.url), "utf8")) as Record<
  string,
  Answer
>;

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The same numbers that PyTorch had: multiples of the golden ratio, modulo 1. */
const numbers = (seed: number, size: number, low: number, high: number): number[] =>
  Array.from({ length: size }, (_, i) => low + (high - low) * (((i + 1) * GOLDEN + seed * 0.371) % 1));

function tensorOf({ shape, low, high, whole }: Spec, seed: number): Tensor {
  const list = numbers(seed, shape.reduce((a, b) => a * b, 1), low, high); // prettier-ignore
  return whole ? L.tensor(Int32Array.from(list, Math.trunc), shape) : L.tensor(list, shape);
}

type Call = (...tensors: Tensor[]) => Tensor;

/** Calls whose names are not simply those of ops. */
const calls: Record<string, Call> = {
  "leakyRelu 0.3": (x) => L.leakyRelu(x, { slope: 0.3 }),
  "elu 2.5": (x) => L.elu(x, { alpha: 2.5 }),
  clip: (x) => L.clip(x, { low: -0.5, high: 0.75 }),
  "softmax axis 0": (x) => L.softmax(x, { axis: 0 }),
  "logSoftmax axis 0": (x) => L.logSoftmax(x, { axis: 0 }),
  where: (x, y) => L.where(L.less(x, y), x, L.mul(y, 2)),
  "matmul batched": L.matmul as Call,
  "prod with a zero": (x) => L.prod(L.mul(x, L.tensor([1, 0, 1, 1])), { axis: -1 }),
  "prod with two zeros": (x) => L.prod(L.mul(x, L.tensor([1, 0, 0, 1])), { axis: -1 }),
  "cumprod with a zero": (x) => L.cumprod(L.mul(x, L.tensor([1, 0, 1, 1]))),
  "cumprod with two zeros": (x) => L.cumprod(L.mul(x, L.tensor([1, 0, 0, 1]))),
  permuteDims: (x) => L.permuteDims(x, [2, 0, 1]),
  "slice steps": (x) => L.slice(x, [0, 1], [-1, -1], { steps: [1, 2] }),
  "slice back": (x) => L.slice(x, [0, -1], [-1, -1], { steps: [1, -3] }),
  tile: (x) => L.tile(x, [2, 3]),
  "pad constant": (x) => L.pad(x, [2, 1], [1, 2], { value: 1.5 }),
  "tril 1": (x) => L.tril(x, { k: 1 }),
  "triu -1": (x) => L.triu(x, { k: -1 }),
  "diag 1": (x) => L.diag(x, { k: 1 }),
  "diagonal -1": (x) => L.diag(x, { k: -1 }),
  oneHot: (i) => L.oneHot(i, 5),
  bincount: (i) => L.bincount(i, 5),
  histogram: (x) => L.histogram(x, { bins: 7, low: -1.5, high: 1.5 }),
  arange: () => L.arange(1, 4, 0.5),
  linspace: () => L.linspace(-1, 2, 7),
  takeAlongAxis: (x, i) => L.takeAlongAxis(x, i, { axis: 1 }),
  scatterND: (i, x) => L.scatterND(L.reshape(i, [6, 1]), x, [5, 2]),
  crossEntropy: L.crossEntropy as Call,
  binaryCrossEntropy: L.nn.binaryCrossEntropy,
  huber: (x, y) => L.nn.huber(x, y),
  conv1d: (x, w, b) => L.conv1d(x, w, b, { strides: 2, padding: 1 }),
  conv2d: (x, w, b) => L.conv2d(x, w, b, { strides: [2, 1], padding: [1, 0] }),
  "conv2d groups": (x, w, b) => L.conv2d(x, w, b, { groups: 2, dilations: [2, 1], padding: [2, 1] }),
  "conv2d of each": (x, w, b) => L.depthwiseConv2d(x, L.reshape(w, [3, 3, 3, 2]), b, { padding: 1 }),
  "conv2d tiled": (x, w, b) => L.conv2d(x, w, b, { padding: "same", algorithm: "winograd4" }),
  conv3d: (x, w, b) => L.conv3d(x, w, b, { strides: [1, 2, 1], padding: [0, 1, 1] }),
  convTranspose1d: (x, w, b) => L.convTranspose1d(x, w, b, { strides: 3, padding: 1, outputPadding: 2 }),
  convTranspose2d: (x, w, b) => L.convTranspose2d(x, w, b, { strides: 2, groups: 2, outputPadding: [1, 0] }),
  convTranspose3d: (x, w, b) => L.convTranspose3d(x, w, b, { strides: 2, dilations: [1, 1, 2] }),
  maxPool: (x) => L.maxPool(x, 3, { strides: 2, padding: 1 }),
  "maxPool apart": (x) => L.maxPool(x, 2, { strides: 1, dilations: 2 }),
  avgPool: (x) => L.avgPool(x, 3, { strides: 2, padding: 1 }),
  "avgPool counting": (x) => L.avgPool(x, 3, { strides: 2, padding: 1, countIncludePad: true }),
  adaptiveAvgPool: (x) => L.adaptiveAvgPool(x, [3, 4]),
  globalAvgPool: (x) => L.globalAvgPool(x),
  resizeNearest: (x) => L.resizeNearest(x, [7, 4], { coordinates: "asymmetric" }),
  "resizeNearest middles": (x) => L.resizeNearest(x, [7, 4]),
  resizeBilinear: (x) => L.resizeBilinear(x, [8, 4]),
  "resizeBilinear corners": (x) => L.resizeBilinear(x, [8, 4], { coordinates: "alignCorners" }),
  pixelShuffle: (x) => L.pixelShuffle(x, 2, { dataFormat: "NCHW" }),
  groupNorm: (x, gain, bias) => L.groupNorm(x, 2, gain, bias, { eps: 0.01 }),
  "batchNorm in use": (x, mean, variance, gain, bias) => {
    const fixed = [mean, variance].map((statistic) => L.stopGradient(statistic));
    return L.batchNorm(x, gain, bias, { mean: fixed[0], variance: fixed[1] });
  },
  l2Normalize: (x) => L.l2Normalize(x, { axis: 1 }),
  localResponseNorm: (x) => L.localResponseNorm(x, { size: 3, alpha: 0.5, k: 2 }),
  "running 0": (x, y) => running(x, y).mean,
  "running 1": (x, y) => running(x, y).variance,
  attention: (q, k, v) => L.attention(q, k, v, { heads: 2 }),
  "attention causal": (q, k, v) => L.attention(q, k, v, { heads: 4, kvHeads: 2, causal: true }),
  lstm: recurrent((key) => new L.nn.LSTM(3, 4, { key })),
  gru: recurrent((key) => new L.nn.GRU(3, 4, { key })),
  embedding: (indices, weight) => L.embedding(weight, indices),
};

/** The running statistics after two batches. */
function running(...batches: Tensor[]): { mean: Tensor; variance: Tensor } {
  const [mean, variance] = [L.zeros([3]), L.ones([3])];
  for (const batch of batches) L.batchNorm(batch, 1, 0, { mean, variance, training: true, momentum: 0.3 });
  return { mean, variance };
}

/** A recurrent network whose weights are given. */
function recurrent(make: (key: readonly [number, number]) => L.nn.LSTM | L.nn.GRU): Call {
  return (x, input, hidden, inputBias, hiddenBias) => {
    const module = make(L.random.key(1));
    module.dispose();
    const linear = (weight: Tensor, bias: Tensor) => ({ forward: (x: Tensor) => L.linear(x, weight, bias) });
    Object.assign(module, { input: linear(input, inputBias), hidden: linear(hidden, hiddenBias) });
    return module.forward(x);
  };
}

type Over = { axis: number | readonly number[]; keepDims: boolean };

/** Calls along an axis, by the first word of their names. */
const along: Record<string, (over: Over, axis: number) => Call> = {
  variance: (over) => (x) => L.variance(x, over),
  std: (over) => (x) => L.std(x, { ...over, correction: 1 }),
  "norm 1": (over) => (x) => L.norm(x, { ...over, ord: 1 }),
  "norm 2": (over) => (x) => L.norm(x, over),
  "norm 3": (over) => (x) => L.norm(x, { ...over, ord: 3 }),
  "norm inf": (over) => (x) => L.norm(x, { ...over, ord: Infinity }),
  sum: (over) => (x) => L.sum(x, over),
  mean: (over) => (x) => L.mean(x, over),
  max: (over) => (x) => L.max(x, over),
  min: (over) => (x) => L.min(x, over),
  logsumexp: (over) => (x) => L.logsumexp(x, over),
  prod: (over) => (x) => L.prod(x, over),
  argmax: (over) => (x) => L.argmax(x, over),
  argmin: (over) => (x) => L.argmin(x, over),
  cumsum: (_, axis) => (x) => L.cumsum(x, { axis }),
  cumprod: (_, axis) => (x) => L.cumprod(x, { axis }),
  sort: (_, axis) => (x) => L.sort(x, { axis }),
  argsort: (_, axis) => (x) => L.argsort(x, { axis }),
  topk: (_, axis) => (x) => L.topk(x, 2, { axis }).values,
  "topk smallest": (_, axis) => (x) => L.topk(x, 1, { axis, largest: false }).values,
  flip: (_, axis) => (x) => L.flip(x, { axis }),
  roll: (_, axis) => (x) => L.roll(x, 1, { axis }),
  repeat: (_, axis) => (x) => L.repeat(x, 2, { axis }),
  concat: (_, axis) => (x, y) => L.concat([x, y], { axis }),
  stack: (_, axis) => (x, y) => L.stack([x, y], { axis }),
  gather: (_, axis) => (x, i) => L.gather(x, i, { axis }),
};

/** The call that an answer's name describes. */
function callOf(name: string): Call {
  if (name in calls) return calls[name];
  const [, formula] = /^einsum (.*)$/.exec(name) ?? [];
  if (formula !== undefined) return (...tensors) => L.einsum(formula, ...tensors);
  const [, mode] = /^pad (.*)$/.exec(name) ?? [];
  if (mode !== undefined) return (x) => L.pad(x, [2, 1], [1, 2], { mode: mode as L.PadMode });
  const [, word, which, kept] = /^(.*?) (?:all|ax[ei]s (.*?))(, kept)?$/.exec(name) ?? [];
  if (word !== undefined) {
    const axes = which === undefined ? [0, 1, 2] : which.split(", ").map(Number);
    return along[word]({ axis: axes, keepDims: kept !== undefined }, axes[0]);
  }
  return (L as unknown as Record<string, Call>)[name];
}

/** Within so much of the largest number of its kind. */
function expectNear(actual: Tensor, expected: readonly number[]): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const data = [...actual.dataSync()];
  expect(data.length).toBe(expected.length);
  data.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(4e-6 * scale));
}

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => L.init({ prefer: [binary] }));

  test.each(Object.entries(answers))("%s", (name, { inputs, shape, y, gradients }) =>
    L.scope(() => {
      const tensors = inputs.map((spec, i) => tensorOf(spec, i + 1));
      const call = callOf(name);
      const result = call(...tensors);
      expect(result.shape).toEqual(shape);
      expectNear(result, y);
      if (gradients === undefined) return;
      const real = tensors.flatMap((x, i) => (x.dtype === "float32" ? [i] : []));
      const weights = L.tensor(numbers(9, y.length, -1, 1), shape);
      const slopes = L.grad((primals: readonly Tensor[]) => {
        const all = [...tensors];
        real.forEach((at, i) => (all[at] = primals[i]));
        return L.sum(L.mul(call(...all), weights));
      })(real.map((i) => tensors[i]));
      slopes.forEach((slope, i) => expectNear(slope, gradients[i]));
    }),
  );
});
