/** Convolutions of each channel by itself. */
import { ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { ConvOptions } from "./conv/options.js";
import { channelsFirst, checkImages } from "./conv/window.js";
import { conv2d } from "./convolution.js";
import { reshape } from "./movement.js";

export type DepthwiseOptions = Omit<ConvOptions, "groups" | "algorithm">;

/** The filter [height, width, channels, multiplier] as that of a convolution with a group for each channel. */
function grouped(name: string, x: Tensor, filter: Tensor, { dataFormat }: DepthwiseOptions): Tensor {
  checkImages(name, "x", x, 2);
  const channels = x.shape[channelsFirst(name, 2, dataFormat) ? 1 : 3];
  if (filter.rank !== 4 || filter.shape[2] !== channels)
    throw new ShapeError(
      `${name}: filter is ${show(filter.shape)}, expected [height, width, ${channels}, multiplier] (channels of x ${show(x.shape)})`,
    );
  const [h, w, , multiplier] = filter.shape;
  return reshape(filter, [h, w, 1, channels * multiplier]);
}

/**
 * `depthwiseConv2d(x, filter, bias, options)`: y[n, i, c · multiplier + m] = activation(Σ x[n, i · stride + t · dilation − before, c] · filter[t,
 * c, m] + bias), summed over the taps t of each channel by itself. x [batch, height, width, channels], filter [height, width, channels,
 * multiplier], bias [channels · multiplier] or 0. Options: strides, padding, dilations, dataFormat, activation.
 */
export function depthwiseConv2d(
  x: Tensor,
  filter: Tensor,
  bias: Tensor | number = 0,
  options: DepthwiseOptions = {},
): Tensor {
  return scope(() => {
    const weights = grouped("depthwiseConv2d", x, filter, options);
    return conv2d(x, weights, bias, { ...options, groups: filter.shape[2] });
  });
}

/**
 * `separableConv2d(x, depthwise, pointwise, bias, options)`: depthwiseConv2d, then all channels of each pixel mixed: a convolution of one tap,
 * with bias and activation. depthwise [height, width, channels, multiplier], pointwise [1, 1, channels · multiplier, outputs], bias
 * [outputs] or 0.
 */
export function separableConv2d(
  x: Tensor,
  depthwise: Tensor,
  pointwise: Tensor,
  bias: Tensor | number = 0,
  { activation, ...options }: DepthwiseOptions = {},
): Tensor {
  const [h, w, inner] = pointwise.shape;
  const mixed = depthwise.shape[2] * depthwise.shape[3];
  if (pointwise.rank !== 4 || h !== 1 || w !== 1 || inner !== mixed)
    throw new ShapeError(
      `separableConv2d: pointwise is ${show(pointwise.shape)}, expected [1, 1, ${mixed}, outputs]`,
    );
  return scope(() => {
    const weights = grouped("separableConv2d", x, depthwise, options);
    const each = conv2d(x, weights, 0, { ...options, groups: depthwise.shape[2] });
    return conv2d(each, pointwise, bias, { activation, dataFormat: options.dataFormat });
  });
}
