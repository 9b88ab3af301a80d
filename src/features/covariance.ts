/** Kernels of x − y as matrices of all pairs of rows. */
import { OptionError, ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { add, div, mul, sub } from "../ops/binary.js";
import { abs } from "../ops/elementary.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import { maximum } from "../ops/pointwise.js";
import { sum } from "../ops/reduce.js";
import { exp, neg, sqrt, square } from "../ops/unary.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** k(x, y) of all pairs of rows: x [n, d], y [m, d] → [n, m]. */
export type Covariance = (x: Tensor, y: Tensor) => Tensor;

function checkRows(name: string, x: Tensor, y: Tensor): void {
  if (x.rank !== 2 || y.rank !== 2 || x.shape[1] !== y.shape[1])
    throw new ShapeError(
      `${name}.covariance: x is ${show(x.shape)} and y is ${show(y.shape)}, expected [n, d] and [m, d]`,
    );
}

/** |x − y|² of all pairs of rows, by |x|² + |y|² − 2 x·y. */
function squaredDistances(x: Tensor, y: Tensor): Tensor {
  const lengths = (rows: Tensor): Tensor => sum(square(rows), { axis: 1 });
  const column = reshape(lengths(x), [x.shape[0], 1]);
  return maximum(sub(add(column, lengths(y)), mul(matmul(x, y, { transposeB: true }), 2)), 0);
}

/** exp(−|x − y|² / (2 ℓ²)) */
export function gaussian(lengthscale: number): Covariance {
  return (x, y) => {
    checkRows("gaussianKernel", x, y);
    return scope(() => exp(mul(squaredDistances(x, y), -0.5 / (lengthscale * lengthscale))));
  };
}

/** exp(−‖x − y‖₁ / ℓ): takes memory for n · m · d numbers. */
export function laplacian(lengthscale: number): Covariance {
  return (x, y) => {
    checkRows("laplacianKernel", x, y);
    const [n, d] = x.shape;
    return scope(() => {
      const differences = sub(reshape(x, [n, 1, d]), reshape(y, [1, ...y.shape]));
      return exp(mul(sum(abs(differences), { axis: 2 }), -1 / lengthscale));
    });
  };
}

/** The Matérn kernel of ν = 1/2, 3/2 or 5/2: with r = √(2ν) |x − y| / ℓ, e⁻ʳ times 1, 1 + r or 1 + r + r² / 3. */
export function matern(nu: number, lengthscale: number): Covariance {
  return (x, y) => {
    if (![0.5, 1.5, 2.5].includes(nu))
      throw new OptionError(`maternKernel.covariance: nu is ${nu}, expected 0.5, 1.5 or 2.5`);
    checkRows("maternKernel", x, y);
    return scope(() => {
      const r = mul(sqrt(squaredDistances(x, y)), Math.sqrt(2 * nu) / lengthscale);
      const decay = exp(neg(r));
      if (nu === 0.5) return decay;
      const linear = add(r, 1);
      return mul(decay, nu === 1.5 ? linear : add(linear, div(square(r), 3)));
    });
  };
}
