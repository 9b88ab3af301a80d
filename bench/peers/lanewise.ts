/** This package. */
import { readFileSync } from "node:fs";
import {
  type BinaryName,
  type Device,
  init,
  optim,
  setDevice,
  type Tensor,
  tensor,
  valueAndGrad,
} from "../../src/index.js";
import * as lanewise from "../../src/index.js";
import type { Workload } from "../workload.js";
import type { Peer, Prepared } from "./peer.js";

const { linear, mean, crossEntropy } = lanewise;

/** Of one binary: every tensor lives on the device that it was made on. */
export async function connect(binary?: BinaryName): Promise<Peer> {
  const device = await init({ threads: 1, ...(binary && { prefer: [binary] }) });
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return {
    name: binary ? `lanewise ${binary.replace("wasm-", "")}` : "lanewise",
    version: `${version} ${device.name}`,
    prepare(workload, arrays) {
      setDevice(device);
      const inputs = arrays.map(({ data, shape }) => tensor(data, shape));
      if (workload.task.kind === "train") return training(workload, inputs, device);
      const call = callOf(workload, inputs);
      return {
        run: () => call().dispose(),
        result: () => {
          using y = call();
          return y.dataSync();
        },
        dispose: () => inputs.forEach((input) => input.dispose()),
      };
    },
  };
}

function callOf({ task }: Workload, inputs: readonly Tensor[]): () => Tensor {
  const [x, y] = inputs;
  switch (task.kind) {
    case "matmul": {
      const { transposeA, transposeB } = task;
      return () => lanewise.matmul(x, y, { transposeA, transposeB });
    }
    case "add":
    case "mul":
      return () => lanewise[task.kind](x, y);
    case "sum":
      return () => lanewise.sum(x, { axis: task.axis });
    case "argmax":
      return () => lanewise.argmax(x, { axis: 1 });
    case "gather": {
      const indices = tensor(task.indices);
      return () => lanewise.gather(x, indices);
    }
    case "conv": {
      const algorithm = task.precise ? "gemm" : undefined;
      const layer = lanewise.prepack(y, 0, {
        strides: task.stride,
        groups: task.groups,
        padding: "same",
        algorithm,
      });
      return () => layer.apply(x);
    }
    case "maxPool":
      return () => lanewise.maxPool(x, task.kernel, { strides: task.stride, padding: "same" });
    case "globalAverage":
      return () => lanewise.globalAvgPool(x);
    case "layerNorm":
      return () => lanewise.layerNorm(x, y, inputs[2]);
    case "batchNorm": {
      const [, mean, variance, gain, bias] = inputs;
      return () => lanewise.batchNorm(x, gain, bias, { mean, variance });
    }
    case "attention":
      return () => lanewise.attention(x, y, inputs[2]);
    case "cholesky":
      return () => lanewise.cholesky(x);
    case "solve":
      return () => lanewise.solve(x, y);
    case "train":
      throw new Error("not one op");
    default:
      return () => lanewise[task.kind](x);
  }
}

function training({ task }: Workload, [x, w1, b1, w2, b2]: readonly Tensor[], device: Device): Prepared {
  if (task.kind !== "train") throw new Error("no training step");
  const labels = tensor(task.labels);
  const parameters = { w1, b1, w2, b2 };
  const loss = () => mean(crossEntropy(linear(linear(x, w1, b1, { activation: "relu" }), w2, b2), labels));
  const gradient = valueAndGrad(loss, parameters);
  const optimizer = new optim.SGD(parameters, { learningRate: task.learningRate });
  const run = (): void => {
    setDevice(device); // the other binary may have had its turn
    const [value, slopes] = gradient();
    optimizer.step(slopes);
    value.dispose();
  };
  return {
    run,
    result: () => {
      run();
      return Float32Array.from(Object.values(parameters).flatMap((parameter) => [...parameter.dataSync()]));
    },
    dispose: () => [x, labels, ...Object.values(parameters)].forEach((each) => each.dispose()),
  };
}
