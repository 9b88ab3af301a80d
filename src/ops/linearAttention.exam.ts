/** Exams of linear attention. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, magnitudes, reals, type Reference, type Sample } from "../exam.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import type * as ops from "./linearAttention.js";

const lastOf = ({ shape }: Reference): number => shape[shape.length - 1];
const like = ({ shape, data }: Reference): Reference => ({ shape, data: new Float64Array(data.length) });
/** With another last extent. */
const wide = ({ shape }: Reference, width: number): Reference => {
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { shape: [...shape.slice(0, -1), width], data: new Float64Array(rows * width) };
};

/** x_a · z_b of rows of the last axis. */
function dot(x: Reference, a: number, z: Reference, b: number): number {
  const width = lastOf(x);
  let sum = 0;
  for (let p = 0; p < width; p++) sum += x.data[a * width + p] * z.data[b * width + p];
  return sum;
}
/** y_a += factor · x_b */
function accumulate(y: Reference, a: number, factor: number, x: Reference, b: number): void {
  const width = lastOf(x);
  for (let p = 0; p < width; p++) y.data[a * width + p] += factor * x.data[b * width + p];
}

/** Calls f with the rows of each query and of each key that it sees. */
function pairs(q: Reference, k: Reference, causal: boolean, f: (a: number, b: number) => void): void {
  const items = q.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const [queries, keys] = [q, k].map(({ shape }) => shape[shape.length - 2]);
  for (let item = 0; item < items; item++)
    for (let i = 0; i < queries; i++)
      for (let j = 0; j < (causal ? i + 1 : keys); j++) f(item * queries + i, item * keys + j);
}

type Causal = { causal?: boolean };

/** Σ (q_i · k_j) v_j */
function summed(inputs: readonly Reference[], { causal = false }: Causal): Reference {
  const [q, k, v] = inputs;
  const y = wide(q, lastOf(v));
  pairs(q, k, causal, (a, b) => accumulate(y, a, dot(q, a, k, b), v, b));
  return y;
}

/** Its gradients by k and v. */
function pulled([dy, q, k, v]: readonly Reference[], { causal = false }: Causal): [Reference, Reference] {
  const [dk, dv] = [like(k), like(v)];
  pairs(q, k, causal, (a, b) => {
    accumulate(dk, b, dot(v, b, dy, a), q, a);
    accumulate(dv, b, dot(k, b, q, a), dy, a);
  });
  return [dk, dv];
}

/** Σ q_i · k_j */
function totals([q, k]: readonly Reference[], { causal = false }: Causal): Reference {
  const sums = wide(q, 1);
  pairs(q, k, causal, (a, b) => (sums.data[a] += dot(q, a, k, b)));
  return sums;
}

/** y and r; with the sums of `sizes`, what their errors are in proportion to. */
function attended(
  inputs: readonly Reference[],
  { causal = false, eps = 0 }: Causal & { eps?: number },
  sizes?: readonly Reference[],
): [Reference, Reference] {
  const sums = totals(inputs, { causal });
  const r = { ...sums, data: sums.data.map((sum) => (sum + eps === 0 ? 0 : 1 / (sum + eps))) };
  const y = summed(sizes ?? inputs, { causal });
  const e = lastOf(y);
  if (!sizes) return [{ ...y, data: y.data.map((sum, i) => sum * r.data[Math.floor(i / e)]) }, r];
  // The divisor's relative error.
  const errors = totals(sizes, { causal }).data.map((sum, a) => (sum + eps) * Math.abs(r.data[a]));
  return [
    { ...y, data: y.data.map((sum, i) => sum * Math.abs(r.data[Math.floor(i / e)]) * errors[Math.floor(i / e)]) }, // prettier-ignore
    { ...r, data: r.data.map((value, a) => Math.abs(value) * errors[a]) },
  ];
}

interface Sizes {
  batch?: number[];
  queries: number;
  keys?: number;
  m: number;
  e: number;
}

/** Shapes of q, k, v. */
const shapesOf = ({ batch = [], queries, keys = queries, m, e }: Sizes): number[][] => [
  [...batch, queries, m],
  [...batch, keys, m],
  [...batch, keys, e],
];

/** Ends of chunks, of lines of the state that are taken together, of tiles and vectors; nothing to see, to be seen, to compare by. */
const sizes: readonly (readonly [Sizes, Causal?])[] = [
  [{ queries: 3, keys: 5, m: 4, e: 4 }],
  [{ batch: [2, 3], queries: 7, keys: 6, m: 5, e: 3 }],
  [{ batch: [2], queries: 23, m: 9, e: 8 }, { causal: true }],
  [{ batch: [2], queries: 49, m: 3, e: 9 }, { causal: true }],
  [{ queries: 60, m: 17, e: 1 }, { causal: true }],
  [{ queries: 77, m: 1, e: 17 }, { causal: true }],
  [{ queries: 251, keys: 243, m: 6, e: 5 }],
  [{ queries: 2, keys: 3, m: 245, e: 250 }],
  [{ queries: 26, m: 245, e: 242 }, { causal: true }],
  [{ queries: 3, keys: 0, m: 4, e: 2 }],
  [{ queries: 0, keys: 3, m: 4, e: 2 }],
  [{ queries: 3, keys: 2, m: 0, e: 2 }],
  [{ queries: 30, m: 0, e: 2 }, { causal: true }],
  [{ queries: 30, m: 3, e: 0 }, { causal: true }],
  [{ queries: 3, keys: 2, m: 3, e: 0 }],
  [{ batch: [0], queries: 3, keys: 2, m: 3, e: 2 }],
];

/** Features are positive. */
const attend = (extents: Sizes, attributes: Causal & { eps?: number } = {}, low = 0.1): Case => {
  const [q, k, v] = shapesOf(extents);
  return { inputs: [reals(q, low, 1.2), reals(k, low, 1.2), reals(v)], attributes };
};

const nothing = (shape: readonly number[]): Sample => ({ shape, dtype: "float32", element: () => 0 });
const bench = { batch: [4], queries: 4096, m: 256, e: 64 };

/** The same refusals of each op. */
const wrong = (name: string, ...before: Sample[]) => {
  type Make = (sample: Sample) => Tensor;
  const call =
    (q: number[], k: number[], v: number[], attributes = {}) =>
    (op: AnyOp, make: Make): unknown =>
      op(...before.map(make), make(reals(q)), make(reals(k)), make(reals(v)), attributes);
  return [
    {
      call: call([4, 6], [5, 5], [5, 3]),
      error: ShapeError,
      message: `${name}: q is [4, 6] and k is [5, 5]: 6 and 5 in each head, expected the same`,
    },
    {
      call: call([4, 6], [5, 6], [4, 3]),
      error: ShapeError,
      message: `${name}: k is [5, 6] and v is [4, 3], expected as many keys as values`,
    },
    {
      call: call([2, 4, 6], [5, 6], [5, 3]),
      error: ShapeError,
      message: `${name}: k is [5, 6], expected [2, keys, width] (q is [2, 4, 6])`,
    },
    {
      call: call([6], [5, 6], [5, 3]),
      error: ShapeError,
      message: `${name}: q is [6], expected [..., queries, width]`,
    },
    {
      call: call([4, 6], [5, 6], [5, 3], { causal: true }),
      error: ShapeError,
      message: `${name}: q is [4, 6] and k is [5, 6], expected as many keys as queries where causal`,
    },
  ];
};

export const linearAttention: ExamOf<typeof ops.linearAttention> = {
  reference: (inputs, attributes) => attended(inputs, attributes),
  ulps: 16,
  scale: (inputs, attributes) => attended(inputs, attributes, magnitudes(inputs)),
  sized: (n) => attend({ queries: n, m: 5, e: 6 }, { causal: true }),
  cases: [
    ...sizes.map(([extents, attributes]) => attend(extents, attributes)),
    attend({ queries: 9, keys: 8, m: 4, e: 3 }, { eps: 0.5 }),
    attend({ batch: [2], queries: 40, m: 4, e: 3 }, { causal: true, eps: 60 }, -1),
    ...[false, true].map((causal) => ({
      inputs: [nothing([31, 4]), reals([31, 4]), reals([31, 3])],
      attributes: { causal },
    })),
  ],
  gradients: [
    attend({ batch: [2], queries: 3, keys: 4, m: 3, e: 2 }, {}, 0.5),
    attend({ queries: 5, m: 3, e: 2 }, { causal: true, eps: 0.5 }, 0.5),
    attend({ queries: 27, m: 2, e: 3 }, { causal: true }, 0.5),
  ],
  errors: [
    ...wrong("linearAttention"),
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([5, 6])), make(reals([5, 6])), { eps: -1 }),
      error: OptionError,
      message: "linearAttention: eps is -1, expected a finite number ≥ 0",
    },
  ],
  bench: { "4x4096x256x64": attend(bench), "4x4096x256x64 causal": attend(bench, { causal: true }) },
};

const sum = (extents: Sizes, attributes: Causal = {}): Case => ({
  inputs: shapesOf(extents).map((shape) => reals(shape)),
  attributes,
});

export const linearAttentionSums: ExamOf<typeof ops.linearAttentionSums> = {
  reference: summed,
  ulps: 16,
  scale: (inputs, attributes) => summed(magnitudes(inputs), attributes),
  sized: (n) => sum({ queries: n, m: 5, e: 6 }, { causal: true }),
  cases: sizes.map(([extents, attributes]) => sum(extents, attributes)),
  gradients: [
    sum({ batch: [2], queries: 3, keys: 4, m: 3, e: 2 }),
    sum({ queries: 27, m: 2, e: 3 }, { causal: true }),
  ],
  errors: wrong("linearAttentionSums"),
  bench: {
    "4x4096x256x64": sum(bench),
    "4x4096x64x256 causal": sum({ ...bench, m: 64, e: 256 }, { causal: true }),
  },
};

const pull = (extents: Sizes, attributes: Causal = {}): Case => {
  const [q, k, v] = shapesOf(extents);
  return { inputs: [[...q.slice(0, -1), extents.e], q, k, v].map((shape) => reals(shape)), attributes };
};

export const linearAttentionSumsGrad: ExamOf<typeof ops.linearAttentionSumsGrad> = {
  reference: pulled,
  ulps: 16,
  scale: (inputs, attributes) => pulled(magnitudes(inputs), attributes),
  sized: (n) => pull({ queries: n, m: 5, e: 6 }, { causal: true }),
  cases: sizes.map(([extents, attributes]) => pull(extents, attributes)),
  gradients: [
    pull({ batch: [2], queries: 3, keys: 4, m: 3, e: 2 }),
    pull({ queries: 27, m: 2, e: 3 }, { causal: true }),
  ],
  errors: [
    ...wrong("linearAttentionSumsGrad", reals([4, 3])),
    {
      call: (op, make) =>
        op(make(reals([5, 3])), make(reals([4, 6])), make(reals([5, 6])), make(reals([5, 3]))),
      error: ShapeError,
      message: "linearAttentionSumsGrad: dy is [5, 3], expected [4, 3]",
    },
  ],
  bench: { "4x4096x256x64": pull(bench), "4x4096x256x64 causal": pull(bench, { causal: true }) },
};
