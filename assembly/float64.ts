/** The kernels for float64: a module of its own, `real` being f64. From the same sources, but for what has no vector form. */
export * from "./double";
export { add, addBroadcast, div, divBroadcast, mul, mulBroadcast, sub, subBroadcast } from "./binary";
export {
  fill,
  neg,
  relu,
  reluGrad,
  sigmoidGrad,
  sqrt,
  sqrtGrad,
  square,
  squareGrad,
  tanhGrad,
} from "./unary";
export {
  abs,
  absGrad,
  ceil,
  floor,
  reciprocal,
  reciprocalGrad,
  round,
  rsqrt,
  rsqrtGrad,
  sign,
  trunc,
} from "./elementary";
export { argmax, max, maxGrad, sum } from "./reduce";
export { argmin, min, prod } from "./aggregate";
export { copyStrided, gather, pad, scatterAdd, transpose, writeStrided } from "./movement";
export * from "./slopes";
export { linear, matmul, matmulBatched } from "./gemm";
export * from "./linalg";
export { maxPool, maxPoolGrad, maxPoolTake, resample } from "./pooling";
export {
  conv,
  convFilter,
  convPoint,
  convTranspose,
  depthwise,
  depthwiseFilter,
  depthwiseTranspose,
} from "./conv";
export { cumprod, cumsum, histogram, putAlong, takeAlong } from "./order";
export {
  clip,
  clipGrad,
  equal,
  floorDiv,
  isFinite,
  isInf,
  isNaN,
  less,
  lessEqual,
  maximum,
  maximumGrad,
  minimum,
  mod,
  notEqual,
  where,
} from "./pointwise";
export {
  brainToReal,
  byteToReal,
  halfToReal,
  intToReal,
  realToBool,
  realToBrain,
  realToByte,
  realToHalf,
  realToInt,
} from "./conversions";
export {
  channelNorm,
  channelNormGrad,
  channelScale,
  l2Normalize,
  l2NormalizeGrad,
  layerNorm,
  layerNormGrad,
  powerNorm,
  powerNormGrad,
  rmsNorm,
  rmsNormGrad,
} from "./normalization";
export { hadamard, hadamardChain, hadamardChainGrad } from "./hadamard";
export { linearAttention, linearAttentionSums, linearAttentionSumsGrad } from "./linearAttention";
export { rotary } from "./rotary";
export { hardSigmoid, hardSigmoidGrad, hardSwish, hardSwishGrad } from "./activations";
export { eluGrad, leakyRelu, leakyReluGrad, relu6, relu6Grad } from "./activations";

/** What this module's reals are: the device keeps its kernels apart from those for float32. */
export const float64 = true;
