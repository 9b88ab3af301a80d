/** Stochastic gradient descent. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import type { State } from "../io/state.js";
import { sgdUpdate } from "../ops/update.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, type LearningRate, Optimizer } from "./optimizer.js";

export interface SGDOptions {
  learningRate: LearningRate;
  /** How much of the last step goes into the next, in [0, 1). Default 0. */
  momentum?: number;
  /** Looks ahead by the momentum, which must not be 0. Default false. */
  nesterov?: boolean;
  /** Times the parameter, is added to its gradient. Default 0. */
  weightDecay?: number;
}

/** Gradient descent with momentum, as torch defines it: see `sgdUpdate`. */
export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #nesterov: boolean;
  readonly #weightDecay: number;
  /** None without momentum. */
  readonly #velocity: State | undefined;

  constructor(parameters: State, options: SGDOptions) {
    checkOptions("SGD", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
    const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    checkNumber("SGD", "momentum", momentum, 1);
    checkNumber("SGD", "weightDecay", weightDecay);
    if (nesterov && momentum === 0) throw new OptionError("SGD: nesterov needs a momentum above 0");
    super(parameters, learningRate);
    this.#momentum = momentum;
    this.#nesterov = nesterov;
    this.#weightDecay = weightDecay;
    this.#velocity = momentum > 0 ? this.slots("velocity") : undefined;
  }

  protected update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void {
    const velocity = this.#velocity === undefined ? gradient : this.#velocity[name]; // untouched without momentum
    sgdUpdate(parameter, gradient, velocity, {
      learningRate,
      momentum: this.#momentum,
      nesterov: this.#nesterov,
      weightDecay: this.#weightDecay,
    });
  }
}
