/** Every op: the registry is this module's namespace. */
export * from "./activations.js";
export { attention, attentionGradKV, attentionGradQ } from "./attention.js";
export { add, div, mul, sub } from "./binary.js";
export { cast } from "./cast.js";
export { complexFeatures, complexFeaturesGrad } from "./complexFeatures.js";
export { channelNorm, channelNormGrad, channelScale } from "./channels.js";
export { biasActivationDropout, biasActivationDropoutGrad, biasDropoutAdd } from "./chains.js";
export {
  conv1d,
  conv2d,
  conv3d,
  convFilter,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "./convolution.js";
export * from "./distributions.js";
export * from "./elementary.js";
export {
  arcCosineFeatures,
  arcCosineFeaturesGrad,
  fourierFeatures,
  fourierFeaturesGrad,
  signFeatures,
} from "./featureMaps.js";
export { full } from "./fill.js";
export { hadamardChain, hadamardChainGrad, walshHadamard } from "./hadamard.js";
export { inverse, logdet, solve, solveFactored } from "./linalg/factored.js";
export { qr } from "./linalg/orthogonal.js";
export { eigh, svd } from "./linalg/spectral.js";
export { syrk, syrkUpdate } from "./linalg/symmetric.js";
export { cholesky, triangularSolve } from "./linalg/triangular.js";
export { linearAttention, linearAttentionSums, linearAttentionSumsGrad } from "./linearAttention.js";
export { linear, matmul } from "./matmul.js";
export {
  broadcastTo,
  gather,
  pad,
  permuteDims,
  reshape,
  scatterAdd,
  slice,
  stopGradient,
  unslice,
  write,
} from "./movement.js";
export {
  l2NormalizeRows,
  l2NormalizeRowsGrad,
  layerNorm,
  layerNormGrad,
  localResponseNorm,
  localResponseNormGrad,
  rmsNorm,
  rmsNormGrad,
} from "./normalization.js";
export * from "./optimizers.js";
export { all, any, argmin, logsumexp, min, norm, prod } from "./aggregate.js";
export { argsortRows, bincount, cumprod, cumsum, histogram, putAlong, sortRows, takeAlong } from "./order.js";
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
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  maximumGrad,
  minimum,
  mod,
  notEqual,
  where,
} from "./pointwise.js";
export { maxPool, maxPoolGrad, maxPoolTake } from "./pooling.js";
export { rotate } from "./positions.js";
export { positiveFeatures, positiveFeaturesByRow, positiveFeaturesGrad } from "./positiveFeatures.js";
export { powerNormGrad, powerNormStep } from "./powerNorm.js";
export { convPacked, packFilter } from "./prepack.js";
export { dequantize, fakeQuantize, matmulInt8, matmulQuantized, quantize } from "./quantize.js";
export { bernoulli, dropout, normal, permutation, randomBits, uniform } from "./random.js";
export { gruCell, gruCellGrad, lstmCell, lstmCellGrad } from "./recurrent.js";
export { argmax, max, maxGrad, mean, sum } from "./reduce.js";
export { resample } from "./resample.js";
export {
  crossEntropy,
  crossEntropyGrad,
  logSoftmax,
  logSoftmaxGrad,
  softmax,
  softmaxGrad,
} from "./softmax.js";
export * from "./transcendental.js";
export {
  exp,
  log,
  neg,
  relu,
  reluGrad,
  sigmoid,
  sigmoidGrad,
  sqrt,
  sqrtGrad,
  square,
  squareGrad,
  tanh,
  tanhGrad,
} from "./unary.js";
export { adamUpdate, sgdUpdate } from "./update.js";
