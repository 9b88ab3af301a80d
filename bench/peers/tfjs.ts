/** TensorFlow.js on its WebAssembly backend, one thread with SIMD: what it starts with in Node. */
import type * as TensorFlow from "@tensorflow/tfjs-core";
import { dirname, join } from "node:path";
import type { Workload } from "../workload.js";
import { load, type Peer, type Prepared, require, versionOf } from "./peer.js";

type TF = typeof TensorFlow;
type Tensor = TensorFlow.Tensor;

export async function connect(): Promise<Peer> {
  const tf = await load<TF>("@tensorflow/tfjs-core");
  // What the browsers' bundle has and Node's has not; tsx makes its modules loadable here.
  require("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  const wasm = await load<{ setWasmPaths(folder: string): void }>("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    name: "tfjs-wasm",
    version: versionOf("@tensorflow/tfjs-backend-wasm"),
    prepare(workload, arrays) {
      const inputs = arrays.map(({ data, shape }) =>
        tf.tensor<TensorFlow.Rank>(data, shape as number[] as never),
      );
      if (workload.task.kind === "train") return training(tf, workload, inputs);
      const call = callOf(tf, workload, inputs);
      if (call === undefined) return undefined;
      return {
        run: () => call().dispose(),
        result: () => call().data(),
        dispose: () => tf.dispose(inputs),
      };
    },
  };
}

function callOf(tf: TF, { task }: Workload, inputs: Tensor[]): (() => Tensor) | undefined {
  const [x, y] = inputs;
  switch (task.kind) {
    case "matmul":
      return () => tf.matMul(x, y, task.transposeA, task.transposeB);
    case "add":
      return () => tf.add(x, y);
    case "mul":
      return () => tf.mul(x, y);
    case "sum":
      return () => tf.sum(x, task.axis);
    case "argmax":
      return () => tf.argMax(x, 1);
    case "gather": {
      const indices = tf.tensor1d(task.indices, "int32");
      return () => tf.gather(x, indices);
    }
    case "conv": {
      const images = x as TensorFlow.Tensor4D;
      if (task.groups === 1) return () => tf.conv2d(images, y as TensorFlow.Tensor4D, task.stride, "same");
      const filter = tf.transpose(y, [0, 1, 3, 2]) as TensorFlow.Tensor4D;
      return () => tf.depthwiseConv2d(images, filter, task.stride, "same");
    }
    case "maxPool":
      return () => tf.maxPool(x as TensorFlow.Tensor4D, task.kernel, task.stride, "same");
    case "globalAverage":
      return () => tf.mean(x, [1, 2]);
    case "layerNorm":
      return () => layerNorm(tf, x, y, inputs[2]);
    case "batchNorm": {
      const [, mean, variance, gain, bias] = inputs as TensorFlow.Tensor1D[];
      return () => tf.batchNorm4d(x as TensorFlow.Tensor4D, mean, variance, bias, gain, 1e-5);
    }
    case "attention":
      return () =>
        tf.tidy(() => {
          const scale = 1 / Math.sqrt(x.shape[2]!);
          return tf.matMul(tf.softmax(tf.mul(tf.matMul(x, y, false, true), scale)), inputs[2]);
        });
    case "train":
      throw new Error("not one op");
    case "cholesky":
    case "solve":
      return undefined;
    case "softmax":
      return () => tf.softmax(x);
    case "transpose":
      return () => tf.transpose(x);
    case "exp":
      return () => tf.exp(x);
    case "tanh":
      return () => tf.tanh(x);
    case "sigmoid":
      return () => tf.sigmoid(x);
    case "cos":
      return () => tf.cos(x);
    case "gelu": // it has none of its own
      return () => tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)));
  }
}

/** It has none of its own: as its layers library makes it. */
export function layerNorm(tf: TF, x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), gain), bias);
  });
}

function training(tf: TF, { task }: Workload, [x, ...arrays]: Tensor[]): Prepared {
  if (task.kind !== "train") throw new Error("no training step");
  // Weights as tfjs keeps them, [in, out]: its product with a transposed matrix is a slow one.
  const [w1, b1, w2, b2] = arrays.map((array) => tf.variable(array.rank === 2 ? tf.transpose(array) : array));
  const labels = tf.cast(tf.oneHot(tf.tensor1d(task.labels, "int32"), b2.size), "float32");
  const optimizer = tf.train.sgd(task.learningRate);
  const run = (): void => {
    optimizer.minimize(() => {
      const hidden = tf.relu(tf.add(tf.matMul(x as TensorFlow.Tensor2D, w1 as TensorFlow.Tensor2D), b1));
      const logits = tf.add(tf.matMul(hidden as TensorFlow.Tensor2D, w2 as TensorFlow.Tensor2D), b2);
      return tf.losses.softmaxCrossEntropy(labels, logits);
    });
  };
  return {
    run,
    result: async () => {
      run();
      const all = [tf.transpose(w1), b1, tf.transpose(w2), b2];
      return Float32Array.from(
        (await Promise.all(all.map((each) => each.data()))).flatMap((data) => [...data]),
      );
    },
    dispose: () => tf.dispose([x, labels, w1, b1, w2, b2]),
  };
}
