/** Exams of comparisons, selection, whole numbers and truth values. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import {
  array,
  at,
  type Case,
  each,
  type ExamOf,
  integers,
  nonzero,
  pairs,
  reals,
  type Reference,
  specials,
  truths,
  values,
} from "../exam.js";
import { broadcasting } from "./binary.exam.js";
import type * as ops from "./pointwise.js";

const million = 1 << 20;

/** Every pair of special values, as a row against a column. */
const everyPair: Case = { inputs: [values(specials), values(specials, [specials.length, 1])] };

const edges = [0, 1, -1, 7, -8, 3, 2147483647, -2147483648];
const everyInt: Case = {
  inputs: [values(edges, [edges.length], "int32"), values(edges, [edges.length, 1], "int32")],
};

/** Whole numbers below 5, so that many are equal. */
const few = (shape: number[]): Case["inputs"][number] => ({
  shape,
  dtype: "float32",
  element: (_, random) => Math.floor(5 * random) - 2,
});

const differentDTypes: ExamOf<typeof ops.less>["errors"] = [
  {
    call: (op, make) => op(make(reals([2])), make(integers([2], 3))),
    error: DTypeError,
    message: /: x is float32 and y is int32, expected the same \(cast converts\)$/,
  },
  {
    call: (op, make) => op(make(reals([2, 3])), make(reals([2]))),
    error: ShapeError,
    message: /: x is \[2, 3\] and y is \[2\]; axis -1 has 3 and 2, which do not broadcast$/,
  },
];

const comparison = (f: (x: number, y: number) => boolean): ExamOf<typeof ops.less> => ({
  reference: ([x, y]) => pairs(x, y, (a, b) => Number(f(a, b))),
  ulps: 0,
  sized: (n) => ({ inputs: [few([n]), few([n])] }),
  cases: [
    everyPair,
    everyInt,
    { inputs: [truths([3, 7]), truths([7])] },
    { inputs: [few([4, 1, 6]), few([5, 1])] },
    ...broadcasting,
  ],
  gradients: [],
  errors: differentDTypes,
  bench: { "1M": { inputs: [reals([million]), reals([million])] } },
});

export const less: ExamOf<typeof ops.less> = comparison((x, y) => x < y);
export const lessEqual: ExamOf<typeof ops.lessEqual> = comparison((x, y) => x <= y);
export const equal: ExamOf<typeof ops.equal> = comparison((x, y) => x === y);
export const notEqual: ExamOf<typeof ops.notEqual> = comparison((x, y) => x !== y);

const logical = (f: (x: number, y: number) => number): ExamOf<typeof ops.logicalAnd> => ({
  reference: ([x, y]) => pairs(x, y, f),
  ulps: 0,
  sized: (n) => ({ inputs: [truths([n]), truths([n])] }),
  cases: [{ inputs: [truths([3, 43]), truths([43])] }, { inputs: [truths([5, 1]), truths([1, 9])] }],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(truths([2])), make(reals([2]))),
      error: DTypeError,
      message: /: y is float32, expected bool$/,
    },
  ],
  bench: { "1M": { inputs: [truths([million]), truths([million])] } },
});

export const logicalAnd: ExamOf<typeof ops.logicalAnd> = logical((x, y) => x & y);
export const logicalOr: ExamOf<typeof ops.logicalOr> = logical((x, y) => x | y);
export const logicalXor: ExamOf<typeof ops.logicalXor> = logical((x, y) => x ^ y);

export const logicalNot: ExamOf<typeof ops.logicalNot> = {
  reference: ([x]) => each(x, (value) => 1 - value),
  ulps: 0,
  sized: (n) => ({ inputs: [truths([n])] }),
  cases: [{ inputs: [truths([3, 43])] }],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(integers([2], 2))),
      error: DTypeError,
      message: "logicalNot: x is int32, expected bool",
    },
  ],
  bench: {},
};

const test = (f: (x: number) => boolean): ExamOf<typeof ops.isNaN> => ({
  reference: ([x]) => each(x, (value) => Number(f(value))),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n])] }),
  cases: [{ inputs: [values(specials)] }, { inputs: [reals([3, 43])] }],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(integers([2], 2))),
      error: DTypeError,
      message: /: x is int32, expected float32 or float64$/,
    },
  ],
  bench: {},
});

export const isNaN: ExamOf<typeof ops.isNaN> = test(Number.isNaN);
export const isInf: ExamOf<typeof ops.isInf> = test((x) => Math.abs(x) === Infinity);
export const isFinite: ExamOf<typeof ops.isFinite> = test(Number.isFinite);

/** The array of f of corresponding elements of three, which broadcast. */
function triples(
  [a, b, c]: readonly [Reference, Reference, Reference],
  f: (x: number, y: number, z: number) => number,
): Reference {
  const { shape } = pairs(pairs(a, b, () => 0), c, () => 0); // prettier-ignore
  return array(shape, (index) => f(at(a, index), at(b, index), at(c, index)));
}

export const where: ExamOf<typeof ops.where> = {
  reference: (inputs) => triples(inputs, (condition, x, y) => (condition ? x : y)),
  ulps: 0,
  sized: (n) => ({ inputs: [truths([n]), reals([n]), reals([n])] }),
  cases: [
    { inputs: [truths([3, 43]), reals([3, 43]), reals([3, 43])] },
    { inputs: [truths([5, 1]), reals([7]), reals([1])] },
    { inputs: [truths([7]), reals([2, 1, 7]), reals([])] },
    { inputs: [truths([]), integers([2, 6], 9), integers([2, 1], 9)] },
    { inputs: [truths([2, 3]), truths([3]), truths([2, 1])] },
    { inputs: [truths([2, 0]), reals([1]), reals([2, 0])] },
    { inputs: [truths([specials.length]), values(specials), values([...specials].reverse())] },
  ],
  gradients: [
    { inputs: [truths([3, 5]), reals([3, 5]), reals([3, 5])] },
    { inputs: [truths([4, 1]), reals([5]), reals([4, 1])] },
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), make(reals([2])), make(reals([2]))),
      error: DTypeError,
      message: "where: condition is float32, expected bool",
    },
    {
      call: (op, make) => op(make(truths([2])), make(reals([2])), make(integers([2], 2))),
      error: DTypeError,
      message: "where: x is float32 and y is int32, expected the same (cast converts)",
    },
    {
      call: (op, make) => op(make(truths([2])), make(reals([3])), make(reals([3]))),
      error: ShapeError,
      message: "where: condition is [2] and x is [3]; axis -1 has 2 and 3, which do not broadcast",
    },
  ],
  bench: { "1M": { inputs: [truths([million]), reals([million]), reals([million])] } },
};

const extremum = (f: (x: number, y: number) => number): ExamOf<typeof ops.minimum> => ({
  reference: ([x, y]) => pairs(x, y, f),
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n]), reals([n])] }),
  cases: [everyPair, everyInt, ...broadcasting],
  gradients: [{ inputs: [reals([3, 5]), reals([3, 5])] }, { inputs: [reals([4, 1]), nonzero([1, 7])] }],
  errors: differentDTypes,
  bench: {
    "16": { inputs: [reals([16]), reals([16])] },
    "1M": { inputs: [reals([million]), reals([million])] },
  },
});

export const minimum: ExamOf<typeof ops.minimum> = extremum(Math.min);
export const maximum: ExamOf<typeof ops.maximum> = extremum(Math.max);

export const maximumGrad: ExamOf<typeof ops.maximumGrad> = {
  reference: (inputs) => triples(inputs, (dz, x, y) => (x > y ? dz : x === y ? dz / 2 : 0)),
  sized: (n) => ({ inputs: [reals([n]), few([n]), few([n])] }),
  cases: [{ inputs: [reals([3, 43]), few([3, 43]), few([43])] }],
  gradients: [{ inputs: [reals([3, 5]), reals([3, 5]), reals([5])] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), make(reals([2])), make(reals([3]))),
      error: ShapeError,
      message: "maximumGrad: x is [2] and y is [3]; axis -1 has 2 and 3, which do not broadcast",
    },
  ],
  bench: {},
};

/** x − y · ⌊x / y⌋ as Python has it. */
function modulo(x: number, y: number): number {
  const r = x % y;
  if (r === 0) return y < 0 || Object.is(y, -0) ? -0 : 0;
  return r < 0 !== y < 0 ? r + y : r;
}

const divisible = (shape: number[]): Case["inputs"][number] => reals(shape, 1.5, 2.5);

export const mod: ExamOf<typeof ops.mod> = {
  reference: ([x, y]) =>
    pairs(x, y, (a, b) => (x.dtype === "int32" ? (b === 0 ? 0 : modulo(a, b) + 0) : modulo(a, b))),
  ulps: 1,
  sized: (n) => ({ inputs: [reals([n], -9, 9), nonzero([n])] }),
  cases: [everyPair, everyInt, ...broadcasting.slice(0, 4)],
  gradients: [{ inputs: [reals([3, 5], 3.1, 3.9), { ...divisible([3, 5]), element: () => 1.45 }] }],
  errors: differentDTypes,
  bench: {},
};

export const floorDiv: ExamOf<typeof ops.floorDiv> = {
  reference: ([x, y]) =>
    pairs(x, y, (a, b) =>
      x.dtype === "int32"
        ? b === 0
          ? 0
          : Math.min(Math.floor(a / b), 2 ** 31 - 1)
        : Math.floor(x.dtype === "float32" ? Math.fround(a / b) : a / b),
    ),
  ulps: 1,
  sized: (n) => ({ inputs: [reals([n], -9, 9), nonzero([n])] }),
  cases: [everyPair, everyInt, ...broadcasting.slice(0, 4)],
  gradients: [{ inputs: [reals([3, 5], 3.1, 3.9), { ...divisible([3, 5]), element: () => 1.45 }] }],
  errors: differentDTypes,
  bench: {},
};

const bounds = { low: -0.5, high: 0.75 };
const disordered: ExamOf<typeof ops.clip>["errors"] = [
  {
    call: (op, make) => op(make(reals([2])), { low: 2, high: 1 }),
    error: OptionError,
    message: "clip: low is 2 and high is 1, expected low ≤ high",
  },
];

export const clip: ExamOf<typeof ops.clip> = {
  reference: ([x], { low, high }) =>
    each(x, (value) => {
      const [least, most] = x.dtype === "int32" ? [Math.ceil(low), Math.floor(high)] : [low, high];
      return Math.min(Math.max(value, least), most);
    }),
  ulps: 0.5, // exact, but for the sign of a zero
  sized: (n) => ({ inputs: [reals([n])], attributes: bounds }),
  cases: [
    { inputs: [values(specials)], attributes: bounds },
    { inputs: [values(specials)], attributes: { low: 0 } },
    { inputs: [reals([3, 43])], attributes: { high: 0.25 } },
    { inputs: [values(edges, [edges.length], "int32")], attributes: { low: -3.5, high: 4.5 } },
    { inputs: [values(edges, [edges.length], "int32")] },
  ],
  gradients: [{ inputs: [reals([3, 7])], attributes: bounds }],
  errors: disordered,
  bench: { "1M": { inputs: [reals([million])], attributes: bounds } },
};

export const clipGrad: ExamOf<typeof ops.clipGrad> = {
  reference: ([dy, x], { low, high }) => pairs(dy, x, (a, b) => (low <= b && b <= high ? a : 0)),
  ulps: 0.5,
  sized: (n) => ({ inputs: [reals([n]), reals([n])], attributes: bounds }),
  cases: [{ inputs: [reals([specials.length]), values(specials)], attributes: bounds }],
  gradients: [{ inputs: [reals([3, 7]), reals([3, 7])], attributes: bounds }],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), make(reals([3]))),
      error: ShapeError,
      message: "clipGrad: dy is [2] and x is [3], expected the same",
    },
  ],
  bench: {},
};
