/** Networks: modules, initial weights and losses. */
export { ReLU, Sigmoid, Tanh } from "./activations.js";
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
  DepthwiseConv2d,
  type DepthwiseLayerOptions,
} from "./convolution.js";
export { Dropout } from "./dropout.js";
export { Embedding, type EmbeddingOptions } from "./embedding.js";
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerOptions,
} from "./initializers.js";
export { Linear, type LinearOptions } from "./linear.js";
export {
  binaryCrossEntropy,
  cosineDistance,
  crossEntropy,
  hinge,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  tripletMargin,
} from "./losses.js";
export { buffer, Module } from "./module.js";
export {
  BatchNorm,
  type BatchNormLayerOptions,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  PowerNorm,
  type PowerNormLayerOptions,
  RMSNorm,
} from "./normalization.js";
export { orthogonal } from "./orthogonal.js";
export { AdaptiveAvgPool, AvgPool, Flatten, GlobalAvgPool, MaxPool } from "./pooling.js";
export { GRU, LSTM, type RecurrentOptions } from "./recurrent.js";
export { Sequential } from "./sequential.js";
export {
  type AttentionLayerOptions,
  type Context,
  MultiHeadAttention,
  TransformerBlock,
  type TransformerBlockOptions,
} from "./transformer.js";
