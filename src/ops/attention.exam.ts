/** Exams of attention. */
import { OptionError, ShapeError } from "../errors.js";
import { sin } from "../exact.js";
import { type Case, type ExamOf, reals, type Reference, type Sample, truths } from "../exam.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import type * as ops from "./attention.js";
import type { AttentionAttributes } from "./attention/extents.js";

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** One head's attention: its weights, a row for each query, and where its vectors begin. */
interface Head {
  readonly weights: Float64Array[];
  readonly logSum: Float64Array;
  /** Offsets of a query's, a key's and a value's vector, and of a result's. */
  readonly q: (i: number) => number;
  readonly k: (j: number) => number;
  readonly v: (j: number) => number;
  readonly y: (i: number) => number;
  /** Its number among all heads. */
  readonly index: number;
}

type Extents = { d: number; e: number; scale: number; queries: number; keys: number };

/** Calls f for each head of each item. */
function heads(
  [q, k, v, mask]: readonly Reference[],
  { causal, scale, heads = 1, kvHeads = heads }: AttentionAttributes,
  f: (head: Head, extents: Extents) => void,
): void {
  const items = sizeOf(q.shape.slice(0, -2));
  const [queries, width] = q.shape.slice(-2);
  const [keys, valueWidth] = v.shape.slice(-2);
  const [d, e] = [width / heads, valueWidth / kvHeads];
  const factor = scale ?? 1 / Math.sqrt(d);
  const whole = [...q.shape.slice(0, -2), heads, queries, keys];
  const seen = (position: number): boolean => {
    if (mask.shape.length === 0) return true;
    let [offset, rest, stride] = [0, position, 1];
    for (let axis = 1; axis <= whole.length; axis++) {
      const at = rest % whole[whole.length - axis];
      rest = Math.floor(rest / whole[whole.length - axis]);
      if (axis > mask.shape.length) continue;
      const extent = mask.shape[mask.shape.length - axis];
      if (extent > 1) offset += at * stride;
      stride *= extent;
    }
    return mask.data[offset] !== 0;
  };
  for (let item = 0; item < items; item++)
    for (let h = 0; h < heads; h++) {
      const own = Math.floor((h * kvHeads) / heads);
      const at = {
        q: (i: number) => ((item * queries + i) * heads + h) * d,
        k: (j: number) => ((item * keys + j) * kvHeads + own) * d,
        v: (j: number) => ((item * keys + j) * kvHeads + own) * e,
        y: (i: number) => ((item * queries + i) * heads + h) * e,
      };
      const index = item * heads + h;
      const logSum = new Float64Array(queries);
      const weights = Array.from({ length: queries }, (_, i) => {
        const scores = Float64Array.from({ length: keys }, (_, j) => {
          if (causal && j > i + keys - queries) return -Infinity;
          if (!seen((index * queries + i) * keys + j)) return -Infinity;
          let dot = 0;
          for (let p = 0; p < d; p++) dot += q.data[at.q(i) + p] * k.data[at.k(j) + p];
          return factor * dot;
        });
        const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        if (top === -Infinity) return scores.map(() => 0);
        const powers = scores.map((score) => Math.exp(score - top));
        const sum = powers.reduce((a, b) => a + b, 0);
        logSum[i] = top + Math.log(sum);
        return powers.map((power) => power / sum);
      });
      f({ weights, logSum, index, ...at }, { d, e, scale: factor, queries, keys });
    }
}

/** y; of absolute values v, what its errors are in proportion to. */
function attended(
  inputs: readonly Reference[],
  attributes: AttentionAttributes,
  size = (v: number) => v,
): Reference {
  const [q, , v] = inputs;
  const { heads: count = 1, kvHeads = count } = attributes;
  const e = v.shape[v.shape.length - 1] / kvHeads;
  const shape = [...q.shape.slice(0, -1), count * e];
  const data = new Float64Array(sizeOf(shape));
  heads(inputs, attributes, ({ weights, ...at }, { e }) =>
    weights.forEach((row, i) =>
      row.forEach((w, j) => {
        for (let p = 0; p < e; p++) data[at.y(i) + p] += w * size(v.data[at.v(j) + p]);
      }),
    ),
  );
  return { shape, data };
}

const open: Sample = { shape: [], dtype: "bool", element: () => 0 };

interface Sizes {
  batch?: number[];
  queries: number;
  keys: number;
  d: number;
  e?: number;
  mask?: Sample;
}

const attend = (
  { batch = [], queries, keys, d, e = d, mask = open }: Sizes,
  attributes: AttentionAttributes = {},
): Case<AttentionAttributes> => {
  const { heads = 1, kvHeads = heads } = attributes;
  return {
    inputs: [
      reals([...batch, queries, heads * d], -2, 2),
      reals([...batch, keys, kvHeads * d], -2, 2),
      reals([...batch, keys, kvHeads * e]),
      mask,
    ],
    attributes,
  };
};

/** More than one chunk of keys and one unit of queries, odd widths, groups of heads, masks of every kind, and none to see. */
const sizes: readonly (readonly [Sizes, AttentionAttributes?])[] = [
  [{ queries: 5, keys: 7, d: 3 }],
  [{ batch: [2, 3], queries: 9, keys: 6, d: 4, e: 5 }],
  [{ queries: 70, keys: 200, d: 8, e: 3 }, { causal: true }],
  [{ queries: 20, keys: 7, d: 4 }, { causal: true }],
  [
    { batch: [2], queries: 17, keys: 17, d: 6 },
    { heads: 3, causal: true },
  ],
  [
    { batch: [1], queries: 5, keys: 140, d: 5, e: 2 },
    { heads: 4, kvHeads: 2 },
  ],
  [
    { batch: [2], queries: 9, keys: 9, d: 4 },
    { heads: 6, kvHeads: 1, scale: 0.7, causal: true },
  ],
  [{ batch: [2], queries: 5, keys: 6, d: 4, mask: truths([5, 6]) }, { heads: 2 }],
  [{ batch: [2], queries: 5, keys: 6, d: 4, mask: truths([2, 1, 1, 6]) }, { heads: 2 }],
  [
    { batch: [2], queries: 65, keys: 195, d: 4, mask: truths([2, 65, 195]) },
    { heads: 2, causal: true },
  ],
  [{ batch: [2], queries: 3, keys: 4, d: 4, mask: truths([2, 2, 3, 1]) }, { heads: 2 }],
  [{ queries: 3, keys: 0, d: 4 }],
  [{ queries: 0, keys: 3, d: 4 }],
  [{ batch: [0], queries: 2, keys: 3, d: 4 }],
];

const bench = { batch: [], queries: 512, keys: 512, d: 64 };

/** A weight's relative error is that of its score, some |score| units; they are about 4. */
export const attention: ExamOf<typeof ops.attention> = {
  reference: (inputs, attributes) => attended(inputs, attributes),
  ulps: 24,
  scale: (inputs, attributes) => attended(inputs, attributes, Math.abs),
  sized: (n) => attend({ queries: n, keys: n + 1, d: 5 }, { causal: true }),
  cases: sizes.map(([extents, attributes]) => attend(extents, attributes)),
  gradients: [
    attend({ batch: [2], queries: 3, keys: 4, d: 3, e: 2 }, { heads: 2 }),
    attend({ queries: 4, keys: 5, d: 3, mask: truths([4, 5]) }, { heads: 2, kvHeads: 1, causal: true }),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([5, 6])), make(reals([5, 6])), { heads: 4 }),
      error: ShapeError,
      message: "attention: q is [4, 6], whose last axis does not divide into heads 4",
    },
    {
      call: (op, make) =>
        op(make(reals([4, 6])), make(reals([5, 4])), make(reals([5, 4])), { heads: 3, kvHeads: 2 }),
      error: OptionError,
      message: "attention: kvHeads is 2, expected a divisor of heads 3",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([5, 6])), make(reals([4, 6]))),
      error: ShapeError,
      message: "attention: k is [5, 6] and v is [4, 6], expected as many keys as values",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([5, 5])), make(reals([5, 6]))),
      error: ShapeError,
      message: "attention: q is [4, 6] and k is [5, 5]: 6 and 5 in each head, expected the same",
    },
    {
      call: (op, make) => op(make(reals([2, 4, 6])), make(reals([5, 6])), make(reals([5, 6]))),
      error: ShapeError,
      message: "attention: k is [5, 6], expected [2, keys, width] (q is [2, 4, 6])",
    },
    {
      call: (op, make) =>
        op(make(reals([2, 4, 6])), make(reals([2, 5, 6])), make(reals([2, 5, 6])), make(truths([2, 4, 5]))),
      error: ShapeError,
      message: "attention: mask is [2, 4, 5], which does not broadcast to [2, 1, 4, 5]",
    },
  ],
  bench: {
    "12x512x64": attend({ ...bench, batch: [12] }),
    "12x512x64 causal": attend({ ...bench, batch: [12] }, { causal: true }),
  },
};

/** Vectors whose elements follow from their places, so that y and logSum can be inputs, too. */
const waves = (shape: readonly number[], step: number): Sample => ({
  shape,
  dtype: "float32",
  element: (i) => Math.fround(1.5 * sin(step * i + 0.3)),
});

function pull(extents: Sizes, attributes: AttentionAttributes = {}): Case<AttentionAttributes> {
  const { inputs } = attend({ ...extents, mask: undefined }, attributes);
  const mask = extents.mask ?? open;
  const fixed = mask.shape.length === 0 ? mask : { ...mask, element: (i: number) => Number(i % 3 > 0) };
  const vectors = [0.7, 1.1, 0.4].map((step, i) => waves(inputs[i].shape, step));
  const made = [...vectors, fixed].map(({ shape, element }) => ({
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => element(i, 0)),
  }));
  const y = attended(made, attributes);
  const { heads: count = 1 } = attributes;
  const shape = [...y.shape.slice(0, -2), count, y.shape[y.shape.length - 2]];
  const logSum = new Float64Array(sizeOf(shape));
  heads(made, attributes, (head, { queries }) => logSum.set(head.logSum, head.index * queries));
  const given = (shape: readonly number[], data: Float64Array): Sample => ({
    shape,
    dtype: "float32",
    element: (i) => data[i],
  });
  return {
    inputs: [reals(y.shape), given(y.shape, y.data), ...vectors, fixed, given(shape, logSum)],
    attributes,
  };
}

/** dq, dk and dv; of magnitudes, what rounding errors are in proportion to. */
function pulled(
  [dy, , q, k, v, mask]: readonly Reference[],
  attributes: AttentionAttributes,
  magnitude = false,
): Reference[] {
  const size = magnitude ? Math.abs : (x: number) => x;
  const results = [q, k, v].map(({ shape }) => ({ shape, data: new Float64Array(sizeOf(shape)) }));
  const [dq, dk, dv] = results.map(({ data }) => data);
  heads([q, k, v, mask], attributes, ({ weights, ...at }, { d, e, scale }) =>
    weights.forEach((row, i) => {
      const pulls = row.map((_, j) => {
        let dot = 0;
        for (let p = 0; p < e; p++) dot += size(dy.data[at.y(i) + p] * v.data[at.v(j) + p]);
        return dot;
      });
      const along = pulls.reduce((sum, g, j) => sum + g * row[j], 0);
      row.forEach((w, j) => {
        const dS = w * (magnitude ? pulls[j] + along : pulls[j] - along) * scale;
        for (let p = 0; p < d; p++) {
          dq[at.q(i) + p] += dS * size(k.data[at.k(j) + p]);
          dk[at.k(j) + p] += dS * size(q.data[at.q(i) + p]);
        }
        for (let p = 0; p < e; p++) dv[at.v(j) + p] += w * size(dy.data[at.y(i) + p]);
      });
    }),
  );
  return results;
}

const pulls = sizes.map(([extents, attributes]) => pull(extents, attributes));
const smooth = [
  pull({ batch: [2], queries: 3, keys: 4, d: 3, e: 2 }, { heads: 2 }),
  pull({ queries: 4, keys: 5, d: 3, mask: truths([4, 5]) }, { heads: 2, kvHeads: 1, causal: true }),
];
const sized = (n: number): Case<AttentionAttributes> =>
  pull({ queries: n, keys: n + 1, d: 5 }, { causal: true });

const wrong = (name: string) => ({
  call(op: AnyOp, make: (sample: Sample) => Tensor) {
    const x = make(reals([4, 6]));
    return op(make(reals([4, 5])), x, x, x, x, 0, make(reals([1, 4]))) as unknown;
  },
  error: ShapeError,
  message: `${name}: dy is [4, 5], expected [4, 6]`,
});

/** Of no meaning, but as fast. */
const pullBench = Object.fromEntries(
  [false, true].map((causal) => {
    const { inputs } = attend({ ...bench, batch: [12] });
    const x = inputs[0].shape;
    return [`12x512x64${causal ? " causal" : ""}`, { inputs: [reals(x), reals(x), ...inputs, reals([12, 1, 512], 6, 7)], attributes: { causal } }]; // prettier-ignore
  }),
);

export const attentionGradQ: ExamOf<typeof ops.attentionGradQ> = {
  reference: (inputs, attributes) => pulled(inputs, attributes)[0],
  ulps: 32,
  scale: (inputs, attributes) => pulled(inputs, attributes, true)[0],
  sized,
  cases: pulls,
  gradients: smooth,
  errors: [wrong("attentionGradQ")],
  bench: pullBench,
};

export const attentionGradKV: ExamOf<typeof ops.attentionGradKV> = {
  reference: (inputs, attributes) => pulled(inputs, attributes).slice(1),
  ulps: 32,
  scale: (inputs, attributes) => pulled(inputs, attributes, true).slice(1),
  sized,
  cases: pulls,
  gradients: smooth,
  errors: [wrong("attentionGradKV")],
  bench: pullBench,
};
