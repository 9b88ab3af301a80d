/** Convolutions of one, two and three spatial axes, and transposed ones. */
import { convolution as part } from "../generated/convolution.js";
import { op } from "../op.js";
import type { Tensor } from "../tensor.js";
import { unbroadcast } from "./binary.js";
import {
  type Activation,
  activate,
  checkFilter,
  convDefaults,
  type ConvOptions,
  type ConvTransposeOptions,
  deactivate,
  type FilterOptions,
} from "./conv/options.js";
import { plan, planBack, planFilter, windowBack } from "./conv/plans.js";
import {
  type Axis,
  channelsFirst,
  checkImages,
  spatial,
  toFirst,
  toLast,
  unreached,
  windowOf,
} from "./conv/window.js";
import type { Algorithm } from "./conv/winograd.js";

/** A window as options, of what was padded by name. */
const explicit = (window: readonly Axis[], groups: number, algorithm: Algorithm | undefined) => ({
  strides: window.map(({ stride }) => stride),
  dilations: window.map(({ dilation }) => dilation),
  padding: window.map(({ before, after }) => [before, after] as const),
  groups,
  algorithm,
});

type Inputs = [x: Tensor, filter: Tensor, bias: Tensor];
type WithoutBias = [x: Tensor, filter: Tensor];

/** Cotangents of x, filter and bias, with the channels last; `dz` is made at most once. */
type Rule = (dz: () => Tensor, inputs: Inputs) => readonly [() => Tensor, () => Tensor, () => Tensor];

/** The cotangents of y = activation(f(x, filter) + bias), in the format of x. */
function cotangents(
  first: boolean,
  dy: Tensor,
  y: Tensor,
  [x, filter, bias]: Inputs,
  activation: Activation,
  rule: Rule,
) {
  let shared: Tensor | undefined;
  const dz = (): Tensor => {
    if (shared !== undefined) return shared;
    const inside = deactivate(dy, y, activation);
    return (shared = first ? toLast(inside) : inside);
  };
  const [dx, dfilter, dbias] = rule(dz, [first ? toLast(x) : x, filter, bias]);
  return [first ? () => toFirst(dx()) : dx, dfilter, dbias] as const;
}

function convolution(name: "conv1d" | "conv2d" | "conv3d", rank: 1 | 2 | 3) {
  const transposed = (): typeof convTranspose2d =>
    [convTranspose1d, convTranspose2d, convTranspose3d][rank - 1];
  const self = op<Inputs, ConvOptions, [], WithoutBias>()({
    name,
    inputs: { x: "real", filter: "real", bias: "real" },
    optional: [0],
    part,
    defaults: convDefaults,
    plan(inputs, options) {
      const [x, filter] = inputs;
      checkImages(name, "x", x, rank);
      if (channelsFirst(name, rank, options.dataFormat)) return undefined;
      checkFilter(name, rank, ["x", x], filter, options.groups ?? 1, false);
      return plan(name, inputs, options);
    },
    fallback([x, filter, bias], { activation = "none", dataFormat, ...rest }) {
      const first = channelsFirst(name, rank, dataFormat);
      if (first) return toFirst(self(toLast(x), filter, bias, { ...rest, activation }));
      return activate(self(x, filter, bias, rest), activation);
    },
    vjp(dy, [y], inputs, options) {
      const first = channelsFirst(name, rank, options.dataFormat);
      return cotangents(first, dy, y, inputs, options.activation ?? "none", (dz, [x, filter, bias]) => {
        const extents = spatial(x.shape);
        const window = windowOf(name, extents, filter.shape.slice(0, rank), options);
        const same = explicit(window, options.groups ?? 1, options.algorithm);
        const outputPadding = unreached(extents, window);
        return [
          () => transposed()(dz(), filter, { ...same, outputPadding }),
          () => convFilter(x, dz(), { ...same, kernel: filter.shape.slice(0, rank) }),
          () => unbroadcast(dz(), bias.shape),
        ];
      });
    },
  });
  return self;
}

function transposition(name: "convTranspose1d" | "convTranspose2d" | "convTranspose3d", rank: 1 | 2 | 3) {
  const transposed = (): typeof conv2d => [conv1d, conv2d, conv3d][rank - 1];
  const self = op<Inputs, ConvTransposeOptions, [], WithoutBias>()({
    name,
    inputs: { x: "real", filter: "real", bias: "real" },
    optional: [0],
    part,
    defaults: {
      strides: undefined,
      padding: undefined,
      dilations: undefined,
      outputPadding: undefined,
      groups: 1,
      dataFormat: undefined,
      activation: "none",
      algorithm: undefined,
    },
    plan(inputs, options) {
      const [x, filter] = inputs;
      checkImages(name, "x", x, rank);
      if (channelsFirst(name, rank, options.dataFormat)) return undefined;
      checkFilter(name, rank, ["x", x], filter, options.groups ?? 1, true);
      return planBack(name, inputs, options);
    },
    fallback([x, filter, bias], { activation = "none", dataFormat, ...rest }) {
      const first = channelsFirst(name, rank, dataFormat);
      if (first) return toFirst(self(toLast(x), filter, bias, { ...rest, activation }));
      return activate(self(x, filter, bias, rest), activation);
    },
    vjp(dy, [y], inputs, options) {
      const first = channelsFirst(name, rank, options.dataFormat);
      return cotangents(first, dy, y, inputs, options.activation ?? "none", (dz, [x, filter, bias]) => {
        const kernel = filter.shape.slice(0, rank);
        const { window } = windowBack(name, spatial(x.shape), kernel, options);
        const same = explicit(window, options.groups ?? 1, options.algorithm);
        return [
          () => transposed()(dz(), filter, same),
          () => convFilter(dz(), x, { ...same, kernel }),
          () => unbroadcast(dz(), bias.shape),
        ];
      });
    },
  });
  return self;
}

/**
 * y[n, i, o] = activation(Σ x[n, i · stride + t · dilation − before, c] · filter[t, c, o] + bias[o]), summed over the taps t and the
 * channels c of o's group; x is 0 beyond its border. x [batch, width, channels], filter [taps, channels / groups, outputs],
 * bias [outputs] or none → [batch, places, outputs]. Options: strides, padding, dilations, groups, dataFormat, activation.
 */
export const conv1d = /* @__PURE__ */ convolution("conv1d", 1);

/**
 * The same over two axes: x [batch, height, width, channels], filter [height, width, channels / groups, outputs] →
 * [batch, height, width, outputs]. `conv1d` has the formula and the options.
 */
export const conv2d = /* @__PURE__ */ convolution("conv2d", 2);

/**
 * The same over three axes: x [batch, depth, height, width, channels], filter [depth, height, width, channels / groups, outputs]
 * → [batch, depth, height, width, outputs]. `conv1d` has the formula and the options.
 */
export const conv3d = /* @__PURE__ */ convolution("conv3d", 3);

/**
 * The transpose of conv1d as a map of x, for which filter and options are those of conv1d: x [batch, places, channels], filter
 * [taps, outputs / groups, channels], bias [outputs] or none → [batch, width, outputs] with width = (places − 1) · stride + (taps − 1) ·
 * dilation + 1 − padding + outputPadding, or with padding "same" places · stride.
 */
export const convTranspose1d = /* @__PURE__ */ transposition("convTranspose1d", 1);

/** The same over two axes: x [batch, height, width, channels], filter [height, width, outputs / groups, channels]. */
export const convTranspose2d = /* @__PURE__ */ transposition("convTranspose2d", 2);

/** The same over three axes: x [batch, depth, height, width, channels], filter [depth, height, width, outputs / groups, channels]. */
export const convTranspose3d = /* @__PURE__ */ transposition("convTranspose3d", 3);

/**
 * dfilter[t, c, o] = Σ x[n, i · stride + t · dilation − before, c] · dy[n, i, o]: the gradient to the filter of a convolution of one,
 * two or three axes. x [batch, …, channels], dy [batch, …, outputs] → [...kernel, channels / groups, outputs].
 */
export const convFilter = /* @__PURE__ */ op<[x: Tensor, dy: Tensor], FilterOptions>()({
  name: "convFilter",
  part,
  inputs: { x: "real", dy: "real" },
  defaults: {
    kernel: [],
    strides: undefined,
    padding: undefined,
    dilations: undefined,
    groups: 1,
    algorithm: undefined,
  },
  plan: planFilter,
  vjp(g, _, [x, dy], { kernel, ...options }) {
    const index = kernel.length - 1;
    const window = windowOf("convFilter", spatial(x.shape), kernel, options);
    const outputPadding = unreached(spatial(x.shape), window);
    const { groups, algorithm } = options;
    return [
      () =>
        [convTranspose1d, convTranspose2d, convTranspose3d][index](dy, g, {
          ...explicit(window, groups, algorithm),
          outputPadding,
        }),
      () => [conv1d, conv2d, conv3d][index](x, g, explicit(window, groups, algorithm)),
    ];
  },
});
