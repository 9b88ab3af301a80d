/** Exam of the QR factorisation. */
import { MatrixError, ShapeError } from "../../errors.js";
import { type Case, type ExamOf, reals, type Reference, values } from "../../exam.js";
import { around, inputsOf, joined, matricesIn, type Matrix, matrix, orders, sizes, times, turned } from "./matrices.exam.js"; // prettier-ignore
import type * as ops from "./orthogonal.js";

/** Gram and Schmidt's process, twice over, on the first columns; R = Qᵀ A. */
function factors(a: Matrix, k: number): [q: Matrix, r: Matrix] {
  const columns: Matrix = [];
  for (const column of turned(a).slice(0, k)) {
    let rest = column;
    for (let turn = 0; turn < 2; turn++)
      for (const q of columns) {
        const along = q.reduce((sum, v, i) => sum + v * rest[i], 0);
        rest = rest.map((v, i) => v - along * q[i]);
      }
    const length = Math.hypot(...rest);
    columns.push(rest.map((v) => v / length));
  }
  const r = times(columns, a);
  return [turned(columns, a.length), matrix(k, a[0].length, (i, j) => (j < i ? 0 : r[i][j]))];
}

function factored(a: Reference): Reference[] {
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const all = k === 0 ? [] : matricesIn(a).map((own) => factors(own, k));
  const batch = a.shape.slice(0, -2);
  return [joined(batch, all.map(([q]) => q), m, k), joined(batch, all.map(([, r]) => r), k, n)]; // prettier-ignore
}

const full = (...shape: number[]): Case => inputsOf(around(shape, () => 2 + Math.max(...shape) / 8));

export const qr: ExamOf<typeof ops.qr> = {
  reference: ([a]) => factored(a) as [Reference, Reference],
  ulps: 16,
  scale: ([a]) => factored(a).map((x) => sizes(x)),
  sized: (n) => full(n, 5, 3),
  cases: [
    ...orders.map((n) => full(n, n)),
    full(70, 33),
    full(33, 70),
    full(5, 1),
    full(1, 5),
    full(2, 2, 4, 6),
    inputsOf(reals([0, 3])),
    inputsOf(reals([3, 0])),
    inputsOf(reals([0, 3, 3])),
  ],
  gradients: [full(3, 3), full(4, 2), full(2, 3, 5)],
  errors: [
    {
      call: (op, make) => op(make(reals([4]))),
      error: ShapeError,
      message: "qr: a is [4], expected at least two axes",
    },
    {
      call: (op, make) => op(make(values([1, 0, 0, Infinity], [2, 2]))),
      error: MatrixError,
      message: "qr: a has no finite factors (pivot 1)",
    },
  ],
  bench: { "1024²": full(1024, 1024), "4096x64": full(4096, 64) },
};
