/** Exams of quantization and of products of 8-bit integers. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import {
  array,
  at,
  type Case,
  type ExamOf,
  pairs,
  reals,
  type Reference,
  type Sample,
  specials,
  values,
} from "../exam.js";
import type * as ops from "./quantize.js";

/** The nearest whole number, the even one of two. */
function nearest(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** round(x / scale), the quotient rounded as float32; kept in range. */
function units(x: number, scale: number, bits: number): number {
  const limit = 2 ** (bits - 1) - 1;
  return Math.min(limit, Math.max(-limit, nearest(Math.fround(x / scale))));
}

const scales = (shape: readonly number[]): Sample => reals(shape, 0.005, 0.02);

const quantities: readonly Case<{ bits?: number }>[] = [
  { inputs: [reals([7, 19]), scales([7, 1])] },
  { inputs: [reals([7, 19]), scales([19])], attributes: { bits: 7 } },
  { inputs: [reals([7, 19], -4, 4), scales([])] },
  { inputs: [values([...specials, 0.5, 1.5, 2.5, -0.5, -1.5, 300]), values([1], [])] },
];

const errors: ExamOf<typeof ops.quantize>["errors"] = [
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2]))),
    error: ShapeError,
    message: /: x is \[2, 3\] and scale is \[2\]; axis -1 has 3 and 2, which do not broadcast$/,
  },
  {
    call: (op, make) => op(make(reals([3])), make(reals([2, 3]))),
    error: ShapeError,
    message: /: scale is \[2, 3\], which does not fit into x \[3\]$/,
  },
  {
    call: (op, make) => op(make(reals([3])), 1, { bits: 4 }),
    error: OptionError,
    message: /: bits is 4, expected 7 or 8$/,
  },
];

const million = 1 << 20;

export const quantize: ExamOf<typeof ops.quantize> = {
  reference: ([x, scale], { bits }) =>
    pairs(x, scale, (a, s) => (Number.isNaN(a) ? 0 : units(a, s, bits) + 0)),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n]), scales([n])] }),
  cases: quantities,
  gradients: [],
  errors,
  bench: { "1M": { inputs: [reals([1024, 1024]), scales([1024, 1])] } },
};

export const fakeQuantize: ExamOf<typeof ops.fakeQuantize> = {
  reference: ([x, scale], { bits }) => pairs(x, scale, (a, s) => units(a, s, bits) * s),
  ulps: 1,
  sized: (n) => ({ inputs: [reals([n]), scales([n])] }),
  cases: quantities,
  gradients: [], // its derivative is one by decree: __tests__/narrow.test.ts
  errors: errors as never,
  bench: { "1M": { inputs: [reals([million]), scales([])] } },
};

/** Whole numbers in [low, high] as int8. */
const bytes = (shape: readonly number[], low = -128, high = 127): Sample => ({
  shape,
  dtype: "int8",
  element: (_, random) => low + Math.floor(random * (high - low + 1)),
});

export const dequantize: ExamOf<typeof ops.dequantize> = {
  reference: ([q, scale]) => pairs(q, scale, (a, s) => a * s),
  ulps: 1,
  sized: (n) => ({ inputs: [bytes([n]), scales([n])] }),
  cases: [{ inputs: [bytes([7, 19]), scales([7, 1])] }, { inputs: [bytes([7, 19]), scales([])] }],
  gradients: [{ inputs: [bytes([3, 5]), reals([3, 1])] }, { inputs: [bytes([3, 5]), reals([5])] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), 1),
      error: DTypeError,
      message: "dequantize: q is float32, expected int8",
    },
  ],
  bench: {},
};

interface Transposes {
  transposeA?: boolean;
  transposeB?: boolean;
}

function product(a: Reference, b: Reference, { transposeA, transposeB }: Transposes): Reference {
  const rank = a.shape.length;
  const [rows, cols] = a.shape.slice(-2);
  const [m, k] = transposeA ? [cols, rows] : [rows, cols];
  const n = transposeB ? b.shape[0] : b.shape[1];
  return array([...a.shape.slice(0, -2), m, n], (index) => {
    const lead = index.slice(0, rank - 2);
    const [i, j] = index.slice(rank - 2);
    let sum = 0;
    for (let p = 0; p < k; p++)
      sum += at(a, [...lead, ...(transposeA ? [p, i] : [i, p])]) * at(b, transposeB ? [j, p] : [p, j]);
    return sum;
  });
}

/** Signed bytes, ones from which −128 is absent, of 7 bits, and not negative: every way to multiply them. */
const spans: readonly (readonly [low: number, high: number])[] = [[-128, 127], [-63, 63], [0, 127]]; // prettier-ignore

const products: Case<Transposes>[] = [
  ...spans.flatMap(([low, high]) =>
    [
      [1, 1, 1],
      [3, 5, 7],
      [13, 9, 17],
      [24, 40, 33],
      [5, 70, 64],
      [2, 19, 37],
      [131, 17, 41],
    ].flatMap(([m, n, k]) => [
      { inputs: [bytes([m, k]), bytes([k, n], low, high)] },
      { inputs: [bytes([m, k], low, high), bytes([n, k])], attributes: { transposeB: true } },
      { inputs: [bytes([k, m]), bytes([k, n], low, high)], attributes: { transposeA: true } },
      {
        inputs: [bytes([k, m], low, high), bytes([n, k])],
        attributes: { transposeA: true, transposeB: true },
      },
    ]),
  ),
  { inputs: [bytes([2, 3, 4, 9]), bytes([9, 6])] },
  { inputs: [bytes([13, 2300]), bytes([2300, 11], -20, 100)] },
  { inputs: [bytes([13, 1100]), bytes([1100, 1030])] },
  { inputs: [bytes([4, 0]), bytes([0, 6])] },
  { inputs: [bytes([0, 4]), bytes([4, 6])] },
  { inputs: [bytes([9, 40], -128, -128), bytes([40, 9], -128, -128)] },
];

const refused: ExamOf<typeof ops.matmulInt8>["errors"] = [
  {
    call: (op, make) => op(make(bytes([2, 3])), make(bytes([2, 3]))),
    error: ShapeError,
    message: "matmulInt8: a is [2, 3] and b is [2, 3]; a has 3 columns and b has 2 rows",
  },
  {
    call: (op, make) => op(make(bytes([2, 3])), make(bytes([2, 3, 4]))),
    error: ShapeError,
    message: "matmulInt8: a is [2, 3] and b is [2, 3, 4], expected b (and a transposed) of two axes",
  },
  {
    call: (op, make) => op(make(bytes([3])), make(bytes([3, 4]))),
    error: ShapeError,
    message: "matmulInt8: a is [3], expected at least two axes (reshape a vector)",
  },
  {
    call: (op, make) => op(make(bytes([1, 2 ** 17])), make(bytes([2 ** 17, 1]))),
    error: ShapeError,
    message: "matmulInt8: a has 131072 columns, expected at most 131071, whose sums int32 holds",
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(bytes([3, 4]))),
    error: DTypeError,
    message: "matmulInt8: a is float32, expected int8",
  },
];

const square = (n: number, low?: number, high?: number): Case => ({
  inputs: [bytes([n, n]), bytes([n, n], low, high)],
});

export const matmulInt8: ExamOf<typeof ops.matmulInt8> = {
  reference: ([a, b], attributes) => product(a, b, attributes),
  ulps: 0,
  sized: (n) => ({ inputs: [bytes([n, n + 1]), bytes([n + 1, n])] }),
  cases: products,
  gradients: [],
  errors: refused,
  bench: { "1024 of 8 bits": square(1024), "1024 of 7 bits": square(1024, -63, 63) },
};

const withScales = ({ inputs: [a, b], attributes }: Case<Transposes>, i: number): Case<Transposes> => {
  const m = attributes?.transposeA ? a.shape[1] : a.shape.slice(0, -1).reduce((x, y) => x * y, 1);
  const n = attributes?.transposeB ? b.shape[0] : b.shape[1];
  return { inputs: [a, b, scales(i % 2 ? [m, 1] : []), scales(i % 3 ? [n] : [1, 1])], attributes };
};

export const matmulQuantized: ExamOf<typeof ops.matmulQuantized> = {
  reference([a, b, aScale, bScale], attributes) {
    const c = product(a, b, attributes);
    const n = c.shape[c.shape.length - 1];
    const scaleAt = (scale: Reference, i: number): number => scale.data[scale.data.length === 1 ? 0 : i];
    return {
      shape: c.shape,
      data: c.data.map((sum, i) => sum * scaleAt(aScale, Math.floor(i / n)) * scaleAt(bScale, i % n)),
    };
  },
  ulps: 3,
  sized: (n) => withScales({ inputs: [bytes([n, n + 1]), bytes([n + 1, n])] }, n),
  cases: products.map(withScales),
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(bytes([2, 3])), make(bytes([3, 4])), make(reals([3])), 1),
      error: ShapeError,
      message: "matmulQuantized: aScale is [3], expected one element or 2 (rows of a)",
    },
    {
      call: (op, make) => op(make(bytes([2, 3])), make(bytes([3, 4])), 1, make(reals([2]))),
      error: ShapeError,
      message: "matmulQuantized: bScale is [2], expected one element or 4 (columns of b)",
    },
  ],
  bench: {
    "1024 of 8 bits": { inputs: [...square(1024).inputs, scales([1024, 1]), scales([1024])] },
    "1024 of 7 bits": { inputs: [...square(1024, -63, 63).inputs, scales([1024, 1]), scales([1024])] },
  },
};
