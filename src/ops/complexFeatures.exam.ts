/** Exams of complex exponentials of projections. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals, type Reference, values } from "../exam.js";
import type * as ops from "./complexFeatures.js";
import {
  arrayOf,
  back,
  fixed,
  given,
  projections,
  shapes,
  table,
  timed,
} from "./features/projection.exam.js";

/** Exponents and angles, or of `size` their magnitudes. */
function parts([x, w, columns]: readonly Reference[], size = false) {
  const p = projections(x, w);
  const of = size ? Math.abs : (v: number): number => v;
  const number = (i: number, j: number): number => of(columns.data[i * p.D + j]);
  const part = (first: number) => (row: number, j: number) =>
    number(first, j) * (size ? p.size(row, j) : p.z(row, j)) + number(first + 1, j) * p.s(row) + number(first + 2, j); // prettier-ignore
  return { p, number, exponent: part(0), angle: part(3) };
}

function complex(inputs: readonly Reference[]): Reference {
  const { p, exponent, angle } = parts(inputs);
  return table(p, 2 * p.D, (row, k) => {
    const j = k % p.D;
    return Math.exp(exponent(row, j)) * (k < p.D ? Math.cos : Math.sin)(angle(row, j));
  });
}

/** The magnitude of a feature times that of its exponent and angle. */
function errorOf(inputs: readonly Reference[]): (row: number, j: number) => number {
  const { exponent } = parts(inputs);
  const size = parts(inputs, true);
  return (row, j) => Math.exp(exponent(row, j)) * (1 + size.exponent(row, j) + size.angle(row, j));
}

const inputsOf = ([x, w]: readonly (readonly number[])[], make: typeof fixed) => [
  make(x, 1),
  w.length === 0 ? values([0.3], []) : make(w, 2),
  make([6, w[0] ?? x[x.length - 1]], 3),
];

const random = (shape: readonly number[]) => reals(shape);

const features = (shape: readonly (readonly number[])[]): Case => ({ inputs: inputsOf(shape, random) });

export const complexFeatures: ExamOf<typeof ops.complexFeatures> = {
  reference: (inputs) => complex(inputs),
  ulps: 8,
  scale(inputs) {
    const { p } = parts(inputs);
    const error = errorOf(inputs);
    return table(p, 2 * p.D, (row, k) => error(row, k % p.D));
  },
  sized: (n) => features([[n, 5], [6, 5]]), // prettier-ignore
  cases: shapes.map((shape) => features(shape.map((extents) => extents.map((n) => (n === 520 ? 36 : n))))),
  gradients: [features([[3, 4], [5, 4]]), features([[2, 2, 3], [3, 3]]), features([[2, 3], []])], // prettier-ignore
  errors: [
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([3, 6])), make(reals([5, 3]))),
      error: ShapeError,
      message: "complexFeatures: columns is [5, 3], expected [6, 3] (3 columns, w [3, 6])",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([3, 5])), make(reals([6, 3]))),
      error: ShapeError,
      message: "complexFeatures: w is [3, 5], expected [D, 6] or one number (last axis of x [4, 6])",
    },
  ],
  bench: { "4096x512 → 2·2048": features([[4096, 512], [2048, 512]]) }, // prettier-ignore
};

/** dz or dx, or of `size` their magnitudes. */
function pulled(
  [dy, , x, w, columns]: readonly Reference[],
  { of }: { of: "x" | "z" },
  size = false,
): Reference {
  const inputs = [x, w, columns];
  const { p, number, exponent, angle } = parts(inputs);
  const error = errorOf(inputs);
  const cotangents = (row: number, j: number): [a: number, b: number] => {
    const [dcos, dsin] = [dy.data[row * 2 * p.D + j], dy.data[(row * 2 + 1) * p.D + j]];
    if (size) return [0, 1].map(() => error(row, j) * (Math.abs(dcos) + Math.abs(dsin))) as [number, number];
    const [e, b] = [Math.exp(exponent(row, j)), angle(row, j)];
    return [e * (dcos * Math.cos(b) + dsin * Math.sin(b)), e * (dsin * Math.cos(b) - dcos * Math.sin(b))];
  };
  const factor = size ? (i: number, j: number): number => Math.abs(number(i, j)) : number;
  const combined = (first: number) => (row: number, j: number) => {
    const [a, b] = cotangents(row, j);
    return factor(first, j) * a + factor(first + 3, j) * b;
  };
  const dz = table(p, p.D, combined(0));
  if (of === "z") return dz;
  const own = combined(1);
  const s = (row: number): number =>
    Array.from({ length: p.D }, (_, j) => own(row, j)).reduce((a, b) => a + b, 0);
  return back(p, dz, w, x, s, size ? Math.abs : undefined);
}

const pull = (shape: readonly (readonly number[])[], of: "x" | "z" = "x"): Case<{ of: "x" | "z" }> => {
  const inputs = inputsOf(shape, fixed);
  const y = complex(inputs.map(arrayOf));
  return { inputs: [reals(y.shape), given(y), ...inputs], attributes: { of } };
};

export const complexFeaturesGrad: ExamOf<typeof ops.complexFeaturesGrad> = {
  reference: (inputs, attributes) => pulled(inputs, attributes as { of: "x" | "z" }),
  ulps: 12,
  scale: (inputs, attributes) => pulled(inputs, attributes as { of: "x" | "z" }, true),
  sized: (n) => pull([[n, 5], [6, 5]]), // prettier-ignore
  cases: (["x", "z"] as const).flatMap((of) =>
    shapes.map((shape) =>
      pull(
        shape.map((extents) => extents.map((n) => (n === 520 ? 36 : n))),
        of,
      ),
    ),
  ),
  gradients: [pull([[3, 4], [5, 4]]), pull([[3, 2], [3, 2]], "z"), pull([[2, 3], []])], // prettier-ignore
  errors: [
    {
      call: (op, make) =>
        op(make(reals([4, 5])), make(reals([4, 6])), make(reals([4, 2])), make(reals([3, 2])), make(reals([6, 3]))), // prettier-ignore
      error: ShapeError,
      message: "complexFeaturesGrad: dy is [4, 5], expected [4, 6]",
    },
    {
      call: (op, make) =>
        op(make(reals([4, 6])), make(reals([4, 6])), make(reals([4, 2])), make(reals([3, 2])), make(reals([6, 3])), { of: "w" as "x" }), // prettier-ignore
      error: OptionError,
      message: 'complexFeaturesGrad: of is "w", expected one of x, z',
    },
  ],
  bench: { "4096x512 → 2·2048": { inputs: timed(4096, reals([6, 2048])) } },
};
