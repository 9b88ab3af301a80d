/** Exams of eigenvalues and singular values. */
import { MatrixError, ShapeError } from "../../errors.js";
import { array, type Case, type ExamOf, reals, type Reference, values } from "../../exam.js";
import { around, inputsOf, joined, matricesIn, type Matrix, matrix, oriented, orthogonalized, sizes, symmetricPart, turned } from "./matrices.exam.js"; // prettier-ignore
import type * as ops from "./spectral.js";

const listed = (shape: readonly number[], lists: readonly ArrayLike<number>[]): Reference => {
  const all = lists.flatMap((list) => Array.from(list));
  let next = 0;
  return array(shape, () => all[next++]);
};

const identity = (n: number): Matrix => matrix(n, n, (i, j) => Number(i === j));

/** By Jacobi's method on A + c I, which is positive definite: its columns are its vectors, as long as its values. */
function eigen(a: Matrix): [w: number[], v: Matrix] {
  const n = a.length;
  const shift =
    1 +
    a.reduce(
      (most, row) =>
        Math.max(
          most,
          row.reduce((s, x) => s + Math.abs(x), 0),
        ),
      0,
    );
  const columns = symmetricPart(a).map((row, i) => row.map((x, j) => x + (i === j ? 2 * shift : 0)));
  const vectors = identity(n);
  orthogonalized(columns, vectors);
  const found = vectors.map((v, i) => ({ w: Math.hypot(...columns[i]) - 2 * shift, v }));
  found.sort((x, y) => x.w - y.w);
  return [found.map(({ w }) => w), turned(found.map(({ v }) => v.map((x) => x * oriented(v))))];
}

function eigens(a: Reference): Reference[] {
  const n = a.shape[a.shape.length - 1];
  const all = matricesIn(a).map(eigen);
  const batch = a.shape.slice(0, -2);
  return [listed([...batch, n], all.map(([w]) => w)), joined(batch, all.map(([, v]) => v), n, n)]; // prettier-ignore
}

/** Symmetric parts with eigenvalues well apart. */
const apart = (...shape: number[]): Case =>
  inputsOf(around(shape, (i) => 2 * i - shape[shape.length - 1], 0.4));

const unfound = (name: string) => `${name}: a holds NaN or infinity`;

export const eigh: ExamOf<typeof ops.eigh> = {
  reference: ([a]) => eigens(a) as [Reference, Reference],
  ulps: 256,
  scale: ([a]) => eigens(a).map((x) => sizes(x)),
  sized: (n) => apart(n, 3, 3),
  cases: [
    ...[1, 2, 3, 7, 8, 16, 17, 33, 40].map((n) => apart(n, n)),
    apart(2, 2, 5, 5),
    inputsOf(reals([0, 0])),
    inputsOf(reals([0, 3, 3])),
  ],
  gradients: [apart(3, 3), apart(2, 4, 4)],
  errors: [
    {
      call: (op, make) => op(make(reals([4, 3]))),
      error: ShapeError,
      message: "eigh: a is [4, 3], expected square matrices [..., n, n]",
    },
    {
      call: (op, make) => op(make(values([1, 0, 0, NaN], [2, 2]))),
      error: MatrixError,
      message: unfound("eigh"),
    },
  ],
  bench: { "256²": apart(256, 256), "1024²": apart(1024, 1024) },
};

/** By Jacobi's method on the columns of the tall one of A and Aᵀ. */
function singular(a: Matrix, n: number): [u: Matrix, s: number[], vt: Matrix] {
  const m = a.length;
  const k = Math.min(m, n);
  const columns = m >= n ? turned(a, n) : a.map((row) => row.slice());
  const others = identity(k);
  orthogonalized(columns, others);
  const found = columns.map((column, i) => {
    const s = Math.hypot(...column);
    const long = column.map((x) => x / s);
    const [left, right] = m >= n ? [long, others[i]] : [others[i], long];
    const sign = oriented(right);
    return { s, left: left.map((x) => x * sign), right: right.map((x) => x * sign) };
  });
  found.sort((x, y) => y.s - x.s);
  return [turned(found.map(({ left }) => left), m), found.map(({ s }) => s), found.map(({ right }) => right)]; // prettier-ignore
}

function singulars(a: Reference): Reference[] {
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const all = k === 0 ? [] : matricesIn(a).map((own) => singular(own, n));
  const batch = a.shape.slice(0, -2);
  return [
    joined(batch, all.map(([u]) => u), m, k),
    listed([...batch, k], all.map(([, s]) => s)),
    joined(batch, all.map(([, , vt]) => vt), k, n),
  ]; // prettier-ignore
}

/** Singular values well apart. */
const spread = (...shape: number[]): Case => inputsOf(around(shape, (i) => 2 * i + 2, 0.4));

export const svd: ExamOf<typeof ops.svd> = {
  reference: ([a]) => singulars(a) as [Reference, Reference, Reference],
  ulps: 256,
  scale: ([a]) => singulars(a).map((x) => sizes(x)),
  sized: (n) => spread(n, 4, 3),
  cases: [
    ...[1, 2, 3, 7, 8, 16, 17, 33, 40].map((n) => spread(n, n)),
    spread(20, 6),
    spread(6, 20),
    spread(5, 1),
    spread(1, 5),
    spread(2, 2, 4, 6),
    inputsOf(reals([0, 3])),
    inputsOf(reals([3, 0])),
    inputsOf(reals([0, 3, 3])),
  ],
  gradients: [spread(3, 3), spread(4, 2), spread(2, 2, 4)],
  errors: [
    {
      call: (op, make) => op(make(reals([4]))),
      error: ShapeError,
      message: "svd: a is [4], expected at least two axes",
    },
    {
      call: (op, make) => op(make(values([1, 0, 0, Infinity], [2, 2]))),
      error: MatrixError,
      message: unfound("svd"),
    },
  ],
  bench: { "256²": spread(256, 256), "4096x64": spread(4096, 64) },
};
