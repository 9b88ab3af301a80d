/** What callers ask of a convolution: its options, filter and bias. */
import { OptionError, ShapeError } from "../../errors.js";
import { type Shape, show } from "../../shape.js";
import type { Spec, Tensor } from "../../tensor.js";
import { relu6, relu6Grad } from "../activations.js";
import { each } from "../binary.js";
import * as dense from "../matmul.js";
import type { WindowOptions } from "./window.js";
import type { Algorithm } from "./winograd.js";

/** What a convolution may apply to its result. */
export type Activation = dense.Activation | "relu6";

/** As in assembly/gemm/epilogue.ts. */
export const known: readonly Activation[] = ["none", "relu", "tanh", "sigmoid", "relu6"];

/** y = activation(z). */
export function activate(z: Tensor, activation: Activation): Tensor {
  return activation === "relu6" ? relu6(z) : dense.activate(z, activation);
}

/** The cotangent of z, from that of y = activation(z). At 0 and 6 relu6 has slope 0, and y there is z or cut off. */
export function deactivate(dy: Tensor, y: Tensor, activation: Activation): Tensor {
  return activation === "relu6" ? relu6Grad(dy, y) : dense.deactivate(dy, y, activation);
}

export interface ConvOptions extends WindowOptions {
  /** The channels of x, and those of y, are divided into so many groups that do not see one another. Default 1. */
  groups?: number;
  /** What is applied to the result in the same pass. Default "none". */
  activation?: Activation;
  /** How it is computed. Default: the way that measured costs say is the fastest; "gemm" after `init({ precise: true })`, and always of float64. */
  algorithm?: Algorithm;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Pixels of y more, at the end of each axis: a convolution with strides makes the same of several extents. Default 0. */
  outputPadding?: number | readonly number[];
}

export const convDefaults: ConvOptions = {
  strides: undefined,
  padding: undefined,
  dilations: undefined,
  groups: 1,
  dataFormat: undefined,
  activation: "none",
  algorithm: undefined,
};

/** Checks a filter and its groups; throws unless x has the channels that it asks for. */
export function checkFilter(
  name: string,
  rank: number,
  [argument, x]: readonly [string, Spec],
  filter: Spec,
  groups: number,
  transposed: boolean,
): void {
  const kernel = ["height", "width"].slice(2 - rank);
  const axes = rank === 3 ? "depth, height, width" : kernel.join(", ");
  const wanted = transposed
    ? `[${axes}, outputs / groups, channels]`
    : `[${axes}, channels / groups, outputs]`;
  if (filter.shape.length !== rank + 2)
    throw new ShapeError(`${name}: filter is ${show(filter.shape)}, expected ${wanted}`);
  const channels = x.shape[rank + 1];
  const [inner, outer] = filter.shape.slice(rank);
  if (!Number.isInteger(groups) || groups < 1)
    throw new OptionError(`${name}: groups is ${groups}, expected a whole number ≥ 1`);
  if (outer % groups !== 0)
    throw new ShapeError(
      `${name}: filter is ${show(filter.shape)}, whose last axis of ${outer} does not divide into ${groups} groups`,
    );
  const asked = transposed ? outer : inner * groups;
  if (channels !== asked)
    throw new ShapeError(
      `${name}: filter is ${show(filter.shape)} in ${groups} ${groups === 1 ? "group" : "groups"}, for ${asked} channels, and ` +
        `${argument} ${show(x.shape)} has ${channels}`,
    );
}

/** Whether one bias counts for all outputs. */
export function singleBias(name: string, bias: Spec, outputs: number): boolean {
  return !each(name, "bias", bias, outputs, "the outputs of filter");
}

export interface FilterOptions extends WindowOptions {
  /** The filter's extents. */
  kernel: Shape;
  groups: number;
  algorithm?: Algorithm;
}
