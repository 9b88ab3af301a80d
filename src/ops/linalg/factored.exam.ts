/** Exams of square systems. */
import { MatrixError, ShapeError } from "../../errors.js";
import { array, type Case, type ExamOf, integers, reals, type Reference, values } from "../../exam.js";
import { eachMatrix, eliminated, inputsOf, matricesIn, type Matrix, matrix, orders, regular, shapesOf, sizes, turned } from "./matrices.exam.js"; // prettier-ignore
import type * as ops from "./factored.js";

const solved = (a: Reference, b: Reference, transpose = false): Reference => {
  const systems = matricesIn(a);
  const [n, cols] = b.shape.slice(-2);
  return eachMatrix(b, n, cols, (sides, i) =>
    n === 0 ? [] : eliminated(transpose ? turned(systems[i]) : systems[i], sides).x,
  );
};

const system = (n: number, cols: number, batch: number[] = []): Case =>
  inputsOf(regular([...batch, n, n]), reals([...batch, n, cols]));

/** Rows in another order, so that pivots are exchanged. */
const shuffled = (n: number, cols: number): Case => {
  const { shape, dtype, element } = regular([n, n]);
  const from = (index: number): number => ((Math.floor(index / n) * 7 + 3) % n) * n + (index % n);
  return inputsOf(
    { shape, dtype, element: (index, random) => element(from(index), random) },
    reals([n, cols]),
  );
};

const zero = values([1, 2, 2, 4], [2, 2]);

export const solve: ExamOf<typeof ops.solve> = {
  reference: ([a, b]) => solved(a, b),
  ulps: 16,
  scale: ([a, b]) => sizes(solved(a, b)),
  sized: (n) => system(5, n),
  cases: [
    ...orders.map((n) => system(n, 2)),
    ...[1, 3, 16, 33].map((cols) => shuffled(40, cols)),
    system(6, 4, [2, 3]),
    system(0, 4),
    system(4, 0),
    system(3, 2, [0]),
  ],
  gradients: [system(3, 2), system(4, 1, [2])],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3, 3])), make(reals([3, 2]))),
      error: ShapeError,
      message: "solve: b is [3, 2], expected [2, 3, cols] (a is [2, 3, 3])",
    },
    {
      call: (op, make) => op(make(zero), make(reals([2, 1]))),
      error: MatrixError,
      message: "solve: a is singular (pivot 1)",
    },
    {
      call: (op, make) =>
        op(make(values([1, 0, 0, 1, 0, 1, 0, NaN], [1, 2, 2, 2])), make(reals([1, 2, 2, 1]))),
      error: MatrixError,
      message: "solve: a[0, 1] is singular (pivot 0)",
    },
  ],
  bench: { "1024² · 1024": system(1024, 1), "1024² · 1024²": system(1024, 1024) },
};

/** A matrix with rows to exchange, its factors, and right-hand sides. */
function factored(n: number, cols: number, transpose: boolean): Case {
  const a: Matrix = matrix(n, n, (i, j) =>
    Math.fround(Math.sin(3 * i + 7 * j) + (i === (j + 1) % n ? 3 : 0)),
  );
  const { lu, pivots } = eliminated(a, a);
  const flat = (rows: Matrix): number[] => rows.flatMap((row) => [...row]);
  return {
    inputs: [
      values(flat(a), [n, n]),
      values(flat(lu), [n, n]),
      values(pivots, [n], "int32"),
      reals([n, cols]),
    ],
    attributes: { transpose },
  };
}

export const solveFactored: ExamOf<typeof ops.solveFactored> = {
  reference: ([a, , , b], { transpose }) => solved(a, b, transpose),
  ulps: 64,
  scale: ([a, , , b], { transpose }) => sizes(solved(a, b, transpose)),
  sized: (n) => factored(6, n, false),
  cases: [1, 5, 17, 40].flatMap((n) => [factored(n, 3, false), factored(n, 20, true)]),
  gradients: [factored(4, 2, false), factored(4, 2, true)],
  errors: [
    {
      call: (op, make) =>
        op(make(reals([2, 2])), make(reals([2, 2])), make(integers([3], 2)), make(reals([2, 1]))),
      error: ShapeError,
      message: "solveFactored: pivots is [3], expected [2] (a is [2, 2])",
    },
  ],
  bench: { "256² · 256²": factored(256, 256, false) },
};

export const logdet: ExamOf<typeof ops.logdet> = {
  reference([a]) {
    const logs = matricesIn(a).map((matrix) =>
      eliminated(matrix, matrix).lu.reduce((sum, row, i) => sum + Math.log(Math.abs(row[i])), 0),
    );
    let next = 0;
    return array(a.shape.slice(0, -2), () => logs[next++]);
  },
  ulps: 16,
  scale: 1,
  sized: (n) => inputsOf(regular([n, 3, 3])),
  cases: shapesOf(orders).map((shape) => inputsOf(regular(shape))),
  gradients: [inputsOf(regular([3, 3])), inputsOf(regular([2, 4, 4]))],
  errors: [
    {
      call: (op, make) => op(make(zero)),
      error: MatrixError,
      message: "logdet: a is singular (pivot 1)",
    },
    {
      call: (op, make) => op(make(values([1, 0, 0, 1, 0, 1, 1, 0], [2, 2, 2]))),
      error: MatrixError,
      message: "logdet: a[1] has a negative determinant",
    },
  ],
  bench: { "512²": inputsOf(regular([512, 512])) },
};

const inverted = (a: Reference): Reference => {
  const n = a.shape[a.shape.length - 1];
  return eachMatrix(
    a,
    n,
    n,
    (own) =>
      eliminated(
        own,
        matrix(n, n, (i, j) => Number(i === j)),
      ).x,
  );
};

export const inverse: ExamOf<typeof ops.inverse> = {
  reference: ([a]) => inverted(a),
  ulps: 16,
  scale: ([a]) => sizes(inverted(a)),
  sized: (n) => inputsOf(regular([n, 4, 4])),
  cases: shapesOf(orders).map((shape) => inputsOf(regular(shape))),
  gradients: [inputsOf(regular([3, 3])), inputsOf(regular([2, 4, 4]))],
  errors: [
    {
      call: (op, make) => op(make(zero)),
      error: MatrixError,
      message: "inverse: a is singular (pivot 1)",
    },
  ],
  bench: { "512²": inputsOf(regular([512, 512])) },
};
