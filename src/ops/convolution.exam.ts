/** Exams of convolutions. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { type Case, type ExamOf, integers, magnitudes, nonzero, reals, type Reference } from "../exam.js";
import { sizeOf } from "../shape.js";
import { alongAxis, meet, type Moves, toFirst, toLast } from "./conv/walk.exam.js";
import type * as given from "./conv/options.js";
import type * as ops from "./convolution.js";

type Options = Moves & {
  algorithm?: string;
  groups?: number;
  dataFormat?: string;
  activation?: given.Activation;
  outputPadding?: number | readonly number[];
};

const activations: Record<given.Activation, (z: number) => number> = {
  none: (z) => z,
  relu: (z) => (z > 0 || Number.isNaN(z) ? z : 0),
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  relu6: (z) => Math.min(Math.max(z, 0), 6),
};

/**
 * Every sum over the channels of a group: f(x, filter, y), the places of the first channel in x and in the filter, and of the output
 * in y. The next channels are neighbours in x, and `outputs` apart in the filter.
 */
function sums(
  extents: readonly number[],
  kernel: readonly number[],
  batch: number,
  depth: number,
  outputs: number,
  options: Options,
  f: (x: number, filter: number, y: number) => void,
): readonly number[] {
  const { groups = 1 } = options;
  const axes = extents.map((extent, axis) => alongAxis(extent, kernel[axis], options, axis));
  const places = axes.map((axis) => axis.places);
  const each = outputs / groups;
  for (let n = 0; n < batch; n++)
    meet(axes, { places, taps: kernel, pixels: extents }, (place, tap, pixel) => {
      for (let o = 0; o < outputs; o++)
        f(
          ((n * sizeOf(extents) + pixel) * groups + Math.floor(o / each)) * depth,
          tap * depth * outputs + o,
          (n * sizeOf(places) + place) * outputs + o,
        );
    });
  return places;
}

const middle = (shape: readonly number[]): readonly number[] => shape.slice(1, -1);
const last = (shape: readonly number[]): number => shape[shape.length - 1];

/** f of the images with their channels last, its result again in their format. */
function inFormat(x: Reference, { dataFormat }: Options, f: (x: Reference) => Reference): Reference {
  return dataFormat?.startsWith("NC") ? toFirst(f(toLast(x))) : f(x);
}

/** y of one bias for each output, or for all. */
function biased(y: Reference, bias: Reference, activation: given.Activation = "none"): Reference {
  const outputs = last(y.shape);
  return { shape: y.shape, data: y.data.map((z, i) => activations[activation](z + bias.data[bias.shape.length === 0 ? 0 : i % outputs])) }; // prettier-ignore
}

function convolved(inputs: readonly Reference[], options: Options): Reference {
  const [images, filter, bias] = inputs;
  return inFormat(images, options, (x) => {
    const kernel = filter.shape.slice(0, -2);
    const [depth, outputs] = filter.shape.slice(-2);
    const extents = middle(x.shape);
    const places = extents.map((extent, axis) => alongAxis(extent, kernel[axis], options, axis).places);
    const shape = [x.shape[0], ...places, outputs];
    const data = new Float64Array(sizeOf(shape));
    sums(extents, kernel, x.shape[0], depth, outputs, options, (i, j, k) => {
      for (let c = 0; c < depth; c++) data[k] += x.data[i + c] * filter.data[j + c * outputs];
    });
    return biased({ shape, data }, bias, options.activation);
  });
}

/** The extents of what a transposed convolution makes. */
function extentsBack(places: readonly number[], kernel: readonly number[], options: Options): number[] {
  const at = (value: number | readonly number[] | undefined, axis: number, otherwise: number): number =>
    typeof value === "object" ? value[axis] : (value ?? otherwise);
  return places.map((count, axis) => {
    const stride = at(options.strides, axis, 1);
    const more = at(options.outputPadding, axis, 0);
    if (options.padding === "same") return count * stride + more;
    const { padding = 0 } = options;
    const own: unknown = padding === "valid" ? 0 : Array.isArray(padding) ? padding[axis] : padding;
    const [before, after] = (Array.isArray(own) ? own : [own, own]) as number[];
    return (
      (count - 1) * stride + (kernel[axis] - 1) * at(options.dilations, axis, 1) + 1 - before - after + more
    );
  });
}

function transposed(inputs: readonly Reference[], options: Options): Reference {
  const [images, filter, bias] = inputs;
  return inFormat(images, options, (x) => {
    const kernel = filter.shape.slice(0, -2);
    const [depth, channels] = filter.shape.slice(-2);
    const extents = extentsBack(middle(x.shape), kernel, options);
    const outputs = depth * (options.groups ?? 1);
    const shape = [x.shape[0], ...extents, outputs];
    const data = new Float64Array(sizeOf(shape));
    const seen = options.padding === "same" ? sameSeen(middle(x.shape), options, kernel) : options;
    sums(extents, kernel, x.shape[0], depth, channels, seen, (i, j, k) => {
      for (let c = 0; c < depth; c++) data[i + c] += x.data[k] * filter.data[j + c * channels];
    });
    return biased({ shape, data }, bias, options.activation);
  });
}

/** The padding "same" of the convolution that is transposed, in pairs. */
function sameSeen(places: readonly number[], options: Options, kernel: readonly number[]): Options {
  const at = (value: number | readonly number[] | undefined, axis: number): number =>
    typeof value === "object" ? value[axis] : (value ?? 1);
  const padding = places.map((count, axis) => {
    const reach = (kernel[axis] - 1) * at(options.dilations, axis) + 1;
    const total = Math.max(0, reach - at(options.strides, axis));
    return count > 0 ? [Math.floor(total / 2), total - Math.floor(total / 2)] : [0, 0];
  });
  return { ...options, padding };
}

function filtered(
  [x, dy]: readonly Reference[],
  options: Options & { kernel: readonly number[] },
): Reference {
  const { kernel, groups = 1 } = options;
  const [depth, outputs] = [last(x.shape) / groups, last(dy.shape)];
  const shape = [...kernel, depth, outputs];
  const data = new Float64Array(sizeOf(shape));
  sums(middle(x.shape), kernel, x.shape[0], depth, outputs, options, (i, j, k) => {
    for (let c = 0; c < depth; c++) data[j + c * outputs] += x.data[i + c] * dy.data[k];
  });
  return { shape, data };
}

/**
 * What errors are in proportion to: the magnitudes of what is added up, for windows of three by three, which may be computed in tiles,
 * the largest of all.
 */
function scaled(magnitude: Reference, kernel: readonly number[]): Reference {
  if (String(kernel) !== "3,3") return magnitude;
  const largest = magnitude.data.reduce((most, value) => (value > most ? value : most), 0);
  return { shape: magnitude.shape, data: magnitude.data.map(() => largest) };
}

type ConvExam = ExamOf<typeof ops.conv2d>;
type TransposeExam = ExamOf<typeof ops.convTranspose2d>;

/** A case of x, a filter and a bias. */
function conv<A>(x: number[], filter: number[], attributes: A, bias = last(filter)): Case<A> {
  return { inputs: [reals(x), reals(filter), reals([bias])], attributes };
}

function back(
  x: number[],
  filter: number[],
  attributes: given.ConvTransposeOptions,
): Case<given.ConvTransposeOptions> {
  return conv(x, filter, attributes, filter[filter.length - 2] * (attributes.groups ?? 1));
}

/** Without a bias: the number 0 stands for it. */
const plain = <A>({ inputs, attributes }: Case<A>): Case<A> => ({ inputs: [inputs[0], inputs[1], reals([])], attributes }); // prettier-ignore

/** Cases with one channel to a group. */
const depthwise = <A>(
  make: (x: number[], filter: number[], options: given.ConvOptions & { groups: number }) => Case<A>,
) => [
  ...[1, 3, 5, 130].flatMap((channels) => [
    make([2, 6, 7, channels], [3, 3, 1, channels], { groups: channels, padding: "same" }),
    make([1, 9, 8, channels], [3, 3, 1, channels], { groups: channels, padding: 1, strides: 2 }),
    make([1, 5, 6, channels], [2, 4, 1, 3 * channels], { groups: channels, padding: [2, 1] }),
  ]),
  make([1, 9, 12, 8], [3, 3, 1, 8], {
    groups: 8,
    dilations: [2, 1],
    padding: [
      [2, 0],
      [0, 1],
    ],
  }),
  make([1, 9, 12, 8], [3, 3, 1, 8], { groups: 8, strides: [1, 3], activation: "relu" }),
  make([1, 20, 20, 9], [5, 5, 1, 9], { groups: 9, strides: [2, 1], padding: 2, activation: "relu6" }),
  make([2, 6, 6, 6], [3, 3, 1, 6], { groups: 6, padding: "same", activation: "tanh" }),
  make([1, 2, 2, 5], [3, 3, 1, 10], { groups: 5, padding: 2, dilations: 2, activation: "sigmoid" }),
  plain(make([1, 7, 6, 4], [3, 3, 1, 4], { groups: 4, padding: 1 })),
];

/** Cases by Winograd's algorithms: tiles cut off, channels in all remainders, batches, several blocks. */
const tiled = <A>(make: (x: number[], filter: number[], options: given.ConvOptions) => Case<A>) =>
  (["winograd2", "winograd4"] as const).flatMap((algorithm) => [
    ...[4, 5, 130].flatMap((channels) => [
      make([2, 7, 9, channels], [3, 3, channels, 37], { algorithm, padding: "same" }),
      make([1, 6, 5, channels], [3, 3, channels, 6], { algorithm }),
    ]),
    make([1, 3, 3, 7], [3, 3, 7, 4], {
      algorithm,
      padding: [
        [2, 0],
        [0, 3],
      ],
      activation: "relu",
    }),
    make([3, 20, 21, 9], [3, 3, 9, 24], { algorithm, padding: 1, activation: "sigmoid" }),
    make([1, 2, 1, 300], [3, 3, 300, 11], { algorithm, padding: 2 }),
    make([0, 8, 8, 4], [3, 3, 4, 4], { algorithm }),
    plain(make([1, 9, 5, 8], [3, 3, 8, 10], { algorithm })),
  ]);

const shared = {
  ulps: 8,
};

export const conv2d: ConvExam = {
  ...shared,
  reference: convolved,
  scale: (inputs, attributes) =>
    scaled(
      convolved(magnitudes(inputs), { ...attributes, activation: "none" } as Options),
      inputs[1].shape.slice(0, -2),
    ),
  sized: (n) => conv([n, 5, 4, 3], [3, 2, 3, 5], { strides: [2, 1], padding: "same" }),
  cases: [
    ...([1, 3, 5, 130] as const).flatMap((channels) => [
      conv([2, 7, 9, channels], [3, 3, channels, 130], { padding: "same" }),
      conv([1, 8, 7, channels], [3, 5, channels, 5], { padding: "same", strides: 2 }),
      conv([1, 6, 9, channels], [2, 3, channels, 7], { dilations: [3, 2] }),
    ]),
    conv([1, 9, 9, 130], [3, 3, 130, 3], {
      padding: [
        [2, 0],
        [1, 3],
      ],
      strides: [1, 2],
    }),
    conv([3, 13, 11, 4], [1, 1, 4, 6], {}),
    conv([3, 13, 11, 4], [1, 1, 4, 6], { strides: [4, 3] }),
    conv([2, 10, 11, 3], [2, 2, 3, 8], { strides: 5 }),
    conv([2, 14, 14, 8], [7, 7, 8, 9], { strides: 2, padding: 3 }),
    conv([1, 7, 8, 6], [3, 3, 2, 9], { groups: 3, padding: 1 }),
    conv([1, 7, 8, 260], [3, 3, 130, 4], { groups: 2, padding: 1, strides: 2 }),
    conv([1, 20, 21, 5], [3, 3, 5, 40], { padding: "same" }),
    conv([1, 3, 3, 70], [3, 3, 70, 50], { padding: "same" }),
    conv([1, 3, 3, 1100], [3, 1, 1100, 3], { padding: "same" }),
    conv([2, 9, 13, 1], [3, 5, 1, 9], { padding: 1 }),
    conv([1, 9, 20, 1], [3, 3, 1, 9], { strides: 2 }),
    conv([1, 4, 4, 5], [3, 3, 5, 6], { padding: 4 }),
    conv([1, 1, 1, 3], [1, 1, 3, 2], { padding: 2 }),
    conv([0, 5, 5, 3], [3, 3, 3, 4], {}),
    conv([2, 5, 5, 0], [3, 3, 0, 4], {}),
    conv([2, 5, 5, 3], [3, 3, 3, 0], {}),
    ...depthwise(conv),
    ...tiled(conv),
    conv([2, 5, 6, 4], [3, 3, 2, 6], { groups: 2, dataFormat: "NHWC" }),
    conv([2, 4, 5, 6], [3, 3, 2, 6], { groups: 2, dataFormat: "NCHW", padding: "same" }),
    plain(conv([2, 5, 6, 4], [3, 3, 4, 6], {})),
    plain(conv([1, 5, 6, 4], [1, 1, 4, 6], {})),
    plain(conv([1, 5, 6, 4], [3, 3, 2, 6], { groups: 2, activation: "relu" })),
    ...(["relu", "tanh", "sigmoid", "relu6"] as const).map((activation) =>
      conv([2, 6, 5, 3], [3, 3, 3, 7], { activation }),
    ),
    conv([2, 6, 5, 9], [1, 1, 9, 7], { activation: "relu6" }),
    {
      inputs: [
        { ...reals([1, 6, 6, 8]), element: (i) => [1, Infinity, NaN, -Infinity][i] ?? 2 },
        nonzero([3, 3, 8, 9]),
        reals([9]),
      ],
    },
  ],
  gradients: [
    conv([2, 5, 4, 3], [3, 2, 3, 4], {}),
    conv([1, 6, 5, 2], [3, 3, 2, 3], { padding: "same", strides: 2 }),
    conv([1, 8, 7, 4], [3, 2, 2, 4], {
      groups: 2,
      dilations: [2, 3],
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
    conv([1, 7, 7, 2], [2, 2, 2, 2], { strides: 3 }),
    conv([2, 3, 4, 3], [1, 1, 3, 5], { activation: "tanh" }),
    conv([1, 3, 4, 4], [2, 2, 3, 3], { dataFormat: "NCHW", activation: "sigmoid" }),
    plain(conv([1, 4, 4, 2], [3, 3, 2, 3], { padding: 1 })),
    conv([1, 5, 6, 5], [3, 3, 5, 4], { padding: 1, algorithm: "winograd2" }),
    conv([2, 6, 5, 4], [3, 3, 4, 6], { padding: [1, 2], algorithm: "winograd4", activation: "tanh" }),
    conv([1, 5, 5, 5], [3, 3, 1, 5], { groups: 5, padding: "same", strides: 2, activation: "tanh" }),
    conv([1, 5, 5, 3], [3, 2, 1, 6], { groups: 3, padding: 1, dilations: [2, 1] }),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([5, 5, 3])), make(reals([3, 3, 3, 4]))),
      error: ShapeError,
      message: "conv2d: x is [5, 5, 3], expected [batch, height, width, channels]",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4]))),
      error: ShapeError,
      message: "conv2d: filter is [3, 3, 4], expected [height, width, channels / groups, outputs]",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4, 4]))),
      error: ShapeError,
      message: "conv2d: filter is [3, 3, 4, 4] in 1 group, for 4 channels, and x [1, 5, 5, 3] has 3",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 2, 5])), { groups: 2 }),
      error: ShapeError,
      message: "conv2d: filter is [3, 3, 2, 5], whose last axis of 5 does not divide into 2 groups",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { groups: 0 }),
      error: OptionError,
      message: "conv2d: groups is 0, expected a whole number ≥ 1",
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 2, 4])), make(reals([3, 3, 4, 5])), {
          padding: [
            [0, 0],
            [0, 0],
          ],
        }),
      error: ShapeError,
      message:
        "conv2d: a window of 3 taps reaches over 3 pixels along axis 2, and x has 2, with its padding 2",
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { dilations: 3, padding: 0.5 }),
      error: OptionError,
      message:
        'conv2d: padding is 0.5, expected "valid", "same", or whole numbers ≥ 0: one, or one or a pair for each of 2 axes',
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { strides: [1, -1] }),
      error: OptionError,
      message: "conv2d: strides is [1, -1], expected whole numbers ≥ 1",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { dilations: 0 }),
      error: OptionError,
      message: "conv2d: dilations is [0, 0], expected whole numbers ≥ 1",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { strides: [1, 1, 1] }),
      error: OptionError,
      message: "conv2d: strides is [1, 1, 1], expected 2 numbers or one",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), make(reals([4]))),
      error: ShapeError,
      message: "conv2d: bias is [4], expected [5] (the outputs of filter)",
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { activation: "gelu" as never }),
      error: OptionError,
      message: 'conv2d: activation is "gelu", expected one of none, relu, tanh, sigmoid, relu6',
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { dataFormat: "CHWN" as never }),
      error: OptionError,
      message: 'conv2d: dataFormat is "CHWN", expected "NHWC" or "NCHW"',
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { algorithm: "winograd4", strides: 2 }),
      error: OptionError,
      message:
        'conv2d: algorithm is "winograd4", which takes windows of 3 × 3 with stride and dilation 1, one group, and four or ' +
        "more channels and outputs",
    },
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 4, 5])), { algorithm: "fft" as never }),
      error: OptionError,
      message: 'conv2d: algorithm is "fft", expected one of gemm, winograd2, winograd4',
    },
    {
      call: (op, make) => op(make(integers([1, 5, 5, 4], 3)), make(reals([3, 3, 4, 5]))),
      error: DTypeError,
      message: "conv2d: x is int32, expected float32 or float64",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), { strides: 1 } as never),
      error: DTypeError,
      message: "conv2d: filter is an object, expected a tensor or a number",
    },
  ],
  bench: {
    "3x3 56²x64": conv([1, 56, 56, 64], [3, 3, 64, 64], { padding: "same" }),
    "3x3 28²x128": conv([1, 28, 28, 128], [3, 3, 128, 128], { padding: "same" }),
    "3x3 14²x256": conv([1, 14, 14, 256], [3, 3, 256, 256], { padding: "same" }),
    "3x3 7²x512": conv([1, 7, 7, 512], [3, 3, 512, 512], { padding: "same" }),
    "1x1 56²x64 → 256": conv([1, 56, 56, 64], [1, 1, 64, 256], {}),
    "7x7 s2 224²x3 → 64": conv([1, 224, 224, 3], [7, 7, 3, 64], { padding: "same", strides: 2 }),
    "64 of 3x3 28²x1 → 32": conv([64, 28, 28, 1], [3, 3, 1, 32], { padding: "same" }),
    "64 of 3x3 14²x32 → 64": conv([64, 14, 14, 32], [3, 3, 32, 64], { padding: "same" }),
    "3x3 of each 112²x32": conv([1, 112, 112, 32], [3, 3, 1, 32], { padding: "same", groups: 32 }),
    "3x3 s2 of each 56²x144": conv([1, 56, 56, 144], [3, 3, 1, 144], {
      padding: "same",
      groups: 144,
      strides: 2,
    }),
    "5x5 of each 28²x240": conv([1, 28, 28, 240], [5, 5, 1, 240], { padding: "same", groups: 240 }),
    "7x7 of each 56²x96": conv([1, 56, 56, 96], [7, 7, 1, 96], { padding: "same", groups: 96 }),
    "8 groups 28²x128": conv([1, 28, 28, 128], [3, 3, 16, 128], { padding: "same", groups: 8 }),
  },
};

export const conv1d: ExamOf<typeof ops.conv1d> = {
  ...conv2d,
  sized: (n) => conv([2, n + 1, 3], [4, 3, 5], { padding: "same", strides: 2 }),
  cases: [
    conv([1, 20, 5], [3, 5, 9], { dilations: 4 }),
    conv([3, 20, 6], [5, 3, 8], { groups: 2, padding: [[4, 1]] }),
    conv([3, 300, 1], [64, 1, 8], { strides: 32 }),
    conv([2, 3, 20], [3, 3, 5], { dataFormat: "NCW" }),
    plain(conv([2, 30, 130], [1, 130, 5], { activation: "relu" })),
  ],
  gradients: [
    conv([2, 7, 3], [3, 3, 4], { strides: 2, padding: 1 }),
    conv([1, 9, 2], [3, 2, 3], { dilations: 3 }),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4]))),
      error: ShapeError,
      message: "conv1d: x is [1, 5, 5, 3], expected [batch, width, channels]",
    },
  ],
  bench: { "1 s of 16 kHz, 400 taps": conv([1, 16000, 1], [400, 1, 80], { strides: 160 }) },
};

export const conv3d: ExamOf<typeof ops.conv3d> = {
  ...conv2d,
  sized: (n) => conv([1, n + 2, 3, 4, 2], [2, 3, 2, 2, 3], { strides: [1, 2, 2], padding: "same" }),
  cases: [
    conv([2, 5, 6, 4, 3], [3, 3, 3, 3, 5], { padding: "same" }),
    conv([1, 6, 5, 7, 4], [2, 3, 2, 2, 6], {
      groups: 2,
      dilations: [2, 1, 3],
      strides: [2, 1, 1],
      padding: [[0, 1], 1, [2, 0]],
    }),
    conv([1, 2, 4, 3, 5], [2, 2, 2, 2, 3], { dataFormat: "NCDHW" }),
  ],
  gradients: [conv([1, 4, 3, 5, 2], [2, 3, 2, 2, 3], { strides: [2, 1, 2], padding: "same" })],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4]))),
      error: ShapeError,
      message: "conv3d: x is [1, 5, 5, 3], expected [batch, depth, height, width, channels]",
    },
  ],
  bench: { "3x3x3 16³x32": conv([1, 16, 16, 16, 32], [3, 3, 3, 32, 32], { padding: "same" }) },
};

export const convTranspose2d: TransposeExam = {
  ...shared,
  reference: transposed,
  scale: (inputs, attributes) =>
    scaled(
      transposed(magnitudes(inputs), { ...attributes, activation: "none" } as Options),
      inputs[1].shape.slice(0, -2),
    ),
  sized: (n) => back([n, 3, 4, 5], [3, 2, 3, 5], { strides: [2, 1] }),
  cases: [
    ...([1, 3, 5, 130] as const).flatMap((channels) => [
      back([2, 5, 6, channels], [3, 3, 5, channels], { padding: 1 }),
      back([1, 4, 5, channels], [4, 4, 130, channels], { padding: "same", strides: 2 }),
    ]),
    back([1, 3, 4, 6], [3, 3, 2, 6], {
      strides: [3, 2],
      outputPadding: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
    back([1, 3, 4, 6], [3, 2, 2, 6], { strides: 5, groups: 3 }),
    back([1, 3, 4, 6], [2, 3, 2, 6], { strides: [4, 2], dilations: [6, 3], groups: 2 }),
    back([1, 3, 4, 2], [2, 2, 2, 2], { strides: 2, dilations: 2, outputPadding: 1 }),
    back([1, 17, 16, 3], [2, 2, 4, 3], { strides: 2, activation: "relu6" }),
    back([2, 3, 4, 2], [2, 2, 3, 3], { strides: 2, dataFormat: "NCHW" }),
    back([0, 3, 4, 2], [2, 2, 3, 2], { strides: 2 }),
    back([1, 3, 4, 0], [2, 2, 3, 0], { strides: 2 }),
    back([1, 3, 4, 5], [3, 3, 2, 5], { padding: "same", strides: [1, 4] }),
    back([1, 2, 2, 5], [1, 1, 2, 5], { padding: "same", strides: 3 }),
    back([1, 9, 9, 7], [3, 3, 30, 7], { activation: "tanh" }),
    plain(back([1, 3, 4, 4], [3, 3, 3, 4], { strides: 2, groups: 2 })),
    ...tiled((x, [kh, kw, channels, outputs], options) =>
      back(x, [kh, kw, outputs, channels], options),
    ).filter(({ inputs }) => inputs[0].shape[1] > 2),
    ...depthwise((x, filter, options) =>
      back([x[0], x[1], x[2], filter[3]], [filter[0], filter[1], 1, filter[3]], options),
    ),
  ],
  gradients: [
    back([2, 3, 4, 3], [3, 2, 2, 3], {}),
    back([1, 3, 3, 4], [3, 3, 2, 4], {
      strides: [2, 3],
      groups: 2,
      outputPadding: [1, 0],
      padding: 1,
      activation: "tanh",
    }),
    back([1, 2, 3, 3], [2, 2, 3, 2], { padding: "same", strides: 2, dataFormat: "NCHW" }),
  ],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 3, 4]))),
      error: ShapeError,
      message: "convTranspose2d: filter is [3, 3, 3, 4] in 1 group, for 4 channels, and x [1, 5, 5, 3] has 3",
    },
    {
      call: (op, make) => op(make(reals([1, 5, 5, 4])), make(reals([3, 3, 3, 4])), { outputPadding: 1 }),
      error: OptionError,
      message: "convTranspose2d: outputPadding is [1, 1], expected less than 1 along axis 1 (its stride)",
    },
    {
      call: (op, make) => op(make(reals([1, 1, 5, 4])), make(reals([3, 3, 3, 4])), { padding: 2 }),
      error: ShapeError,
      message: "convTranspose2d: 1 pixels along axis 1 and a window of 3 taps over 3 would make -1",
    },
  ],
  bench: {
    "3x3 28²x128": back([1, 28, 28, 128], [3, 3, 128, 128], { padding: "same" }),
    "3x3 of each 112²x32": back([1, 112, 112, 32], [3, 3, 1, 32], { padding: "same", groups: 32 }),
    "3x3 s2 of each 56²x144": back([1, 28, 28, 144], [3, 3, 1, 144], {
      padding: "same",
      groups: 144,
      strides: 2,
    }),
    "4x4 s2 28²x128": back([1, 28, 28, 128], [4, 4, 128, 128], { padding: "same", strides: 2 }),
  },
};

export const convTranspose1d: ExamOf<typeof ops.convTranspose1d> = {
  ...convTranspose2d,
  sized: (n) => back([2, n + 1, 3], [4, 5, 3], { strides: 3 }),
  cases: [back([1, 9, 4], [3, 2, 4], { dilations: 4, groups: 2, strides: 2 })],
  gradients: [back([1, 5, 3], [3, 2, 3], { strides: 2, outputPadding: 1 })],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4]))),
      error: ShapeError,
      message: "convTranspose1d: x is [1, 5, 5, 3], expected [batch, width, channels]",
    },
  ],
  bench: { "16 s8 1000x64": back([1, 1000, 64], [16, 32, 64], { strides: 8 }) },
};

export const convTranspose3d: ExamOf<typeof ops.convTranspose3d> = {
  ...convTranspose2d,
  sized: (n) => back([1, n + 1, 2, 3, 2], [2, 3, 2, 3, 2], { strides: [1, 2, 3] }),
  cases: [back([1, 3, 2, 4, 5], [3, 2, 2, 3, 5], { strides: 2, padding: [[1, 0], 0, 1] })],
  gradients: [back([1, 2, 3, 2, 2], [2, 2, 3, 2, 2], { strides: [2, 1, 2] })],
  errors: [
    {
      call: (op, make) => op(make(reals([1, 5, 5, 3])), make(reals([3, 3, 4]))),
      error: ShapeError,
      message: "convTranspose3d: x is [1, 5, 5, 3], expected [batch, depth, height, width, channels]",
    },
  ],
  bench: { "2 s2 8³x64": back([1, 8, 8, 8, 64], [2, 2, 2, 32, 64], { strides: 2 }) },
};

const gradient = (
  x: number[],
  dy: number[],
  attributes: Options & { kernel: number[]; groups?: number },
) => ({
  inputs: [reals(x), reals(dy)],
  attributes: { groups: 1, ...attributes } as never,
});

export const convFilter: ExamOf<typeof ops.convFilter> = {
  reference: (inputs, attributes) => filtered(inputs, attributes as never),
  scale: (inputs, attributes) => scaled(filtered(magnitudes(inputs), attributes as never), attributes.kernel),
  ulps: 8,
  sized: (n) => gradient([n, 5, 4, 3], [n, 3, 4, 5], { kernel: [3, 2], strides: [2, 1], padding: "same" }),
  cases: [
    ...[1, 3, 5, 130].map((channels) =>
      gradient([1, 7, 8, channels], [1, 7, 8, 33], { kernel: [3, 3], padding: "same" }),
    ),
    gradient([2, 9, 8, 6], [2, 4, 3, 9], { kernel: [2, 3], groups: 3, strides: 2, dilations: [2, 1] }),
    gradient([1, 20, 20, 7], [1, 20, 20, 130], { kernel: [3, 3], padding: 1 }),
    gradient([2, 30, 5], [2, 4, 3], { kernel: [4], strides: 8 }),
    gradient([1, 4, 5, 6, 3], [1, 4, 5, 6, 7], { kernel: [3, 3, 3], padding: "same" }),
    gradient([1, 3, 3, 2], [1, 9, 9, 2], { kernel: [3, 3], padding: 4 }),
    gradient([2, 8, 7, 130], [2, 4, 4, 130], { kernel: [3, 3], groups: 130, strides: 2, padding: "same" }),
    gradient([2, 6, 7, 5], [2, 5, 3, 15], {
      kernel: [4, 2],
      groups: 5,
      strides: [1, 2],
      padding: [[1, 1], 0],
    }),
    ...(["winograd2", "winograd4"] as const).flatMap((algorithm) => [
      gradient([2, 7, 9, 130], [2, 7, 9, 37], { kernel: [3, 3], padding: "same", algorithm }),
      gradient([1, 5, 4, 4], [1, 3, 2, 4], { kernel: [3, 3], algorithm }),
      gradient([1, 3, 2, 5], [1, 5, 7, 6], {
        kernel: [3, 3],
        padding: [
          [2, 2],
          [4, 3],
        ],
        algorithm,
      }),
      gradient([3, 30, 31, 9], [3, 30, 31, 24], { kernel: [3, 3], padding: 1, algorithm }),
      gradient([0, 5, 5, 4], [0, 3, 3, 4], { kernel: [3, 3], algorithm }),
    ]),
    gradient([1, 3, 3, 0], [1, 1, 1, 2], { kernel: [3, 3] }),
  ],
  gradients: [
    gradient([1, 5, 4, 3], [1, 3, 2, 4], { kernel: [3, 3] }),
    gradient([2, 6, 5, 4], [2, 3, 3, 6], { kernel: [3, 2], groups: 2, strides: 2, padding: "same" }),
  ],
  errors: [
    {
      call: (op, make) =>
        op(make(reals([1, 5, 5, 3])), make(reals([1, 3, 4, 4])), { kernel: [3, 3], groups: 1 }),
      error: ShapeError,
      message: "convFilter: dy is [1, 3, 4, 4], expected [1, 3, 3, 4]",
    },
  ],
  bench: {
    "3x3 28²x128": gradient([1, 28, 28, 128], [1, 28, 28, 128], { kernel: [3, 3], padding: "same" }),
    "3x3 of each 112²x32": gradient([1, 112, 112, 32], [1, 112, 112, 32], {
      kernel: [3, 3],
      padding: "same",
      groups: 32,
    }),
    "64 of 3x3 14²x32 → 64": gradient([64, 14, 14, 32], [64, 14, 14, 64], {
      kernel: [3, 3],
      padding: "same",
    }),
    "64 of 3x3 28²x1 → 32": gradient([64, 28, 28, 1], [64, 28, 28, 32], { kernel: [3, 3], padding: "same" }),
  },
};
