/** Attention as users call it. */
import type { Tensor } from "../tensor.js";
import { attention as attend } from "./attention.js";
import type { AttentionAttributes } from "./attention/extents.js";

export interface AttentionOptions extends AttentionAttributes {
  /** Truth values that broadcast to [..., heads, queries, keys]: false where a query must not see a key. Default all true. */
  mask?: Tensor;
}

/**
 * `attention(q, k, v, { mask, causal, scale, heads, kvHeads })`: y = softmax(scale · q kᵀ) v head by head, without the matrix of weights in
 * memory. q [..., queries, heads · d], k [..., keys, kvHeads · d], v [..., keys, kvHeads · e] → [..., queries, heads · e]; query head h
 * reads key head ⌊h · kvHeads / heads⌋. With `causal` query i sees the keys up to i + keys − queries. A query that sees no key gets 0.
 * Vaswani et al.: "Attention is all you need", 2017, equation 1; Dao et al.: "FlashAttention", 2022; Ainslie et al.: "GQA", 2023.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, ...options }: AttentionOptions = {},
): Tensor {
  return attend(q, k, v, mask ?? 0, options);
}
