/**
 * Attention whose weights are products q · k of features, in time and memory proportional to the length: (q kᵀ) v is q (kᵀ v), and of
 * a causal sequence kᵀ v is a sum that grows with the position (Katharopoulos, Vyas, Pappas, Fleuret: "Transformers are RNNs: fast
 * autoregressive transformers with linear attention", 2020). A causal sequence is taken by chunks: within one by the products of its
 * queries and keys, and all before it by the state kᵀ v. q [items, queries, m], k [items, keys, m], v [items, keys, e].
 */
export { linearAttention, linearAttentionSums } from "./linearAttention/forward";
export { linearAttentionSumsGrad } from "./linearAttention/gradient";
