/** Linear algebra as users call it. */
import { ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { broadcastShapes, show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, mul } from "./binary.js";
import { eye } from "./construct.js";
import { solve as solveMatrices } from "./linalg/factored.js";
import { qr } from "./linalg/orthogonal.js";
import { triangularSolve as solveTriangular, type TriangularOptions } from "./linalg/triangular.js";
import { matmul } from "./matmul.js";
import { broadcastTo, reshape, slice, transpose } from "./movement.js";
import { sum } from "./reduce.js";

/**
 * f(a, b) of matrices whose leading axes broadcast. A vector b is one right-hand side of every a: its result has a's leading axes. `rows` is the
 * extent of b that a asks for.
 */
function sided(name: string, a: Tensor, b: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor {
  if (a.rank < 2) throw new ShapeError(`${name}: a is ${show(a.shape)}, expected at least two axes`);
  if (b.rank === 0) throw new ShapeError(`${name}: b is ${show(b.shape)}, expected at least one axis`);
  return scope(() => {
    const columns = b.rank === 1 ? reshape(b, [...b.shape, 1]) : b;
    const batch = broadcastShapes(name, a.shape.slice(0, -2), columns.shape.slice(0, -2), [
      "batch of a",
      "batch of b",
    ]);
    const spread = (x: Tensor): Tensor =>
      x.rank - 2 === batch.length &&
      x.shape.every((extent, axis) => axis >= batch.length || extent === batch[axis])
        ? x
        : broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    const x = f(spread(a), spread(columns));
    return b.rank === 1 ? reshape(x, x.shape.slice(0, -1)) : x;
  });
}

/**
 * `solve(a, b)`: x with A x = b, by the LU factorisation with partial pivoting. a [..., n, n], b [n] or [..., n, cols] → x like b; the axes before
 * the last two broadcast. Throws MatrixError with the pivot where a matrix is singular. Golub, Van Loan: "Matrix computations", section 3.4.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  return sided("solve", a, b, solveMatrices);
}

/**
 * `triangularSolve(a, b, { lower, transpose, unitDiagonal })`: x with T x = b, or Tᵀ x = b, where T is the lower triangle of a, or the upper one; the
 * other one is not read. a [..., n, n], b [n] or [..., n, cols] → x like b; the axes before the last two broadcast. Throws MatrixError with the
 * pivot where T has a 0 on its diagonal.
 */
export function triangularSolve(a: Tensor, b: Tensor, options: TriangularOptions = {}): Tensor {
  return sided("triangularSolve", a, b, (a, b) => solveTriangular(a, b, options));
}

/** `choleskySolve(l, b)`: x with L Lᵀ x = b, for the factor that `cholesky` gives. Shapes and errors as of `triangularSolve`. */
export function choleskySolve(l: Tensor, b: Tensor): Tensor {
  return sided("choleskySolve", l, b, (l, b) =>
    solveTriangular(l, solveTriangular(l, b), { transpose: true }),
  );
}

/**
 * `lstsq(a, b)`: the x that makes |A x − b| least, and, where A has fewer rows than columns, of those with A x = b the shortest. By the QR
 * factorisation of A, or Aᵀ. a [..., m, n], b [m] or [..., m, cols] → x [n] or [..., n, cols]. Throws MatrixError with the pivot where A has not full rank.
 * Golub, Van Loan: "Matrix computations", sections 5.3 and 5.6.
 */
export function lstsq(a: Tensor, b: Tensor): Tensor {
  return sided("lstsq", a, b, (a, b) => {
    const [m, n] = a.shape.slice(-2);
    if (b.shape[b.rank - 2] !== m)
      throw new ShapeError(`lstsq: b is ${show(b.shape)}, expected ${m} rows (a is ${show(a.shape)})`);
    if (m >= n) {
      const [q, r] = qr(a);
      return solveTriangular(r, matmul(q, b, { transposeA: true }), { lower: false });
    }
    const [q, r] = qr(transpose(a));
    return matmul(q, solveTriangular(r, b, { lower: false, transpose: true }));
  });
}

/** A + value · I of matrices a [n, n]. */
export function addDiagonal(a: Tensor, value: number): Tensor {
  return scope(() => add(a, mul(eye(a.shape[0], a.shape[1], { dtype: a.dtype }), value)));
}

/** `trace(x)`: the sum of the main diagonal of each matrix. x [..., m, n] → [...]. */
export function trace(x: Tensor): Tensor {
  if (x.rank < 2) throw new ShapeError(`trace: x is ${show(x.shape)}, expected at least two axes`);
  const batch = x.shape.slice(0, -2);
  const [m, n] = x.shape.slice(-2);
  const length = Math.min(m, n);
  if (length === 0) return sum(x, { axis: [-2, -1] });
  return scope(() => {
    const first = [...batch.map(() => 0), 0];
    const steps = [...batch.map(() => 1), n + 1];
    const diagonal = slice(reshape(x, [...batch, m * n]), first, [...batch, length], { steps });
    return sum(diagonal, { axis: -1 });
  });
}
