/** Exams of the other distributions: what the kernels' arithmetic is, draw by draw. */
import { OptionError, ShapeError } from "../errors.js";
import { array, at, type ExamOf, magnitudes, reals, type Reference } from "../exam.js";
import { threefry } from "../random.js";
import type * as ops from "./distributions.js";
import type { Key } from "./random.js";
import { badKey, badShape, bench, bits, cases, key, sized, stream, unit } from "./stream.exam.js";

/** −ln(1 − u), u = (word + ½) · 2⁻³². */
function exponentialOf(word: number): number {
  const u = ((word >>> 0) + 0.5) / 2 ** 32;
  return -Math.log1p(-Math.min(Math.fround(u), 1 - 2 ** -24));
}

const refused: ExamOf<typeof ops.exponential>["errors"] = [
  { call: (op) => op([1] as never, [2]), error: OptionError, message: badKey },
  { call: (op) => op(key, [-1]), error: ShapeError, message: badShape },
];

export const exponential: ExamOf<typeof ops.exponential> = {
  reference: (_, { key, shape, rate }) => stream(shape, (i) => exponentialOf(bits(key, i)) / rate),
  ulps: 6, // of ½: below, 1 − u loses bits
  scale: 0.5,
  sized: sized({}),
  cases: [...cases({}), ...cases({ rate: 5 })],
  gradients: [],
  errors: [
    ...refused,
    {
      call: (op) => op(key, [2], { rate: 0 }),
      error: OptionError,
      message: "exponential: rate is 0, expected a finite number above 0",
    },
  ],
  bench: bench({}),
};

export const gumbel: ExamOf<typeof ops.gumbel> = {
  reference: (_, { key, shape, location, scale }) =>
    stream(shape, (i) => location - scale * Math.log(exponentialOf(bits(key, i)))),
  ulps: 16,
  scale: 4,
  sized: sized({}),
  cases: [...cases({}), ...cases({ location: 3, scale: 0.5 })],
  gradients: [],
  errors: [
    {
      call: (op) => op(key, [2], { scale: -1 }),
      error: OptionError,
      message: "gumbel: scale is -1, expected a finite number above 0",
    },
    {
      call: (op) => op(key, [2], { location: Infinity }),
      error: OptionError,
      message: "gumbel: location is Infinity, expected a finite number",
    },
  ],
  bench: bench({}),
};

/** A normal deviate of one counter's two words: the cosine of Box and Muller's pair. */
const cosineOf = ([u, v]: Key): number =>
  Math.sqrt(-2 * Math.log(unit(u) + 2 ** -24)) * Math.cos(2 * Math.PI * unit(v));

const logUnit = (word: number): number => Math.log(unit(word) + 2 ** -24);

/** z in [a, b], by the proposals of Robert's paper. */
function truncated(key: Key, i: number, a: number, b: number): number {
  const root = Math.sqrt(a * a + 4);
  const rate = (a + root) / 2;
  const wide = a + (2 / (a + root)) * Math.exp((a * a - a * root) / 4 + 0.5);
  for (let attempt = 16; ; attempt++) {
    const words = threefry(key, [i, attempt]);
    if (a < 0 && b - a > Math.sqrt(2 * Math.PI)) {
      const z = cosineOf(words);
      if (a <= z && z <= b) return z;
    } else if (a >= 0 && b > wide) {
      const z = a + exponentialOf(words[0]) / rate;
      if (z <= b && logUnit(words[1]) <= -((z - rate) ** 2) / 2) return z;
    } else {
      const z = a + (b - a) * unit(words[0]);
      if (logUnit(words[1]) <= (Math.max(a, 0) ** 2 - z * z) / 2) return z;
    }
  }
}

export const truncatedNormal: ExamOf<typeof ops.truncatedNormal> = {
  reference: (_, { key, shape, mean, deviation, low, high }) => {
    const from = ((low ?? mean - 2 * deviation) - mean) / deviation;
    const to = ((high ?? mean + 2 * deviation) - mean) / deviation;
    return from + to < 0
      ? stream(shape, (i) => mean - deviation * truncated(key, i, -to, -from))
      : stream(shape, (i) => mean + deviation * truncated(key, i, from, to));
  },
  ulps: 12,
  scale: 8,
  sized: sized({}),
  cases: [
    ...cases({}),
    ...cases({ mean: 5, deviation: 0.5, low: 4.75, high: 5.125 }),
    ...cases({ low: 3, high: Infinity }),
    ...cases({ low: -Infinity, high: -6 }),
    ...cases({ low: 7, high: 7.0625 }),
    ...cases({ low: -1, high: Infinity, mean: 1, deviation: 2 }),
  ],
  gradients: [],
  errors: [
    {
      call: (op) => op(key, [2], { low: 3 }),
      error: OptionError,
      message: "truncatedNormal: low is 3 and high is 2, expected low below high",
    },
    {
      call: (op) => op(key, [2], { deviation: 0 }),
      error: OptionError,
      message: "truncatedNormal: deviation is 0, expected a finite number above 0",
    },
  ],
  bench: bench({}),
};

export const gamma: ExamOf<typeof ops.gamma> = {
  reference: (_, { key, shape, concentration, rate }) =>
    stream(shape, (i) => {
      const few = concentration < 1;
      const d = (few ? concentration + 1 : concentration) - 1 / 3;
      for (let attempt = 16; ; attempt += 2) {
        const x = cosineOf(threefry(key, [i, attempt]));
        const [u, w] = threefry(key, [i, attempt + 1]);
        const v = (1 + x / Math.sqrt(9 * d)) ** 3;
        if (v <= 0 || logUnit(u) >= (x * x) / 2 + d - d * v + d * Math.log(v)) continue;
        return (d * v * (few ? Math.exp(logUnit(w) / concentration) : 1)) / rate;
      }
    }),
  ulps: 128, // of 1 in the cube's root, which cancels: (1 + cx)³, and ln u / concentration in the exponent
  scale: 0.25,
  sized: sized({ concentration: 2 }),
  cases: [
    ...cases({ concentration: 1 }),
    ...cases({ concentration: 7.5, rate: 2 }),
    ...cases({ concentration: 0.3 }),
  ],
  gradients: [],
  errors: [
    {
      call: (op) => op(key, [2], { concentration: 0 }),
      error: OptionError,
      message: "gamma: concentration is 0, expected a finite number above 0",
    },
    {
      call: (op) => op(key, [2], { concentration: 1, rate: Infinity }),
      error: OptionError,
      message: "gamma: rate is Infinity, expected a finite number above 0",
    },
  ],
  bench: bench({ concentration: 2 }),
};

export const categorical: ExamOf<typeof ops.categorical> = {
  reference: ([logits], { key, shape }) => {
    const classes = logits.shape[logits.shape.length - 1];
    let row = 0;
    return array([...shape, ...logits.shape.slice(0, -1)], (index) => {
      const scores = Array.from(
        { length: classes },
        (_, c) => at(logits, [...index, c]) - Math.log(exponentialOf(bits(key, row * classes + c))),
      );
      row++;
      return scores.indexOf(Math.max(...scores));
    });
  },
  ulps: 0,
  sized: (n) => ({ inputs: [reals([n, 5], -2, 2)], attributes: { key, shape: [3] } }),
  cases: [
    { inputs: [reals([4])], attributes: { key, shape: [] } },
    { inputs: [reals([2, 3, 7])], attributes: { key, shape: [11, 2] } },
    { inputs: [reals([10])], attributes: { key, shape: [1000] } },
  ],
  gradients: [],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 0])), key, []),
      error: ShapeError,
      message: "categorical: logits is [2, 0], which has no classes",
    },
  ],
  bench: { "4096x128": { inputs: [reals([4096, 128])], attributes: { key, shape: [] } } },
};

const affine = ([z, lower, mean]: readonly [Reference, Reference, Reference]): Reference => {
  const d = mean.shape[0];
  return array(z.shape, (index) => {
    const c = index[index.length - 1];
    let y = at(mean, [c]);
    for (let k = 0; k < d; k++) y += at(z, [...index.slice(0, -1), k]) * at(lower, [k, c]);
    return y;
  });
};

/** Lᵀ as row-major numbers. */
const upper = (d: number): ReturnType<typeof reals> => ({
  shape: [d, d],
  dtype: "float32",
  element: (i, random) => (i % d >= Math.floor(i / d) ? random + 0.5 : 0),
});

export const triangularRows: ExamOf<typeof ops.triangularRows> = {
  reference: affine,
  ulps: 64,
  scale: (inputs) => affine(magnitudes(inputs)),
  sized: (n) => ({ inputs: [reals([3, n]), upper(n), reals([n])] }),
  cases: [
    { inputs: [reals([7, 5]), upper(5), reals([5])] },
    { inputs: [reals([2, 3, 19]), upper(19), reals([19])] },
    { inputs: [reals([0, 3]), upper(3), reals([3])] },
  ],
  gradients: [{ inputs: [reals([4, 3]), upper(3), reals([3])] }],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([2, 2])), make(reals([3]))),
      error: ShapeError,
      message: "triangularRows: lower is [2, 2], expected [3, 3] (last axis of z [2, 3])",
    },
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([3, 3])), make(reals([2]))),
      error: ShapeError,
      message: "triangularRows: mean is [2], expected [3] (last axis of z [2, 3])",
    },
  ],
  bench: { "10000x64": { inputs: [reals([10000, 64]), upper(64), reals([64])] } },
};
