/** Exam of the conversion between element types. */
import { type DType, elementOf, isBits, valueOf } from "../dtype.js";
import { DTypeError } from "../errors.js";
import { each, type ExamOf, reals, specials, truths, values } from "../exam.js";
import type * as ops from "./cast.js";

const million = 1 << 20;

const edges = [0, 1, -1, 7, -8, 3, 127, -128, 128, -129, 2147483647, -2147483648];

/** Halfway between neighbours of 16 bits, just beside, subnormal there, and the first too large. */
const ties = [
  ...[
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    1 + 2 ** -11 + 2 ** -20,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
    1 + 2 ** -8 - 2 ** -20,
  ],
  ...[
    2 ** -25,
    2 ** -25 + 2 ** -40,
    3 * 2 ** -25,
    2 ** -14 - 2 ** -26,
    65519,
    65520,
    -65504,
    3.3961775292304e38,
  ],
  ...[1e-40, 2 ** -133, 3 * 2 ** -134, 2147483648, -2147483904, 2.5, -2.5, -127.5, 127.9, 1e5],
];

/** What integers hold of a number. */
function whole(x: number, bits: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, Math.trunc(x))) + 0;
}

function converted(x: number, to: DType): number {
  if (to === "bool") return Number(x !== 0);
  if (to === "int8") return whole(x, 8);
  if (to === "int32") return whole(x, 32);
  return isBits(to) ? valueOf(to, elementOf(to, x)) : x;
}

const all = ["float32", "int32", "bool", "float16", "bfloat16", "int8"] as const;
const narrow: readonly DType[] = ["float16", "bfloat16", "int8"];

export const cast: ExamOf<typeof ops.cast> = {
  reference: ([x], { dtype }) => each(x, (value) => converted(value, dtype)),
  ulps: 1,
  sized: (n) => ({ inputs: [reals([n], -9, 9)], attributes: { dtype: n % 2 === 0 ? "int32" : "float16" } }),
  cases: all.flatMap((dtype) => [
    { inputs: [values([...specials, ...ties])], attributes: { dtype } },
    { inputs: [values(edges, [edges.length], "int32")], attributes: { dtype } },
    { inputs: [truths([5, 9])], attributes: { dtype } },
    ...narrow
      .filter((from) => from === dtype || !narrow.includes(dtype))
      .map((from) => ({
        inputs: [
          values(from === "int8" ? [0, 1, -1, 127, -128, 5, 6] : [...specials, ...ties], undefined, from),
        ],
        attributes: { dtype },
      })),
  ]),
  gradients: [{ inputs: [reals([3, 5])], attributes: { dtype: "float32" } }],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), "float8" as "float32"),
      error: DTypeError,
      message:
        "cast: dtype is float8, expected one of float32, float64, float16, bfloat16, int32, int8, bool",
    },
    {
      call: (op, make) => op(make(values([1], [1], "int8")), "float16"),
      error: DTypeError,
      message: "cast: x is int8 and dtype float16, expected one of 4 or 8 bytes (cast to float32 first)",
    },
  ],
  bench: {
    "1M to int32": { inputs: [reals([million])], attributes: { dtype: "int32" } },
    "1M to float16": { inputs: [reals([million])], attributes: { dtype: "float16" } },
    "1M to bfloat16": { inputs: [reals([million])], attributes: { dtype: "bfloat16" } },
    "1M of float16": {
      inputs: [{ ...reals([million]), dtype: "float16" }],
      attributes: { dtype: "float32" },
    },
  },
};
