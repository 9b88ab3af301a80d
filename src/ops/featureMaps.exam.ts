/** Exams of cosines, sines, thresholds and signs of projections. */
import { OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, reals, type Reference, values } from "../exam.js";
import type { AnyOp } from "../op.js";
import type * as ops from "./featureMaps.js";
import { arrayOf, back, columnOf, fixed, given, projections, shapes, table, timed } from "./features/projection.exam.js"; // prettier-ignore

type Fourier = Required<NonNullable<(typeof ops.fourierFeatures.definition)["defaults"]>>;
type Threshold = Required<NonNullable<(typeof ops.arcCosineFeatures.definition)["defaults"]>>;

const one = values([0.3], []);

/** y, and, of `scale`, what its errors are in proportion to. */
function waves([x, w, bias]: readonly Reference[], { form, scale }: Fourier): Reference {
  const p = projections(x, w);
  const z = (row: number, j: number): number => p.z(row, j) + columnOf(bias, j);
  if (form !== "pair")
    return table(p, p.D, (row, j) => scale * (form === "cos" ? Math.cos : Math.sin)(z(row, j)));
  return table(p, 2 * p.D, (row, j) => scale * (j < p.D ? Math.cos(z(row, j)) : Math.sin(z(row, j - p.D))));
}

function errorOf([x, w, bias]: readonly Reference[], { form, scale }: Fourier): Reference {
  const p = projections(x, w);
  const width = form === "pair" ? 2 * p.D : p.D;
  return table(p, width, (row, j) => Math.abs(scale) * (1 + p.size(row, j % p.D) + Math.abs(columnOf(bias, j % p.D)))); // prettier-ignore
}

const fourier = (
  [x, w]: readonly (readonly number[])[],
  attributes: Partial<Fourier> = {},
  biased = false,
): Case<Fourier> => ({
  inputs: [reals(x, -2, 2), w.length === 0 ? one : reals(w, -2, 2), biased ? reals([w[0] ?? x[x.length - 1]], -3, 3) : one], // prettier-ignore
  attributes: attributes as Fourier,
});

const wrongW = (name: string, ...rest: number[]) => ({
  call: (op: AnyOp, make: (sample: ReturnType<typeof reals>) => unknown): unknown =>
    op(make(reals([4, 6])) as never, make(reals([3, 5])) as never, ...rest),
  error: ShapeError,
  message: `${name}: w is [3, 5], expected [D, 6] or one number (last axis of x [4, 6])`,
});

/** The sine of a large angle has a large error in it, that of the angle. */
export const fourierFeatures: ExamOf<typeof ops.fourierFeatures> = {
  reference: (inputs, attributes) => waves(inputs, attributes as Fourier),
  ulps: 6,
  scale: (inputs, attributes) => errorOf(inputs, attributes as Fourier),
  sized: (n) => fourier([[n, 5], [6, 5]], { scale: 0.5 }, true), // prettier-ignore
  cases: [
    ...shapes.map((shape) => fourier(shape)),
    ...shapes
      .slice(0, 7)
      .map((shape, i) => fourier(shape, { form: i % 2 ? "cos" : "sin", scale: 0.7 }, true)),
    ...["pair", "cos", "sin"].map((form) => ({
      // Angles beyond the range of the fast remainder.
      inputs: [values([1, 3, 1e4, -2e4, 1e6, 4e8, 0, -5e5, 100], [3, 3]), values([1], []), values([0.5], [])],
      attributes: { form, scale: 1 } as Fourier,
    })),
  ],
  gradients: [
    fourier([[3, 4], [5, 4]], { scale: 0.5 }, true),
    fourier([[2, 2, 3], [3, 3]], { form: "cos" }),
    fourier([[17, 3], [2, 3]], { form: "sin", scale: -2 }, true),
    fourier([[2, 3], []]),
  ], // prettier-ignore
  errors: [
    wrongW("fourierFeatures"),
    {
      call: (op, make) => op(make(reals([4, 6])), make(reals([3, 6])), make(reals([4]))),
      error: ShapeError,
      message: "fourierFeatures: bias is [4], expected [3] (3 columns, w [3, 6])",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), 1, { form: "tan" as "cos" }),
      error: OptionError,
      message: 'fourierFeatures: form is "tan", expected one of pair, cos, sin',
    },
    {
      call: (op, make) => op(make(reals([])), 1),
      error: ShapeError,
      message: "fourierFeatures: x is a scalar, expected [..., d]",
    },
  ],
  bench: {
    "4096x512 → 2·2048": fourier([[4096, 512], [2048, 512]]),
    "4096x512 → 2048 cos": fourier([[4096, 512], [2048, 512]], { form: "cos" }, true),
    "4096x64 → 2·256": fourier([[4096, 64], [256, 64]]),
  }, // prettier-ignore
};

/** dz, or of `size` its magnitude. */
function fourierPull(
  [dy, , x, w, bias]: readonly Reference[],
  { form, scale }: Fourier,
  size = false,
): Reference {
  const p = projections(x, w);
  const width = form === "pair" ? 2 * p.D : p.D;
  const magnitude = size ? Math.abs : (v: number): number => v;
  return table(p, p.D, (row, j) => {
    const z = p.z(row, j) + columnOf(bias, j);
    const [dcos, dsin] = [form === "sin" ? 0 : dy.data[row * width + j], form === "cos" ? 0 : dy.data[(row + 1) * width - p.D + j]]; // prettier-ignore
    if (size) return Math.abs(scale) * (Math.abs(dsin) + Math.abs(dcos)) * (1 + p.size(row, j) + Math.abs(columnOf(bias, j))); // prettier-ignore
    return magnitude(scale * (dsin * Math.cos(z) - dcos * Math.sin(z)));
  });
}

type FourierOf = Fourier & { of: "x" | "z" };

function fourierBack(inputs: readonly Reference[], attributes: FourierOf, size = false): Reference {
  const dz = fourierPull(inputs, attributes, size);
  const [, , x, w] = inputs;
  if (attributes.of === "z") return dz;
  return back(projections(x, w), dz, w, x, () => 0, size ? Math.abs : undefined);
}

const fourierGrad = (
  [x, w]: readonly (readonly number[])[],
  attributes: Partial<FourierOf> = {},
): Case<FourierOf> => {
  const { form = "pair", scale = 1 } = attributes;
  const inputs = [fixed(x, 1), w.length === 0 ? one : fixed(w, 2), one];
  const arrays = inputs.map(arrayOf);
  const y = waves(arrays, { form, scale });
  const slopes = { pair: y, cos: waves(arrays, { form: "sin", scale: -scale }), sin: waves(arrays, { form: "cos", scale }) }; // prettier-ignore
  return { inputs: [reals(y.shape), given(slopes[form]), ...inputs], attributes: attributes as FourierOf };
};

export const fourierFeaturesGrad: ExamOf<typeof ops.fourierFeaturesGrad> = {
  reference: (inputs, attributes) => fourierBack(inputs, attributes as FourierOf),
  ulps: 8,
  scale: (inputs, attributes) => fourierBack(inputs, attributes as FourierOf, true),
  sized: (n) => fourierGrad([[n, 5], [6, 5]], { scale: 0.5 }), // prettier-ignore
  cases: [
    ...shapes.map((shape) => fourierGrad(shape)),
    ...shapes.map((shape, i) => fourierGrad(shape, { of: "z", form: i % 2 ? "pair" : "sin" })),
    ...shapes.map((shape) => fourierGrad(shape, { form: "cos", scale: 0.7 })),
  ],
  gradients: [
    fourierGrad([[3, 4], [5, 4]], { scale: 0.5 }),
    fourierGrad([[3, 4], [5, 4]], { form: "cos", of: "z" }),
    fourierGrad([[3, 2], [3, 2]], { form: "sin" }),
    fourierGrad([[2, 3], []]),
  ], // prettier-ignore
  errors: [
    {
      call: (op, make) => op(make(reals([4, 5])), make(reals([4, 6])), make(reals([4, 2])), make(reals([3, 2])), 0), // prettier-ignore
      error: ShapeError,
      message: "fourierFeaturesGrad: dy is [4, 5], expected [4, 6]",
    },
    {
      call: (op, make) =>
        op(make(reals([4, 6])), make(reals([4, 6])), make(reals([4, 2])), make(reals([3, 2])), 0, { of: "w" as "x" }), // prettier-ignore
      error: OptionError,
      message: 'fourierFeaturesGrad: of is "w", expected one of x, z',
    },
  ],
  bench: {
    "4096x512 → 2·2048": { inputs: timed(4096, one) },
    "4096x512 → 2·2048, z": { inputs: timed(4096, one), attributes: { of: "z" } as FourierOf },
  },
};

/** y, or of `size` what its errors are in proportion to. */
function ramps(
  [x, w]: readonly Reference[],
  { order, threshold, scale }: Threshold,
  size = false,
): Reference {
  const p = projections(x, w);
  return table(p, p.D, (row, j) => {
    const z = p.z(row, j);
    if (size) return scale * Math.max(p.size(row, j), Math.abs(threshold)) ** order;
    if (order === 0) return z > threshold ? scale : 0;
    return scale * Math.max(z, threshold) ** order;
  });
}

/** Far from the threshold, or near it only where that does not show: whole numbers and a half. */
const ramp = (
  [x, w]: readonly (readonly number[])[],
  attributes: Partial<Threshold> = {},
  far = attributes.order === 0,
): Case<Threshold> => {
  const whole = (shape: readonly number[]) => ({ ...reals(shape), element: (_: number, random: number) => Math.floor(5 * random) - 2 }); // prettier-ignore
  const make = far ? whole : reals;
  return {
    inputs: [make(x), w.length === 0 ? values([2], []) : make(w)],
    attributes: { ...(far ? { threshold: 0.5 } : {}), ...attributes } as Threshold,
  };
};

export const arcCosineFeatures: ExamOf<typeof ops.arcCosineFeatures> = {
  reference: (inputs, attributes) => ramps(inputs, attributes as Threshold),
  ulps: 8,
  scale: (inputs, attributes) => ramps(inputs, attributes as Threshold, true),
  sized: (n) => ramp([[n, 5], [6, 5]]), // prettier-ignore
  cases: [
    ...[0, 1, 2].flatMap((order) => shapes.map((shape) => ramp(shape, { order, scale: 0.7 }))),
    ramp([[5, 3], [4, 3]], { order: 1, threshold: -0.3 }),
    ramp([[5, 3], [4, 3]], { order: 2, threshold: 0.2 }),
  ], // prettier-ignore
  gradients: [
    ramp([[3, 4], [5, 4]], { order: 1, scale: 0.5 }, true),
    ramp([[2, 2, 3], [3, 3]], { order: 2 }, true),
    ramp([[3, 2], [3, 2]], { order: 0 }, true),
    ramp([[2, 3], []], { order: 1, threshold: -0.5 }, true),
  ], // prettier-ignore
  errors: [
    wrongW("arcCosineFeatures"),
    {
      call: (op, make) => op(make(reals([4, 6])), 1, { order: 3 }),
      error: OptionError,
      message: "arcCosineFeatures: order is 3, expected 0, 1 or 2",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), 1, { order: 2, threshold: -1 }),
      error: OptionError,
      message: "arcCosineFeatures: threshold is -1, expected a finite number ≥ 0",
    },
    {
      call: (op, make) => op(make(reals([4, 6])), 1, { scale: 0 }),
      error: OptionError,
      message: "arcCosineFeatures: scale is 0, expected a finite number above 0",
    },
  ],
  bench: { "4096x512 → 2048": ramp([[4096, 512], [2048, 512]]) }, // prettier-ignore
};

type ThresholdOf = Threshold & { of: "x" | "z" };

function rampBack([dy, , x, w]: readonly Reference[], attributes: ThresholdOf, size = false): Reference {
  const { order, threshold, scale, of } = attributes;
  const p = projections(x, w);
  const dz = table(p, p.D, (row, j) => {
    const cotangent = dy.data[row * p.D + j];
    const z = p.z(row, j);
    if (size) return Math.abs(scale * cotangent) * (order === 2 ? 2 * p.size(row, j) : 1);
    return z > threshold ? scale * cotangent * (order === 2 ? 2 * z : 1) : 0;
  });
  return of === "z" ? dz : back(p, dz, w, x, () => 0, size ? Math.abs : undefined);
}

const rampGrad = (
  [x, w]: readonly (readonly number[])[],
  attributes: Partial<ThresholdOf> = {},
): Case<ThresholdOf> => {
  // prettier-ignore
  const whole = (shape: readonly number[], seed: number) => {
    const sample = fixed(shape, seed, -2, 3);
    return { ...sample, element: (i: number) => Math.floor(sample.element(i, 0)) };
  };
  const all = { order: 1, threshold: 0.5, scale: 1, ...attributes };
  const inputs = [whole(x, 1), w.length === 0 ? values([2], []) : whole(w, 2)];
  const y = ramps(inputs.map(arrayOf), all);
  return { inputs: [reals(y.shape), given(y), ...inputs], attributes: all as ThresholdOf };
};

export const arcCosineFeaturesGrad: ExamOf<typeof ops.arcCosineFeaturesGrad> = {
  reference: (inputs, attributes) => rampBack(inputs, attributes as ThresholdOf),
  ulps: 8,
  scale: (inputs, attributes) => rampBack(inputs, attributes as ThresholdOf, true),
  sized: (n) => rampGrad([[n, 5], [6, 5]], { scale: 0.5 }), // prettier-ignore
  cases: [1, 2].flatMap((order) => [
    ...shapes.map((shape) => rampGrad(shape, { order })),
    ...shapes.map((shape) => rampGrad(shape, { order, of: "z", scale: 0.3 })),
  ]),
  gradients: [
    rampGrad([[3, 4], [5, 4]]),
    rampGrad([[3, 4], [5, 4]], { order: 2, of: "z" }),
    rampGrad([[2, 3], []], { order: 2 }),
  ], // prettier-ignore
  errors: [
    {
      call: (op, make) =>
        op(make(reals([4, 5])), make(reals([4, 3])), make(reals([4, 2])), make(reals([3, 2]))),
      error: ShapeError,
      message: "arcCosineFeaturesGrad: dy is [4, 5], expected [4, 3]",
    },
    {
      call: (op, make) =>
        op(make(reals([4, 3])), make(reals([4, 3])), make(reals([4, 2])), make(reals([3, 2])), { order: 0 }),
      error: OptionError,
      message: "arcCosineFeaturesGrad: order is 0, expected 1 or 2",
    },
  ],
  bench: { "4096x512 → 2048": { inputs: timed(2048) } },
};

const signs = (shape: readonly (readonly number[])[]): Case<{ scale: number }> => ({
  inputs: ramp(shape, {}, true).inputs,
  attributes: { scale: 0.7 },
});

export const signFeatures: ExamOf<typeof ops.signFeatures> = {
  reference([x, w], { scale }) {
    const p = projections(x, w);
    return table(p, p.D, (row, j) => scale! * Math.sign(p.z(row, j)));
  },
  sized: (n) => signs([[n, 5], [6, 5]]), // prettier-ignore
  cases: shapes.map((shape) => signs(shape)),
  gradients: [
    { inputs: [values([1, 2, -1, 3], [2, 2]), values([1, 2, 3, -1], [2, 2])], attributes: { scale: 2 } },
  ],
  errors: [wrongW("signFeatures")],
  bench: { "4096x512 → 2048": signs([[4096, 512], [2048, 512]]) }, // prettier-ignore
};
