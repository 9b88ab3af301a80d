/** Eigenvalues of symmetric matrices, and singular values. */
import { bytesOf } from "../../dtype.js";
import { linalg as part } from "../../generated/linalg.js";
import { op } from "../../op.js";
import type { Tensor } from "../../tensor.js";
import { add, div, mul, sub } from "../binary.js";
import { eye } from "../construct.js";
import { matmul } from "../matmul.js";
import { reshape, transpose } from "../movement.js";
import { equal, where } from "../pointwise.js";
import { matricesOf, refusal, rotations, singular, squaresOf, symmetric } from "./plans.js";
import { symmetrized } from "./triangular.js";

const unfound = (): string => "holds NaN or infinity";

const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);
const row = (x: Tensor): Tensor => reshape(x, [...x.shape.slice(0, -1), 1, x.shape[x.rank - 1]]);

/** 1 / (x_j − x_i), and 0 where they are equal. */
function gaps(x: Tensor): Tensor {
  const difference = sub(row(x), column(x));
  const same = equal(difference, 0);
  return where(same, 0, div(1, where(same, 1, difference)));
}

/** A matrix with x on its diagonal. */
const diagonal = (x: Tensor): Tensor => {
  const n = x.shape[x.rank - 1];
  return mul(eye(n, n, { dtype: x.dtype }), row(x));
};

type Eigen = [w: Tensor, v: Tensor];

/**
 * `eigh(a)`: [w, V], eigenvalues and orthonormal eigenvectors of the symmetric part: (A + Aᵀ) / 2 = V diag(w) Vᵀ, w ascending, the largest element of each
 * eigenvector positive. a [..., n, n] → w [..., n], V [..., n, n], an eigenvector a column. By Householder reflections and the implicit QL iteration.
 * Vectors of equal eigenvalues have no derivative with respect to one another: it is taken for 0. Throws MatrixError where a holds NaN or
 * infinity. Golub, Van Loan: "Matrix computations", section 8.3; Giles: "Collected matrix derivative results", 2008, section 3.1.
 */
export const eigh = /* @__PURE__ */ op<[a: Tensor], Record<never, never>, [], [a: Tensor], Eigen>()({
  name: "eigh",
  part,
  inputs: { a: "real" },
  results: 2,
  plan([a]) {
    const matrices = squaresOf("eigh", "a", a);
    const { batch, count, n } = matrices;
    const size = bytesOf(a.dtype);
    return {
      kernel: "eigh",
      outputs: [{ shape: [...batch, n], dtype: a.dtype }, a],
      grid: n === 0 ? 0 : count,
      numbers: [n, rotations(n, size)],
      scratch: symmetric(n, size),
      refuse: refusal("eigh", "a", matrices, unfound),
      flops: 9 * count * n * n * n,
      bytes: size * count * (2 * n * n + n),
    };
  },
  vjp([dw, dv], [w, v]) {
    const inner = add(diagonal(dw), mul(gaps(w), matmul(v, dv, { transposeA: true })));
    return [symmetrized(matmul(matmul(v, inner), v, { transposeB: true }))];
  },
});

type Singular = [u: Tensor, s: Tensor, vt: Tensor];

/**
 * `svd(a)`: [U, s, Vᵀ] with A = U diag(s) Vᵀ, the columns of U and the rows of Vᵀ orthonormal, s ≥ 0 and descending, the largest element of each row of
 * Vᵀ positive. a [..., m, n] → U [..., m, k], s [..., k], Vᵀ [..., k, n], k = min(m, n). By Householder reflections and the Golub–Kahan iteration.
 * Vectors of equal values have no derivative with respect to one another: it is taken for 0; and where m ≠ n the vectors ask for values > 0. Throws
 * MatrixError where a holds NaN or infinity. Golub, Van Loan: "Matrix computations", section 8.6; Townsend: "Differentiating the singular value
 * decomposition", 2016.
 */
export const svd = /* @__PURE__ */ op<[a: Tensor], Record<never, never>, [], [a: Tensor], Singular>()({
  name: "svd",
  part,
  inputs: { a: "real" },
  results: 3,
  plan([a]) {
    const matrices = matricesOf("svd", "a", a);
    const { batch, count, m, n } = matrices;
    const k = Math.min(m, n);
    const size = bytesOf(a.dtype);
    return {
      kernel: "svd",
      outputs: [
        { shape: [...batch, m, k], dtype: a.dtype },
        { shape: [...batch, k], dtype: a.dtype },
        { shape: [...batch, k, n], dtype: a.dtype },
      ],
      grid: k === 0 ? 0 : count,
      numbers: [m, n, rotations(k, size)],
      scratch: singular(m, n, size),
      refuse: refusal("svd", "a", matrices, unfound),
      flops: count * (6 * m * n * k + 20 * k * k * k),
      bytes: size * count * (m * n + m * k + k + k * n),
    };
  },
  vjp([du, ds, dvt], [u, s, vt]) {
    const gap = gaps(mul(s, s));
    const turned = matmul(u, du, { transposeA: true });
    const turnedV = matmul(vt, dvt, { transposeB: true });
    const skew = (x: Tensor): Tensor => mul(gap, sub(x, transpose(x)));
    const inner = add(add(mul(skew(turned), row(s)), mul(column(s), skew(turnedV))), diagonal(ds));
    const within = matmul(matmul(u, inner), vt);
    const [m, k] = u.shape.slice(-2);
    const n = vt.shape[vt.rank - 1];
    // What lies outside the spaces of U and V, where there is an outside.
    const outside: Tensor[] = [];
    if (m > k) outside.push(matmul(div(sub(du, matmul(u, turned)), row(s)), vt));
    if (n > k) outside.push(matmul(u, div(sub(dvt, matmul(turnedV, vt, { transposeA: true })), column(s))));
    return [outside.reduce((sum, x) => add(sum, x), within)];
  },
});
