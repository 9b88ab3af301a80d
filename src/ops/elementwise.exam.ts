/** What the exams of functions of each element have in common. */
import { DTypeError, ShapeError } from "../errors.js";
import { each, type ExamOf, integers, pairs, reals, type Sample, specials, truths, values } from "../exam.js";
import type * as ops from "./unary.js";

const million = 1 << 20;

/**
 * `ulps`: as in assembly/exponential.ts and logarithm.ts, in units of 2⁻²⁴, two of which are at most one unit in the
 * last place.
 */
export const unary = (
  f: (x: number) => number,
  sample: (shape: number[]) => Sample,
  ulps: number,
): ExamOf<typeof ops.exp> => ({
  reference: ([x]) => each(x, f),
  ulps,
  sized: (n) => ({ inputs: [sample([n])] }),
  cases: [
    { inputs: [values(specials)] },
    { inputs: [sample([])] },
    { inputs: [sample([3, 43])] },
    { inputs: [reals([1000], -20, 20)] },
    { inputs: [reals([1000], -1e-3, 1e-3)] },
  ],
  gradients: [{ inputs: [sample([3, 5])] }, { inputs: [sample([])] }],
  errors: [
    {
      call: (op, make) => op(make(integers([3], 5))),
      error: DTypeError,
      message: /: x is int32, expected float32 or float64$/,
    },
  ],
  bench: { "16": { inputs: [sample([16])] }, "1M": { inputs: [sample([million])] } },
});

/** The same, also of whole numbers: `wrapped` is f modulo 2³². */
export const unaryInt = (
  f: (x: number) => number,
  sample: (shape: number[]) => Sample,
  ulps: number,
  wrapped = (x: number): number => f(x) | 0,
): ExamOf<typeof ops.exp> => {
  const exam = unary(f, sample, ulps);
  const edges = [0, 1, -1, 7, -8, 46340, -46341, 2147483647, -2147483648];
  return {
    ...exam,
    reference: ([x]) => each(x, x.dtype === "int32" ? wrapped : f),
    cases: [
      ...exam.cases,
      { inputs: [values(edges, [edges.length], "int32")] },
      { inputs: [integers([3, 43], 99)] },
    ],
    errors: [
      {
        call: (op, make) => op(make(truths([3]))),
        error: DTypeError,
        message: /: x is bool, expected float32, float64 or int32$/,
      },
    ],
  };
};

/**
 * Gradients dx = f(dy, y) with y as `sample` makes it; `scale` is the size of the terms that cancel in f.
 */
export const unaryGrad = (
  f: (dy: number, y: number) => number,
  sample: (shape: number[]) => Sample,
  ulps?: number,
  scale = 0,
): ExamOf<typeof ops.tanhGrad> => ({
  reference: ([dy, y]) => pairs(dy, y, f),
  ulps,
  scale,
  sized: (n) => ({ inputs: [reals([n]), sample([n])] }),
  cases: [
    { inputs: [reals([3, 43]), sample([3, 43])] },
    { inputs: [reals([specials.length]), values(specials.map((x) => (Math.abs(x) > 1e19 ? 1 : x)))] },
    { inputs: [values(specials), sample([specials.length])] },
  ],
  gradients: [{ inputs: [reals([3, 5]), sample([3, 5])] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([3]))),
      error: ShapeError,
      message: /: dy is \[2, 3\] and [xy] is \[3\], expected the same$/,
    },
  ],
  bench: { "1M": { inputs: [reals([million]), sample([million])] } },
});
