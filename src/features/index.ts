/** Random features: projections, spectral laws, maps whose products are kernels, and what is made of them. */
export { Bundle } from "./bundle.js";
export type { Covariance } from "./covariance.js";
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
export { type FourierOptions, RandomFourier, type RandomFourierOptions, Sinusoidal, type SinusoidalOptions } from "./fourier.js"; // prettier-ignore
export type { ProposalOption } from "./frequencies.js";
export {
  gaussianKernel,
  laplacianKernel,
  type LengthScale,
  maternKernel,
  type SpectralKernel,
} from "./kernels.js";
export { snnkKernel, type SNNKActivation } from "./instantiations.js";
export { FeatureMap, type MapOptions } from "./map.js";
export { normalQuantile } from "./normal.js";
export { optimalA, PositiveExponential, type PositiveExponentialOptions, secondMoment } from "./positive.js";
export {
  bandlimitedWeights,
  gaussianProjection,
  haltonProjection,
  orthogonalProjection,
  type OrthogonalOptions,
  type ProjectionOptions,
  type Projector,
  sobolProjection,
} from "./projections.js";
export { ArcCosine, type ArcCosineOptions, Sign } from "./ramps.js";
export {
  cauchySpectrum,
  type Complex,
  cosSpectrum,
  type DensitySpectrum,
  type ExponentialSpectrum,
  expSpectrum,
  gaussianSpectrum,
  laplaceProposal,
  type LineSpectrum,
  normalProposal,
  type Proposal,
  sechSpectrum,
  sechSquaredSpectrum,
  sinSpectrum,
  type Spectrum,
  tabulatedSpectrum,
  type Tabulation,
} from "./spectra.js";
export { StructuredOrthogonal, structuredProjection } from "./structured.js";
export { UniversalRandomFeatures, type UniversalOptions } from "./universal.js";
