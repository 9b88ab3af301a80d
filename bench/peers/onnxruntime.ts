/** ONNX Runtime Web on its WebAssembly provider, one thread. A second matrix is a constant of the model, packed beforehand. */
import type { Array32, Workload } from "../workload.js";
import { constant, FLOAT, type Graph, INT64, model, node, value } from "./onnx.js";
import { load, type Peer, type Prepared, versionOf } from "./peer.js";

interface OrtTensor {
  readonly data: ArrayLike<number | bigint>;
}
interface Session {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
interface Ort {
  readonly env: { wasm: { numThreads: number; proxy: boolean }; logLevel: string };
  readonly Tensor: new (type: string, data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

/** A node that pads as "same" does, its images with the channels first. */
function windowed(
  type: string,
  inputs: readonly string[],
  kernel: number,
  stride: number,
  more: Record<string, number> = {},
) {
  const shape = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    auto_pad: "SAME_UPPER",
    ...more,
  };
  return node(type, inputs, ["y"], shape);
}

/** An array with its axes in another order. */
function permuted({ shape, data }: Array32, order: readonly number[]): Array32 {
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = new Float32Array(data.length);
  const extents = order.map((axis) => shape[axis]);
  const index = order.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    result[i] = data[index.reduce((at, k, axis) => at + k * steps[order[axis]], 0)];
    for (let axis = order.length - 1; axis >= 0 && ++index[axis] === extents[axis]; axis--) index[axis] = 0;
  }
  return { shape: extents, data: result };
}

/** Images as the library has them, with the channels first. */
const channelsFirst = (x: Array32): Array32 => permuted(x, [0, 3, 1, 2]);

/** The nodes from `x0`, `x1`, … to `y`, the constants, and which inputs are fed with every run. */
interface Form {
  readonly nodes: readonly Uint8Array[];
  readonly constants?: readonly Uint8Array[];
  readonly fed?: number;
  readonly type?: number;
  /** Whether x0 and y are images, with the channels first. */
  readonly images?: true;
}

const whole = (...list: number[]): BigInt64Array => BigInt64Array.from(list, BigInt);

function formOf({ task }: Workload, inputs: readonly Array32[]): Form | undefined {
  const second = (): Uint8Array[] => [constant("x1", inputs[1].shape, inputs[1].data)];
  switch (task.kind) {
    case "matmul": {
      const { transposeA, transposeB } = task;
      if (inputs[0].shape.length === 2) {
        if (!transposeA && !transposeB)
          return { nodes: [node("MatMul", ["x0", "x1"], ["y"])], constants: second() };
        const sides = { transA: Number(transposeA), transB: Number(transposeB) };
        return { nodes: [node("Gemm", ["x0", "x1"], ["y"], sides)], constants: second() };
      }
      const turned = transposeB ? [node("Transpose", ["x1"], ["t"], { perm: [0, 2, 1] })] : [];
      return { nodes: [...turned, node("MatMul", ["x0", transposeB ? "t" : "x1"], ["y"])], fed: 2 };
    }
    case "add":
    case "mul": {
      const nodes = [node(task.kind === "add" ? "Add" : "Mul", ["x0", "x1"], ["y"])];
      return inputs[1].shape.length === inputs[0].shape.length
        ? { nodes, fed: 2 }
        : { nodes, constants: second() };
    }
    case "exp":
      return { nodes: [node("Exp", ["x0"], ["y"])] };
    case "tanh":
      return { nodes: [node("Tanh", ["x0"], ["y"])] };
    case "sigmoid":
      return { nodes: [node("Sigmoid", ["x0"], ["y"])] };
    case "cos":
      return { nodes: [node("Cos", ["x0"], ["y"])] };
    case "gelu":
      return { nodes: [node("Gelu", ["x0"], ["y"])] };
    case "softmax":
      return { nodes: [node("Softmax", ["x0"], ["y"], { axis: -1 })] };
    case "transpose":
      return { nodes: [node("Transpose", ["x0"], ["y"], { perm: [1, 0] })] };
    case "sum":
      return {
        nodes: [node("ReduceSum", ["x0", "axes"], ["y"], { keepdims: 0 })],
        constants: [constant("axes", [1], whole(task.axis))],
      };
    case "argmax":
      return { nodes: [node("ArgMax", ["x0"], ["y"], { axis: 1, keepdims: 0 })], type: INT64 };
    case "gather":
      return {
        nodes: [node("Gather", ["x0", "indices"], ["y"], { axis: 0 })],
        constants: [constant("indices", [task.indices.length], whole(...task.indices))],
      };
    case "conv": {
      const filter = permuted(inputs[1], [3, 2, 0, 1]);
      const nodes = [windowed("Conv", ["x0", "x1"], filter.shape[2], task.stride, { group: task.groups })];
      return { nodes, constants: [constant("x1", filter.shape, filter.data)], images: true };
    }
    case "maxPool":
      return { nodes: [windowed("MaxPool", ["x0"], task.kernel, task.stride)], images: true };
    case "globalAverage":
      return { nodes: [node("GlobalAveragePool", ["x0"], ["y"])], images: true };
    case "layerNorm":
      return {
        nodes: [node("LayerNormalization", ["x0", "x1", "x2"], ["y"], { axis: -1 })],
        constants: [1, 2].map((i) => constant(`x${i}`, inputs[i].shape, inputs[i].data)),
      };
    case "batchNorm": {
      const [, ...numbers] = inputs;
      const constants = numbers.map(({ shape, data }, i) => constant(`x${i + 1}`, shape, data));
      return {
        nodes: [node("BatchNormalization", ["x0", "x3", "x4", "x1", "x2"], ["y"])],
        constants,
        images: true,
      };
    }
    case "attention": {
      const scale = Float32Array.of(1 / Math.sqrt(inputs[0].shape[2]));
      return {
        nodes: [
          node("Transpose", ["x1"], ["t"], { perm: [0, 2, 1] }),
          node("MatMul", ["x0", "t"], ["products"]),
          node("Mul", ["products", "scale"], ["scores"]),
          node("Softmax", ["scores"], ["weights"], { axis: -1 }),
          node("MatMul", ["weights", "x2"], ["y"]),
        ],
        constants: [constant("scale", [1], scale)],
        fed: 3,
      };
    }
    case "train":
      return undefined;
  }
}

/** The graph as it is used: inputs come with every run, the whole result goes back. */
function graphOf(
  { nodes, constants = [], fed = 1, type = FLOAT }: Form,
  inputs: readonly Array32[],
  shape: readonly number[],
): Graph {
  return {
    nodes,
    constants,
    inputs: inputs.slice(0, fed).map((input, i) => value(`x${i}`, FLOAT, input.shape)),
    outputs: [value("y", type, shape)],
  };
}

/**
 * The graph with nothing to copy: the inputs are constants times a scalar that is fed, and of each tensor in `read` one
 * element goes back. Without `nodes` it is what the graph does besides them.
 */
function insideOf(
  { nodes, constants = [], fed = 1 }: Form,
  inputs: readonly Array32[],
  read: Record<string, number>,
): Graph {
  const made = inputs.slice(0, fed);
  const slices = Object.entries(read).flatMap(([name, rank]) =>
    Array.from({ length: rank }, (_, axis) =>
      node(
        "Slice",
        [axis === 0 ? name : `${name} ${axis}`, "0", "1", `axis ${axis}`],
        [`${name} ${axis + 1}`],
      ),
    ),
  );
  const axes = Array.from({ length: Math.max(...Object.values(read)) }, (_, i) =>
    constant(`axis ${i}`, [1], whole(i)),
  );
  return {
    nodes: [...made.map((_, i) => node("Mul", [`c${i}`, "s"], [`x${i}`])), ...nodes, ...slices],
    constants: [
      ...constants,
      ...made.map(({ shape, data }, i) => constant(`c${i}`, shape, data)),
      ...[constant("0", [1], whole(0)), constant("1", [1], whole(1)), ...axes],
    ],
    inputs: [value("s", FLOAT, [1])],
    outputs: Object.entries(read).map(([name, rank]) => value(`${name} ${rank}`, FLOAT, Array(rank).fill(1))),
  };
}

export async function connect(): Promise<Peer> {
  const ort = await load<Ort>("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
  const worker = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all", logSeverityLevel: 3 };
  const open = (graph: Graph): Promise<Session> => ort.InferenceSession.create(model(graph), options);
  const one: Array32 = { shape: [1], data: Float32Array.of(1) };
  const fed = (input: Array32): OrtTensor => new ort.Tensor("float32", input.data, input.shape);

  await (await open(graphOf({ nodes: [node("Exp", ["x0"], ["y"])] }, [one], [1]))).release();
  // Its module, loaded with the first session, defines a global that one thread does not need and jax-js stumbles over.
  if (worker === undefined) delete (globalThis as { Worker?: unknown }).Worker;

  return {
    name: "onnxruntime-web",
    version: versionOf("onnxruntime-web"),
    async prepare(workload, given): Promise<Prepared | undefined> {
      const form = formOf(workload, given);
      if (form === undefined) return undefined;
      const inputs = form.images ? [channelsFirst(given[0])] : given;
      const [n, h, w, c] = workload.shape.length === 4 ? workload.shape : [1, 1, 1, workload.shape.at(-1)!];
      const shape = form.images ? [n, c, h, w] : workload.shape;
      const session = await open(graphOf(form, inputs, shape));
      const feeds = Object.fromEntries(
        inputs.slice(0, form.fed ?? 1).map((input, i) => [`x${i}`, fed(input)]),
      );
      const sessions = [session];
      let inside: Prepared["inside"];
      if (workload.task.kind === "matmul" || form.images) {
        const made = Object.fromEntries(
          inputs.slice(0, form.fed ?? 1).map(({ shape }, i) => [`x${i}`, shape.length]),
        );
        const [work, besides] = [
          await open(insideOf(form, inputs, { y: shape.length })),
          await open(insideOf({ ...form, nodes: [], constants: [] }, inputs, made)),
        ];
        sessions.push(work, besides);
        const s = fed(one);
        inside = { run: () => work.run({ s }), besides: () => besides.run({ s }) };
      }
      return {
        run: () => session.run(feeds),
        result: async () => {
          const data = Float32Array.from((await session.run(feeds)).y.data, Number);
          return form.images ? permuted({ shape, data }, [0, 2, 3, 1]).data : data;
        },
        dispose: () => Promise.all(sessions.map((each) => each.release())),
        inside,
      };
    },
  };
}
