/** Channels less their mean and divided by their spread, over places: batches, groups and instances. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { normalization as part } from "../generated/normalization.js";
import { scope } from "../memory.js";
import { op } from "../op.js";
import { sameShape, type Shape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, div, each, mul, sameShapes, sub, unbroadcast } from "./binary.js";
import { channelsFirst, type Format, toFirst, toLast } from "./conv/window.js";
import { rsqrt } from "./elementary.js";
import { reshape } from "./movement.js";
import { checkEpsilon } from "./normalization.js";
import { mean, sum } from "./reduce.js";
import { follow } from "./running.js";
import { square } from "./unary.js";

/** Channels that a unit of the grid has at least: WIDTH in assembly/normalization/channels.ts. */
export const WIDTH = 256;

/** Bytes for so many arrays of the channels of a unit, in whole vectors. */
export function parts(count: number, channels: number, x: Spec): number {
  return count * 16 * Math.ceil((bytesOf(x.dtype) * channels) / 16);
}

interface Grouped {
  /** So many groups of channels that lie side by side have statistics of their own. */
  groups: number;
  eps?: number;
}

/** Extents of x [items, places, channels], and how the channels are divided. */
function extentsOf(name: string, x: Spec, { groups, eps = 1e-5 }: Grouped) {
  checkEpsilon(name, eps);
  if (x.shape.length !== 3)
    throw new ShapeError(`${name}: x is ${show(x.shape)}, expected [items, places, channels]`);
  const [items, places, channels] = x.shape;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new OptionError(
      `${name}: groups is ${groups}, expected a whole number that divides ${channels} channels`,
    );
  const width = channels / groups;
  const together = Math.max(1, Math.floor((WIDTH * groups) / Math.max(1, channels)));
  const units = Math.ceil(groups / together);
  return { items, places, channels, grid: items * units, widest: Math.min(groups, together) * width };
}

/** x [items, places, channels] with the groups as an axis, and numbers of channels to match. */
const grouped = (x: Tensor, groups: number): Tensor =>
  reshape(x, [x.shape[0], x.shape[1], groups, x.shape[2] / groups]);
const channelwise = (numbers: Tensor, groups: number): Tensor =>
  numbers.rank === 0 ? numbers : reshape(numbers, [groups, numbers.size / groups]);

/** x̂ and r of x by groups, in plain ops. */
function standardized(x: Tensor, eps: number): { m: Tensor; r: Tensor; xhat: Tensor } {
  const over = { axis: [1, 3], keepDims: true };
  const m = mean(x, over);
  const centred = sub(x, m);
  const r = rsqrt(add(mean(square(centred), over), eps));
  return { m, r, xhat: mul(centred, r) };
}

type Channels = [x: Tensor, gain: Tensor, bias: Tensor];

/**
 * `channelNorm(x, gain, bias, { groups, eps })`: y = (x − μ) · r · gain + bias, μ and r = 1 / √(σ² + ε). x, y [items, places, channels]; μ,
 * r [items, groups] over the places and channels of each group; gain, bias [channels] or one number.
 */
export const channelNorm = /* @__PURE__ */ op<
  Channels,
  Grouped,
  [],
  [Tensor] | [Tensor, Tensor],
  [y: Tensor, mean: Tensor, scale: Tensor]
>()({
  name: "channelNorm",
  part,
  inputs: { x: "real", gain: "real", bias: "real" },
  optional: [1, 0],
  results: 3,
  defaults: { groups: 1, eps: 1e-5 },
  plan([x, gain, bias], options) {
    const { items, places, channels, grid, widest } = extentsOf("channelNorm", x, options);
    const { groups, eps = 1e-5 } = options;
    const many = [
      each("channelNorm", "gain", gain, channels, "channels of x"),
      each("channelNorm", "bias", bias, channels, "channels of x"),
    ];
    const statistics: Spec = { shape: [items, groups], dtype: x.dtype };
    return {
      kernel: "channelNorm",
      outputs: [x, statistics, statistics],
      grid,
      numbers: [places, channels, groups, ...many.map(Number), eps],
      scratch: parts(8, widest, x),
      bytes: 3 * bytesOf(x.dtype) * sizeOf(x.shape),
    };
  },
  fallback([x, gain, bias], { groups, eps = 1e-5 }) {
    const { m, r, xhat } = standardized(grouped(x, groups), eps);
    const y = add(mul(xhat, channelwise(gain, groups)), channelwise(bias, groups));
    const shape = [x.shape[0], groups];
    return [reshape(y, x.shape), reshape(m, shape), reshape(r, shape)];
  },
  vjp([dy, dmean, dscale], [, m, scale], [x, gain, bias], options) {
    const [dx, dgain, dbias] = channelNormGrad(dy, dmean, dscale, x, gain, m, scale, options);
    return [dx, () => unbroadcast(dgain, gain.shape), () => unbroadcast(dbias, bias.shape)];
  },
});

type Pull = [dy: Tensor, dmean: Tensor, dscale: Tensor, x: Tensor, gain: Tensor, mean: Tensor, scale: Tensor];

/**
 * The gradients of y, mean, scale = channelNorm(x, gain, bias): dx [items, places, channels], and Σ dy · x̂ and Σ dy over the places
 * of each item [items, channels].
 */
export const channelNormGrad = /* @__PURE__ */ op<
  Pull,
  Grouped,
  [],
  Pull,
  [dx: Tensor, dgain: Tensor, dbias: Tensor]
>()({
  name: "channelNormGrad",
  part,
  inputs: {
    dy: "real",
    dmean: "real",
    dscale: "real",
    x: "real",
    gain: "real",
    mean: "real",
    scale: "real",
  },
  results: 3,
  defaults: { groups: 1, eps: 1e-5 },
  plan([dy, dmean, dscale, x, gain, m, scale], options) {
    const { items, places, channels, grid, widest } = extentsOf("channelNormGrad", x, options);
    sameShapes("channelNormGrad", dy, x, ["dy", "x"]);
    const statistics = [items, options.groups];
    for (const [name, { shape }] of Object.entries({ dmean, dscale, mean: m, scale }))
      if (!sameShape(shape, statistics))
        throw new ShapeError(`channelNormGrad: ${name} is ${show(shape)}, expected ${show(statistics)}`);
    const many = each("channelNormGrad", "gain", gain, channels, "channels of x");
    const sums: Spec = { shape: [items, channels], dtype: x.dtype };
    return {
      kernel: "channelNormGrad",
      outputs: [x, sums, sums],
      grid,
      numbers: [places, channels, options.groups, Number(many)],
      scratch: parts(9, widest, x),
      bytes: 5 * bytesOf(x.dtype) * sizeOf(x.shape),
    };
  },
  // mean and scale are functions of x: their shares of the derivative are inside the one for x.
  fallback([dy, dmean, dscale, x, gain], { groups, eps = 1e-5 }) {
    const { r, xhat } = standardized(grouped(x, groups), eps);
    const over = { axis: [1, 3], keepDims: true };
    const cotangent = grouped(dy, groups);
    const g = mul(cotangent, channelwise(gain, groups));
    const single = [x.shape[0], 1, groups, 1];
    const inner = mul(r, sub(sub(g, mean(g, over)), mul(xhat, mean(mul(g, xhat), over))));
    const outer = sub(reshape(dmean, single), mul(mul(reshape(dscale, single), square(r)), xhat));
    const dx = add(inner, div(outer, (x.shape[1] * x.shape[2]) / groups));
    const shape = [x.shape[0], x.shape[2]];
    return [
      reshape(dx, x.shape),
      reshape(sum(mul(cotangent, xhat), { axis: 1 }), shape),
      reshape(sum(cotangent, { axis: 1 }), shape),
    ];
  },
});

type Fixed = [x: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, bias: Tensor];

/**
 * `channelScale(x, mean, variance, gain, bias, { eps })`: y = (x − mean) / √(variance + ε) · gain + bias, all but x given for each channel,
 * the last axis of x.
 */
export const channelScale = /* @__PURE__ */ op<
  Fixed,
  { eps?: number },
  [],
  [Tensor, Tensor, Tensor] | [Tensor, Tensor, Tensor, Tensor]
>()({
  name: "channelScale",
  part,
  inputs: { x: "real", mean: "real", variance: "real", gain: "real", bias: "real" },
  optional: [1, 0],
  defaults: { eps: 1e-5 },
  plan([x, m, variance, gain, bias], { eps = 1e-5 }) {
    checkEpsilon("channelScale", eps);
    if (x.shape.length === 0) throw new ShapeError("channelScale: x is a scalar, expected at least one axis");
    const channels = x.shape[x.shape.length - 1];
    const of = "channels of x";
    for (const [name, spec] of Object.entries({ mean: m, variance }))
      if (!each("channelScale", name, spec, channels, of))
        throw new ShapeError(`channelScale: ${name} is [], expected [${channels}] (${of})`);
    const many = [
      each("channelScale", "gain", gain, channels, of),
      each("channelScale", "bias", bias, channels, of),
    ];
    const size = sizeOf(x.shape);
    return {
      kernel: "channelScale",
      outputs: [x],
      grid: channels === 0 ? 0 : size / channels,
      numbers: [channels, ...many.map(Number), eps],
      scratch: parts(2, channels, x),
      bytes: 2 * bytesOf(x.dtype) * size,
    };
  },
  fallback: ([x, m, variance, gain, bias], { eps = 1e-5 }) =>
    add(mul(mul(sub(x, m), rsqrt(add(variance, eps))), gain), bias),
});

interface Options extends Format {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/** f of x with its channels last; x is [batch, channels] or a batch of images. */
export function withChannelsLast(
  name: string,
  x: Tensor,
  { dataFormat }: Format,
  f: (x: Tensor) => Tensor,
): Tensor {
  if (x.rank < 2) throw new ShapeError(`${name}: x is ${show(x.shape)}, expected [batch, …, channels]`);
  const first = x.rank > 2 && x.rank < 6 && channelsFirst(name, x.rank - 2, dataFormat);
  return scope(() => (first ? toFirst(f(toLast(x))) : f(x)));
}

/** The shape of x [batch, …, channels] as items, places and channels. */
const asPlaces = ({ shape }: Tensor): Shape => [
  shape[0],
  sizeOf(shape.slice(1, -1)),
  shape[shape.length - 1],
];

/** Throws, in the name of the function that was called, what an op below it would throw in its own. */
function checkChannels(name: string, x: Tensor, numbers: Record<string, Tensor | number>): void {
  const channels = x.shape[x.rank - 1];
  for (const [argument, spec] of Object.entries(numbers))
    if (typeof spec !== "number") each(name, argument, spec, channels, `channels of x ${show(x.shape)}`);
}

/**
 * `groupNorm(x, groups, gain, bias, { eps, dataFormat })`: y = (x − μ) / √(σ² + ε) · gain + bias with the mean and the variance of each
 * item's groups of channels, over all places. x [batch, …, channels]; gain, bias [channels] or one number, 1 and 0 where they are left
 * out. Wu, He: "Group normalization", 2018, equation 7.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  gain: Tensor | number = 1,
  bias: Tensor | number = 0,
  { eps = 1e-5, ...format }: Options = {},
): Tensor {
  return withChannelsLast("groupNorm", x, format, (x) => {
    const channels = x.shape[x.rank - 1];
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
      throw new OptionError(
        `groupNorm: groups is ${groups}, expected a whole number that divides ${channels} channels`,
      );
    checkChannels("groupNorm", x, { gain, bias });
    return reshape(channelNorm(reshape(x, asPlaces(x)), gain, bias, { groups, eps })[0], x.shape);
  });
}

/**
 * `instanceNorm(x, gain, bias, { eps, dataFormat })`: groupNorm with each channel a group. Ulyanov, Vedaldi, Lempitsky: "Instance
 * normalization", 2016.
 */
export function instanceNorm(
  x: Tensor,
  gain: Tensor | number = 1,
  bias: Tensor | number = 0,
  { eps = 1e-5, ...format }: Options = {},
): Tensor {
  return withChannelsLast("instanceNorm", x, format, (x) => {
    checkChannels("instanceNorm", x, { gain, bias });
    const groups = Math.max(1, x.shape[x.rank - 1]);
    return reshape(channelNorm(reshape(x, asPlaces(x)), gain, bias, { groups, eps })[0], x.shape);
  });
}

export interface BatchNormOptions extends Options {
  /** The running mean and variance of each channel [channels]: used, or, in training, moved. */
  mean?: Tensor;
  variance?: Tensor;
  /** Whether the batch's own statistics serve, and move the running ones, if there are any. Default: whether there are none. */
  training?: boolean;
  /** How far they move: running += momentum · (batch's − running). Default 0.1. */
  momentum?: number;
}

/**
 * `batchNorm(x, gain, bias, { mean, variance, training, momentum, eps, dataFormat })`: y = (x − μ) / √(σ² + ε) · gain + bias for each
 * channel, μ and σ² those given, or, in training, of the batch over all items and places. The running variance is moved towards the
 * unbiased one, n / (n − 1) · σ². x [batch, …, channels]; gain, bias [channels] or one number. Ioffe, Szegedy: "Batch normalization",
 * 2015, algorithms 1 and 2.
 */
export function batchNorm(
  x: Tensor,
  gain: Tensor | number = 1,
  bias: Tensor | number = 0,
  options: BatchNormOptions = {},
): Tensor {
  const { mean: m, variance, momentum = 0.1, eps = 1e-5, ...format } = options;
  const training = options.training ?? m === undefined;
  if ((m === undefined) !== (variance === undefined) || (!training && m === undefined))
    throw new OptionError("batchNorm: mean and variance belong together, and in use both are needed");
  if (!(momentum >= 0 && momentum <= 1))
    throw new OptionError(`batchNorm: momentum is ${momentum}, expected a number in [0, 1]`);
  return withChannelsLast("batchNorm", x, format, (x) => {
    const channels = x.shape[x.rank - 1];
    for (const [name, running] of Object.entries({ mean: m, variance }))
      if (running !== undefined && !sameShape(running.shape, [channels]))
        throw new ShapeError(
          `batchNorm: ${name} is ${show(running.shape)}, expected [${channels}] (channels of x ${show(x.shape)})`,
        );
    checkChannels("batchNorm", x, { gain, bias });
    if (!training) return channelScale(x, m!, variance!, gain, bias, { eps });
    const count = channels === 0 ? 0 : x.size / channels;
    const groups = Math.max(1, channels);
    const [y, mu, scale] = channelNorm(reshape(x, [1, count, channels]), gain, bias, { groups, eps });
    if (m !== undefined && count > 0) {
      follow(m, momentum, () => reshape(mu, [channels]));
      // σ² of r = 1 / √(σ² + ε)
      const unbiased = count > 1 ? count / (count - 1) : 1;
      follow(variance!, momentum, () => mul(sub(div(1, square(reshape(scale, [channels]))), eps), unbiased));
    }
    return reshape(y, x.shape);
  });
}
