/** Attention by sums over keys instead of weights for each pair, and what its gradients are made of. */
import { bytesOf } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { linearAttention as part } from "../generated/linearAttention.js";
import { wholeLines } from "../memory.js";
import { type Launch, op } from "../op.js";
import { sameShape, show } from "../shape.js";
import { once } from "../tape.js";
import type { Spec, Tensor } from "../tensor.js";
import { type Extents, extentsOf } from "./attention/extents.js";
import { add, mul } from "./binary.js";
import { tril } from "./construct.js";
import { abs, reciprocal } from "./elementary.js";
import { ones } from "./fill.js";
import { EDGE, NR } from "./gemm.js";
import { concat } from "./joining.js";
import { matmul } from "./matmul.js";
import { slice } from "./movement.js";
import { checkEpsilon } from "./normalization.js";
import { less, where } from "./pointwise.js";
import { sum } from "./reduce.js";
import { neg, square } from "./unary.js";

export interface LinearAttentionAttributes {
  /** Whether query i sees the keys up to i alone. There are as many keys as queries then. */
  causal?: boolean;
  /** What is added to each sum that is divided by. */
  eps?: number;
}

type Causal = Pick<LinearAttentionAttributes, "causal">;
type Inputs = [q: Tensor, k: Tensor, v: Tensor];

/** As in assembly/linearAttention/chunk.ts and state.ts. */
const CHUNK = 24;
const LONG = 240;
const LINES = 240;
const TALL = 6;
const roundUp = (count: number): number => NR * Math.ceil(count / NR);

/** The smallest normal numbers: a sum below is as good as 0. */
const least = { float32: 2 ** -126, float64: 2 ** -1022 };

function sizesOf(name: string, [q, k, v]: readonly Spec[], causal = false): Extents {
  const extents = extentsOf(name, q, k, v, {});
  if (causal && extents.keys !== extents.queries)
    throw new ShapeError(
      `${name}: q is ${show(q.shape)} and k is ${show(k.shape)}, expected as many keys as queries where causal`,
    );
  return extents;
}

/** Bytes of a state of so many lines and columns, and of what a chunk of so many rows is packed into. */
const stateBytes = (m: number, e: number, size: number): number => wholeLines(size * m * roundUp(e));
function chunkBytes(rows: number, m: number, e: number, size: number): number {
  const keys = Math.max(m * roundUp(rows), rows * (Math.min(m, LINES) + 3));
  const packed = [(rows + 3) * m, keys, rows * roundUp(e)].map((count) => wholeLines(size * count));
  return EDGE + 2 * size * TALL * CHUNK + packed.reduce((sum, bytes) => sum + bytes, 0);
}

/** A kernel over items, each of which is so many products of queries · m · e or keys · m · e. */
function launch(
  kernel: "linearAttention" | "linearAttentionSums" | "linearAttentionSumsGrad",
  { items, queries, keys, d: m, e }: Extents,
  outputs: readonly Spec[],
  causal = false,
  eps?: number,
): Launch {
  const size = bytesOf(outputs[0].dtype);
  const rows = Math.min(Math.max(queries, keys), causal ? CHUNK : LONG);
  const gradient = kernel === "linearAttentionSumsGrad";
  const chunk = gradient
    ? stateBytes(e, m, size) + Math.max(chunkBytes(rows, m, e, size), chunkBytes(rows, e, m, size))
    : wholeLines(size * m) +
      wholeLines(size * (m + 1)) +
      wholeLines(size * LONG) +
      chunkBytes(rows, m, e, size);
  const sums = kernel === "linearAttention" ? 1 : 0;
  return {
    kernel,
    outputs,
    grid: items,
    scratch: stateBytes(m, e, size) + chunk,
    numbers: [queries, keys, m, e, Number(causal), ...(eps === undefined ? [] : [eps])],
    flops: 2 * items * m * (e + sums) * (queries + (gradient ? 2 : 1) * keys),
    bytes: size * items * (gradient ? 2 : 1) * (queries * (m + e) + keys * (m + e)),
  };
}

const last = { axis: -1, keepDims: true };

/**
 * `linearAttention(q, k, v, { causal, eps })`: [y, r], y_i = r_i · Σ (q_i · k_j) v_j with r_i = 1 / (Σ q_i · k_j + eps), over all keys j,
 * or those j ≤ i. q [..., queries, m], k [..., keys, m], v [..., keys, e] → y [..., queries, e], r [..., queries, 1]; r is 0 where the
 * divisor is smaller than any normal number.
 */
export const linearAttention = /* @__PURE__ */ op<
  Inputs,
  LinearAttentionAttributes,
  [],
  Inputs,
  [y: Tensor, r: Tensor]
>()({
  name: "linearAttention",
  part,
  inputs: { q: "real", k: "real", v: "real" },
  results: 2,
  defaults: { causal: false, eps: 0 },
  plan(inputs, { causal, eps = 0 }) {
    const extents = sizesOf("linearAttention", inputs, causal);
    checkEpsilon("linearAttention", eps);
    const { batch, queries, e } = extents;
    const results = [e, 1].map((width) => ({ shape: [...batch, queries, width], dtype: inputs[0].dtype }));
    return launch("linearAttention", extents, results, causal, eps);
  },
  fallback([q, k, v], { causal, eps = 0 }) {
    const products = matmul(q, k, { transposeB: true });
    const weights = causal ? tril(products) : products;
    const sums = add(sum(weights, last), eps);
    const none = less(abs(sums), least[q.dtype as keyof typeof least]);
    const r = where(none, 0, reciprocal(where(none, 1, sums)));
    return [mul(matmul(weights, v), r), r];
  },
  // The divisor is one more column of the sums, whose values are 1.
  vjp([dy, dr], [y, r], [q, k, v], { causal }) {
    const dsums = mul(dy, r);
    const divisor = neg(add(sum(mul(dsums, y), last), mul(dr, square(r))));
    const pull = concat([dsums, divisor], { axis: -1 });
    const values = concat([v, ones([...v.shape.slice(0, -1), 1], v.dtype)], { axis: -1 });
    const byKeys = once(() => linearAttentionSumsGrad(pull, q, k, values, { causal }));
    return [
      () => linearAttentionSums(pull, values, k, { causal }),
      () => byKeys()[0],
      () => slice(byKeys()[1], v.shape.map(() => 0), v.shape), // prettier-ignore
    ];
  },
});

/**
 * `linearAttentionSums(q, k, v, { causal })`: y_i = Σ (q_i · k_j) v_j over all keys j, or those j ≤ i. q [..., queries, m], k [..., keys,
 * m], v [..., keys, e] → [..., queries, e].
 */
export const linearAttentionSums = /* @__PURE__ */ op<Inputs, Causal>()({
  name: "linearAttentionSums",
  part,
  inputs: { q: "real", k: "real", v: "real" },
  defaults: { causal: false },
  plan(inputs, { causal }) {
    const extents = sizesOf("linearAttentionSums", inputs, causal);
    const { batch, queries, e } = extents;
    const y = { shape: [...batch, queries, e], dtype: inputs[0].dtype };
    return launch("linearAttentionSums", extents, [y], causal);
  },
  vjp(dy, _, [q, k, v], options) {
    const byKeys = once(() => linearAttentionSumsGrad(dy, q, k, v, options));
    return [() => linearAttentionSums(dy, v, k, options), () => byKeys()[0], () => byKeys()[1]];
  },
});

type Pull = [dy: Tensor, q: Tensor, k: Tensor, v: Tensor];

/**
 * The gradients of linearAttentionSums by k and v: dk_j = Σ (v_j · dy_i) q_i and dv_j = Σ (k_j · q_i) dy_i over all queries i, or those
 * i ≥ j; that by q is linearAttentionSums(dy, v, k).
 */
export const linearAttentionSumsGrad = /* @__PURE__ */ op<Pull, Causal, [], Pull, [dk: Tensor, dv: Tensor]>()(
  {
    name: "linearAttentionSumsGrad",
    part,
    inputs: { dy: "real", q: "real", k: "real", v: "real" },
    results: 2,
    defaults: { causal: false },
    plan([dy, q, k, v], { causal }) {
      const extents = sizesOf("linearAttentionSumsGrad", [q, k, v], causal);
      const expected = [...extents.batch, extents.queries, extents.e];
      if (!sameShape(dy.shape, expected))
        throw new ShapeError(`linearAttentionSumsGrad: dy is ${show(dy.shape)}, expected ${show(expected)}`);
      return launch("linearAttentionSumsGrad", extents, [k, v], causal);
    },
    vjp([gk, gv], _, [dy, q, k, v], options) {
      const byKeys = once(() => linearAttentionSumsGrad(dy, q, gk, gv, options));
      return [
        () => add(linearAttentionSums(q, gk, v, options), linearAttentionSums(q, k, gv, options)),
        () => add(linearAttentionSums(dy, v, gk, options), linearAttentionSums(dy, gv, k, options)),
        () => byKeys()[0],
        () => byKeys()[1],
      ];
    },
  },
);
