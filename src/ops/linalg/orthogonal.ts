/** The QR factorisation. */
import { bytesOf } from "../../dtype.js";
import { linalg as part } from "../../generated/linalg.js";
import { op } from "../../op.js";
import type { Tensor } from "../../tensor.js";
import { add, sub } from "../binary.js";
import { tril } from "../construct.js";
import { concat, split } from "../joining.js";
import { matmul } from "../matmul.js";
import { transpose } from "../movement.js";
import { matricesOf, orthogonal, refusal } from "./plans.js";
import { triangularSolve } from "./triangular.js";

type Factors = [q: Tensor, r: Tensor];

/**
 * `qr(a)`: [Q, R] with A = Q·R, the columns of Q orthonormal, R upper triangular with a diagonal ≥ 0, which makes them unique where A has full rank.
 * a [..., m, n] → Q [..., m, k], R [..., k, n], k = min(m, n). By Householder reflections. The gradient asks for full rank, of the first m
 * columns where n > m. Throws MatrixError where NaN or infinity stands in the way. Golub, Van Loan: "Matrix computations", section 5.2; Walter,
 * Lehmann: "Algorithmic differentiation of linear algebra functions", 2010.
 */
export const qr = /* @__PURE__ */ op<[a: Tensor], Record<never, never>, [], [a: Tensor], Factors>()({
  name: "qr",
  part,
  inputs: { a: "real" },
  results: 2,
  plan([a]) {
    const matrices = matricesOf("qr", "a", a);
    const { batch, count, m, n } = matrices;
    const k = Math.min(m, n);
    const size = bytesOf(a.dtype);
    return {
      kernel: "qr",
      outputs: [
        { shape: [...batch, m, k], dtype: a.dtype },
        { shape: [...batch, k, n], dtype: a.dtype },
      ],
      grid: k === 0 ? 0 : count,
      numbers: [m, n],
      scratch: orthogonal(m, n, size),
      refuse: refusal("qr", "a", matrices, (pivot) => `has no finite factors (pivot ${pivot})`),
      flops: count * (4 * m * n * k - 2 * (m + n) * k * k + (4 / 3) * k * k * k),
      bytes: size * count * (m * n + m * k + k * n),
    };
  },
  vjp([dq, dr], [q, r], [a]) {
    const [m, n] = a.shape.slice(-2);
    if (m >= n) return [squareGrad(dq, dr, q, r)];
    // A = [X Y], R = [U V] with X = Q U and Y = Q V.
    const [, y] = split(a, [m, n - m], { axis: -1 });
    const [u] = split(r, [m, n - m], { axis: -1 });
    const [du, dv] = split(dr, [m, n - m], { axis: -1 });
    const dx = squareGrad(add(dq, matmul(y, dv, { transposeB: true })), du, q, u);
    return [concat([dx, matmul(q, dv)], { axis: -1 })];
  },
});

/** dA of A = Q·R with at least as many rows as columns: (dQ + Q C) R⁻ᵀ, C symmetric with the lower triangle of R dRᵀ − dQᵀ Q. */
function squareGrad(dq: Tensor, dr: Tensor, q: Tensor, r: Tensor): Tensor {
  const m = sub(matmul(r, dr, { transposeB: true }), matmul(dq, q, { transposeA: true }));
  const symmetric = add(tril(m), transpose(tril(m, { k: -1 })));
  const right = add(dq, matmul(q, symmetric));
  return transpose(triangularSolve(r, transpose(right), { lower: false }));
}
