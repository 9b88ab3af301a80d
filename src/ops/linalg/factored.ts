/** Square systems, by the LU factorisation with partial pivoting. */
import { bytesOf } from "../../dtype.js";
import { ShapeError } from "../../errors.js";
import { linalg as part } from "../../generated/linalg.js";
import { op } from "../../op.js";
import { sameShape, show } from "../../shape.js";
import type { Spec, Tensor } from "../../tensor.js";
import { mul } from "../binary.js";
import { eye } from "../construct.js";
import { matmul } from "../matmul.js";
import { wholeLines } from "../../memory.js";
import { broadcastTo, reshape } from "../movement.js";
import { neg } from "../unary.js";
import { type Matrices, refusal, sidesOf, squaresOf, systems } from "./plans.js";

/** The factors of a, and the row that each was exchanged with. */
const factorsOf = (a: Spec): Spec[] => [a, { shape: a.shape.slice(0, -1), dtype: "int32" }];

const singular = (name: string, matrices: Matrices) =>
  refusal(name, "a", matrices, (pivot) =>
    pivot === matrices.n ? "has a negative determinant" : `is singular (pivot ${pivot})`,
  );

/** I, one for each matrix of a. */
const identities = (a: Tensor): Tensor => {
  const n = a.shape[a.rank - 1];
  return broadcastTo(eye(n, n, { dtype: a.dtype }), a.shape);
};

/**
 * `solve(a, b)`: X with A X = B, by the LU factorisation with partial pivoting. a [..., n, n], b, X [..., n, cols]. Throws MatrixError with the pivot
 * where a matrix is singular. Golub, Van Loan: "Matrix computations", section 3.4.
 */
export const solve = /* @__PURE__ */ op<[a: Tensor, b: Tensor]>()({
  name: "solve",
  part,
  inputs: { a: "real", b: "real" },
  plan([a, b]) {
    const { cols, ...matrices } = sidesOf("solve", a, b);
    const { count, n } = matrices;
    const size = bytesOf(a.dtype);
    return {
      kernel: "solve",
      outputs: [b, ...factorsOf(a)],
      grid: n === 0 ? 0 : count,
      numbers: [n, cols],
      scratch: systems(n, cols, size),
      refuse: singular("solve", matrices),
      flops: count * ((2 / 3) * n + 2 * cols) * n * n,
      bytes: size * count * (2 * n * n + 2 * n * cols),
    };
  },
  vjp(dx, [x, lu, pivots], [a]) {
    const db = solveFactored(a, lu, pivots, dx, { transpose: true });
    return [() => neg(matmul(db, x, { transposeB: true })), db];
  },
});

/**
 * `solveFactored(a, lu, pivots, b, { transpose })`: X with A X = B, or Aᵀ X = B, by the factors that solve and logdet keep; a is what they were
 * made of, and what the gradient is with respect to.
 */
export const solveFactored = /* @__PURE__ */ op<
  [a: Tensor, lu: Tensor, pivots: Tensor, b: Tensor],
  { transpose?: boolean }
>()({
  name: "solveFactored",
  part,
  inputs: { a: "real", lu: "real", pivots: "int32", b: "real" },
  defaults: { transpose: false },
  plan([a, lu, pivots, b], { transpose }) {
    const { cols, count, n } = sidesOf("solveFactored", a, b);
    const size = bytesOf(a.dtype);
    factorsOf(a).forEach(({ shape }, i) => {
      const given = [lu, pivots][i];
      if (!sameShape(given.shape, shape))
        throw new ShapeError(
          `solveFactored: ${["lu", "pivots"][i]} is ${show(given.shape)}, expected ${show(shape)} (a is ${show(a.shape)})`,
        );
    });
    return {
      kernel: "solveFactored",
      outputs: [b],
      grid: n * cols === 0 ? 0 : count,
      numbers: [n, cols, Number(transpose)],
      scratch: systems(n, cols, size),
      flops: 2 * count * n * n * cols,
      bytes: size * count * (n * n + 2 * n * cols),
    };
  },
  vjp(dx, [x], [a, lu, pivots], { transpose = false }) {
    const db = solveFactored(a, lu, pivots, dx, { transpose: !transpose });
    const [from, to] = transpose ? [x, db] : [db, x];
    return [() => neg(matmul(from, to, { transposeB: true })), null, null, db];
  },
});

/**
 * `logdet(a)`: the logarithm of each matrix's determinant. a [..., n, n] → [...]. Throws MatrixError where a determinant is 0, with the pivot, or
 * negative.
 */
export const logdet = /* @__PURE__ */ op<[a: Tensor]>()({
  name: "logdet",
  part,
  inputs: { a: "real" },
  plan([a]) {
    const matrices = squaresOf("logdet", "a", a);
    const { batch, count, n } = matrices;
    return {
      kernel: "logdet",
      outputs: [{ shape: batch, dtype: a.dtype }, ...factorsOf(a)],
      grid: count,
      numbers: [n],
      scratch: systems(n, 0, bytesOf(a.dtype)),
      refuse: singular("logdet", matrices),
      flops: (2 / 3) * count * n * n * n,
      bytes: 2 * bytesOf(a.dtype) * count * n * n,
    };
  },
  vjp(dy, [, lu, pivots], [a]) {
    const inverted = solveFactored(a, lu, pivots, identities(a), { transpose: true });
    return [mul(reshape(dy, [...dy.shape, 1, 1]), inverted)];
  },
});

/** `inverse(a)`: A⁻¹ of each matrix. a, A⁻¹ [..., n, n]. Throws MatrixError with the pivot where one is singular; `solve` is faster and more accurate. */
export const inverse = /* @__PURE__ */ op<[a: Tensor]>()({
  name: "inverse",
  part,
  inputs: { a: "real" },
  plan([a]) {
    const matrices = squaresOf("inverse", "a", a);
    const { count, n } = matrices;
    const size = bytesOf(a.dtype);
    return {
      kernel: "inverse",
      outputs: [a],
      grid: n === 0 ? 0 : count,
      numbers: [n],
      scratch: wholeLines(size * n * n) + wholeLines(4 * n) + systems(n, n, size),
      refuse: singular("inverse", matrices),
      flops: (8 / 3) * count * n * n * n,
      bytes: 2 * size * count * n * n,
    };
  },
  vjp(dy, [y]) {
    return [neg(matmul(matmul(y, dy, { transposeA: true }), y, { transposeB: true }))];
  },
});
