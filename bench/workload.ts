/** What is measured against other libraries: inputs, sizes, and the exact value of each element of the result. */
import type { Stream } from "./limits.js";

/** Pseudo-random numbers in [0, 1), the same in every run. */
export function uniform(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

export interface Array32 {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Real numbers in [−1, 1). */
export function reals(seed: number, ...shape: number[]): Array32 {
  const random = uniform(seed);
  return { shape, data: Float32Array.from({ length: size(shape) }, () => 2 * random() - 1) };
}

/** Whole numbers in [0, below). */
export function integers(seed: number, below: number, count: number): Int32Array {
  const random = uniform(seed);
  return Int32Array.from({ length: count }, () => Math.floor(below * random()));
}

export const size = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** Functions of one tensor that libraries are compared by. */
export type Elementwise = "exp" | "tanh" | "sigmoid" | "cos" | "gelu";

/** What a library is asked to do. Each library turns it into its own call. */
export type Task =
  | { readonly kind: "matmul"; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly kind: "add" | "mul" | Elementwise | "softmax" | "transpose" }
  | { readonly kind: "sum"; readonly axis: number }
  | { readonly kind: "argmax" }
  /** Images x [batch, height, width, channels], a constant filter [height, width, channels / groups, outputs], padding "same". */
  | { readonly kind: "conv"; readonly stride: number; readonly groups: number; readonly precise: boolean }
  | { readonly kind: "maxPool"; readonly kernel: number; readonly stride: number }
  | { readonly kind: "globalAverage" }
  /** x and a gain and a bias of its last axis; x [1, height, width, channels] and mean, variance, gain, bias; q, k, v. */
  | { readonly kind: "layerNorm" | "batchNorm" | "attention" }
  /** a [n, n], symmetric and positive definite; and b [n, cols]. */
  | { readonly kind: "cholesky" | "solve" }
  | { readonly kind: "gather"; readonly indices: Int32Array }
  | { readonly kind: "train"; readonly labels: Int32Array; readonly learningRate: number };

export interface Workload {
  readonly name: string;
  readonly task: Task;
  /** Made when the workload is run. */
  readonly inputs: () => readonly Array32[];
  readonly shape: readonly number[];
  readonly flops?: number;
  readonly bytes?: number;
  /** How memory is passed over, for what is bound by it. */
  readonly stream?: Stream;
  /** The exact value of any element of the result, and the largest error that still counts as equal. */
  readonly exact: (
    inputs: readonly Array32[],
  ) => (index: number) => { readonly value: number; readonly tolerance: number };
}
