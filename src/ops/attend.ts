/** Attention as users call it. */
import type { Tensor } from "../tensor.js";
import { attention as attend } from "./attention.js";
import type { AttentionAttributes } from "./attention/extents.js";
import { linearAttention as attendLinearly, type LinearAttentionAttributes } from "./linearAttention.js";

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

export type LinearAttentionOptions = LinearAttentionAttributes;

/**
 * `linearAttention(q, k, v, { causal, eps })`: y_i = Σ (q_i · k_j) v_j / (Σ q_i · k_j + eps) over all keys j, in time and memory
 * proportional to the length: attention whose weights are products of features. q [..., queries, m], k [..., keys, m]: m features of each
 * query and key, made by a map that the caller chooses, which should not be negative; v [..., keys, e] → [..., queries, e]; the axes before
 * (batch, heads) are equal. With `causal` query i sees the keys j ≤ i, of which there are as many as queries. A query whose divisor is
 * 0, or smaller than any normal number, gets 0, and passes nothing back; eps, default 0, is added to every divisor. All derivatives take time
 * and memory proportional to the length, too. Katharopoulos et al.: "Transformers are RNNs", 2020, equations 4 to 12; Choromanski et al.:
 * "Rethinking attention with Performers", 2021.
 */
export function linearAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: LinearAttentionOptions = {},
): Tensor {
  const [y, r] = attendLinearly(q, k, v, options);
  r.dispose(); // a tape keeps it for as long as it needs it
  return y;
}
