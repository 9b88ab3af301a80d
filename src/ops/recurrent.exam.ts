/** Exams of recurrent cells. */
import { ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals, type Reference, values } from "../exam.js";
import type * as ops from "./recurrent.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Results whose rows are so many times as wide as a state [batch, n], element by element: f writes them. */
function cells(
  state: Reference,
  widths: readonly number[],
  f: (row: number, j: number, n: number, put: (result: number, part: number, value: number) => void) => void,
): Reference[] {
  const [batch, n] = state.shape;
  const results = widths.map((width) => ({
    shape: [batch, width * n],
    data: new Float64Array(batch * width * n),
  }));
  for (let row = 0; row < batch; row++)
    for (let j = 0; j < n; j++)
      f(row, j, n, (result, part, value) => {
        results[result].data[(row * widths[result] + part) * n + j] = value;
      });
  return results;
}

/** The numbers of the parts of a row that belong to column j. */
const partsOf = (x: Reference, count: number, row: number, j: number, n: number): number[] =>
  Array.from({ length: count }, (_, part) => x.data[(row * count + part) * n + j]);

function lstm(x: Reference, h: Reference, c: Reference, row: number, j: number, n: number) {
  const [a, b] = [partsOf(x, 4, row, j, n), partsOf(h, 4, row, j, n)];
  const [i, f, g, o] = a.map((value, k) => (k === 2 ? Math.tanh : sigmoid)(value + b[k]));
  const before = c.data[row * n + j];
  const state = f * before + i * g;
  return { i, f, g, o, before, state, t: Math.tanh(state) };
}

const lstmCase = (batch: number, n: number): Case => ({
  inputs: [reals([batch, 4 * n], -2, 2), reals([batch, 4 * n], -2, 2), reals([batch, n], -2, 2)],
});

const widths = [1, 2, 3, 4, 5, 16, 33, 64];

/** Gates of sums of 4 have some units of error, and y is made of products of three. */
export const lstmCell: ExamOf<typeof ops.lstmCell> = {
  reference: ([x, h, c]) =>
    cells(c, [1, 1], (row, j, n, put) => {
      const { o, t, state } = lstm(x, h, c, row, j, n);
      put(0, 0, o * t);
      put(1, 0, state);
    }),
  ulps: 16,
  scale: 1,
  sized: (n) => lstmCase(3, n),
  cases: [
    ...widths.map((n) => lstmCase(5, n)),
    lstmCase(0, 3),
    lstmCase(3, 0),
    { inputs: [values([100, -100, 100, 100], [1, 4]), reals([1, 4]), values([3], [1, 1])] },
  ],
  gradients: [lstmCase(3, 2)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 8])), make(reals([2, 12])), make(reals([2, 3]))),
      error: ShapeError,
      message: "lstmCell: x is [2, 8], expected [2, 12] (the state is [2, 3])",
    },
  ],
  bench: { "64x256": lstmCase(64, 256) },
};

const lstmPull = (batch: number, n: number): Case => ({
  inputs: [reals([batch, n]), reals([batch, n]), ...lstmCase(batch, n).inputs],
});

export const lstmCellGrad: ExamOf<typeof ops.lstmCellGrad> = {
  reference: ([dy, dstate, x, h, c]) =>
    cells(c, [4, 1], (row, j, n, put) => {
      const { i, f, g, o, before, t } = lstm(x, h, c, row, j, n);
      const d = dy.data[row * n + j];
      const ds = d * o * (1 - t * t) + dstate.data[row * n + j];
      put(0, 0, ds * g * i * (1 - i));
      put(0, 1, ds * before * f * (1 - f));
      put(0, 2, ds * i * (1 - g * g));
      put(0, 3, d * t * o * (1 - o));
      put(1, 0, ds * f);
    }),
  ulps: 16,
  scale: 1,
  sized: (n) => lstmPull(3, n),
  cases: [...widths.map((n) => lstmPull(5, n)), lstmPull(0, 3), lstmPull(3, 0)],
  gradients: [lstmPull(3, 2)],
  errors: [
    {
      call(op, make) {
        const [gates, c] = [make(reals([2, 12])), make(reals([2, 3]))];
        return op(make(reals([2, 4])), c, gates, gates, c);
      },
      error: ShapeError,
      message: "lstmCellGrad: dy is [2, 4], expected [2, 3] (the state is [2, 3])",
    },
  ],
  bench: { "64x256": lstmPull(64, 256) },
};

function gru(x: Reference, h: Reference, state: Reference, row: number, j: number, n: number) {
  const [a, b] = [partsOf(x, 3, row, j, n), partsOf(h, 3, row, j, n)];
  const [r, z] = [sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])];
  return { r, z, fresh: Math.tanh(a[2] + r * b[2]), hn: b[2], before: state.data[row * n + j] };
}

const gruCase = (batch: number, n: number): Case => ({
  inputs: [reals([batch, 3 * n], -2, 2), reals([batch, 3 * n], -2, 2), reals([batch, n], -2, 2)],
});

export const gruCell: ExamOf<typeof ops.gruCell> = {
  reference: ([x, h, state]) =>
    cells(state, [1], (row, j, n, put) => {
      const { z, fresh, before } = gru(x, h, state, row, j, n);
      put(0, 0, (1 - z) * fresh + z * before);
    })[0],
  ulps: 16,
  scale: 1,
  sized: (n) => gruCase(3, n),
  cases: [...widths.map((n) => gruCase(5, n)), gruCase(0, 3), gruCase(3, 0)],
  gradients: [gruCase(3, 2)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 9])), make(reals([2, 8])), make(reals([2, 3]))),
      error: ShapeError,
      message: "gruCell: h is [2, 8], expected [2, 9] (the state is [2, 3])",
    },
  ],
  bench: { "64x256": gruCase(64, 256) },
};

const gruPull = (batch: number, n: number): Case => ({
  inputs: [reals([batch, n]), ...gruCase(batch, n).inputs],
});

export const gruCellGrad: ExamOf<typeof ops.gruCellGrad> = {
  reference: ([dy, x, h, state]) =>
    cells(state, [3, 3, 1], (row, j, n, put) => {
      const { r, z, fresh, hn, before } = gru(x, h, state, row, j, n);
      const d = dy.data[row * n + j];
      const dn = d * (1 - z) * (1 - fresh * fresh);
      const dz = d * (before - fresh) * z * (1 - z);
      const dr = dn * hn * r * (1 - r);
      [dr, dz, dn].forEach((value, part) => put(0, part, value));
      [dr, dz, dn * r].forEach((value, part) => put(1, part, value));
      put(2, 0, d * z);
    }),
  ulps: 24,
  scale: 1,
  sized: (n) => gruPull(3, n),
  cases: [...widths.map((n) => gruPull(5, n)), gruPull(0, 3), gruPull(3, 0)],
  gradients: [gruPull(3, 2)],
  errors: [
    {
      call(op, make) {
        const [gates, state] = [make(reals([2, 9])), make(reals([2, 3]))];
        return op(make(reals([1, 3])), gates, gates, state);
      },
      error: ShapeError,
      message: "gruCellGrad: dy is [1, 3], expected [2, 3] (the state is [2, 3])",
    },
  ],
  bench: { "64x256": gruPull(64, 256) },
};
