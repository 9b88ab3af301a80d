/** Exams of pooling and resampling. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, integers, magnitudes, reals, type Reference, type Sample, specials, values } from "../exam.js"; // prettier-ignore
import { sizeOf } from "../shape.js";
import { averages, bilinear, nearest, parts, transposed, type Weights } from "./conv/tables.js";
import { alongAxis, meet, type Moves, toFirst, toLast } from "./conv/walk.exam.js";
import type * as ops from "./pooling.js";
import type * as resampling from "./resample.js";

type Options = Moves & { kernel: number | readonly number[]; dataFormat?: string };

/** Every window of x: f(y's place without its channel, the pixels inside, in the order of the taps), flat and without channels. */
function windows(
  x: Reference,
  options: Options,
  f: (place: number, pixels: number[]) => void,
): readonly number[] {
  const extents = x.shape.slice(1, -1);
  const { kernel } = options;
  const taps = extents.map((_, axis) => (typeof kernel === "number" ? kernel : kernel[axis]));
  const axes = extents.map((extent, axis) => alongAxis(extent, taps[axis], options, axis, taps[axis]));
  const places = axes.map((axis) => axis.places);
  for (let n = 0; n < x.shape[0]; n++) {
    const inside = Array.from({ length: sizeOf(places) }, () => [] as { tap: number; pixel: number }[]);
    meet(axes, { places, taps, pixels: extents }, (place, tap, pixel) => inside[place].push({ tap, pixel }));
    inside.forEach((list, place) =>
      f(
        n * sizeOf(places) + place,
        list.sort((a, b) => a.tap - b.tap).map(({ pixel }) => n * sizeOf(extents) + pixel),
      ),
    );
  }
  return places;
}

/** For each element of y the position in x of the first largest one of its window, −1 for none. */
function largest(x: Reference, options: Options): { shape: number[]; from: number[] } {
  const channels = x.shape[x.shape.length - 1];
  const from: number[] = [];
  const places = windows(x, options, (place, pixels) => {
    for (let c = 0; c < channels; c++) {
      const list = pixels.map((pixel) => pixel * channels + c);
      const most = list.some((at) => Number.isNaN(x.data[at]))
        ? NaN
        : Math.max(...list.map((at) => x.data[at]));
      from[place * channels + c] = list.find((at) => x.data[at] === most || Number.isNaN(x.data[at])) ?? -1;
    }
  });
  return { shape: [x.shape[0], ...places, channels], from };
}

function pooled(images: Reference, options: Options): Reference {
  const first = options.dataFormat?.startsWith("NC") ?? false;
  const x = first ? toLast(images) : images;
  const { shape, from } = largest(x, options);
  const y = {
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => (from[i] < 0 ? -Infinity : x.data[from[i]])),
  };
  return first ? toFirst(y) : y;
}

const pool = <A>(x: number[], attributes: A): Case<A> => ({ inputs: [reals(x)], attributes });

/** Numbers of which many are equal. */
const few = (shape: number[]): Sample => ({
  shape,
  dtype: "float32",
  element: (_, random) => Math.floor(4 * random),
});

const cases = [
  ...[1, 3, 5, 130].flatMap((channels) => [
    pool([2, 7, 9, channels], { kernel: 3, strides: 2, padding: "same" as const }),
    pool([1, 6, 5, channels], { kernel: 2 }),
  ]),
  pool([1, 9, 8, 6], { kernel: [2, 3], strides: 4 }),
  pool([1, 9, 8, 6], { kernel: 3, strides: 1, dilations: [2, 3], padding: 1 }),
  pool([1, 4, 4, 20], { kernel: [4, 1], strides: [1, 3], padding: [[2, 0], [0, 3]] as const }), // prettier-ignore
  pool([3, 17, 5], { kernel: 4, strides: 3 }),
  pool([2, 4, 5, 6, 9], { kernel: [2, 3, 2], padding: "same" as const }),
  pool([0, 4, 4, 3], { kernel: 2 }),
  pool([2, 4, 4, 0], { kernel: 2 }),
];

export const maxPool: ExamOf<typeof ops.maxPool> = {
  reference: ([x], options) => pooled(x, options as Options),
  ulps: 0,
  sized: (n) => pool([n, 5, 4, 7], { kernel: 3, strides: 2, padding: "same" }),
  cases: [
    ...cases,
    pool([2, 3, 6, 7], { kernel: 2, dataFormat: "NCHW" }),
    pool([1, 1, 3], { kernel: 1, padding: 1, strides: 1 }),
    { inputs: [values(specials.slice(0, 12), [1, 12, 1])], attributes: { kernel: 2, strides: 1 } },
    {
      inputs: [{ ...reals([1, 6, 6, 9]), element: (i) => [1, NaN, -Infinity, 2, 5][i % 5] }],
      attributes: { kernel: 2 },
    },
  ],
  gradients: [
    pool([2, 5, 4, 3], { kernel: 3, strides: 2, padding: "same" }),
    pool([1, 7, 2], { kernel: 3, strides: 1, dilations: 2 }),
    pool([1, 2, 4, 4], { kernel: 2, dataFormat: "NCHW" }),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([4, 4])), 2),
      error: ShapeError,
      message: "maxPool: x is [4, 4], expected a batch of images of one, two or three axes",
    },
    {
      call: (op, make) => op(make(reals([1, 4, 4, 2])), 5),
      error: ShapeError,
      message:
        "maxPool: a window of 5 taps reaches over 5 pixels along axis 1, and x has 4, with its padding 4",
    },
    {
      call: (op, make) => op(make(reals([1, 4, 4, 2])), [2, 2, 2]),
      error: OptionError,
      message: "maxPool: kernel is [2, 2, 2], expected 2 numbers or one",
    },
    {
      call: (op, make) => op(make(reals([1, 4, 4, 2])), 2, { strides: 0 }),
      error: OptionError,
      message: "maxPool: strides is [0, 0], expected whole numbers ≥ 1",
    },
    {
      call: (op, make) => op(make(integers([1, 4, 4, 2], 3)), 2),
      error: DTypeError,
      message: "maxPool: x is int32, expected float32 or float64",
    },
  ],
  bench: {
    "3x3 s2 112²x64": pool([1, 112, 112, 64], { kernel: 3, strides: 2, padding: "same" }),
    "64 of 2x2 28²x32": pool([64, 28, 28, 32], { kernel: 2 }),
  },
};

/** dy or v, x, and y = maxPool(x). */
function backCase(case_: Case<Omit<Options, "padding">>, distinct: boolean, give: boolean): Case<never> {
  const { shape } = case_.inputs[0];
  const wave = (i: number): number => (distinct ? ((i * 7919) % 1009) / 100 : (i * 5) % 4);
  const x = { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(wave(i))) };
  const y = pooled(x, case_.attributes as Options);
  return {
    inputs: [reals(give ? y.shape : shape), values([...x.data], shape), values([...y.data], y.shape)],
    attributes: case_.attributes as never,
  };
}

const back = (give: boolean) => ({
  sized: (n: number) => backCase(pool([n, 5, 4, 7], { kernel: 3, strides: 2, padding: "same" }), false, give),
  cases: cases.flatMap((case_) => [backCase(case_, true, give), backCase(case_, false, give)]),
  gradients: [backCase(pool([2, 5, 4, 3], { kernel: 3, strides: 2, padding: "same" }), true, give)],
});

export const maxPoolGrad: ExamOf<typeof ops.maxPoolGrad> = {
  // y is a function of x, whose derivative is all but everywhere 0.
  reference([dy, x], options) {
    const data = new Float64Array(x.data.length);
    largest(x, options as Options).from.forEach((at, i) => (data[at] += dy.data[i]));
    return { shape: x.shape, data };
  },
  scale: ([dy, x], options) =>
    maxPoolGrad.reference([...magnitudes([dy]), x, dy] as never, options) as Reference,
  ...back(true),
  errors: [
    {
      call: (op, make) =>
        op(make(reals([1, 2, 2, 1])), make(reals([1, 4, 4, 2])), make(reals([1, 2, 2, 2])), { kernel: 2 }),
      error: ShapeError,
      message: "maxPoolGrad: dy is [1, 2, 2, 1] and y is [1, 2, 2, 2], expected the same",
    },
  ],
  bench: {
    "3x3 s2 112²x64": {
      inputs: [reals([1, 56, 56, 64]), reals([1, 112, 112, 64]), reals([1, 56, 56, 64])],
      attributes: { kernel: 3, strides: 2, padding: "same" },
    },
  },
};

export const maxPoolTake: ExamOf<typeof ops.maxPoolTake> = {
  reference([v, x], options) {
    const { shape, from } = largest(x, options as Options);
    return {
      shape,
      data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => (from[i] < 0 ? 0 : v.data[from[i]])),
    };
  },
  ulps: 0,
  ...back(false),
  errors: [
    {
      call: (op, make) =>
        op(make(reals([1, 4, 4, 2])), make(reals([1, 4, 4, 2])), make(reals([1, 2, 1, 2])), { kernel: 2 }),
      error: ShapeError,
      message: "maxPoolTake: y is [1, 2, 1, 2] and maxPool(x) is [1, 2, 2, 2], expected the same",
    },
  ],
  bench: {
    "3x3 s2 112²x64": {
      inputs: [reals([1, 112, 112, 64]), few([1, 112, 112, 64]), few([1, 56, 56, 64])],
      attributes: { kernel: 3, strides: 2, padding: "same" },
    },
  },
};

/** Axis by axis. */
function blended(x: Reference, { tables }: { tables: readonly Weights[] }): Reference {
  return tables.reduce<Reference>((image, table, axis) => {
    const outer = sizeOf(image.shape.slice(0, axis + 1));
    const inner = sizeOf(image.shape.slice(axis + 2));
    const extent = image.shape[axis + 1];
    const shape = image.shape.map((e, a) => (a === axis + 1 ? table.length : e));
    const data = new Float64Array(sizeOf(shape));
    for (let o = 0; o < outer; o++)
      table.forEach(({ first, weights }, i) =>
        weights.forEach((weight, j) => {
          for (let k = 0; k < inner; k++)
            data[(o * table.length + i) * inner + k] +=
              weight * image.data[(o * extent + first + j) * inner + k];
        }),
      );
    return { shape, data };
  }, x);
}

const blend = (x: number[], ...tables: Weights[]): Case<{ tables: readonly Weights[] }> => ({
  inputs: [reals(x)],
  attributes: { tables },
});

const window = { kernel: 3, stride: 2, before: 1 };

export const resample: ExamOf<typeof resampling.resample> = {
  reference: ([x], attributes) => blended(x, attributes),
  scale: (inputs, attributes) => blended(...(magnitudes(inputs) as [Reference]), attributes),
  sized: (n) => blend([2, n + 1, 3, 5], bilinear(n + 1, 7, "halfPixel"), nearest(3, 4, "alignCorners")),
  cases: [
    ...[1, 3, 16, 130].map((channels) =>
      blend([2, 7, 6, channels], averages(7, window, 4, true), averages(6, window, 3, false)),
    ),
    blend(
      [1, 7, 6, 21],
      transposed(averages(4, window, 2, true), 4).concat({ first: 3, weights: [] }),
      parts(6, 4),
    ),
    blend([3, 9, 4], bilinear(9, 4, "asymmetric")),
    blend([1, 3, 4, 5, 2], parts(3, 2), bilinear(4, 9, "alignCorners"), nearest(5, 3, "halfPixel")),
    blend([0, 3, 2], parts(3, 2)),
    blend([2, 3, 0], parts(3, 2)),
  ],
  gradients: [
    blend([2, 5, 4, 3], bilinear(5, 8, "halfPixel"), averages(4, window, 2, false)),
    blend([2, 5, 3], nearest(5, 2, "asymmetric")),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 3, 2])), { tables: [[{ first: 2, weights: [1, 1] }]] }),
      error: ShapeError,
      message: "resample: a table reaches over pixel 3, and axis 1 of x [1, 3, 2] has 3",
    },
    {
      call: (op, make) => op(make(reals([3, 2])), { tables: [parts(3, 1)] }),
      error: ShapeError,
      message: "resample: x is [3, 2], expected [batch, width, channels]",
    },
  ],
  bench: {
    "bilinear 56²x64 → 112²": blend(
      [1, 56, 56, 64],
      bilinear(56, 112, "halfPixel"),
      bilinear(56, 112, "halfPixel"),
    ),
    "average 2x2 112²x64": blend([1, 112, 112, 64], parts(112, 56), parts(112, 56)),
  },
};
