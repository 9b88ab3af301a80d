/**
 * The kernels for float64, apart because most programs need none: `init({ modules: [float64] })`. They serve arithmetic,
 * comparisons, transcendental functions and activations, reductions, products and whatever moves elements; what else there
 * is says so in a DTypeError.
 */
export { float64 } from "./generated/float64.js";
