/** Exams of the Walsh–Hadamard transform and of what is made of it. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, each, eachRow, type ExamOf, reals, type Reference, truths } from "../exam.js";
import type * as ops from "./hadamard.js";

/** Whether two numbers share an odd number of bits. */
const odd = (i: number, j: number): boolean => {
  let shared = i & j;
  let parity = false;
  for (; shared > 0; shared &= shared - 1) parity = !parity;
  return parity;
};

/** By the matrix; `sign` of an odd number of shared bits is −1, or 1 for the magnitudes. */
const transformed = (x: Reference, scale: number, sign = -1): Reference =>
  eachRow(x, (row) =>
    row.map((_, i) => scale * row.reduce((sum, v, j) => sum + (odd(i, j) ? sign * v : v), 0)),
  );

const rows = (n: number, scale?: number): Case => ({
  inputs: [reals([5, n])],
  attributes: scale === undefined ? {} : { scale },
});

/** An addition for each power of two in n, the magnitudes adding up. */
export const walshHadamard: ExamOf<typeof ops.walshHadamard> = {
  reference: ([x], { scale }) => transformed(x, scale),
  ulps: 4,
  scale: ([x], { scale }) => transformed(each(x, Math.abs), Math.abs(scale), 1),
  sized: (n) => ({ inputs: [reals([n, 8])] }),
  cases: [
    ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((n) => rows(n)),
    rows(32, -0.3),
    { inputs: [reals([2, 3, 16])] },
    { inputs: [reals([4])] },
    { inputs: [reals([0, 4])] },
  ],
  gradients: [rows(4), rows(16, 0.25)],
  errors: [
    {
      call: (op, make) => op(make(reals([3, 12]))),
      error: ShapeError,
      message: "walshHadamard: x is [3, 12], expected a power of two along its last axis",
    },
    {
      call: (op, make) => op(make(reals([3, 4])), { scale: Infinity }),
      error: OptionError,
      message: "walshHadamard: scale is Infinity, expected a finite number",
    },
  ],
  bench: { "4096x1024": { inputs: [reals([4096, 1024])] }, "64x1024": { inputs: [reals([64, 1024])] } },
};

/** The orthogonal matrix of a block, by rows; `sign` as above. */
function chainOf(minus: Reference, block: number, sign = -1): Float64Array[] {
  const n = minus.shape[2];
  const factor = 1 / Math.sqrt(n);
  let rows = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  for (const d of [2, 1, 0]) {
    const signs = minus.data.subarray((3 * block + d) * n, (3 * block + d + 1) * n);
    const flipped = rows.map((row, i) => row.map((v) => (signs[i] ? sign * v : v)));
    rows = rows.map((_, i) =>
      rows[0].map((_, j) =>
        flipped.reduce((sum, row, k) => sum + (odd(i, k) ? sign * row[j] : row[j]) * factor, 0),
      ),
    );
  }
  return rows;
}

/** y, or, transposed, dx. */
function chained(x: Reference, minus: Reference, scale: number, transposed: boolean, sign = -1): Reference {
  const [blocks, , n] = minus.shape;
  const matrices = Array.from({ length: blocks }, (_, block) => chainOf(minus, block, sign));
  const [from, to] = transposed ? [blocks * n, n] : [n, blocks * n];
  const rows = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const data = new Float64Array(rows * to);
  for (let row = 0; row < rows; row++)
    matrices.forEach((matrix, block) =>
      matrix.forEach((line, i) =>
        line.forEach((v, j) => {
          if (transposed) data[row * n + j] += scale * v * x.data[row * from + block * n + i];
          else data[row * to + block * n + i] += scale * v * x.data[row * n + j];
        }),
      ),
    );
  return { shape: [...x.shape.slice(0, -1), to], data };
}

const chainCase = (rows: number, n: number, blocks: number, transposed: boolean, scale?: number): Case => ({
  inputs: [reals([rows, transposed ? blocks * n : n]), truths([blocks, 3, n])],
  attributes: scale === undefined ? {} : { scale },
});

const chainCases = (transposed: boolean): Case[] => [
  ...[1, 2, 4, 8, 32, 64].map((n) => chainCase(3, n, 2, transposed)),
  chainCase(2, 16, 3, transposed, -1.5),
  chainCase(2, 4, 0, transposed),
  chainCase(0, 4, 2, transposed),
];

export const hadamardChain: ExamOf<typeof ops.hadamardChain> = {
  reference: ([x, minus], { scale }) => chained(x, minus, scale, false),
  ulps: 8,
  scale: ([x, minus], { scale }) => chained(each(x, Math.abs), minus, Math.abs(scale), false, 1),
  sized: (n) => chainCase(n, 8, 2, false),
  cases: chainCases(false),
  gradients: [chainCase(2, 4, 2, false), chainCase(2, 8, 1, false, 0.5)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 8])), make(truths([2, 3, 4]))),
      error: ShapeError,
      message: "hadamardChain: x is [2, 8], expected [..., 4] (minus is [2, 3, 4])",
    },
    {
      call: (op, make) => op(make(reals([2, 4])), make(truths([3, 4]))),
      error: ShapeError,
      message: "hadamardChain: minus is [3, 4], expected [blocks, 3, n]",
    },
    {
      call: (op, make) => op(make(reals([2, 6])), make(truths([1, 3, 6]))),
      error: ShapeError,
      message: "hadamardChain: minus is [1, 3, 6], expected a power of two along its last axis",
    },
  ],
  bench: { "1024 of 1024 → 4096": chainCase(1024, 1024, 4, false) },
};

export const hadamardChainGrad: ExamOf<typeof ops.hadamardChainGrad> = {
  reference: ([dy, minus], { scale }) => chained(dy, minus, scale, true),
  ulps: 8,
  scale: ([dy, minus], { scale }) => chained(each(dy, Math.abs), minus, Math.abs(scale), true, 1),
  sized: (n) => chainCase(n, 8, 2, true),
  cases: chainCases(true),
  gradients: [chainCase(2, 4, 2, true), chainCase(2, 8, 1, true, 0.5)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 4])), make(truths([2, 3, 4]))),
      error: ShapeError,
      message: "hadamardChainGrad: dy is [2, 4], expected [..., 8] (minus is [2, 3, 4])",
    },
  ],
  bench: { "1024 of 1024 → 4096": chainCase(1024, 1024, 4, true) },
};
