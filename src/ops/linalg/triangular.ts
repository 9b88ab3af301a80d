/** Triangular matrices: the Cholesky factor, and systems with one. */
import { bytesOf } from "../../dtype.js";
import { linalg as part } from "../../generated/linalg.js";
import { op } from "../../op.js";
import type { Tensor } from "../../tensor.js";
import { add, mul, sub } from "../binary.js";
import { tril, triu } from "../construct.js";
import { matmul } from "../matmul.js";
import { transpose } from "../movement.js";
import { neg } from "../unary.js";
import { refusal, sidesOf, squaresOf, systems } from "./plans.js";

/** (S + Sᵀ) / 2: a cotangent of what reads the symmetric part of its input. */
export const symmetrized = (s: Tensor): Tensor => mul(add(s, transpose(s)), 0.5);

/**
 * `cholesky(a)`: L, lower triangular with a positive diagonal, with L·Lᵀ = (A + Aᵀ) / 2. a, L [..., n, n]. n³ / 3 operations each. Throws
 * MatrixError with the pivot where a matrix is not positive definite. Golub, Van Loan: "Matrix computations", section 4.2; the
 * gradient after Murray: "Differentiation of the Cholesky decomposition", 2016.
 */
export const cholesky = /* @__PURE__ */ op<[a: Tensor]>()({
  name: "cholesky",
  part,
  inputs: { a: "real" },
  plan([a]) {
    const matrices = squaresOf("cholesky", "a", a);
    const { count, n } = matrices;
    return {
      kernel: "cholesky",
      outputs: [a],
      grid: n === 0 ? 0 : count,
      numbers: [n],
      scratch: systems(n, n, bytesOf(a.dtype)),
      refuse: refusal("cholesky", "a", matrices, (pivot) => `is not positive definite (pivot ${pivot})`),
      flops: (count * n * n * n) / 3,
      bytes: 2 * bytesOf(a.dtype) * count * n * n,
    };
  },
  vjp(dl, [l]) {
    const product = matmul(l, tril(dl), { transposeA: true });
    // The lower triangle, its diagonal halved.
    const lower = sub(tril(product), mul(triu(tril(product)), 0.5));
    const half = triangularSolve(l, lower, { transpose: true });
    return [symmetrized(triangularSolve(l, transpose(half), { transpose: true }))];
  },
});

export interface TriangularOptions {
  /** Whether the lower triangle of a is read, or the upper one. Default true. */
  lower?: boolean;
  /** Solve with the transpose of that triangle. Default false. */
  transpose?: boolean;
  /** Take the diagonal for ones, whatever stands there. Default false. */
  unitDiagonal?: boolean;
}

/**
 * `triangularSolve(a, b, { lower, transpose, unitDiagonal })`: X with T X = B, or Tᵀ X = B, where T is the lower triangle of A, or the upper one;
 * the other one is not read. a [..., n, n], b, X [..., n, cols]. n² · cols operations each. Throws MatrixError with the pivot where T has a 0 on
 * its diagonal.
 */
export const triangularSolve = /* @__PURE__ */ op<[a: Tensor, b: Tensor], TriangularOptions>()({
  name: "triangularSolve",
  part,
  inputs: { a: "real", b: "real" },
  defaults: { lower: true, transpose: false, unitDiagonal: false },
  plan([a, b], { lower, transpose, unitDiagonal }) {
    const { cols, ...matrices } = sidesOf("triangularSolve", a, b);
    const { count, n } = matrices;
    const size = bytesOf(a.dtype);
    return {
      kernel: "triangularSolve",
      outputs: [b],
      grid: n * cols === 0 ? 0 : count,
      numbers: [n, cols, ...(transpose ? [1, n] : [n, 1]), Number(lower !== transpose), Number(unitDiagonal)],
      scratch: systems(n, cols, size),
      refuse: refusal("triangularSolve", "a", matrices, (pivot) => `is singular (pivot ${pivot})`),
      flops: count * n * n * cols,
      bytes: size * count * ((n * n) / 2 + 2 * n * cols),
    };
  },
  vjp(dx, [x], [a], options) {
    const { lower = true, transpose: turned = false, unitDiagonal = false } = options;
    const db = triangularSolve(a, dx, { ...options, transpose: !turned });
    const da = (): Tensor => {
      const product = turned ? matmul(x, db, { transposeB: true }) : matmul(db, x, { transposeB: true });
      const k = Number(unitDiagonal);
      return neg(lower ? tril(product, { k: -k }) : triu(product, { k }));
    };
    return [da, db];
  },
});
