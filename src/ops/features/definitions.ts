/** Features of projections in plain ops: what their fallbacks and second derivatives are made of. */
import type { Tensor } from "../../tensor.js";
import { add, mul, sub } from "../binary.js";
import { concat, split } from "../joining.js";
import { matmul } from "../matmul.js";
import { reshape } from "../movement.js";
import { equal, maximum, where } from "../pointwise.js";
import { max, sum } from "../reduce.js";
import { exp, square } from "../unary.js";

const last = { axis: -1, keepDims: true };

/** The last axis as columns, all others as rows. */
const flat = (x: Tensor): Tensor =>
  x.rank === 2 ? x : reshape(x, [x.shape.slice(0, -1).reduce((a, b) => a * b, 1), x.shape[x.rank - 1]]);

/** z = x · wᵀ */
export function projected(x: Tensor, w: Tensor): Tensor {
  if (w.rank === 0) return mul(x, w);
  return reshape(matmul(flat(x), w, { transposeB: true }), [...x.shape.slice(0, -1), w.shape[0]]);
}

/** The cotangent of x, from that of z. */
export function projectedBack(dz: Tensor, w: Tensor): Tensor {
  if (w.rank === 0) return mul(dz, w);
  return reshape(matmul(flat(dz), w), [...dz.shape.slice(0, -1), w.shape[1]]);
}

/** The cotangent of w, from that of z. */
export function projectionGrad(dz: Tensor, x: Tensor, w: Tensor): Tensor {
  return w.rank === 0 ? sum(mul(dz, x)) : matmul(flat(dz), flat(x), { transposeA: true });
}

/** Sums over all rows: the cotangent of numbers for each column, or, of none, of one for all. */
export function columnSums(dz: Tensor, numbers: Tensor): Tensor {
  return numbers.rank === 0 ? sum(dz) : sum(flat(dz), { axis: 0 });
}

/** ‖x‖² / 2 of each row: [..., 1]. */
export const halfSquares = (x: Tensor): Tensor => mul(sum(square(x), last), 0.5);

export const halves = (y: Tensor): Tensor[] => split(y, 2, { axis: -1 });
export const sideBySide = (parts: readonly Tensor[]): Tensor => concat(parts, { axis: -1 });

export interface Positive {
  /** Whether the features of −z stand behind those of z. Default false. */
  hyperbolic?: boolean;
  /** How often ‖x‖² / 2 counts in the exponent: −1 (default) for exp(x · y), −2 for exp(−‖x − y‖² / 2), 0. */
  norm?: number;
  /** A factor of every feature, above 0. Default 1. */
  scale?: number;
}

/** The exponents of z, and of −z behind them, without the share of ‖x‖². */
function exponents([x, w, gamma]: readonly Tensor[], { hyperbolic }: Positive): Tensor {
  const z = projected(x, w);
  return hyperbolic ? sideBySide([add(gamma, z), sub(gamma, z)]) : add(z, gamma);
}

/** What they are with the norm of x. */
function withNorm(e: Tensor, x: Tensor, norm: number): Tensor {
  return norm === 0 ? e : add(e, mul(halfSquares(x), norm));
}

export function positive(inputs: readonly Tensor[], options: Positive): Tensor {
  const { norm = -1, scale = 1 } = options;
  return mul(exp(withNorm(exponents(inputs, options), inputs[0], norm)), scale);
}

/** Features without the largest exponent of their row, and that exponent [...]; a finite one where all are −∞. */
export function positiveByRow(inputs: readonly Tensor[], options: Positive): [y: Tensor, top: Tensor] {
  const { norm = -1, scale = 1 } = options;
  const [x] = inputs;
  const e = exponents(inputs, options);
  const most = maximum(max(e, last), -3e38);
  return [mul(exp(sub(e, most)), scale), reshape(withNorm(most, x, norm), x.shape.slice(0, -1))];
}

/** The cotangents of the exponents of z, of −z behind them, and of the share of ‖x‖² [..., 1]. */
export function positivePull(
  [dy, , x, w, gamma, dtop]: readonly Tensor[],
  options: Positive & { stable?: boolean },
): { de: Tensor; total: Tensor } {
  const inputs = [x, w, gamma];
  if (!options.stable) {
    const de = mul(dy, positive(inputs, options));
    return { de, total: sum(de, last) };
  }
  const [y] = positiveByRow(inputs, options);
  const de = mul(dy, y);
  const e = exponents(inputs, options);
  const total = reshape(dtop, [...x.shape.slice(0, -1), 1]);
  const rest = sub(total, sum(de, last));
  return { de: add(de, where(equal(e, max(e, last)), rest, 0)), total };
}
