/**
 * Attention without its matrix of weights (Dao, Fu, Ermon, Rudra, Ré: "FlashAttention", 2022; Milakov, Gimelshein: "Online normalizer
 * calculation for softmax", 2018). q [items, queries, heads · d], k [items, keys, kvHeads · d], v [items, keys, kvHeads · e], y [items,
 * queries, heads · e]; query head h reads key head h · kvHeads / heads. Eight queries, or in one pass of the gradient eight keys, stand side
 * by side in the columns of a panel; their products with the rows of the other side come chunk by chunk, so that softmax runs down columns
 * and its weights are at once the panel of the next product. Float32 only.
 */
export { attention } from "./attention/forward";
export { attentionGradKV, attentionGradQ } from "./attention/gradient";
