/** Exams of normalisation by channels. */
import { OptionError, ShapeError } from "../errors.js";
import { cos, sin } from "../exact.js";
import { type Case, type ExamOf, reals, type Reference, type Sample, truths } from "../exam.js";
import type * as ops from "./channels.js";
import type * as power from "./powerNorm.js";

const sum = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0);

/** A number of a channel, or the only one. */
const at = (numbers: Reference, channel: number): number =>
  numbers.data[numbers.shape.length === 0 ? 0 : channel];

/** Calls f with each item and group, and the indices of its elements in x. */
function groupsOf(
  { shape: [items, places, channels] }: Reference,
  groups: number,
  f: (item: number, group: number, members: number[]) => void,
): void {
  const width = channels / groups;
  for (let item = 0; item < items; item++)
    for (let group = 0; group < groups; group++) {
      const members: number[] = [];
      for (let place = 0; place < places; place++)
        for (let c = 0; c < width; c++) members.push((item * places + place) * channels + group * width + c);
      f(item, group, members);
    }
}

/** The mean and 1 / √(σ² + ε). */
function statistics(row: readonly number[], eps: number): [m: number, r: number] {
  const m = sum(row) / row.length;
  return [m, 1 / Math.sqrt(sum(row.map((v) => (v - m) ** 2)) / row.length + eps)];
}

const like = (x: Reference): Float64Array => new Float64Array(x.data.length);

/** y, μ and r; of magnitudes, what rounding errors are in proportion to. */
function normalized(
  [x, gain, bias]: readonly Reference[],
  { groups, eps = 1e-5 }: { groups: number; eps?: number },
  magnitude = false,
): Reference[] {
  const [items, , channels] = x.shape;
  const [y, mean, scale] = [like(x), new Float64Array(items * groups), new Float64Array(items * groups)];
  groupsOf(x, groups, (item, group, members) => {
    const row = members.map((i) => x.data[i]);
    const [m, r] = statistics(row, eps);
    const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    mean[item * groups + group] = magnitude ? largest : m;
    scale[item * groups + group] = r;
    for (const i of members) {
      const [g, b] = [at(gain, i % channels), at(bias, i % channels)];
      y[i] = magnitude
        ? (Math.abs(x.data[i]) + Math.abs(m)) * r * Math.abs(g) + Math.abs(b)
        : (x.data[i] - m) * r * g + b;
    }
  });
  const shape = [items, groups];
  return [
    { shape: x.shape, data: y },
    { shape, data: mean },
    { shape, data: scale },
  ];
}

const none: Sample = { shape: [], dtype: "float32", element: () => 1.5 };

interface Grouped {
  groups: number;
  eps?: number;
}

const shapes: readonly (readonly [shape: readonly number[], groups: number])[] = [
  [[1, 7, 3], 3],
  [[2, 5, 6], 2],
  [[2, 9, 8], 8],
  [[3, 70, 5], 1],
  [[1, 4, 300], 300],
  [[2, 3, 512], 4],
  [[1, 130, 17], 17],
  [[1, 1, 4], 2],
  [[0, 3, 4], 2],
  [[2, 0, 4], 2],
];

const both = (channels: number): Sample[] => [reals([channels]), reals([channels])];

const norms: readonly Case<Grouped>[] = [
  ...shapes.map(([shape, groups]) => ({
    inputs: [reals(shape, -2, 3), ...both(shape[2])],
    attributes: { groups },
  })),
  { inputs: [reals([2, 6, 4], -2, 3), none, none], attributes: { groups: 2, eps: 0.1 } },
  { inputs: [reals([2, 40, 6], 100, 101), ...both(6)], attributes: { groups: 3 } },
];

export const channelNorm: ExamOf<typeof ops.channelNorm> = {
  reference: (inputs, attributes) => normalized(inputs, attributes),
  ulps: 16,
  scale: (inputs, attributes) => normalized(inputs, attributes, true),
  sized: (n) => ({ inputs: [reals([2, n, 5], -2, 3), ...both(5)], attributes: { groups: 5 } }),
  cases: norms,
  gradients: [
    { inputs: [reals([2, 3, 4], -2, 2), ...both(4)], attributes: { groups: 2 } },
    { inputs: [reals([1, 6, 3], -2, 2), ...both(3)], attributes: { groups: 3 } },
    { inputs: [reals([2, 3, 4], -2, 2), none, none], attributes: { groups: 1 } },
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3, 4])), 1, 0, { groups: 3 }),
      error: OptionError,
      message: "channelNorm: groups is 3, expected a whole number that divides 4 channels",
    },
    {
      call: (op, make) => op(make(reals([2, 4])), 1, 0, { groups: 2 }),
      error: ShapeError,
      message: "channelNorm: x is [2, 4], expected [items, places, channels]",
    },
    {
      call: (op, make) => op(make(reals([2, 3, 4])), make(reals([3])), 0, { groups: 2 }),
      error: ShapeError,
      message: "channelNorm: gain is [3], expected [4] (channels of x)",
    },
  ],
  bench: {
    "batch 56²x64": { inputs: [reals([1, 3136, 64]), ...both(64)], attributes: { groups: 64 } },
    "group 56²x64": { inputs: [reals([1, 3136, 64]), ...both(64)], attributes: { groups: 8 } },
  },
};

/** x whose elements follow from their places, so that its mean and scale can be inputs, too. */
const waves = (shape: readonly number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (i) => Math.fround(sin(1.7 * i + 0.3) + 0.2 * cos(0.9 * i)),
});

function pulls(shape: readonly number[], groups: number, gain: Sample, eps = 1e-5): Case<Grouped> {
  const x = waves(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, i) => x.element(i, 0));
  const one = { shape: [], data: Float64Array.of(1) };
  const [, mean, scale] = normalized([{ shape, data }, one, one], { groups, eps });
  const given = ({ data, shape }: Reference): Sample => ({
    shape,
    dtype: "float32",
    element: (i) => data[i],
  });
  const statistics = [shape[0], groups];
  return {
    inputs: [reals(shape), reals(statistics), reals(statistics), x, gain, given(mean), given(scale)],
    attributes: { groups, eps },
  };
}

/** dx, Σ dy · x̂ and Σ dy; of magnitudes, what rounding errors are in proportion to. */
function pulled(
  [dy, dmean, dscale, x, gain]: readonly Reference[],
  { groups, eps = 1e-5 }: Grouped,
  magnitude = false,
): Reference[] {
  const [items, , channels] = x.shape;
  const size = magnitude ? Math.abs : (v: number) => v;
  const minus = magnitude ? 1 : -1;
  const [dx, dgain, dbias] = [
    like(x),
    new Float64Array(items * channels),
    new Float64Array(items * channels),
  ];
  groupsOf(x, groups, (item, group, members) => {
    const [m, r] = statistics(
      members.map((i) => x.data[i]),
      eps,
    );
    const n = members.length;
    const xhat = members.map((i) =>
      magnitude ? (Math.abs(x.data[i]) + Math.abs(m)) * r : (x.data[i] - m) * r,
    );
    const g = members.map((i) => size(dy.data[i]) * size(at(gain, i % channels)));
    const [mean, along] = [sum(g) / n, sum(g.map((v, k) => v * xhat[k])) / n];
    const [dm, dr] = [size(dmean.data[item * groups + group]), size(dscale.data[item * groups + group])];
    members.forEach((i, k) => {
      dx[i] = r * (g[k] + minus * (mean + xhat[k] * along)) + (dm + minus * dr * r * r * xhat[k]) / n;
      dgain[item * channels + (i % channels)] += size(dy.data[i]) * xhat[k];
      dbias[item * channels + (i % channels)] += size(dy.data[i]);
    });
  });
  const shape = [items, channels];
  return [
    { shape: x.shape, data: dx },
    { shape, data: dgain },
    { shape, data: dbias },
  ];
}

export const channelNormGrad: ExamOf<typeof ops.channelNormGrad> = {
  reference: (inputs, attributes) => pulled(inputs, attributes),
  ulps: 24,
  scale: (inputs, attributes) => pulled(inputs, attributes, true),
  sized: (n) => pulls([2, n, 5], 5, reals([5])),
  cases: [
    ...shapes.map(([shape, groups]) => pulls(shape, groups, reals([shape[2]]))),
    pulls([2, 6, 4], 2, none, 0.1),
  ],
  gradients: [pulls([2, 3, 4], 2, reals([4])), pulls([1, 6, 3], 3, reals([3])), pulls([2, 3, 4], 1, none)],
  errors: [
    {
      call(op, make) {
        const one = make(reals([2, 2]));
        return op(make(reals([2, 3])), one, one, make(reals([2, 3, 4])), 1, one, one, { groups: 2 });
      },
      error: ShapeError,
      message: "channelNormGrad: dy is [2, 3] and x is [2, 3, 4], expected the same",
    },
    {
      call(op, make) {
        const [x, one] = [make(reals([2, 3, 4])), make(reals([2, 1]))];
        return op(x, one, one, x, 1, one, one, { groups: 2 });
      },
      error: ShapeError,
      message: "channelNormGrad: dmean is [2, 1], expected [2, 2]",
    },
  ],
  bench: { "batch 56²x64": pulls([1, 3136, 64], 64, reals([64])) },
};

const scaled = (shape: readonly number[], gain: Sample, bias: Sample): Case<{ eps?: number }> => {
  const n = shape.slice(-1);
  return { inputs: [reals(shape, -2, 3), reals(n), reals(n, 0.1, 2), gain, bias] };
};

export const channelScale: ExamOf<typeof ops.channelScale> = {
  reference: ([x, m, variance, gain, bias], { eps }) => ({
    shape: x.shape,
    data: x.data.map((v, i) => {
      const c = i % m.data.length;
      return ((v - m.data[c]) / Math.sqrt(variance.data[c] + eps)) * at(gain, c) + at(bias, c);
    }),
  }),
  ulps: 4,
  scale: ([x, m, variance, gain, bias], { eps }) => ({
    shape: x.shape,
    data: x.data.map((v, i) => {
      const c = i % m.data.length;
      const size = (Math.abs(v) + Math.abs(m.data[c])) / Math.sqrt(variance.data[c] + eps);
      return size * Math.abs(at(gain, c)) + Math.abs(at(bias, c));
    }),
  }),
  sized: (n) => scaled([3, n], reals([n]), reals([n])),
  cases: [
    ...[1, 3, 4, 7, 64, 129].map((n) => scaled([9, n], reals([n]), reals([n]))),
    scaled([2, 3, 4, 5], none, none),
    scaled([0, 4], reals([4]), none),
    { ...scaled([3, 4], none, reals([4])), attributes: { eps: 0.5 } },
  ],
  gradients: [scaled([3, 4], reals([4]), reals([4])), scaled([2, 3, 4], none, none)].map((case_) => ({
    ...case_,
    attributes: { eps: 0.5 },
  })),
  errors: [
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([4])), make(reals([3]))),
      error: ShapeError,
      message: "channelScale: mean is [4], expected [3] (channels of x)",
    },
    {
      call: (op, make) => op(make(reals([2, 3])), make(reals([3])), make(reals([]))),
      error: ShapeError,
      message: "channelScale: variance is [], expected [3] (channels of x)",
    },
  ],
  bench: { "56²x64": scaled([3136, 64], reals([64]), reals([64])) },
};

/** Which rows count. */
const counts = (mask: Reference, row: number): boolean => mask.shape.length === 0 || mask.data[row] !== 0;

const everyRow: Sample = { shape: [], dtype: "bool", element: () => 0 };

interface Step {
  batch?: boolean;
  alpha?: number;
  eps?: number;
}

const step = (rows: number, channels: number, mask: Sample, attributes: Step = {}): Case<Step> => ({
  inputs: [
    reals([rows, channels], -2, 3),
    ...both(channels),
    reals([channels], 0.5, 2),
    reals([channels]),
    mask,
  ],
  attributes,
});

export const powerNormStep: ExamOf<typeof power.powerNormStep> = {
  reference([x, gain, bias, psi2, , mask], { batch, eps }) {
    const [rows, channels] = x.shape;
    const kept = [...Array(rows).keys()].filter((row) => counts(mask, row));
    const square = Float64Array.from({ length: channels }, (_, c) =>
      kept.length === 0 ? 0 : sum(kept.map((row) => x.data[row * channels + c] ** 2)) / kept.length,
    );
    const data = x.data.map((v, i) => {
      const c = i % channels;
      return (v / Math.sqrt((batch ? square : psi2.data)[c] + eps)) * gain.data[c] + bias.data[c];
    });
    return [
      { shape: x.shape, data },
      { shape: [channels], data: square },
    ];
  },
  ulps: 8,
  scale: 1,
  sized: (n) => step(n, 5, everyRow),
  cases: [
    ...[1, 3, 8, 64, 300].flatMap((n) => [
      step(9, n, everyRow),
      step(70, n, truths([70]), { batch: true }),
      step(13, n, truths([13]), { eps: 0.1 }),
    ]),
    step(4, 3, { shape: [4], dtype: "bool", element: () => 0 }, { batch: true }),
    step(0, 3, everyRow),
    step(3, 0, everyRow),
  ],
  gradients: [],
  errors: [
    {
      call(op, make) {
        const n = make(reals([3]));
        return op(make(reals([2, 3])), n, n, make(reals([2])), n);
      },
      error: ShapeError,
      message: "powerNormStep: psi2 is [2], expected [3] (channels of x)",
    },
    {
      call(op, make) {
        const n = make(reals([3]));
        return op(make(reals([2, 3])), n, n, n, n, make(truths([3])));
      },
      error: ShapeError,
      message: "powerNormStep: mask is [3], expected [2] (rows of x)",
    },
    {
      call(op, make) {
        const n = make(reals([3]));
        return op(make(reals([2, 3])), n, n, n, n, { alpha: 2 });
      },
      error: OptionError,
      message: "powerNormStep: alpha is 2, expected a number in [0, 1]",
    },
  ],
  bench: { "512x48": step(512, 48, everyRow), "4096x512": step(4096, 512, everyRow) },
};

const back = (rows: number, channels: number, mask: Sample): Case => ({
  inputs: [
    reals([rows, channels]),
    reals([rows, channels], -2, 3),
    reals([channels]),
    reals([channels], 0.5, 2),
    reals([channels]),
    mask,
  ],
});

/** dx, dgain, dbias and Λ; of magnitudes, what rounding errors are in proportion to. */
function powerPulled([dy, x, gain, scale, nu, mask]: readonly Reference[], minus: number): Reference[] {
  const [rows, channels] = x.shape;
  const dx = like(x);
  const [dgain, dbias, lambda] = [0, 1, 2].map(() => new Float64Array(channels));
  const kept = [...Array(rows).keys()].filter((row) => counts(mask, row)).length;
  x.data.forEach((v, i) => {
    const c = i % channels;
    const xhat = v * scale.data[c];
    const g = dy.data[i] * gain.data[c];
    dx[i] = (g + minus * nu.data[c] * xhat) * scale.data[c];
    dgain[c] += dy.data[i] * xhat;
    dbias[c] += dy.data[i];
    if (counts(mask, Math.floor(i / channels))) lambda[c] += (g * xhat) / kept;
  });
  return [
    { shape: x.shape, data: dx },
    ...[dgain, dbias, lambda].map((data) => ({ shape: [channels], data })),
  ];
}

export const powerNormGrad: ExamOf<typeof power.powerNormGrad> = {
  reference: (inputs) => powerPulled(inputs, -1),
  ulps: 16,
  scale: (inputs) =>
    powerPulled(
      inputs.map((x) => ({ ...x, data: x.data.map(Math.abs) })),
      1,
    ),
  sized: (n) => back(n, 5, everyRow),
  cases: [
    ...[1, 3, 8, 64, 300].flatMap((n) => [back(9, n, everyRow), back(70, n, truths([70]))]),
    back(0, 3, everyRow),
    back(3, 0, everyRow),
  ],
  gradients: [back(4, 3, everyRow), back(5, 3, truths([5]))],
  errors: [
    {
      call(op, make) {
        const n = make(reals([3]));
        return op(make(reals([2, 2])), make(reals([2, 3])), n, n, n, 0);
      },
      error: ShapeError,
      message: "powerNormGrad: dy is [2, 2] and x is [2, 3], expected the same",
    },
  ],
  bench: { "512x48": back(512, 48, everyRow), "4096x512": back(4096, 512, everyRow) },
};
