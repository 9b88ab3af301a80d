/** Kernels of x − y by their spectral laws: how the frequencies of random Fourier features are distributed. */
import { OptionError } from "../errors.js";
import { mul } from "../ops/binary.js";
import { gamma } from "../ops/distributions.js";
import type { Key } from "../ops/random.js";
import { foldIn } from "../random.js";
import type { Shape } from "../shape.js";
import { tensor, type Tensor } from "../tensor.js";
import { deviates } from "../nn/orthogonal.js";
import { type Covariance, gaussian, laplacian, matern } from "./covariance.js";
import type { ProjectionOptions, Projector } from "./projections.js";
import { StructuredOrthogonal } from "./structured.js";

/** A kernel with k(0) = 1, whose spectral law is one of normal vectors times random factors. */
export interface SpectralKernel {
  readonly name: string;
  /** D frequencies of d numbers each: what `projector` makes, times factors. */
  readonly frequencies: (
    key: Key,
    shape: Shape,
    projector: Projector,
    options?: ProjectionOptions,
  ) => Tensor | StructuredOrthogonal;
  /** k(x − y) itself, of all pairs of rows: for Gaussian processes, for one. */
  readonly covariance: Covariance;
}

function checkPositive(who: string, option: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new OptionError(`${who}: ${option} is ${value}, expected a finite number above 0`);
}

/** Rows of `projector` times a factor each. */
function stretched(
  [key, shape, projector, options]: Parameters<SpectralKernel["frequencies"]>,
  factor: () => number,
): Tensor | StructuredOrthogonal {
  const w = projector(key, shape, options);
  const factors = Float64Array.from({ length: shape[0] }, factor);
  const column = (extents: Shape): Tensor => tensor(factors, extents, options?.dtype ?? "float32");
  return w instanceof StructuredOrthogonal ? w.stretch(column([shape[0]])) : mul(w, column([shape[0], 1]));
}

export interface LengthScale {
  /** What a distance is divided by. Default 1. */
  lengthscale?: number;
}

/** exp(−‖x − y‖² / 2ℓ²): normal frequencies of deviation 1 / ℓ. */
export function gaussianKernel({ lengthscale = 1 }: LengthScale = {}): SpectralKernel {
  checkPositive("gaussianKernel", "lengthscale", lengthscale);
  return {
    name: "gaussian",
    covariance: gaussian(lengthscale),
    frequencies: (...call) => stretched(call, () => 1 / lengthscale),
  };
}

/**
 * The Matérn kernel 2^(1 − ν) / Γ(ν) · (√2ν r)^ν K_ν(√2ν r), r = ‖x − y‖ / ℓ; of ν ½ it is exp(−r), of 3⁄2 (1 + √3 r) exp(−√3 r), of 5⁄2 (1 + √5 r + 5r² / 3)
 * exp(−√5 r), and of others `covariance` is not there. Frequencies by Student's law of 2ν degrees of freedom. Rasmussen, Williams: "Gaussian processes for machine learning", 2006, equation 4.15.
 */
export function maternKernel({ nu, lengthscale = 1 }: LengthScale & { nu: number }): SpectralKernel {
  checkPositive("maternKernel", "nu", nu);
  checkPositive("maternKernel", "lengthscale", lengthscale);
  return {
    name: "matern",
    covariance: matern(nu, lengthscale),
    frequencies(...call) {
      const [key, [D]] = call;
      // Half of χ² with 2ν degrees of freedom.
      const halves = gamma(foldIn(key, -2), [D], { concentration: nu }).dataSync();
      let row = 0;
      return stretched(call, () => Math.sqrt(nu / halves[row++]) / lengthscale);
    },
  };
}

/**
 * exp(−‖x − y‖₁ / ℓ) with norm 1 (default), whose frequencies have independent coordinates of Cauchy's law, quotients of normal numbers; or, with norm 2,
 * exp(−‖x − y‖₂ / ℓ), the Matérn kernel of ν ½.
 */
export function laplacianKernel({
  lengthscale = 1,
  norm = 1,
}: LengthScale & { norm?: 1 | 2 } = {}): SpectralKernel {
  checkPositive("laplacianKernel", "lengthscale", lengthscale);
  if (norm === 2) return { ...maternKernel({ nu: 0.5, lengthscale }), name: "laplacian" };
  if (norm !== 1) throw new OptionError(`laplacianKernel: norm is ${String(norm)}, expected 1 or 2`);
  return {
    name: "laplacian",
    covariance: laplacian(lengthscale),
    frequencies(key, shape, projector, options) {
      const w = projector(key, shape, options);
      if (w instanceof StructuredOrthogonal) {
        w.dispose();
        throw new OptionError(
          "laplacianKernel: of norm 1 it has no structured projection, expected a matrix",
        );
      }
      const next = deviates(foldIn(key, -2));
      const factors = Float64Array.from({ length: w.size }, () => 1 / (lengthscale * Math.abs(next())));
      return mul(w, tensor(factors, shape, w.dtype));
    },
  };
}
