/** Exams of the arithmetic of two tensors. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, integers, nonzero, pairs, reals, specials, values } from "../exam.js";
import type * as ops from "./binary.js";

/** Every pair of special values, as a row against a column. */
const everyPair: Case = { inputs: [values(specials), values(specials, [specials.length, 1])] };

export const broadcasting: readonly Case[] = [
  { inputs: [reals([5, 7]), nonzero([7])] },
  { inputs: [reals([7]), nonzero([5, 7])] },
  { inputs: [reals([5, 1]), nonzero([1, 7])] },
  { inputs: [reals([2, 3, 1, 5]), nonzero([3, 4, 1])] },
  { inputs: [reals([]), nonzero([2, 3])] },
  { inputs: [reals([2, 3]), nonzero([])] },
  { inputs: [reals([4, 1, 6, 1]), nonzero([4, 3, 6, 2])] },
  { inputs: [reals([1, 33]), nonzero([17, 33])] },
  { inputs: [reals([0, 3]), nonzero([1, 3])] },
];

const arithmetic = (f: (x: number, y: number) => number): ExamOf<typeof ops.add> => ({
  reference: ([x, y]) => pairs(x, y, f),
  ulps: 1, // one rounding: correct to half a unit in the last place, which is one of 2⁻²⁴ times the result
  sized: (n) => ({ inputs: [reals([n]), nonzero([n])] }),
  cases: [everyPair, ...broadcasting, { inputs: [reals([3, 43]), nonzero([3, 43])] }],
  gradients: [{ inputs: [reals([2, 5]), nonzero([2, 5])] }, ...broadcasting.slice(0, 6)],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([2, 4]))),
      error: ShapeError,
      message: /: x is \[2, 3\] and y is \[2, 4\]; axis -1 has 3 and 4, which do not broadcast$/,
    },
    {
      call: (op, make) => op(make(reals([2])), make(integers([2], 3))),
      error: DTypeError,
      message:
        /: (x is float32 and y is int32, expected the same \(cast converts\)|y is int32, expected float32 or float64)$/,
    },
    {
      call: (op, make) => (op as (...args: unknown[]) => unknown)(make(reals([2]))),
      error: DTypeError,
      message: /: y is missing, expected a tensor or a number$/,
    },
    {
      call: (op, make) => (op as (...args: unknown[]) => unknown)(make(reals([2])), 1, { axis: 0 }),
      error: OptionError,
      message: /: unknown option "axis", it takes none$/,
    },
  ],
  bench: {
    "16": { inputs: [reals([16]), nonzero([16])] },
    "1M": { inputs: [reals([1 << 20]), nonzero([1 << 20])] },
    "1024x1024+1024": { inputs: [reals([1024, 1024]), nonzero([1024])] },
    "1024x1024+1024x1": { inputs: [reals([1024, 1024]), nonzero([1024, 1])] },
  },
});

/** Of whole numbers too, a row against a column of them; the largest products and sums leave the range. */
const whole: readonly Case[] = [
  { inputs: [integers([3, 43], 1000), integers([43], 1000)] },
  { inputs: [values([0, 1, -1, 7, -8, 2147483647, -2147483648], [7], "int32"), values([0, 1, -1, 7, -8, 2147483647, -2147483648], [7, 1], "int32")] }, // prettier-ignore
];

const withInt = (
  f: (x: number, y: number) => number,
  int: (x: number, y: number) => number,
): ExamOf<typeof ops.add> => {
  const exam = arithmetic(f);
  const reference: typeof exam.reference = ([x, y], attributes) =>
    x.dtype === "int32" ? pairs(x, y, int) : exam.reference([x, y], attributes);
  return { ...exam, reference, cases: [...exam.cases, ...whole] };
};

export const add: ExamOf<typeof ops.add> = withInt((x, y) => x + y, (x, y) => (x + y) | 0); // prettier-ignore
export const sub: ExamOf<typeof ops.sub> = withInt((x, y) => x - y, (x, y) => (x - y) | 0); // prettier-ignore
export const mul: ExamOf<typeof ops.mul> = withInt((x, y) => x * y, Math.imul);
export const div: ExamOf<typeof ops.div> = arithmetic((x, y) => x / y);
