/** jax-js on its WebAssembly backend, every function under jit. */
import type { Array32, Workload } from "../workload.js";
import { load, type Peer, type Prepared, versionOf } from "./peer.js";

interface Value {
  /** A second reference: every use of a value consumes one. */
  readonly ref: Value;
  readonly shape: number[];
  reshape(shape: readonly number[]): Value;
  add(other: Value | number): Value;
  sub(other: Value): Value;
  mul(other: Value | number): Value;
  data(): Promise<Float32Array>;
  blockUntilReady(): Promise<unknown>;
  dispose(): void;
}
type Call = (...args: unknown[]) => Value;
type Names = Record<string, Call>;
interface Jax {
  readonly numpy: Names & { readonly linalg: Names; array(data: Float32Array | Int32Array): Value };
  readonly lax: { readonly linalg: Names };
  readonly nn: Names;
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): unknown;
  jit<F>(f: F): F;
  grad(
    f: (parameters: Value[], ...rest: Value[]) => Value,
  ): (parameters: Value[], ...rest: Value[]) => Value[];
}

function formulaOf(
  { numpy: np, nn, lax }: Jax,
  { task }: Workload,
): ((...args: Value[]) => Value) | undefined {
  const turned = (x: Value, transpose: boolean): Value => (transpose ? np.swapaxes(x, -1, -2) : x);
  switch (task.kind) {
    case "matmul":
      return (a, b) => np.matmul(turned(a, task.transposeA), turned(b, task.transposeB));
    case "add":
      return (x, y) => x.add(y);
    case "mul":
      return (x, y) => x.mul(y);
    case "exp":
    case "tanh":
    case "cos":
      return (x) => np[task.kind](x);
    case "sigmoid":
      return (x) => nn.sigmoid(x);
    case "gelu":
      return (x) => nn.gelu(x, { approximate: false });
    case "softmax":
      return (x) => nn.softmax(x, -1);
    case "transpose":
      return (x) => np.transpose(x).add(0); // a copy: the transpose alone moves nothing
    case "sum":
      return (x) => np.sum(x, task.axis);
    case "argmax":
      return (x) => np.argmax(x, 1);
    case "gather":
      return (x, indices) => np.take(x, indices, 0);
    case "layerNorm":
      return (x, gain, bias) => {
        const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
        const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
        return centred
          .mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
          .mul(gain)
          .add(bias);
      };
    case "batchNorm":
      return (x, mean, variance, gain, bias) =>
        x
          .sub(mean)
          .mul(gain.mul(np.reciprocal(np.sqrt(variance.add(1e-5)))))
          .add(bias);
    case "attention":
      return (q, k, v) => {
        const scale = 1 / Math.sqrt(q.shape[2]);
        return np.matmul(nn.softmax(np.matmul(q, np.swapaxes(k, -1, -2)).mul(scale), -1), v);
      };
    case "cholesky":
      return (a) => lax.linalg.cholesky(a);
    case "solve":
      return (a, b) => np.linalg.solve(a, b);
    case "conv": // 0.14 GFLOP/s, which is not worth the time
    case "maxPool":
    case "globalAverage":
    case "train":
      return undefined;
  }
}

export async function connect(): Promise<Peer> {
  const jax = await load<Jax>("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const value = ({ shape, data }: Array32): Value => jax.numpy.array(data).reshape(shape);
  return {
    name: "jax-js",
    version: versionOf("@jax-js/jax"),
    async prepare(workload, arrays) {
      const { task } = workload;
      if (task.kind !== "train" && formulaOf(jax, workload) === undefined) return undefined;
      const inputs = arrays.map(value);
      if (task.kind === "gather") inputs.push(jax.numpy.array(task.indices));
      await Promise.all(inputs.map((input) => input.blockUntilReady()));
      const dispose = (): void => inputs.forEach((input) => input.dispose());
      if (task.kind === "train") return training(jax, workload, inputs);
      const formula = formulaOf(jax, workload)!;
      // jit refuses triangular systems: "input is not imm".
      const call = task.kind === "solve" ? formula : jax.jit(formula);
      const finished = async (): Promise<Value> => {
        const result = call(...inputs.map((input) => input.ref));
        await result.blockUntilReady();
        return result;
      };
      return {
        run: async () => (await finished()).dispose(),
        result: async () => (await finished()).data(),
        dispose,
      };
    },
  };
}

function training(jax: Jax, { task }: Workload, [x, ...initial]: Value[]): Prepared {
  if (task.kind !== "train") throw new Error("no training step");
  const { numpy: np, nn, jit, grad } = jax;
  const classes = initial[3].shape[0];
  const oneHot = Float32Array.from({ length: task.labels.length * classes }, (_, i) =>
    Number(task.labels[Math.floor(i / classes)] === i % classes),
  );
  const targets = np.array(oneHot).reshape([task.labels.length, classes]);
  const loss = ([w1, b1, w2, b2]: Value[], x: Value, targets: Value): Value => {
    const hidden = nn.relu(np.add(np.matmul(x, np.transpose(w1)), b1));
    const logits = np.add(np.matmul(hidden, np.transpose(w2)), b2);
    return np.sum(nn.logSoftmax(logits, -1).mul(targets)).mul(-1 / task.labels.length);
  };
  const gradient = grad(loss);
  const step = jit((parameters: Value[], x: Value, targets: Value): Value[] => {
    const slopes = gradient(
      parameters.map((each) => each.ref),
      x,
      targets,
    );
    return parameters.map((each, i) => each.sub(slopes[i].mul(task.learningRate)));
  });
  let parameters = initial;
  const run = async (): Promise<void> => {
    parameters = step(parameters, x.ref, targets.ref);
    await Promise.all(parameters.map((each) => each.blockUntilReady()));
  };
  return {
    run,
    result: async () => {
      await run();
      const all = await Promise.all(parameters.map((each) => each.ref.data()));
      return Float32Array.from(all.flatMap((data) => [...data]));
    },
    dispose: () => [x, targets, ...parameters].forEach((each) => each.dispose()),
  };
}
