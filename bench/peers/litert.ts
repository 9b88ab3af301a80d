/** LiteRT.js (XNNPACK, relaxed SIMD), one thread. It is made for browsers: Node needs the few globals below while it loads. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import type { Array32, Workload } from "../workload.js";
import { load, type Peer, require, versionOf } from "./peer.js";
import { type LiteModel, type LiteOperator, type LiteTensor, tflite } from "./tflite.js";

interface LiteValue {
  data(): Promise<ArrayLike<number>>;
  delete(): void;
}
interface LiteRt {
  loadLiteRt(folder: string, options: object): Promise<unknown>;
  loadAndCompile(
    model: Uint8Array,
    options: object,
  ): Promise<{ run(inputs: LiteValue[]): Promise<LiteValue[]>; delete(): void }>;
  readonly Tensor: { fromTypedArray(data: Float32Array, shape: readonly number[]): LiteValue };
}

/** Runs `f` while this thread looks to LiteRT like a browser's worker whose files lie in `folder`. */
async function asWorker<T>(folder: string, f: () => Promise<T>): Promise<T> {
  const url = pathToFileURL(folder + "/").href;
  const pretended: Record<string, unknown> = {
    self: globalThis,
    WorkerGlobalScope: function () {},
    location: { href: url },
    importScripts(from: string) {
      const file = String(from).replace("file://", "");
      const code = readFileSync(file, "utf8").replaceAll("globalThis.process?.versions?.node", "false");
      Object.assign(globalThis, {
        Module: {
          wasmBinary: readFileSync(file.replace(/\.js$/, ".wasm")),
          locateFile: (name: string) => url + name,
          print() {},
          printErr() {},
        },
      });
      runInThisContext(`${code}\n;globalThis.ModuleFactory = ModuleFactory;`, { filename: file });
    },
    async fetch(from: unknown) {
      const file = readFileSync(String(from).replace("file://", ""));
      return new Response(file, { headers: { "Content-Type": "application/wasm" } });
    },
  };
  const before = new Map(
    Object.keys(pretended).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]),
  );
  for (const [name, value] of Object.entries(pretended))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    return await f();
  } finally {
    for (const [name, descriptor] of before)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete (globalThis as Record<string, unknown>)[name];
  }
}

/** Codes of BuiltinOperator, and of BuiltinOptions where there are some. */
const simple = {
  exp: { code: 47 },
  tanh: { code: 28 },
  sigmoid: { code: 14 },
  cos: { code: 108 },
  gelu: { code: 150 },
};

type Model = Pick<LiteModel, "tensors"> & { operator: Omit<LiteOperator, "inputs" | "outputs">; fed: number };

function modelOf({ task, shape }: Workload, inputs: readonly Array32[]): Model | undefined {
  const [x, other] = inputs;
  const fed = { shape: x.shape };
  const y: LiteTensor = { shape };
  switch (task.kind) {
    case "matmul": {
      if (x.shape.length === 2 && !task.transposeA) {
        // A fully connected layer: its weights [n, k] are a constant, packed beforehand.
        const weights = task.transposeB ? other : transposed(other);
        const options = [{ field: 0, type: "byte" as const, value: 0 }];
        return { tensors: [fed, weights, y], operator: { code: 9, optionsType: 8, options }, fed: 1 };
      }
      const sides = [task.transposeA, task.transposeB];
      const options = sides.map((side, field) => ({ field, type: "byte" as const, value: Number(side) }));
      return {
        tensors: [fed, { shape: other.shape }, y],
        operator: { code: 126, optionsType: 101, options },
        fed: 2,
      };
    }
    case "add":
    case "mul": {
      const codes = task.kind === "add" ? { code: 0, optionsType: 11 } : { code: 18, optionsType: 21 };
      const operator = { ...codes, options: [{ field: 0, type: "byte" as const, value: 0 }] };
      return other.shape.length === x.shape.length
        ? { tensors: [fed, { shape: other.shape }, y], operator, fed: 2 }
        : { tensors: [fed, other, y], operator, fed: 1 };
    }
    case "exp":
    case "tanh":
    case "sigmoid":
    case "cos":
    case "gelu":
      return { tensors: [fed, y], operator: simple[task.kind], fed: 1 };
    case "softmax": {
      const operator = {
        code: 25,
        optionsType: 9,
        options: [{ field: 0, type: "float" as const, value: 1 }],
      };
      return { tensors: [fed, y], operator, fed: 1 };
    }
    case "sum": {
      const axis = { shape: [1], type: 2, data: Int32Array.of(task.axis) };
      const options = [{ field: 0, type: "byte" as const, value: 0 }];
      return { tensors: [fed, axis, y], operator: { code: 74, optionsType: 27, options }, fed: 1 };
    }
    case "transpose": {
      const order = { shape: [2], type: 2, data: Int32Array.of(1, 0) };
      return { tensors: [fed, order, y], operator: { code: 39, optionsType: 26 }, fed: 1 };
    }
    case "conv": {
      const [kh, kw, depth, outputs] = other.shape;
      const bias = { shape: [outputs], data: new Float32Array(outputs) };
      const move = [1, 2].map((field) => ({ field, type: "int" as const, value: task.stride }));
      const same = { field: 0, type: "byte" as const, value: 0 };
      if (task.groups > 1) {
        const filter = { shape: [1, kh, kw, outputs], data: other.data };
        const options = [same, ...move, { field: 3, type: "int" as const, value: 1 }];
        return { tensors: [fed, filter, bias, y], operator: { code: 4, optionsType: 2, options }, fed: 1 };
      }
      const turned = transposed({ shape: [kh * kw * depth, outputs], data: other.data });
      const filter = { shape: [outputs, kh, kw, depth], data: turned.data };
      return {
        tensors: [fed, filter, bias, y],
        operator: { code: 3, optionsType: 1, options: [same, ...move] },
        fed: 1,
      };
    }
    case "maxPool": {
      const values = [0, task.stride, task.stride, task.kernel, task.kernel];
      const options = values.map((value, field) => ({
        field,
        type: field === 0 ? ("byte" as const) : ("int" as const),
        value,
      }));
      return { tensors: [fed, y], operator: { code: 17, optionsType: 5, options }, fed: 1 };
    }
    case "globalAverage": {
      const axes = { shape: [2], type: 2, data: Int32Array.of(1, 2) };
      const options = [{ field: 0, type: "byte" as const, value: 0 }];
      return { tensors: [fed, axes, y], operator: { code: 40, optionsType: 27, options }, fed: 1 };
    }
    default:
      return undefined; // not written here: argmax, gather; no gradients
  }
}

function transposed({ shape: [rows, cols], data }: Array32): Array32 {
  return { shape: [cols, rows], data: data.map((_, i) => data[(i % rows) * cols + Math.floor(i / rows)]) };
}

export async function connect(): Promise<Peer> {
  const folder = join(dirname(require.resolve("@litertjs/core/package.json")), "wasm");
  const lite = await asWorker(folder, async () => {
    const lite = await load<LiteRt>("@litertjs/core");
    await lite.loadLiteRt(folder + "/", { threads: false });
    return lite;
  });
  return {
    name: "litert",
    version: versionOf("@litertjs/core"),
    async prepare(workload, inputs) {
      const form = modelOf(workload, inputs);
      if (form === undefined) return undefined;
      const { tensors, fed } = form;
      const last = tensors.length - 1;
      const places = tensors.slice(0, last).map((_, i) => i);
      const operator = {
        ...form.operator,
        inputs: form.operator.code === 9 ? [...places, -1] : places,
        outputs: [last],
      };
      const bytes = tflite({ tensors, operator, inputs: places.slice(0, fed), outputs: [last] });
      const model = await lite.loadAndCompile(bytes, { accelerator: "wasm" });
      const feeds = inputs.slice(0, fed).map(({ data, shape }) => lite.Tensor.fromTypedArray(data, shape));
      return {
        run: async () => {
          for (const result of await model.run(feeds)) result.delete();
        },
        result: async () => {
          const [result] = await model.run(feeds);
          const data = Array.from(await result.data());
          result.delete();
          return data;
        },
        dispose: () => {
          feeds.forEach((feed) => feed.delete());
          model.delete();
        },
      };
    },
  };
}
