/** Pooling: of each window of an image the largest pixel, each channel by itself. */
import { bytesOf } from "../dtype.js";
import { pooling as part } from "../generated/pooling.js";
import { type Launch, op } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { sameShapes } from "./binary.js";
import { forward } from "./conv/geometry.js";
import {
  channelsFirst,
  channelsOf,
  rowsOf,
  spatial,
  type Format,
  perAxis,
  placesOf,
  rankOf,
  toFirst,
  toLast,
  windowOf,
  type WindowOptions,
} from "./conv/window.js";
import { mean } from "./reduce.js";

type PoolOptions = WindowOptions & {
  /** The extents of the window, or one for all axes. */
  kernel: number | readonly number[];
};

const maxDefaults = {
  kernel: undefined as unknown as number,
  strides: undefined,
  padding: undefined,
  dilations: undefined,
  dataFormat: undefined,
};

/** A pooling of x with its channels last: the shape of y, and the table. */
function pooled(
  name: string,
  x: Spec,
  { kernel, ...options }: PoolOptions,
): Omit<Launch, "kernel" | "grid"> & { shape: Shape } {
  const rank = rankOf(name, x);
  const extents = spatial(x.shape);
  const taps = perAxis(name, "kernel", kernel, rank);
  const window = windowOf(name, extents, taps, options, taps);
  const places = placesOf(name, extents, window);
  const shape = [x.shape[0], ...places, channelsOf(x.shape)];
  return {
    shape,
    outputs: [{ shape, dtype: x.dtype }],
    layout: forward(x.shape[0], extents, places, window, channelsOf(x.shape), 1),
    numbers: [channelsOf(x.shape)],
    flops: sizeOf(shape) * sizeOf(taps),
    bytes: bytesOf(x.dtype) * (sizeOf(x.shape) + sizeOf(shape)),
  };
}

/**
 * `maxPool(x, kernel, { strides, padding, dilations, dataFormat })`: y = the largest x of each window, NaN if one is, −∞ where a
 * window has no tap inside. x [batch, …, channels] with one, two or three spatial axes; strides are by default the kernel. The
 * gradient goes to the first of equal ones.
 */
export const maxPool = /* @__PURE__ */ op<[x: Tensor], PoolOptions, ["kernel"]>()({
  name: "maxPool",
  part,
  inputs: { x: "real" },
  defaults: maxDefaults,
  positional: ["kernel"],
  plan([x], options) {
    if (channelsFirst("maxPool", rankOf("maxPool", x), options.dataFormat)) return undefined;
    const { shape, ...plan } = pooled("maxPool", x, options);
    return {
      kernel: "maxPool",
      ...plan,
      grid: channelsOf(x.shape) > 0 ? rowsOf(shape) : 0,
      scratch: bytesOf(x.dtype) * sizeOf(x.shape.slice(-2)),
    };
  },
  fallback: ([x], { kernel, dataFormat: _, ...rest }) => toFirst(maxPool(toLast(x), kernel, rest)),
  vjp(dy, [y], [x], { dataFormat, ...options }) {
    if (!channelsFirst("maxPool", x.rank - 2, dataFormat)) return [() => maxPoolGrad(dy, x, y, options)];
    return [() => toFirst(maxPoolGrad(toLast(dy), toLast(x), toLast(y), options))];
  },
});

/** dx = Σ dy of the windows whose first largest is x: the gradient of y = maxPool(x). */
export const maxPoolGrad = /* @__PURE__ */ op<[dy: Tensor, x: Tensor, y: Tensor], PoolOptions>()({
  name: "maxPoolGrad",
  part,
  inputs: { dy: "real", x: "real", y: "real" },
  defaults: maxDefaults,
  plan([dy, x, y], options) {
    const { shape, ...plan } = pooled("maxPoolGrad", x, options);
    sameShapes("maxPoolGrad", dy, y, ["dy", "y"]);
    sameShapes("maxPoolGrad", y, { shape, dtype: x.dtype }, ["y", "maxPool(x)"]);
    const blocks = Math.ceil((channelsOf(x.shape) * bytesOf(x.dtype)) / 128);
    return { kernel: "maxPoolGrad", ...plan, outputs: [x], grid: x.shape[0] * blocks };
  },
  vjp: (g, _, [, x, y], options) => [() => maxPoolTake(g, x, y, options), null, null],
});

/** out = v at the first largest x of each window: the transpose of maxPoolGrad as a map of dy. */
export const maxPoolTake = /* @__PURE__ */ op<[v: Tensor, x: Tensor, y: Tensor], PoolOptions>()({
  name: "maxPoolTake",
  part,
  inputs: { v: "real", x: "real", y: "real" },
  defaults: maxDefaults,
  plan([v, x, y], options) {
    const { shape, ...plan } = pooled("maxPoolTake", x, options);
    sameShapes("maxPoolTake", v, x, ["v", "x"]);
    sameShapes("maxPoolTake", y, { shape, dtype: x.dtype }, ["y", "maxPool(x)"]);
    return { kernel: "maxPoolTake", ...plan, grid: channelsOf(x.shape) > 0 ? rowsOf(shape) : 0 };
  },
  vjp: (g, _, [, x, y], options) => [() => maxPoolGrad(g, x, y, options), null, null],
});

/** `globalAvgPool(x)`: the average of all pixels. x [batch, …, channels] → [batch, channels]. */
export function globalAvgPool(x: Tensor, { dataFormat }: Format = {}): Tensor {
  const rank = rankOf("globalAvgPool", x);
  const first = channelsFirst("globalAvgPool", rank, dataFormat) ? 2 : 1;
  return mean(x, { axis: Array.from({ length: rank }, (_, axis) => axis + first) });
}
