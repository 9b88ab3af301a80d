/** Normalisation as modules. */
import { checkOptions } from "../arguments.js";
import { isRepeating } from "../draws.js";
import { OptionError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { add, mul, sub } from "../ops/binary.js";
import { batchNorm, groupNorm, instanceNorm } from "../ops/channels.js";
import type { Format } from "../ops/conv/window.js";
import { rsqrt } from "../ops/elementary.js";
import { ones, zeros } from "../ops/fill.js";
import { reshape } from "../ops/movement.js";
import { layerNorm, rmsNorm } from "../ops/normalization.js";
import { powerNorm } from "../ops/powerNorm.js";
import { sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { buffer, Module } from "./module.js";

interface Epsilon {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

function checkCount(name: string, what: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new OptionError(`${name}: ${what} is ${count}, expected a whole number ≥ 1`);
}

/** A gain that begins at 1 and a bias that begins at 0, for each of so many. */
abstract class Affine extends Module {
  readonly gain: Tensor;
  readonly bias: Tensor;

  constructor(name: string, what: string, count: number) {
    super();
    checkCount(name, what, count);
    this.gain = keep(ones([count]));
    this.bias = keep(zeros([count]));
  }
}

/** layerNorm as a layer: x [..., width]; gain, bias [width]. */
export class LayerNorm extends Affine {
  readonly #eps: number;

  constructor(width: number, options: Epsilon = {}) {
    super("LayerNorm", "width", width);
    checkOptions("LayerNorm", options, ["eps"]);
    this.#eps = options.eps ?? 1e-5;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.gain, this.bias, { eps: this.#eps });
  }
}

/** rmsNorm as a layer: x [..., width]; gain [width]. */
export class RMSNorm extends Module {
  readonly gain: Tensor;
  readonly #eps: number;

  constructor(width: number, options: Epsilon = {}) {
    super();
    checkCount("RMSNorm", "width", width);
    checkOptions("RMSNorm", options, ["eps"]);
    this.#eps = options.eps ?? 1e-5;
    this.gain = keep(ones([width]));
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.gain, { eps: this.#eps });
  }
}

/** groupNorm as a layer: x [batch, …, channels]; gain, bias [channels]. */
export class GroupNorm extends Affine {
  readonly #groups: number;
  readonly #options: Epsilon & Format;

  constructor(groups: number, channels: number, options: Epsilon & Format = {}) {
    super("GroupNorm", "channels", channels);
    checkCount("GroupNorm", "groups", groups);
    checkOptions("GroupNorm", options, ["eps", "dataFormat"]);
    if (channels % groups !== 0)
      throw new OptionError(`GroupNorm: groups is ${groups}, expected a divisor of ${channels} channels`);
    this.#groups = groups;
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    return groupNorm(x, this.#groups, this.gain, this.bias, this.#options);
  }
}

/** instanceNorm as a layer: x [batch, …, channels]; gain, bias [channels]. */
export class InstanceNorm extends Affine {
  readonly #options: Epsilon & Format;

  constructor(channels: number, options: Epsilon & Format = {}) {
    super("InstanceNorm", "channels", channels);
    checkOptions("InstanceNorm", options, ["eps", "dataFormat"]);
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    return instanceNorm(x, this.gain, this.bias, this.#options);
  }
}

export interface BatchNormLayerOptions extends Epsilon, Format {
  /** How far the running averages move at each step. Default 0.1. */
  momentum?: number;
}

/**
 * batchNorm as a layer: x [batch, …, channels]; gain, bias, and the buffers mean and variance [channels]. In training the batch's
 * statistics serve and move the running ones, which serve after `eval()`. See `Sequential.fold`.
 */
export class BatchNorm extends Affine {
  /** Whether Sequential may fold it into the layer before: a subclass may do something else. */
  readonly foldable: boolean;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly #options: BatchNormLayerOptions;

  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super("BatchNorm", "channels", channels);
    checkOptions("BatchNorm", options, ["eps", "dataFormat", "momentum"]);
    this.foldable = new.target === BatchNorm;
    this.mean = buffer(zeros([channels]));
    this.variance = buffer(ones([channels]));
    this.#options = options;
  }

  forward(x: Tensor): Tensor {
    const { mean, variance, training } = this;
    return batchNorm(x, this.gain, this.bias, { ...this.#options, mean, variance, training });
  }

  /** Scale and shift, [channels] each, of the running statistics: in use y = x · scale + shift. */
  affine(): [scale: Tensor, shift: Tensor] {
    return scope(() => {
      const scale = mul(this.gain, rsqrt(add(this.variance, this.#options.eps ?? 1e-5)));
      return [scale, sub(this.bias, mul(this.mean, scale))];
    });
  }
}

export interface PowerNormLayerOptions extends Epsilon {
  /** How much of the running averages stays. Default 0.9. */
  alpha?: number;
  /** So many first steps are taken with the batch's own quadratic mean. Default 10000. */
  warmup?: number;
  /** Groups of features that each token is scaled by first, by their root mean square; 0: none. Default 1. */
  groups?: number;
}

/**
 * powerNorm as a layer: x [..., width], all axes but the last together being the rows; gain, bias, and the buffers psi2 and nu [width].
 * In training it must be followed by one backward pass a step. After `eval()` psi2 serves as it is.
 */
export class PowerNorm extends Affine {
  readonly psi2: Tensor;
  readonly nu: Tensor;
  readonly #options: Required<PowerNormLayerOptions>;
  #steps = 0;

  constructor(width: number, options: PowerNormLayerOptions = {}) {
    super("PowerNorm", "width", width);
    checkOptions("PowerNorm", options, ["eps", "alpha", "warmup", "groups"]);
    const { eps = 1e-5, alpha = 0.9, warmup = 10000, groups = 1 } = options;
    if (!Number.isInteger(groups) || groups < 0 || (groups > 0 && width % groups !== 0))
      throw new OptionError(`PowerNorm: groups is ${groups}, expected 0 or a divisor of the width ${width}`);
    this.#options = { eps, alpha, warmup, groups };
    this.psi2 = buffer(ones([width]));
    this.nu = buffer(zeros([width]));
  }

  /** mask: which rows count, of x's shape without the last axis; padding does not. */
  forward(x: Tensor, mask?: Tensor): Tensor {
    const { psi2, nu, training } = this;
    const { eps, alpha, warmup, groups } = this.#options;
    const width = x.shape[x.rank - 1];
    return scope(() => {
      let rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), width]);
      if (groups > 0) {
        const apart = reshape(rows, [rows.shape[0], groups, width / groups]);
        rows = reshape(rmsNorm(apart, { eps }), rows.shape);
      }
      if (training && !isRepeating()) this.#steps++;
      const step = training && this.#steps <= warmup ? this.#steps : 0;
      const count = mask && reshape(mask, [mask.size]);
      const options = { psi2, nu, training, warmup: step, mask: count, alpha, eps };
      return reshape(powerNorm(rows, this.gain, this.bias, options), x.shape);
    });
  }
}
