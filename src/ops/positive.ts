/** Positive features as users call them. */
import { OptionError, ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { mul, sub } from "./binary.js";
import type { Positive } from "./features/definitions.js";
import { reshape } from "./movement.js";
import { positiveFeatures as plain, positiveFeaturesByRow } from "./positiveFeatures.js";
import { max } from "./reduce.js";
import { exp } from "./unary.js";

export interface PositiveOptions extends Positive {
  /**
   * What is subtracted from the exponents, that they do not overflow: the largest of each row ("row"), which cancels where rows are normalised,
   * as those of queries are, or the largest of each matrix [n, d] of x ("all"), which cancels where all of its rows are added up and normalised, as those
   * of keys are. Default "none".
   */
  stabilizer?: "none" | "row" | "all";
}

/**
 * `positiveFeatures(x, w, gamma, { hyperbolic, norm, scale, stabilizer })`: y = scale · exp(z + gamma + norm · ‖x‖² / 2), z = x · wᵀ; with `hyperbolic` the
 * same of −z behind it. x [..., d], w [D, d] or one number (z = w · x), gamma [D] or one number, default 0 → [..., D], or [..., 2D]. With normal
 * w and scale 1 / √D, or 1 / √2D, the products of features of x and y tend to exp(x · y), with norm −2 to exp(−‖x − y‖² / 2). Those of Likhosherstov et al.
 * ("Chefs' random tables", 2022) with A < 1/8 have w times √(1 − 4A) and gamma_j = A ‖w_j‖² + d / 4 · ln(1 − 4A). Choromanski et al.: "Rethinking attention
 * with performers", 2021, lemma 1.
 */
export function positiveFeatures(
  x: Tensor,
  w: Tensor | number,
  gamma: Tensor | number = 0,
  { stabilizer = "none", ...options }: PositiveOptions = {},
): Tensor {
  if (stabilizer === "none") return plain(x, w, gamma, options);
  if (stabilizer === "row") return positiveFeaturesByRow(x, w, gamma, options)[0];
  if (stabilizer !== "all")
    throw new OptionError(
      `positiveFeatures: stabilizer is "${String(stabilizer)}", expected one of none, row, all`,
    );
  if (x.rank < 2) throw new ShapeError(`positiveFeatures: x is ${show(x.shape)}, expected [..., n, d]`);
  return scope(() => {
    const [y, top] = positiveFeaturesByRow(x, w, gamma, options);
    return timesPower(y, sub(top, max(top, { axis: -1, keepDims: true })));
  });
}

/** y · e^logarithm, row by row: y [..., D], logarithm [...]. */
export const timesPower = (y: Tensor, logarithm: Tensor): Tensor =>
  mul(y, reshape(exp(logarithm), [...logarithm.shape, 1]));
