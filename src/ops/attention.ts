/** Attention without its matrix of weights, and its gradients. */
import { ShapeError } from "../errors.js";
import { attention as part } from "../generated/attention.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { broadcastShapes, broadcastStrides, sameShape, show } from "../shape.js";
import { once } from "../tape.js";
import type { Spec, Tensor } from "../tensor.js";
import { type AttentionAttributes, type Extents, extentsOf } from "./attention/extents.js";
import { joinHeads, sumHeads, unfused, unfusedPull } from "./attention/unfused.js";
import { zeros } from "./fill.js";
import { matmul } from "./matmul.js";

const defaults = { causal: false, scale: undefined, heads: 1, kvHeads: undefined };

/** Queries in a unit of the grid, keys in one of the gradient by keys, rows whose products stay together: assembly/attention.ts. */
const QUERIES = 64;
const KEYS = 128;
const CHUNK = 192;

/** Where each head's truth values begin in mask, and the steps between them from query to query and from key to key. */
function truths(name: string, mask: Spec, { batch, heads, queries, keys }: Extents) {
  const whole = [...batch, heads, queries, keys];
  if (mask.shape.length === 0) return { layout: [0], numbers: [0, 0, 0] };
  if (!sameShape(broadcastShapes(name, mask.shape, whole, ["mask", "the scores"]), whole))
    throw new ShapeError(`${name}: mask is ${show(mask.shape)}, which does not broadcast to ${show(whole)}`);
  const strides = broadcastStrides(mask.shape, whole);
  const [byQuery, byKey] = strides.slice(-2);
  let layout = [0];
  whole.slice(0, -2).forEach((extent, axis) => {
    layout = layout.flatMap((at) => Array.from({ length: extent }, (_, i) => at + i * strides[axis]));
  });
  return { layout: layout.length > 0 ? layout : [0], numbers: [1, byQuery, byKey] };
}

/** Bytes of so many rows of k elements packed by chunks, and of as many lines packed along so many. */
const chunked = (rows: number, k: number): number => 4 * (rows + 3 * Math.ceil(rows / CHUNK)) * k;
const lined = (lines: number, k: number): number => 4 * (lines + 3) * k;
/** Bytes of a panel of eight columns. */
const panel = (rows: number): number => 32 * (rows + 5);

function launch(
  name: string,
  kernel: KernelName,
  extents: Extents,
  mask: Spec,
  causal: boolean,
  work: Pick<Launch, "outputs" | "grid" | "scratch"> & { products: number },
): Launch | undefined {
  const { items, queries, keys, heads, kvHeads, d, e, scale } = extents;
  const { layout, numbers } = truths(name, mask, extents);
  if (work.outputs[0].dtype === "float64") return undefined;
  const { products, ...rest } = work;
  return {
    kernel,
    ...rest,
    layout,
    numbers: [queries, keys, heads, kvHeads, d, e, scale, Number(causal), ...numbers],
    flops: (causal ? 1 : 2) * items * heads * queries * keys * products,
    bytes: 4 * items * (heads * queries * (d + e) + kvHeads * keys * (d + e)),
  };
}

type Inputs = [q: Tensor, k: Tensor, v: Tensor, mask: Tensor];

/**
 * `attention(q, k, v, mask, { causal, scale, heads, kvHeads })`: y = softmax(scale · q kᵀ) v. q [..., queries, heads · d], k [..., keys,
 * kvHeads · d], v [..., keys, kvHeads · e] → [..., queries, heads · e]; mask: truth values that broadcast to [..., heads, queries, keys].
 * A query that sees no key gets 0.
 */
export const attention = /* @__PURE__ */ op<Inputs, AttentionAttributes, [], [Tensor, Tensor, Tensor]>()({
  name: "attention",
  part,
  inputs: { q: "real", k: "real", v: "real", mask: "bool" },
  optional: [0],
  defaults,
  plan([q, k, v, mask], options) {
    const extents = extentsOf("attention", q, k, v, options);
    const { batch, items, queries, keys, heads, d, e } = extents;
    const y: Spec = { shape: [...batch, queries, heads * e], dtype: q.dtype };
    const logSum: Spec = { shape: [...batch, heads, queries], dtype: q.dtype };
    return launch("attention", "attention", extents, mask, options.causal ?? false, {
      outputs: [y, logSum],
      grid: items * heads * Math.ceil(queries / QUERIES),
      scratch: 256 + chunked(keys, d) + lined(e, keys) + panel(d) + panel(e) + panel(CHUNK),
      products: d + e,
    });
  },
  fallback(inputs, options) {
    const { extents, weights, values } = unfused("attention", inputs, options);
    return joinHeads(matmul(weights, values), extents);
  },
  vjp(dy, [y, logSum], [q, k, v, mask], options) {
    // By the fallback there is none, nor do the gradients' fallbacks look at it.
    const all = [dy, y, q, k, v, mask, logSum ?? logSumLike(q, k, v, options)] as const;
    const byKeys = once(() => attentionGradKV(...all, options));
    return [() => attentionGradQ(...all, options), () => byKeys()[0], () => byKeys()[1], null];
  },
});

function logSumLike(q: Tensor, k: Tensor, v: Tensor, options: AttentionAttributes): Tensor {
  const { batch, heads, queries } = extentsOf("attention", q, k, v, options);
  return zeros([...batch, heads, queries], q.dtype);
}

type Pull = [dy: Tensor, y: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, logSum: Tensor];

const pullInputs = {
  dy: "real",
  y: "real",
  q: "real",
  k: "real",
  v: "real",
  mask: "bool",
  logSum: "real",
} as const;

function checkPull(name: string, [dy, y, , , , , logSum]: readonly Spec[], extents: Extents): void {
  const { batch, queries, heads, e } = extents;
  const shapes = { dy: [...batch, queries, heads * e], y: [...batch, queries, heads * e], logSum: [...batch, heads, queries] }; // prettier-ignore
  for (const [argument, spec] of Object.entries({ dy, y, logSum })) {
    const expected = shapes[argument as keyof typeof shapes];
    if (!sameShape(spec.shape, expected))
      throw new ShapeError(`${name}: ${argument} is ${show(spec.shape)}, expected ${show(expected)}`);
  }
}

/** dq = scale · dS k with dS = w · (dy vᵀ − Σ dy · y): the gradient of y = attention(q, k, v, mask) by q, w its weights. */
export const attentionGradQ = /* @__PURE__ */ op<Pull, AttentionAttributes>()({
  name: "attentionGradQ",
  part,
  inputs: pullInputs,
  defaults,
  plan(inputs, options) {
    const [, , q, k, v, mask] = inputs;
    const extents = extentsOf("attentionGradQ", q, k, v, options);
    checkPull("attentionGradQ", inputs, extents);
    const { items, queries, keys, heads, d, e } = extents;
    return launch("attentionGradQ", "attentionGradQ", extents, mask, options.causal ?? false, {
      outputs: [q],
      grid: items * heads * Math.ceil(queries / QUERIES),
      scratch:
        256 +
        chunked(keys, d) +
        chunked(keys, e) +
        lined(d, keys) +
        2 * panel(d) +
        panel(e) +
        2 * panel(CHUNK),
      products: 2 * d + e,
    });
  },
  // y and logSum are functions of q, k and v: their shares of the derivative are inside those.
  fallback(inputs, options) {
    const { extents, dS, keys } = unfusedPull("attentionGradQ", inputs, options);
    return joinHeads(matmul(dS, keys), extents);
  },
});

/** dk = scale · dSᵀ q and dv = wᵀ dy, added up over the query heads of a key head: the gradients by k and v, as attentionGradQ. */
export const attentionGradKV = /* @__PURE__ */ op<
  Pull,
  AttentionAttributes,
  [],
  Pull,
  [dk: Tensor, dv: Tensor]
>()({
  name: "attentionGradKV",
  part,
  inputs: pullInputs,
  results: 2,
  defaults,
  plan(inputs, options) {
    const [, , q, k, v, mask] = inputs;
    const extents = extentsOf("attentionGradKV", q, k, v, options);
    checkPull("attentionGradKV", inputs, extents);
    const { items, queries, keys, kvHeads, d, e } = extents;
    const packed = chunked(queries, d) + chunked(queries, e) + lined(d, queries) + lined(e, queries);
    const panels = panel(d) + panel(e) + 2 * panel(CHUNK) + (KEYS / 8) * (panel(d) + panel(e));
    return launch("attentionGradKV", "attentionGradKV", extents, mask, options.causal ?? false, {
      outputs: [k, v],
      grid: items * kvHeads * Math.ceil(keys / KEYS),
      scratch: 320 + 4 * queries + packed + panels,
      products: 2 * (d + e),
    });
  },
  fallback(inputs, options) {
    const { extents, weights, cotangents, queries, dS } = unfusedPull("attentionGradKV", inputs, options);
    return [
      joinHeads(sumHeads(matmul(dS, queries, { transposeA: true }), extents), extents),
      joinHeads(sumHeads(matmul(weights, cotangents, { transposeA: true }), extents), extents),
    ];
  },
});
