/**
 * Kernel methods by random features: for any number of rows, in time proportional to it and memory that does not grow with it.
 *
 * Ali Rahimi, Benjamin Recht: "Random features for large-scale kernel machines", NIPS 2007, algorithm 1: how near the products of features come to three
 * kernels; digits read by ridge regression, beside the exact method on as many rows as it can take; a Gaussian process beside the exact one.
 */
import { example } from "./harness/example.js";
import { approximate, disperse } from "./random-fourier-features/approximation.js";
import { classify } from "./random-fourier-features/digits.js";
import { regress } from "./random-fourier-features/process.js";

export default example("Rahimi, Recht: Random features for large-scale kernel machines, 2007", (lab) => {
  approximate(lab);
  disperse(lab);
  classify(lab);
  regress(lab);
});
