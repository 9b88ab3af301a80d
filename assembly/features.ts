/**
 * Random features: functions of projections z = x · wᵀ, x [rows, d], w [D, d] (or one number, by which x is multiplied), and their gradients. A block of
 * rows is projected, and finished while it is in L2. Float32 only.
 */
export { complexFeatures, complexFeaturesGrad } from "./features/complex";
export { positiveFeatures, positiveFeaturesByRow, positiveFeaturesGrad } from "./features/exponential";
export { fourierFeatures, fourierFeaturesGrad } from "./features/fourier";
export { thresholdFeatures, thresholdFeaturesGrad } from "./features/threshold";
