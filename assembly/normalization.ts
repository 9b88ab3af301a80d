/** Normalisation: values less their mean, divided by their spread. */
export {
  l2Normalize,
  l2NormalizeGrad,
  layerNorm,
  layerNormGrad,
  rmsNorm,
  rmsNormGrad,
} from "./normalization/rows";
export {
  channelNorm,
  channelNormGrad,
  channelScale,
  powerNorm,
  powerNormGrad,
} from "./normalization/channels";
export { localResponseNorm, localResponseNormGrad } from "./normalization/response";
