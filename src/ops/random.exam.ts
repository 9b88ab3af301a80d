/** Exams of the random tensors: which bit of the generator becomes what. `threefry` itself is held to known answers. */
import { OptionError, ShapeError } from "../errors.js";
import { type ExamOf, integers, reals } from "../exam.js";
import { threefry } from "../random.js";
import type * as ops from "./random.js";
import {
  badKey,
  badShape,
  bench,
  bits,
  cases,
  deviate,
  key,
  keys,
  sized,
  stream,
  unit,
} from "./stream.exam.js";

export const randomBits: ExamOf<typeof ops.randomBits> = {
  reference: (_, { key, shape }) => stream(shape, (i) => bits(key, i)),
  ulps: 0,
  sized: sized({}),
  cases: cases({}),
  gradients: [],
  errors: [
    { call: (op) => op([1] as never, [2]), error: OptionError, message: badKey },
    {
      call: (op) => op([1.5, 2], [2]),
      error: OptionError,
      message: /^randomBits: key is \[1\.5, 2\], expected/,
    },
    { call: (op) => op(key, [-1]), error: ShapeError, message: badShape },
  ],
  bench: bench({}),
};

export const uniform: ExamOf<typeof ops.uniform> = {
  reference: (_, { key, shape, low, high }) => {
    const [from, width] = [Math.fround(low), Math.fround(Math.fround(high) - Math.fround(low))];
    return stream(shape, (i) => Math.fround(from + Math.fround(unit(bits(key, i)) * width)));
  },
  ulps: 0,
  sized: sized({ low: -2, high: 3 }),
  cases: [...cases({}), ...cases({ low: -2.5, high: 7.25 }), ...cases({ low: 3, high: 3 })],
  gradients: [],
  errors: [
    { call: (op) => op([1] as never, [2]), error: OptionError, message: badKey },
    { call: (op) => op(key, [-1]), error: ShapeError, message: badShape },
    { call: (op) => op(key, [2], { low: NaN }), error: OptionError, message: "uniform: low is NaN" },
    {
      call: (op) => op(key, [2], { max: 3 } as never),
      error: OptionError,
      message: 'uniform: unknown option "max", expected "low", "high"',
    },
  ],
  bench: bench({}),
};

export const normal: ExamOf<typeof ops.normal> = {
  reference: (_, { key, shape, mean, deviation }) => stream(shape, (i) => mean + deviation * deviate(key, i)),
  ulps: 6, // of 1: logarithm, root, cosine, and three products
  scale: 1,
  sized: sized({}),
  cases: [...cases({}), ...cases({ mean: 5, deviation: 0.5 })],
  gradients: [],
  errors: [
    { call: (op) => op([1] as never, [2]), error: OptionError, message: badKey },
    { call: (op) => op(key, [-1]), error: ShapeError, message: badShape },
  ],
  bench: bench({}),
};

export const bernoulli: ExamOf<typeof ops.bernoulli> = {
  reference: (_, { key, shape, probability }) =>
    stream(shape, (i) => (unit(bits(key, i)) < Math.fround(probability) ? 1 : 0)),
  ulps: 0,
  sized: sized({ probability: 0.25 }),
  cases: [0, 0.3, 1].flatMap((probability) => cases({ probability })),
  gradients: [],
  errors: [
    { call: (op) => op([1] as never, [2], 0.5), error: OptionError, message: badKey },
    {
      call: (op) => op(key, [2], 1.5),
      error: OptionError,
      message: "bernoulli: probability is 1.5, expected a number in [0, 1]",
    },
    {
      call: (op) => op(key, [2], -0.5),
      error: OptionError,
      message: "bernoulli: probability is -0.5, expected a number in [0, 1]",
    },
  ],
  bench: bench({ probability: 0.5 }),
};

/** Fisher and Yates: for i = n − 1 … 1, place i is swapped with place ⌊64 bits of counter i · (i + 1) / 2⁶⁴⌋. */
export const permutation: ExamOf<typeof ops.permutation> = {
  reference: (_, { key, n }) => {
    const data = Float64Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const [low, high] = threefry(key, [i, 0]);
      const draw = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      const j = Number((draw * BigInt(i + 1)) >> 64n);
      [data[i], data[j]] = [data[j], data[i]];
    }
    return { shape: [n], data };
  },
  ulps: 0,
  sized: (n) => ({ inputs: [], attributes: { key, n } }),
  cases: keys.map((key) => ({ inputs: [], attributes: { key, n: 1000 } })),
  gradients: [],
  errors: [
    { call: (op) => op([1] as never, 5), error: OptionError, message: badKey },
    {
      call: (op) => op(key, -1),
      error: ShapeError,
      message: "permutation: shape [-1] has the extent -1, expected a whole number ≥ 0",
    },
  ],
  bench: { "60000": { inputs: [], attributes: { key, n: 60000 } } },
};

export const dropout: ExamOf<typeof ops.dropout> = {
  reference: ([x], { key, rate }) => {
    const threshold = Math.fround(rate);
    return stream(x.shape, (i) => (unit(bits(key, i)) >= threshold ? x.data[i] / (1 - threshold) : 0));
  },
  sized: (n) => ({ inputs: [reals([n])], attributes: { key, rate: 0.5 } }),
  cases: [0, 0.1, 0.5, 0.99].flatMap((rate) =>
    keys.map((key) => ({ inputs: [reals([7, 37])], attributes: { key, rate } })),
  ),
  gradients: [{ inputs: [reals([5, 7])], attributes: { key, rate: 0.4 } }],
  errors: [
    {
      call: (op, make) => op(make(reals([2])), key, 1),
      error: OptionError,
      message: "dropout: rate is 1, expected a number in [0, 1)",
    },
    { call: (op, make) => op(make(reals([2])), [1] as never, 0.5), error: OptionError, message: badKey },
    {
      call: (op, make) => op(make(integers([2], 3)), key, 0.5),
      error: Error,
      message: "dropout: x is int32, expected float32",
    },
  ],
  bench: { "1M": { inputs: [reals([1 << 20])], attributes: { key, rate: 0.5 } } },
};
