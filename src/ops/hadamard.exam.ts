/** Exam of the Walsh–Hadamard transform. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, each, eachRow, type ExamOf, reals, type Reference } from "../exam.js";
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
