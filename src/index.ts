/** lanewise: numerical kernels in WebAssembly SIMD, with tensors and gradients. */
export { type BinaryName } from "./devices/binaries.js";
export { type WorkerFactory, type WorkerLike } from "./devices/workers.js";
export { type Device, memory, type MemoryReport, type Part, setDevice } from "./devices/device.js";
export type { DType, Numbers } from "./dtype.js";
export { checkpoint } from "./checkpoint.js";
export * from "./errors.js";
export { grad, jvp, type Pullback, valueAndGrad, vjp } from "./grad.js";
export { info, type Info, init, type InitOptions, shutdown } from "./init.js";
export { keep, scope } from "./memory.js";
export * as features from "./features/index.js";
export * as metrics from "./metrics.js";
export * as nn from "./nn/index.js";
export { inPlace, op, type Op, type Plan } from "./op.js";
export { profile, type Profiled } from "./profile.js";
export {
  elu,
  gelu,
  geluTanh,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu6,
  selu,
  silu,
  softplus,
} from "./ops/activations.js";
export { all, any, argmin, logsumexp, min, norm, prod, std, variance } from "./ops/aggregate.js";
export {
  attention,
  type AttentionOptions,
  linearAttention,
  type LinearAttentionOptions,
} from "./ops/attend.js";
export { logSoftmax, softmax } from "./ops/axes.js";
export { add, div, mul, sub } from "./ops/binary.js";
export { cast } from "./ops/cast.js";
export { biasActivationDropout, biasDropoutAdd, type ChainActivation } from "./ops/chains.js";
export { batchNorm, type BatchNormOptions, groupNorm, instanceNorm } from "./ops/channels.js";
export { abs, ceil, floor, reciprocal, round, rsqrt, sign, trunc } from "./ops/elementary.js";
export { complexFeatures } from "./ops/complexFeatures.js";
export { arcCosineFeatures, fourierFeatures, signFeatures } from "./ops/featureMaps.js";
export { full, ones, zeros } from "./ops/fill.js";
export { hadamardChain, walshHadamard } from "./ops/hadamard.js";
export { choleskySolve, lstsq, solve, trace, triangularSolve } from "./ops/linalg.js";
export { inverse, logdet } from "./ops/linalg/factored.js";
export { qr } from "./ops/linalg/orthogonal.js";
export { eigh, svd } from "./ops/linalg/spectral.js";
export { syrk, type SyrkOptions, syrkUpdate } from "./ops/linalg/symmetric.js";
export { cholesky, type TriangularOptions } from "./ops/linalg/triangular.js";
export { type Activation, linear, matmul } from "./ops/matmul.js";
export { arange, diag, eye, linspace, meshgrid, oneHot, tril, triu } from "./ops/construct.js";
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "./ops/convolution.js";
export type { ConvOptions, ConvTransposeOptions } from "./ops/conv/options.js";
export type { Algorithm } from "./ops/conv/winograd.js";
export type { DataFormat, Padding, WindowOptions } from "./ops/conv/window.js";
export { embedding, gather, gatherND, scatterND } from "./ops/indexing.js";
export { concat, split, stack } from "./ops/joining.js";
export { cross, dot, einsum, kron, outer } from "./ops/products.js";
export { flip, pad, type PadMode, repeat, roll, tile } from "./ops/rearrange.js";
export {
  broadcastTo,
  permuteDims,
  reshape,
  scatterAdd,
  slice,
  stopGradient,
  transpose,
} from "./ops/movement.js";
export {
  argsort,
  bincount,
  cumprod,
  cumsum,
  histogram,
  sort,
  takeAlongAxis,
  topk,
  unique,
} from "./ops/order.js";
export {
  clip,
  equal,
  floorDiv,
  greater,
  greaterEqual,
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
  minimum,
  mod,
  notEqual,
  where,
} from "./ops/pointwise.js";
export { layerNorm, l2Normalize, localResponseNorm, rmsNorm, weightNorm } from "./ops/normalization.js";
export { globalAvgPool, maxPool } from "./ops/pooling.js";
export { rotary, sinusoidalPositions } from "./ops/positions.js";
export { positiveFeatures, type PositiveOptions } from "./ops/positive.js";
export { positiveFeaturesByRow } from "./ops/positiveFeatures.js";
export { powerNorm, type PowerNormOptions, powerNormVanilla } from "./ops/powerNorm.js";
export {
  adaptiveAvgPool,
  avgPool,
  type AvgPoolOptions,
  resizeBilinear,
  resizeNearest,
  type ResizeOptions,
} from "./ops/resample.js";
export { pixelShuffle, pixelUnshuffle } from "./ops/shuffle.js";
export { type PackedConvolution, prepack } from "./ops/prepack.js";
export { depthwiseConv2d, type DepthwiseOptions, separableConv2d } from "./ops/separable.js";
export { dequantize, fakeQuantize, matmulInt8, matmulQuantized, quantize, scaleOf } from "./ops/quantize.js";
export { gruCell, lstmCell } from "./ops/recurrent.js";
export { argmax, max, mean, sum } from "./ops/reduce.js";
export { crossEntropy } from "./ops/softmax.js";
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cos,
  cosh,
  erf,
  erfc,
  exp2,
  expm1,
  log1p,
  log2,
  pow,
  sin,
  sinh,
  tan,
} from "./ops/transcendental.js";
export { exp, log, neg, relu, sigmoid, sqrt, square, tanh } from "./ops/unary.js";
export * as optim from "./optim/index.js";
export * as random from "./random.js";
export * as safetensors from "./io/safetensors.js";
export type { State } from "./io/state.js";
export type { Shape } from "./shape.js";
export { type Nested, tensor, Tensor, type TensorData } from "./tensor.js";
export type { Tree } from "./tree.js";
