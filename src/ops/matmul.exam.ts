/** Exams of matrix products. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import {
  array,
  at,
  type Case,
  each,
  type ExamOf,
  integers,
  magnitudes,
  nonzero,
  pairs,
  reals,
} from "../exam.js";
import { type Reference, specials, values } from "../exam.js";
import { sizeOf } from "../shape.js";
import type { Activation } from "./matmul.js";
import type * as ops from "./matmul.js";

/** x with its last two axes exchanged. */
function turned(x: Reference): Reference {
  const shape = [...x.shape.slice(0, -2), x.shape[x.shape.length - 1], x.shape[x.shape.length - 2]];
  return array(shape, (index) =>
    at(x, [...index.slice(0, -2), index[index.length - 1], index[index.length - 2]]),
  );
}

/** The matrix of a batch at an index of the batch, which may be larger. */
function matrixAt(x: Reference, index: readonly number[]): Float64Array {
  const [rows, cols] = x.shape.slice(-2);
  const shape = x.shape.slice(0, -2);
  const places = { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => i) };
  return x.data.subarray(at(places, index) * rows * cols);
}

/** Σ a(i, p) · b(p, j), matrix by matrix. */
function product(a: Reference, b: Reference): Reference {
  const [m, k] = a.shape.slice(-2);
  const n = b.shape[b.shape.length - 1];
  const batch = pairs(only(a), only(b), () => 0).shape;
  const data: number[] = [];
  array(batch, (index) => {
    const [A, B] = [matrixAt(a, index), matrixAt(b, index)];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += A[i * k + p] * B[p * n + j];
        data.push(sum);
      }
    return 0;
  });
  return { shape: [...batch, m, n], data: Float64Array.from(data) };
}

/** An array with the axes of a batch. */
function only(x: Reference): Reference {
  return array(x.shape.slice(0, -2), () => 0);
}

const square = (n: number): Case => ({ inputs: [reals([n, n]), reals([n, n])] });

/** a [m, k], b [k, n] in all four layouts. */
const layouts = (m: number, n: number, k: number): Case<{ transposeA: boolean; transposeB: boolean }>[] =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      inputs: [reals(transposeA ? [k, m] : [m, k]), reals(transposeB ? [n, k] : [k, n])],
      attributes: { transposeA, transposeB },
    })),
  );

/** Sizes below, at and above the kernel's tiles and blocks, and the thin paths beside them. */
const sizes: readonly (readonly [m: number, n: number, k: number])[] = [
  ...[
    [1, 1, 1],
    [1, 37, 19],
    [37, 1, 19],
    [3, 5, 7],
    [8, 10, 33],
    [9, 16, 33],
    [12, 9, 300],
    [16, 15, 20],
  ],
  ...[
    [17, 129, 5],
    [129, 17, 65],
    [65, 64, 257],
    [130, 24, 12],
    [5, 0, 3],
    [0, 5, 3],
    [4, 6, 0],
  ],
  ...[
    [20, 1040, 9],
    [250, 30, 20],
  ],
] as [number, number, number][];

/** Sums of k products rounded one after another: far below k · 2⁻²⁴ of Σ |a| |b|. */
export const matmul: ExamOf<typeof ops.matmul> = {
  reference: ([a, b], { transposeA, transposeB }) =>
    product(transposeA ? turned(a) : a, transposeB ? turned(b) : b),
  ulps: 8,
  scale: (inputs, attributes) => matmul.reference(magnitudes(inputs), attributes) as Reference,
  sized: (n) => ({ inputs: [reals([n, n + 1]), reals([n + 1, n + 2])] }),
  cases: [
    ...sizes.flatMap((size) => layouts(...size)),
    { inputs: [reals([3, 4, 5]), reals([5, 6])] },
    { inputs: [reals([4, 5]), reals([3, 5, 6])] },
    { inputs: [reals([2, 1, 4, 5]), reals([3, 5, 6])] },
    { inputs: [reals([2, 3, 4, 5]), reals([2, 1, 6, 5])], attributes: { transposeB: true } },
    { inputs: [reals([3, 5, 4]), reals([5, 6])], attributes: { transposeA: true } },
    { inputs: [reals([1, 17, 20]), reals([5, 20, 18])] },
    { inputs: [reals([0, 4, 5]), reals([5, 6])] },
    // One vector and a matrix that does not stay in cache.
    { inputs: [reals([1, 523]), reals([517, 523])], attributes: { transposeB: true } },
    { inputs: [reals([517, 523]), reals([523, 1])] },
    { inputs: [values(specials, [specials.length, 1]), values(specials, [1, specials.length])] },
  ],
  gradients: [
    ...layouts(3, 4, 5),
    { inputs: [reals([2, 3, 4]), reals([4, 5])] },
    { inputs: [reals([2, 3, 4]), reals([5, 4])], attributes: { transposeB: true } },
    { inputs: [reals([2, 4, 3]), reals([4, 5])], attributes: { transposeA: true } },
    { inputs: [reals([2, 1, 3, 4]), reals([3, 4, 2])] },
    { inputs: [reals([3, 4]), reals([2, 4, 2])] },
  ],
  errors: [
    {
      call: (matmul, make) => matmul(make(reals([2, 3])), make(reals([4, 5]))),
      error: ShapeError,
      message: "matmul: a is [2, 3] and b is [4, 5]; a has 3 columns and b has 4 rows",
    },
    {
      call: (matmul, make) => matmul(make(reals([2, 3])), make(reals([3, 5])), { transposeB: true }),
      error: ShapeError,
      message: "matmul: a is [2, 3] and b is [3, 5] transposed; a has 3 columns and b has 5 rows",
    },
    {
      call: (matmul, make) => matmul(make(reals([3])), make(reals([3, 5]))),
      error: ShapeError,
      message: "matmul: a is [3], expected at least two axes (reshape a vector)",
    },
    {
      call: (matmul, make) => matmul(make(reals([2, 2, 3])), make(reals([4, 3, 5]))),
      error: ShapeError,
      message: "matmul: batch of a is [2] and batch of b is [4]; axis -1 has 2 and 4, which do not broadcast",
    },
    {
      call: (matmul, make) => matmul(make(reals([2, 3])), make(integers([3, 5], 9))),
      error: DTypeError,
      message: "matmul: b is int32, expected float32, float64, float16 or bfloat16",
    },
    {
      call: (matmul, make) => matmul(make(reals([2, 3])), make(reals([3, 5])), { transposeC: true } as never),
      error: OptionError,
      message: 'matmul: unknown option "transposeC", expected "transposeA", "transposeB"',
    },
    {
      call: (matmul, make) => matmul(make(reals([2, 3])), make(reals([3, 5])), { transposeA: 1 } as never),
      error: OptionError,
      message: "matmul: transposeA is a number, expected a boolean",
    },
  ],
  bench: {
    ...Object.fromEntries([64, 128, 256, 512, 1024, 2048].map((n) => [`${n}`, square(n)])),
    "1x1024x1024": { inputs: [reals([1, 1024]), reals([1024, 1024])] },
    "32x768x768": { inputs: [reals([32, 768]), reals([768, 768])] },
    "128x768x3072": { inputs: [reals([128, 768]), reals([768, 3072])] },
    "128x3072x768": { inputs: [reals([128, 3072]), reals([3072, 768])] },
    "12 of 128x64x128": { inputs: [reals([12, 128, 64]), reals([12, 64, 128])] },
    ...Object.fromEntries(
      (["float16", "bfloat16"] as const).flatMap((dtype) => [
        [`512 of ${dtype}`, { inputs: [reals([512, 512]), { ...reals([512, 512]), dtype }] }],
        [
          `1x1024x1024 Bᵀ of ${dtype}`,
          {
            inputs: [reals([1, 1024]), { ...reals([1024, 1024]), dtype }],
            attributes: { transposeB: true },
          },
        ],
      ]),
    ),
    "512 Aᵀ B": { ...square(512), attributes: { transposeA: true } },
    "512 A Bᵀ": { ...square(512), attributes: { transposeB: true } },
    "512 Aᵀ Bᵀ": { ...square(512), attributes: { transposeA: true, transposeB: true } },
  },
};

const activations: Record<Activation, (z: number) => number> = {
  none: (z) => z,
  relu: (z) => (z > 0 || Number.isNaN(z) ? z : 0),
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
};

const names = Object.keys(activations) as Activation[];

/** z = x · weightᵀ + bias, x being any number of rows. */
function affine(x: Reference, weight: Reference, bias: Reference): Reference {
  const rows: Reference = { shape: [sizeOf(x.shape.slice(0, -1)), weight.shape[1]], data: x.data };
  const { data } = pairs(product(rows, turned(weight)), bias, (z, b) => z + b);
  return { shape: [...x.shape.slice(0, -1), weight.shape[0]], data };
}

const dense = (rows: number, width: number, out: number): Case => ({
  inputs: [reals([rows, width]), reals([out, width]), reals([out])],
});

/** No activation stretches an error by more than 1; tanh and sigmoid add their own. */
export const linear: ExamOf<typeof ops.linear> = {
  reference: ([x, weight, bias], { activation }) => each(affine(x, weight, bias), activations[activation]),
  ulps: 8,
  scale: (inputs) => affine(...magnitudes(inputs)),
  sized: (n) => dense(n, n + 1, n + 2),
  cases: [
    ...names.flatMap((activation) =>
      [
        [1, 20, 10],
        [5, 33, 7],
        [128, 30, 10],
        [9, 40, 65],
        [130, 260, 17],
        [3, 0, 4],
      ].map(([rows, width, out]) => ({
        ...dense(rows, width, out),
        attributes: { activation },
      })),
    ),
    { inputs: [reals([5]), reals([3, 5]), reals([3])] },
    { inputs: [reals([2, 3, 4, 5]), reals([6, 5]), reals([6])], attributes: { activation: "relu" } },
    { inputs: [values(specials, [specials.length, 1]), values([1], [1, 1]), values([0])] },
  ],
  gradients: [
    ...names.map((activation) => ({
      inputs: [reals([4, 5]), nonzero([3, 5]), reals([3])],
      attributes: { activation },
    })),
    { inputs: [reals([2, 3, 4]), reals([5, 4]), reals([5])], attributes: { activation: "tanh" as const } },
    { inputs: [reals([4]), reals([5, 4]), reals([5])] },
  ],
  errors: [
    {
      call: (linear, make) => linear(make(reals([2, 3])), make(reals([5, 4])), make(reals([5]))),
      error: ShapeError,
      message: "linear: weight is [5, 4], expected [out, 3] (last axis of x [2, 3])",
    },
    {
      call: (linear, make) => linear(make(reals([2, 3])), make(reals([5, 3])), make(reals([3]))),
      error: ShapeError,
      message: "linear: bias is [3], expected [5] (first axis of weight [5, 3])",
    },
    {
      call: (linear, make) => linear(make(reals([2, 3])), make(reals([3])), make(reals([3]))),
      error: ShapeError,
      message: /^linear: weight is \[3\], expected/,
    },
    {
      call: (linear, make) => linear(make(reals([])), make(reals([5, 4])), make(reals([5]))),
      error: ShapeError,
      message: /^linear: /,
    },
    {
      call: (linear, make) =>
        linear(make(reals([2, 3])), make(reals([5, 3])), make(reals([5])), { activation: "gelu" as "relu" }),
      error: OptionError,
      message: 'linear: activation is "gelu", expected one of none, relu, tanh, sigmoid',
    },
  ],
  bench: {
    "128x784→256 relu": { ...dense(128, 784, 256), attributes: { activation: "relu" } },
    "128x256→10": dense(128, 256, 10),
    "128x768→3072 tanh": { ...dense(128, 768, 3072), attributes: { activation: "tanh" } },
  },
};
