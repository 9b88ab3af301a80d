/** Exams of sorting, running totals, selection along an axis, and counts. */
import { DTypeError, IndexError, OptionError, ShapeError } from "../errors.js";
import {
  array,
  at,
  type Case,
  eachRow,
  type ExamOf,
  integers,
  nonzero,
  reals,
  type Reference,
} from "../exam.js";
import { type Sample, specials, values } from "../exam.js";
import type * as ops from "./order.js";

const million = 1 << 20;

/** −∞ … −0, 0 … ∞, NaN. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b || Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}

/** Positions in order: equal elements keep theirs. */
function positions(row: ArrayLike<number>, descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  return Array.from(row, (_, i) => i).sort((i, j) => sign * compare(row[i], row[j]) || i - j);
}

/** Whole numbers below 9, so that many are equal. */
const tied = (shape: number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (_, random) => Math.floor(9 * random),
});

/** Bits all over the range of int32. */
const anyInt = (shape: number[]): Sample => ({
  shape,
  dtype: "int32",
  element: (_, random) => Math.floor((random - 0.5) * 2 ** 32),
});

type Direction = { descending?: boolean };

/** Rows short, of a few hundred, and long; ascending and descending. */
const cases: readonly Case<Direction>[] = [{ descending: false }, { descending: true }].flatMap(
  (attributes) =>
    [
      reals([3, 7]),
      tied([5, 47]),
      tied([2, 300]),
      reals([1, 5000], -1e3, 1e3),
      tied([1, 5000]),
      values([...specials, ...specials]),
      values(Array.from({ length: 60 }, (_, i) => specials[i % specials.length])),
      anyInt([2, 129]),
      integers([3, 11], 4),
      anyInt([1, 6000]),
      reals([0, 5]),
      reals([5, 0]),
    ].map((input) => ({ inputs: [input], attributes })),
);

const scalar: ExamOf<typeof ops.sortRows>["errors"][number] = {
  call: (op, make) => op(make(reals([]))),
  error: ShapeError,
  message: /: x is a scalar, expected at least one axis$/,
};

export const sortRows: ExamOf<typeof ops.sortRows> = {
  reference: ([x], { descending }) => eachRow(x, (row) => positions(row, descending).map((i) => row[i])),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([2, n])] }),
  cases,
  gradients: [
    { inputs: [{ shape: [2, 5], dtype: "float32", element: (i) => ((i * 7) % 11) / 4 }] },
    {
      inputs: [{ shape: [7], dtype: "float32", element: (i) => ((i * 3) % 7) / 4 }],
      attributes: { descending: true },
    },
  ],
  errors: [scalar],
  bench: { "1M": { inputs: [reals([million])] }, "1024x1024": { inputs: [reals([1024, 1024])] } },
};

export const argsortRows: ExamOf<typeof ops.argsortRows> = {
  reference: ([x], { descending }) => eachRow(x, (row) => positions(row, descending)),
  ulps: 0,
  sized: (n) => ({ inputs: [tied([2, n])] }),
  cases,
  gradients: [],
  errors: [scalar],
  bench: { "1M": { inputs: [reals([million])] } },
};

export const takeAlong: ExamOf<typeof ops.takeAlong> = {
  reference: ([x, indices]) =>
    array(indices.shape, (index) => at(x, [...index.slice(0, -1), at(indices, index)])),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n, 5]), integers([n, 3], 5)] }),
  cases: [
    { inputs: [reals([3, 4, 7]), integers([3, 4, 2], 7)] },
    { inputs: [reals([7]), integers([0], 7)] },
    { inputs: [integers([2, 9], 100), integers([2, 9], 9)] },
  ],
  gradients: [{ inputs: [reals([3, 4]), integers([3, 6], 4)] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(integers([3, 3], 2))),
      error: ShapeError,
      message: "takeAlong: indices is [3, 3] and x is [2, 3], expected the same but for the last axis",
    },
    {
      call: (op, make) => op(make(reals([2, 3])), make(values([0, 1, 2, 3], [2, 2], "int32"))),
      error: IndexError,
      message: "takeAlong: indices[3] is not in [0, 3)",
    },
  ],
  bench: { "1M": { inputs: [reals([1024, 1024]), integers([1024, 1024], 1024)] } },
};

export const putAlong: ExamOf<typeof ops.putAlong> = {
  reference([dy, indices], { n }) {
    const { shape } = dy;
    const m = shape[shape.length - 1];
    const result = array([...shape.slice(0, -1), n], () => 0);
    dy.data.forEach((value, i) => (result.data[Math.floor(i / m) * n + indices.data[i]] += value));
    return result;
  },
  sized: (n) => ({ inputs: [reals([n, 3]), integers([n, 3], 5)], attributes: { n: 5 } }),
  scale: 1,
  cases: [
    { inputs: [reals([3, 4, 20]), integers([3, 4, 20], 7)], attributes: { n: 7 } },
    { inputs: [reals([3, 0]), integers([3, 0], 7)], attributes: { n: 2 } },
  ],
  gradients: [{ inputs: [reals([3, 6]), integers([3, 6], 4)], attributes: { n: 4 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(integers([2, 2], 2)), 4),
      error: ShapeError,
      message: "putAlong: dy is [2, 3] and indices is [2, 2], expected the same",
    },
    {
      call: (op, make) => op(make(reals([2])), make(values([0, 9], [2], "int32")), 4),
      error: IndexError,
      message: "putAlong: indices[1] is not in [0, 4)",
    },
  ],
  bench: { "1M": { inputs: [reals([1024, 1024]), integers([1024, 1024], 1024)], attributes: { n: 1024 } } },
};

type Scan = { axis?: number; reverse?: boolean };

/** Running values along an axis. */
function scan(
  x: Reference,
  { axis = -1, reverse = false }: Scan,
  start: number,
  next: (a: number, b: number) => number,
): Reference {
  const rank = x.shape.length;
  const along = axis < 0 ? axis + rank : axis;
  const n = x.shape[along];
  return array(x.shape, (index) => {
    let total = start;
    for (let j = 0; j < n; j++)
      if (reverse ? j >= index[along] : j <= index[along]) {
        const place = [...index];
        place[along] = j;
        total = next(total, at(x, place));
      }
    return total;
  });
}

const scans: readonly Scan[] = [{}, { reverse: true }, { axis: 0 }, { axis: 1, reverse: true }];

const scanErrors: ExamOf<typeof ops.cumsum>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), { axis: 2 }),
    error: ShapeError,
    message: /: axis is 2, expected a whole number in \[-2, 2\)$/,
  },
  {
    call: (op, make) => op(make(integers([2], 9))),
    error: DTypeError,
    message: /: x is int32, expected float32 or float64$/,
  },
];

const scanBench: Record<string, Case<Scan>> = {
  "1024x1024 last": { inputs: [reals([1024, 1024])] },
  "1024x1024 first": { inputs: [reals([1024, 1024])], attributes: { axis: 0 } },
};

export const cumsum: ExamOf<typeof ops.cumsum> = {
  reference: ([x], options) => scan(x, options, 0, (a, b) => a + b),
  ulps: 1,
  scale: 1e-7,
  sized: (n) => ({ inputs: [reals([3, n])] }),
  cases: [
    ...scans.map((attributes): Case<Scan> => ({ inputs: [reals([5, 7, 3])], attributes })),
    { inputs: [reals([0, 4])], attributes: { axis: 0 } },
    { inputs: [values(specials)] },
  ],
  gradients: scans.map((attributes) => ({ inputs: [reals([3, 4])], attributes })),
  errors: scanErrors,
  bench: scanBench,
};

export const cumprod: ExamOf<typeof ops.cumprod> = {
  reference: ([x], options) => scan(x, options, 1, (a, b) => a * b),
  ulps: 1,
  sized: (n) => ({ inputs: [nonzero([3, n])] }),
  cases: scans.map((attributes): Case<Scan> => ({ inputs: [nonzero([5, 7, 3])], attributes })),
  gradients: scans.map((attributes) => ({ inputs: [nonzero([3, 4])], attributes })),
  errors: scanErrors,
  bench: scanBench,
};

export const bincount: ExamOf<typeof ops.bincount> = {
  reference: ([x], { length }) =>
    array([length], ([j]) => x.data.reduce((count, value) => count + Number(value === j), 0)),
  ulps: 0,
  sized: (n) => ({ inputs: [integers([n], 7)], attributes: { length: 7 } }),
  cases: [{ inputs: [integers([30, 40], 100)], attributes: { length: 129 } }],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(values([0, 5, 9], [3], "int32")), 6),
      error: IndexError,
      message: "bincount: x[2] is not in [0, 6)",
    },
    {
      call: (op, make) => op(make(integers([3], 2)), 0),
      error: OptionError,
      message: "bincount: length is 0, expected a whole number ≥ 1",
    },
  ],
  bench: { "1M": { inputs: [integers([million], 256)], attributes: { length: 256 } } },
};

export const histogram: ExamOf<typeof ops.histogram> = {
  reference: ([x], { bins, low, high }) =>
    array([bins], ([j]) =>
      x.data.reduce((count, value) => {
        const bin = Math.min(Math.floor((value - low) * (bins / (high - low))), bins - 1);
        return count + Number(value >= low && value <= high && bin === j);
      }, 0),
    ),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n])], attributes: { bins: 7, low: -1, high: 1 } }),
  cases: [
    { inputs: [reals([30, 40], -3, 3)], attributes: { bins: 13, low: -2, high: 2.5 } },
    { inputs: [values([...specials, 0.5, 0.25])], attributes: { bins: 4, low: 0, high: 1 } },
  ],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(reals([3])), { bins: 2.5, low: 0, high: 1 }),
      error: OptionError,
      message: "histogram: bins is 2.5, expected a whole number ≥ 1",
    },
    {
      call: (op, make) => op(make(reals([3])), { low: 1, high: 1 }),
      error: OptionError,
      message: "histogram: low is 1 and high is 1, expected finite numbers with low < high",
    },
  ],
  bench: { "1M": { inputs: [reals([million])], attributes: { bins: 100, low: -1, high: 1 } } },
};
