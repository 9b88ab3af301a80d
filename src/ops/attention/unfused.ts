/** Attention in plain ops, head by head: its definition. */
import type { Tensor } from "../../tensor.js";
import { mul, sub } from "../binary.js";
import { tril } from "../construct.js";
import { full } from "../fill.js";
import { matmul } from "../matmul.js";
import { broadcastTo, permuteDims, reshape } from "../movement.js";
import { where } from "../pointwise.js";
import { sum } from "../reduce.js";
import { softmax } from "../softmax.js";
import { type AttentionAttributes, type Extents, extentsOf } from "./extents.js";

/** [..., length, heads · d] → [..., heads, length, d], and back. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [length, width] = x.shape.slice(-2);
  const n = x.rank;
  const apart = reshape(x, [...x.shape.slice(0, -2), length, heads, heads === 0 ? 0 : width / heads]);
  return permuteDims(apart, [...x.shape.slice(0, -2).keys(), n - 1, n - 2, n]);
}
export function joinHeads(x: Tensor, { batch }: Extents): Tensor {
  const [heads, length, d] = x.shape.slice(-3);
  const n = batch.length;
  return reshape(permuteDims(x, [...batch.keys(), n + 1, n, n + 2]), [...batch, length, heads * d]);
}

/** Each head as often as query heads read it, and the sum over those. */
function repeatHeads(x: Tensor, { batch, heads, kvHeads }: Extents): Tensor {
  if (heads === kvHeads) return x;
  const rest = x.shape.slice(-2);
  const apart = reshape(x, [...batch, kvHeads, 1, ...rest]);
  return reshape(broadcastTo(apart, [...batch, kvHeads, heads / kvHeads, ...rest]), [
    ...batch,
    heads,
    ...rest,
  ]);
}
export function sumHeads(x: Tensor, { batch, heads, kvHeads }: Extents): Tensor {
  if (heads === kvHeads) return x;
  const rest = x.shape.slice(-2);
  return sum(reshape(x, [...batch, kvHeads, heads / kvHeads, ...rest]), { axis: batch.length + 1 });
}

/** The weights, and what they are made of, head by head: [..., heads, length, width]. */
export function unfused(name: string, [q, k, v, mask]: readonly Tensor[], options: AttentionAttributes) {
  const extents = extentsOf(name, q, k, v, options);
  const { queries: n, keys: m, heads, kvHeads, scale } = extents;
  const queries = splitHeads(q, heads);
  const keys = repeatHeads(splitHeads(k, kvHeads), extents);
  const values = repeatHeads(splitHeads(v, kvHeads), extents);
  let scores = mul(matmul(queries, keys, { transposeB: true }), scale);
  if (mask.rank > 0) scores = where(mask, scores, -Infinity);
  if (options.causal && n > 0 && m > 0)
    scores = where(tril(full([n, m], 1, { dtype: "bool" }), { k: m - n }), scores, -Infinity);
  return { extents, queries, keys, values, weights: softmax(scores) };
}

/** dS = w · (dy vᵀ − Σ w · dy vᵀ) head by head, with what it is made of. */
export function unfusedPull(
  name: string,
  [dy, , q, k, v, mask]: readonly Tensor[],
  options: AttentionAttributes,
) {
  const parts = unfused(name, [q, k, v, mask], options);
  const { weights, values, extents } = parts;
  const cotangents = splitHeads(dy, extents.heads);
  const pulls = matmul(cotangents, values, { transposeB: true });
  const along = sum(mul(weights, pulls), { axis: -1, keepDims: true });
  return { ...parts, cotangents, dS: mul(mul(weights, sub(pulls, along)), extents.scale) };
}
