/** Random features, and what is made of them. */
export { Bundle } from "./bundle.js";
export { type Covariance, gaussian, laplacian, matern } from "./covariance.js";
export { FeatureGaussianProcess, GaussianProcess, type Posterior } from "./gaussianProcess.js";
export { type MomentOptions, Moments, type RealType } from "./moments.js";
export { FeaturePCA, KernelPCA } from "./principal.js";
export { RidgeClassifier, type RidgeOptions, RidgeRegression } from "./regression.js";
export {
  type Dense,
  type ScalableKernel,
  SNNKAdapter,
  type SNNKAdapterOptions,
  SNNKLinear,
  type SNNKLinearOptions,
} from "./snnk.js";
export { type Features, Streamed, type StreamedOptions } from "./streamed.js";
