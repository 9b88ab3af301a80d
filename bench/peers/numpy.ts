/** numpy-ts: its own WebAssembly heap, every array disposed of. */
import type { Array32, Workload } from "../workload.js";
import { load, type Peer, versionOf } from "./peer.js";

interface NDArray {
  readonly data: Float32Array;
  dispose(): void;
}
type Call = (...args: unknown[]) => NDArray;
interface NumPy extends Record<
  "zeros" | "matmul" | "swapaxes" | "add" | "multiply" | "exp" | "tanh" | "cos" | "sum",
  Call
> {
  configureWasm(options: { maxMemory: number }): void;
  readonly [name: string]: unknown;
}

/** The result, and all arrays made on the way to it. */
type Chain = (np: (name: string, ...args: unknown[]) => NDArray) => NDArray;

function chainOf({ task, shape }: Workload, [x, y]: NDArray[]): Chain | undefined {
  const last = shape.length - 1;
  switch (task.kind) {
    case "matmul": {
      const { transposeA, transposeB } = task;
      return (np) =>
        np("matmul", transposeA ? np("swapaxes", x, -1, -2) : x, transposeB ? np("swapaxes", y, -1, -2) : y);
    }
    case "add":
      return (np) => np("add", x, y);
    case "mul":
      return (np) => np("multiply", x, y);
    case "exp":
    case "tanh":
    case "cos":
      return (np) => np(task.kind, x);
    case "softmax":
      return (np) => {
        const e = np("exp", np("subtract", x, np("max", x, last, true)));
        return np("divide", e, np("sum", e, last, true));
      };
    case "transpose":
      return (np) => np("ascontiguousarray", np("transpose", x));
    case "sum":
      return (np) => np("sum", x, task.axis);
    case "cholesky":
      return (np) => np("linalg.cholesky", x);
    case "solve":
      return (np) => np("linalg.solve", x, y);
    case "argmax":
      return (np) => np("argmax", x, 1);
    case "gather":
      return (np) => np("take", x, Array.from(task.indices), 0);
    default:
      return undefined; // it has no sigmoid and no gradients
  }
}

export async function connect(): Promise<Peer> {
  const numpy = await load<NumPy>("numpy-ts");
  numpy.configureWasm({ maxMemory: 2 ** 30 });
  const array = ({ shape, data }: Array32): NDArray => {
    const result = numpy.zeros(shape, "float32");
    result.data.set(data);
    return result;
  };
  return {
    name: "numpy-ts",
    version: versionOf("numpy-ts"),
    prepare(workload, arrays) {
      const inputs = arrays.map(array);
      const chain = chainOf(workload, inputs);
      if (chain === undefined) return undefined;
      const made: NDArray[] = [];
      const call = (): NDArray =>
        chain((name, ...args) => {
          const call = name
            .split(".")
            .reduce<unknown>((of, key) => (of as Record<string, unknown>)[key], numpy) as Call;
          const result = call(...args);
          made.push(result);
          return result;
        });
      const clear = (): void => {
        for (const each of made) each?.dispose?.();
        made.length = 0;
      };
      return {
        run: () => {
          call();
          clear();
        },
        result: () => {
          const copy = Array.from(call().data, Number);
          clear();
          return copy;
        },
        dispose: () => inputs.forEach((input) => input.dispose()),
      };
    },
  };
}
