/** Convolutional layers. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import { keep, scope } from "../memory.js";
import type { Activation, ConvOptions, ConvTransposeOptions } from "../ops/conv/options.js";
import { perAxis } from "../ops/conv/window.js";
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from "../ops/convolution.js";
import { add, mul } from "../ops/binary.js";
import { zeros } from "../ops/fill.js";
import { permuteDims, reshape } from "../ops/movement.js";
import { prepack, type PackedConvolution } from "../ops/prepack.js";
import type { Key } from "../ops/random.js";
import { renew } from "../ops/running.js";
import { depthwiseConv2d } from "../ops/separable.js";
import type { Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkKey, glorotUniform, type Initializer } from "./initializers.js";
import { Module } from "./module.js";

interface Weights {
  /** Where the random weights come from. */
  key: Key;
  /** Whether there is a bias. Default true. */
  bias?: boolean;
  /** Makes the weights, as [outputs, inputs of each, ...kernel]; the bias begins at 0. Default `glorotUniform`. */
  initializer?: Initializer;
}

export type ConvLayerOptions = Weights & ConvOptions;
export type ConvTransposeLayerOptions = Weights & ConvTransposeOptions;

const options = ["strides", "padding", "dilations", "groups", "dataFormat", "activation", "algorithm"];

/** Weights, bias and options of a layer. */
abstract class Convolutional extends Module {
  readonly weight: Tensor;
  /** @internal Set by `absorb` alone. */
  bias: Tensor | undefined;
  readonly activation: Activation;

  constructor(
    name: string,
    outputs: number,
    weight: (initializer: Initializer, key: Key) => Tensor,
    own: Weights & { activation?: Activation },
  ) {
    super();
    const { key, bias = true, initializer = glorotUniform, activation = "none" } = own;
    checkKey(name, key);
    this.activation = activation;
    this.weight = keep(scope(() => weight(initializer, key)));
    this.bias = bias ? keep(zeros([outputs])) : undefined;
  }

  /** @internal y becomes y · scale + shift, each [outputs]: `stretched` is the shape of scale as a factor of the weights. */
  protected absorbAs(scale: Tensor, shift: Tensor, stretched: Shape): void {
    renew(this.weight, () => mul(this.weight, reshape(scale, stretched)));
    const before = (this.bias ??= keep(zeros([shift.size])));
    renew(before, () => add(mul(before, scale), shift));
  }
}

/** Throws unless the channels divide into the groups. */
function checkGroups(name: string, inputs: number, outputs: number, groups: number): void {
  if (!Number.isInteger(groups) || groups < 1 || inputs % groups !== 0 || outputs % groups !== 0)
    throw new OptionError(`${name}: groups is ${groups}, expected a whole number that divides ${inputs} channels and ${outputs} outputs`); // prettier-ignore
}

/** y = activation(conv(x, weight) + bias) over `rank` axes. */
abstract class Convolution extends Convolutional {
  /** Whether Sequential may let it do the activation that follows: a subclass may do something else. */
  readonly fusible: boolean;
  readonly #options: ConvOptions;
  readonly #rank: number;
  #packed: PackedConvolution | undefined;

  constructor(
    rank: number,
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    own: ConvLayerOptions,
  ) {
    const name = `Conv${rank}d`;
    checkOptions(name, own, ["key", "bias", "initializer", ...options]);
    const { key: _, bias: __, initializer: ___, ...rest } = own;
    const { groups = 1 } = rest;
    checkGroups(name, inputs, outputs, groups);
    const extents = perAxis(name, "kernel", kernel, rank);
    const axes = [...extents.map((_, axis) => axis + 2), 1, 0];
    super(name, outputs, (initializer, key) => permuteDims(initializer(key, [outputs, inputs / groups, ...extents]), axes), own); // prettier-ignore
    this.fusible = ([Conv1d, Conv2d, Conv3d] as unknown[]).includes(new.target);
    this.#options = rest;
    this.#rank = rank;
  }

  /** `activation` is for who fuses the next module into this one: see Sequential. */
  forward(x: Tensor, activation = this.activation): Tensor {
    const own = { ...this.#options, activation };
    if (this.#packed !== undefined && !this.training) return this.#packed.apply(x, activation);
    return [conv1d, conv2d, conv3d][this.#rank - 1](x, this.weight, this.bias ?? 0, own);
  }

  /** @internal */
  absorb(scale: Tensor, shift: Tensor): void {
    this.absorbAs(scale, shift, scale.shape);
    if (this.#packed !== undefined) this.prepack();
  }

  /**
   * Packs the weights once, for use after `eval()`: the next calls are faster and have no gradient. Call it again when the
   * weights have changed.
   */
  prepack(): this {
    this.#packed?.dispose();
    this.#packed = prepack(this.weight, this.bias ?? 0, this.#options);
    return this;
  }

  override dispose(): void {
    this.#packed?.dispose();
    super.dispose();
  }
}

/** conv1d as a layer: x [batch, width, inputs] → [batch, places, outputs]; weight [taps, inputs / groups, outputs], bias [outputs]. */
export class Conv1d extends Convolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvLayerOptions,
  ) {
    super(1, inputs, outputs, kernel, options);
  }
}

/**
 * conv2d as a layer: x [batch, height, width, inputs] → [batch, height, width, outputs]; weight [height, width, inputs / groups, outputs],
 * bias [outputs]. Options: those of conv2d, key, bias, initializer.
 */
export class Conv2d extends Convolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvLayerOptions,
  ) {
    super(2, inputs, outputs, kernel, options);
  }
}

/** conv3d as a layer: x [batch, depth, height, width, inputs]; weight [depth, height, width, inputs / groups, outputs], bias [outputs]. */
export class Conv3d extends Convolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvLayerOptions,
  ) {
    super(3, inputs, outputs, kernel, options);
  }
}

/** y = activation(convTranspose(x, weight) + bias) over `rank` axes. */
abstract class TransposedConvolution extends Convolutional {
  readonly #options: ConvTransposeOptions;
  readonly #rank: number;

  constructor(
    rank: number,
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    own: ConvTransposeLayerOptions,
  ) {
    const name = `ConvTranspose${rank}d`;
    checkOptions(name, own, ["key", "bias", "initializer", "outputPadding", ...options]);
    const { key: _, bias: __, initializer: ___, ...rest } = own;
    const { groups = 1 } = rest;
    checkGroups(name, inputs, outputs, groups);
    const extents = perAxis(name, "kernel", kernel, rank);
    const axes = [...extents.map((_, axis) => axis + 2), 0, 1];
    super(name, outputs, (initializer, key) => permuteDims(initializer(key, [outputs / groups, inputs, ...extents]), axes), own); // prettier-ignore
    this.#options = rest;
    this.#rank = rank;
  }

  forward(x: Tensor): Tensor {
    return [convTranspose1d, convTranspose2d, convTranspose3d][this.#rank - 1](
      x,
      this.weight,
      this.bias ?? 0,
      this.#options,
    );
  }
}

/** convTranspose1d as a layer; weight [taps, outputs / groups, inputs], bias [outputs]. */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvTransposeLayerOptions,
  ) {
    super(1, inputs, outputs, kernel, options);
  }
}

/** convTranspose2d as a layer; weight [height, width, outputs / groups, inputs], bias [outputs]. */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvTransposeLayerOptions,
  ) {
    super(2, inputs, outputs, kernel, options);
  }
}

/** convTranspose3d as a layer; weight [depth, height, width, outputs / groups, inputs], bias [outputs]. */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvTransposeLayerOptions,
  ) {
    super(3, inputs, outputs, kernel, options);
  }
}

export type DepthwiseLayerOptions = Omit<ConvLayerOptions, "groups" | "algorithm"> & {
  /** Outputs of each channel. Default 1. */
  multiplier?: number;
};

/**
 * depthwiseConv2d as a layer: x [batch, height, width, channels] → [batch, height, width, channels · multiplier]; weight [height, width,
 * channels, multiplier], bias [channels · multiplier].
 */
export class DepthwiseConv2d extends Convolutional {
  /** As of the other convolutions. */
  readonly fusible: boolean;
  readonly #options: Omit<ConvOptions, "groups" | "algorithm">;

  constructor(channels: number, kernel: number | readonly number[], own: DepthwiseLayerOptions) {
    const name = "DepthwiseConv2d";
    checkOptions(name, own, ["key", "bias", "initializer", "multiplier", ...options.slice(0, 3), "dataFormat", "activation"]); // prettier-ignore
    const { key: _, bias: __, initializer: ___, multiplier = 1, ...rest } = own;
    if (!Number.isInteger(multiplier) || multiplier < 1)
      throw new OptionError(`${name}: multiplier is ${multiplier}, expected a whole number ≥ 1`);
    const extents = perAxis(name, "kernel", kernel, 2);
    // Each output is made of one channel.
    const shape = [channels * multiplier, 1, ...extents];
    const weight = (initializer: Initializer, key: Key): Tensor =>
      reshape(permuteDims(initializer(key, shape), [2, 3, 1, 0]), [...extents, channels, multiplier]);
    super(name, channels * multiplier, weight, own);
    this.fusible = new.target === DepthwiseConv2d;
    this.#options = rest;
  }

  /** @internal */
  absorb(scale: Tensor, shift: Tensor): void {
    this.absorbAs(scale, shift, this.weight.shape.slice(-2));
  }

  /** `activation` is for who fuses the next module into this one: see Sequential. */
  forward(x: Tensor, activation = this.activation): Tensor {
    return depthwiseConv2d(x, this.weight, this.bias ?? 0, { ...this.#options, activation });
  }
}
