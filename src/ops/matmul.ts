/** Matrix products. */
import { bytesOf, type DType } from "../dtype.js";
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { op } from "../op.js";
import { broadcastShapes, broadcastStrides, layoutOf, type Shape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, unbroadcast } from "./binary.js";
import { gemm } from "./gemm.js";
import { reshape } from "./movement.js";
import { sum } from "./reduce.js";
import { relu, reluGrad, sigmoid, sigmoidGrad, tanh, tanhGrad } from "./unary.js";

export interface Transposes {
  /** Read the last two axes of a (of b) exchanged. No copy is made. */
  transposeA?: boolean;
  transposeB?: boolean;
}

/** Rows, columns and the steps between them, in elements, of the last two axes. */
function matrixOf(name: string, argument: string, x: Spec, transposed: boolean | undefined) {
  const rank = x.shape.length;
  if (rank < 2)
    throw new ShapeError(
      `${name}: ${argument} is ${show(x.shape)}, expected at least two axes (reshape a vector)`,
    );
  const [rows, cols] = x.shape.slice(-2);
  return transposed
    ? { rows: cols, cols: rows, row: 1, col: cols, batch: x.shape.slice(0, -2) }
    : { rows, cols, row: cols, col: 1, batch: x.shape.slice(0, -2) };
}

/** The matrices of a product; throws unless a has as many columns as b has rows. */
export function matricesOf(name: string, a: Spec, b: Spec, { transposeA, transposeB }: Transposes) {
  const A = matrixOf(name, "a", a, transposeA);
  const B = matrixOf(name, "b", b, transposeB);
  if (A.cols === B.rows) return [A, B] as const;
  const read = (x: Spec, transposed?: boolean): string => show(x.shape) + (transposed ? " transposed" : "");
  throw new ShapeError(
    `${name}: a is ${read(a, transposeA)} and b is ${read(b, transposeB)}; ` +
      `a has ${A.cols} columns and b has ${B.rows} rows`,
  );
}

/** What the kernel's name adds for the dtype of weights: they have that of x, or 16 bits where x is float32. */
function wordOf(name: string, argument: string, x: Spec, weight: Spec): "" | "Half" | "Brain" {
  if (weight.dtype === x.dtype) return "";
  if (x.dtype === "float32" && weight.dtype === "float16") return "Half";
  if (x.dtype === "float32" && weight.dtype === "bfloat16") return "Brain";
  throw new DTypeError(`${name}: ${argument} is ${weight.dtype}, expected ${x.dtype} (cast converts)`);
}

/** Steps between the matrices of a batch, along each axis of the broadcast batch. */
function batchStrides(from: Shape, to: Shape, matrix: number): number[] {
  return broadcastStrides(from, to).map((stride) => stride * matrix);
}

/**
 * C = A · B over the last two axes; the axes before them broadcast. a [..., m, k], b [..., k, n] → [..., m, n]. With a of
 * float32, b may be float16 or bfloat16: it is read as it lies, and its derivative is float32.
 */
export const matmul = /* @__PURE__ */ op<[a: Tensor, b: Tensor], Transposes>()({
  name: "matmul",
  inputs: { a: "real", b: "weight" },
  defaults: { transposeA: false, transposeB: false },
  plan([a, b], { transposeA, transposeB }) {
    const [A, B] = matricesOf("matmul", a, b, { transposeA, transposeB });
    const word = wordOf("matmul", "b", a, b);
    const batch = broadcastShapes("matmul", A.batch, B.batch, ["batch of a", "batch of b"]);
    const count = sizeOf(batch);
    const [m, n, k] = [A.rows, B.cols, A.cols];
    const run = {
      outputs: [{ shape: [...batch, m, n], dtype: a.dtype }],
      flops: 2 * count * m * n * k,
      bytes: bytesOf(a.dtype) * (sizeOf(a.shape) + count * m * n) + bytesOf(b.dtype) * sizeOf(b.shape),
    };
    const size = bytesOf(a.dtype);
    const strides = [A.row, A.col, B.row, B.col];
    const one = sizeOf(B.batch) === 1 && (!transposeA || count === 1); // the rows of all A are rows of one matrix
    if (one)
      return {
        kernel: `matmul${word}`,
        ...run,
        ...gemm(count * m, n, k, size),
        numbers: [count * m, n, k, ...strides],
      };
    const layout = layoutOf(batch, [
      batchStrides(A.batch, batch, m * k),
      batchStrides(B.batch, batch, k * n),
    ]);
    const numbers = [m, n, k, ...strides];
    return { kernel: `matmulBatched${word}`, ...run, ...gemm(m, n, k, size, count), layout, numbers };
  },
  vjp(dy, _, [a, b], { transposeA: tA = false, transposeB: tB = false }) {
    const da = (): Tensor =>
      tA ? matmul(b, dy, { transposeA: tB, transposeB: true }) : matmul(dy, b, { transposeB: !tB });
    const db = (): Tensor => {
      // With one b for a whole batch the sum over the batch is a longer product.
      if (b.rank === 2 && a.rank > 2 && !tA) {
        const rows = (x: Tensor): Tensor => reshape(x, [-1, x.shape[x.rank - 1]]);
        return tB
          ? matmul(rows(dy), rows(a), { transposeA: true })
          : matmul(rows(a), rows(dy), { transposeA: true });
      }
      return tB ? matmul(dy, a, { transposeA: true, transposeB: tA }) : matmul(a, dy, { transposeA: !tA });
    };
    return [() => unbroadcast(da(), a.shape), () => unbroadcast(db(), b.shape)];
  },
});

/** What `linear` may apply to its result. The kernel knows them by their place in this list. */
export type Activation = "none" | "relu" | "tanh" | "sigmoid";

const activations: readonly Activation[] = ["none", "relu", "tanh", "sigmoid"];

/** The kernel's number for an activation, its place among `known`; none where float64 has no kernel of it. */
export function activationIndex(
  name: string,
  activation: string,
  dtype: DType,
  known: readonly string[] = activations,
): number | undefined {
  const index = known.indexOf(activation);
  if (index < 0)
    throw new OptionError(`${name}: activation is "${activation}", expected one of ${known.join(", ")}`);
  return dtype === "float64" && (activation === "tanh" || activation === "sigmoid") ? undefined : index;
}

/** y = activation(z). */
export function activate(z: Tensor, activation: Activation): Tensor {
  if (activation === "relu") return relu(z);
  if (activation === "tanh") return tanh(z);
  return activation === "sigmoid" ? sigmoid(z) : z;
}

/** The cotangent of z, from that of y = activation(z). */
export function deactivate(dy: Tensor, y: Tensor, activation: Activation): Tensor {
  if (activation === "relu") return reluGrad(dy, y);
  if (activation === "tanh") return tanhGrad(dy, y);
  return activation === "sigmoid" ? sigmoidGrad(dy, y) : dy;
}

/**
 * y = activation(x · weightᵀ + bias), in one pass. x [..., in], weight [out, in], bias [out] → [..., out].
 * Option `activation`: "none" (default), "relu", "tanh" or "sigmoid". Weights may be float16 or bfloat16 as in matmul.
 */
export const linear = /* @__PURE__ */ op<
  [x: Tensor, weight: Tensor, bias: Tensor],
  { activation?: Activation }
>()({
  name: "linear",
  inputs: { x: "real", weight: "weight", bias: "real" },
  defaults: { activation: "none" },
  plan([x, weight, bias], { activation = "none" }) {
    const { rows: out, cols: k } = matrixOf("linear", "weight", weight, false);
    const width = x.shape[x.shape.length - 1];
    if (weight.shape.length !== 2 || width !== k)
      throw new ShapeError(
        `linear: weight is ${show(weight.shape)}, expected [out, ${width ?? "in"}] (last axis of x ${show(x.shape)})`,
      );
    if (bias.shape.length !== 1 || bias.shape[0] !== out)
      throw new ShapeError(
        `linear: bias is ${show(bias.shape)}, expected [${out}] (first axis of weight ${show(weight.shape)})`,
      );
    const index = activationIndex("linear", activation, x.dtype);
    if (index === undefined || wordOf("linear", "weight", x, weight) !== "") return undefined;
    const batch = x.shape.slice(0, -1);
    const m = sizeOf(batch);
    return {
      kernel: "linear",
      outputs: [{ shape: [...batch, out], dtype: x.dtype }],
      ...gemm(m, out, k, bytesOf(x.dtype)),
      numbers: [m, out, k, k, 1, 1, k, index],
      flops: 2 * m * out * k,
      bytes: 4 * (m * k + out * k + out + m * out),
    };
  },
  vjp(dy, [y], [x, weight], { activation = "none" }) {
    const rows = (t: Tensor): Tensor => (t.rank === 2 ? t : reshape(t, [-1, t.shape[t.rank - 1]]));
    let shared: Tensor | undefined;
    const dz = (): Tensor => (shared ??= rows(deactivate(dy, y, activation)));
    return [
      () => reshape(matmul(dz(), weight), x.shape),
      () => matmul(dz(), rows(x), { transposeA: true }),
      () => sum(dz(), { axis: 0 }),
    ];
  },
  fallback([x, weight, bias], { activation = "none" }) {
    const rows = x.rank === 1 ? reshape(x, [1, -1]) : x;
    const y = activate(add(matmul(rows, weight, { transposeB: true }), bias), activation);
    return x.rank === 1 ? reshape(y, [-1]) : y;
  },
});
