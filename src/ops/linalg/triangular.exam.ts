/** Exams of the Cholesky factorisation and of triangular systems. */
import { MatrixError, ShapeError } from "../../errors.js";
import { type Case, type ExamOf, reals, type Reference, values } from "../../exam.js";
import { around, choleskyFactor, eachMatrix, inputsOf, matricesIn, type Matrix, orders, regular, shapesOf, sizes, turned } from "./matrices.exam.js"; // prettier-ignore
import type * as ops from "./triangular.js";

const factors = (a: Reference): Reference => {
  const n = a.shape[a.shape.length - 1];
  return eachMatrix(a, n, n, choleskyFactor);
};

export const cholesky: ExamOf<typeof ops.cholesky> = {
  reference: ([a]) => factors(a),
  ulps: 8,
  scale: ([a]) => sizes(factors(a)),
  sized: (n) => inputsOf(regular([n, 4, 4])),
  cases: shapesOf(orders).map((shape) => inputsOf(regular(shape))),
  gradients: [[3, 3], [2, 4, 4]].map((shape) => inputsOf(regular(shape))), // prettier-ignore
  errors: [
    {
      call: (op, make) => op(make(reals([3, 4]))),
      error: ShapeError,
      message: "cholesky: a is [3, 4], expected square matrices [..., n, n]",
    },
    {
      call: (op, make) => op(make(reals([4]))),
      error: ShapeError,
      message: "cholesky: a is [4], expected at least two axes",
    },
    {
      call: (op, make) => op(make(values([2, 2, 2, 1], [2, 2]))),
      error: MatrixError,
      message: "cholesky: a is not positive definite (pivot 1)",
    },
    {
      call: (op, make) => op(make(values([2, 0, 0, 1, 1, 0, 0, NaN], [2, 2, 2]))),
      error: MatrixError,
      message: "cholesky: a[1] is not positive definite (pivot 1)",
    },
  ],
  bench: { "1024²": inputsOf(regular([1024, 1024])), "256 of 16²": inputsOf(regular([256, 16, 16])) },
};

type Options = { lower: boolean; transpose: boolean; unitDiagonal: boolean };

function substituted(a: Matrix, b: Matrix, { lower, transpose, unitDiagonal }: Options): Matrix {
  const t = transpose ? turned(a) : a;
  const x = b.map((row) => row.slice());
  const order = Array.from(x.keys());
  if (lower === transpose) order.reverse();
  order.forEach((i, done) =>
    x[i].forEach((_, j) => {
      for (const p of order.slice(0, done)) x[i][j] -= t[i][p] * x[p][j];
      if (!unitDiagonal) x[i][j] /= t[i][i];
    }),
  );
  return x;
}

const solved = (a: Reference, b: Reference, options: Options): Reference => {
  const systems = matricesIn(a);
  const [n, cols] = b.shape.slice(-2);
  return eachMatrix(b, n, cols, (sides, i) => substituted(systems[i], sides, options));
};

const system = (n: number, cols: number, attributes: object = {}, batch: number[] = []): Case => ({
  inputs: [around([...batch, n, n], () => 2 + n / 8), reals([...batch, n, cols])],
  attributes,
});

const ways = [true, false].flatMap((lower) => [true, false].map((transpose) => ({ lower, transpose })));

export const triangularSolve: ExamOf<typeof ops.triangularSolve> = {
  reference: ([a, b], options) => solved(a, b, options),
  ulps: 16,
  scale: ([a, b], options) => sizes(solved(a, b, options)),
  sized: (n) => system(7, n),
  cases: [
    ...orders.map((n) => system(n, 3)),
    ...ways.flatMap((way) => [1, 17, 40].map((cols) => system(37, cols, way))),
    ...ways.map((way) => ({
      inputs: [around([20, 20], () => 9, 0.1), reals([20, 5])],
      attributes: { ...way, unitDiagonal: true },
    })),
    system(6, 4, {}, [2, 3]),
    system(0, 4),
    system(4, 0),
    system(3, 2, {}, [0]),
  ],
  gradients: [
    ...ways.map((way) => system(3, 2, way)),
    system(3, 2, { unitDiagonal: true }),
    system(3, 2, { unitDiagonal: true, lower: false, transpose: true }, [2]),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([3, 3])), make(reals([4, 2]))),
      error: ShapeError,
      message: "triangularSolve: b is [4, 2], expected [3, cols] (a is [3, 3])",
    },
    {
      call: (op, make) => op(make(values([1, 0, 5, 0], [2, 2])), make(reals([2, 2]))),
      error: MatrixError,
      message: "triangularSolve: a is singular (pivot 1)",
    },
  ],
  bench: { "1024² · 1024²": system(1024, 1024), "1024² · 1024": system(1024, 1) },
};
