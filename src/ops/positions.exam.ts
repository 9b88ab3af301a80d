/** Exam of the rotation of pairs. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals } from "../exam.js";
import type * as ops from "./positions.js";

const turn = (shape: readonly number[], attributes: { heads?: number; inverse?: boolean } = {}): Case => {
  const [length, width] = shape.slice(-2);
  return { inputs: [reals(shape), reals([length, width / (attributes.heads ?? 1)])], attributes };
};

export const rotate: ExamOf<typeof ops.rotate> = {
  reference([x, table], { heads, inverse }) {
    const [length, width] = x.shape.slice(-2);
    const d = width / heads;
    const data = x.data.map((value, i) => {
      const [position, j] = [Math.floor(i / width) % length, i % d];
      const pair = j % (d / 2);
      const [cos, sin] = [table.data[position * d + pair], table.data[position * d + pair + d / 2]];
      const other = x.data[j < d / 2 ? i + d / 2 : i - d / 2];
      return value * cos + (j < d / 2 ? -1 : 1) * (inverse ? -1 : 1) * other * sin;
    });
    return { shape: x.shape, data };
  },
  scale: 1,
  sized: (n) => turn([2, n, 6]),
  cases: [
    turn([5, 8]),
    turn([2, 3, 12], { heads: 2 }),
    turn([2, 2, 3, 20], { heads: 1, inverse: true }),
    turn([3, 42], { heads: 3 }),
    turn([0, 4]),
    turn([3, 0]),
  ],
  gradients: [turn([2, 3, 8], { heads: 2 }), turn([3, 6], { inverse: true })],
  errors: [
    {
      call: (op, make) => op(make(reals([3, 6])), make(reals([3, 3])), { heads: 2 }),
      error: ShapeError,
      message: "rotate: x is [3, 6], whose last axis does not divide into halves of heads 2",
    },
    {
      call: (op, make) => op(make(reals([3, 8])), make(reals([3, 8])), { heads: 2 }),
      error: ShapeError,
      message: "rotate: table is [3, 8], expected [3, 4]",
    },
    {
      call: (op, make) => op(make(reals([3, 8])), make(reals([3, 8])), { heads: 0 }),
      error: OptionError,
      message: "rotate: heads is 0, expected a whole number ≥ 1",
    },
  ],
  bench: { "512x768": turn([512, 768], { heads: 12 }) },
};
