/** Exam of tensors of one value. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { array, type ExamOf, specials } from "../exam.js";
import type * as ops from "./fill.js";

export const full: ExamOf<typeof ops.full> = {
  reference: (_, { shape, value, dtype }) =>
    array(shape, () => (dtype === "bool" ? Number(value !== 0) : value)),
  ulps: 0,
  sized: (n) => ({ inputs: [], attributes: { shape: [n], value: 2.5 } }),
  cases: [
    { inputs: [], attributes: { shape: [], value: 1 } },
    { inputs: [], attributes: { shape: [3, 43], value: -7, dtype: "int32" } },
    { inputs: [], attributes: { shape: [7], value: 5, dtype: "bool" } },
    { inputs: [], attributes: { shape: [7], value: 0, dtype: "bool" } },
    ...specials
      .filter((value) => !Number.isNaN(value))
      .map((value) => ({ inputs: [], attributes: { shape: [5], value } })),
  ],
  gradients: [],
  errors: [
    {
      call: (full) => full([2, -1], 0),
      error: ShapeError,
      message: "full: shape [2, -1] has the extent -1, expected a whole number ≥ 0",
    },
    {
      call: (full) => full([1.5], 0),
      error: ShapeError,
      message: /^full: shape \[1\.5\] has the extent 1\.5/,
    },
    {
      call: (full) => full([2 ** 16, 2 ** 16], 0),
      error: ShapeError,
      message: /4294967296 elements, more than the 4 GiB/,
    },
    {
      call: (full) => full([2], 0, { dtype: "complex64" as "float32" }),
      error: DTypeError,
      message:
        "full: dtype is complex64, expected one of float32, float64, float16, bfloat16, int32, int8, bool",
    },
    {
      call: (full) => full([2], 2.5, { dtype: "int32" }),
      error: DTypeError,
      message: "full: value is 2.5, expected a whole number",
    },
    {
      call: (full) => full([2], "x" as never),
      error: OptionError,
      message: "full: value is a string, expected a number",
    },
  ],
  bench: { "1M": { inputs: [], attributes: { shape: [1 << 20], value: 1 } } },
};
