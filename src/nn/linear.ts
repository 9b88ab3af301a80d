/** The dense layer. */
import { checkOptions } from "../arguments.js";
import { keep, scope } from "../memory.js";
import { add, mul } from "../ops/binary.js";
import { zeros } from "../ops/fill.js";
import { type Activation, linear } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import type { Key } from "../ops/random.js";
import { renew } from "../ops/running.js";
import type { Tensor } from "../tensor.js";
import { checkKey, glorotUniform, type Initializer } from "./initializers.js";
import { Module } from "./module.js";

export interface LinearOptions {
  /** Where the random weights come from. */
  key: Key;
  /** Whether there is a bias. Default true. */
  bias?: boolean;
  /** Makes the weights [out, in]; the bias begins at 0. Default `glorotUniform`. */
  initializer?: Initializer;
  /** What is applied to the result in the same pass. Default "none". */
  activation?: Activation;
}

/** y = activation(x · weightᵀ + bias). x [..., in] → [..., out]; weight [out, in], bias [out]. */
export class Linear extends Module {
  readonly weight: Tensor;
  /** @internal Set by `absorb` alone. */
  bias: Tensor | undefined;
  readonly activation: Activation;
  /** Whether Sequential may let it do the activation that follows: a subclass may do something else. */
  readonly fusible: boolean;
  /** The bias, or the zeros that stand for it. */
  readonly #bias: Tensor;

  constructor(inputs: number, outputs: number, options: LinearOptions) {
    super();
    checkOptions("Linear", options, ["key", "bias", "initializer", "activation"]);
    const { key, bias = true, initializer = glorotUniform, activation = "none" } = options;
    checkKey("Linear", key);
    this.activation = activation;
    this.fusible = new.target === Linear;
    this.weight = keep(scope(() => initializer(key, [outputs, inputs])));
    this.#bias = keep(zeros([outputs]));
    this.bias = bias ? this.#bias : undefined;
  }

  /** `activation` is for who fuses the next module into this one: see Sequential. */
  forward(x: Tensor, activation = this.activation): Tensor {
    return linear(x, this.weight, this.#bias, { activation });
  }

  /** @internal y becomes y · scale + shift, each [out]. */
  absorb(scale: Tensor, shift: Tensor): void {
    renew(this.weight, () => mul(this.weight, reshape(scale, [scale.size, 1])));
    renew(this.#bias, () => add(mul(this.#bias, scale), shift));
    this.bias = this.#bias;
  }

  override dispose(): void {
    super.dispose();
    this.#bias.dispose();
  }
}
