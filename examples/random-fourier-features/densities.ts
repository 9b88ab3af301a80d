/** Bochner's theorem: a kernel k(x − y) is the mean of cos w·(x − y) over its spectral density. */
import { div, type features, fourierFeatures, mul, random, sqrt, sub, tan, type Tensor } from "lanewise";

/** Rows w [D, d] from the spectral density of a kernel of length scale 1. */
export type Density = (key: random.Key, D: number, d: number) => Tensor;

/** Of the Gaussian, exp(−|x − y|² / 2). */
export const normal: Density = (key, D, d) => random.normal(key, [D, d]);

/** Of the Laplacian, exp(−‖x − y‖₁): Cauchy's in each coordinate. */
export const cauchy: Density = (key, D, d) => tan(mul(sub(random.uniform(key, [D, d]), 0.5), Math.PI));

/** Of Matérn's with ν = 3/2: Student's with 2ν degrees of freedom. */
export const student: Density = (key, D, d) => {
  const [first, second] = random.split(key);
  const precision = random.gamma(second, [D, 1], { concentration: 1.5, rate: 1.5 });
  return div(random.normal(first, [D, d]), sqrt(precision));
};

/** [cos w·x, sin w·x] / √D: x [n, d] → [n, 2D]. */
export function mapOf(w: Tensor): features.Features {
  return (x) => fourierFeatures(x, w, 0, { scale: 1 / Math.sqrt(w.shape[0]) });
}
