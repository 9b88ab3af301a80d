/** Lion. */
import { checkOptions } from "../arguments.js";
import type { State } from "../io/state.js";
import { lionUpdate } from "../ops/optimizers.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, type LearningRate, Optimizer } from "./optimizer.js";

export interface LionOptions {
  /** Default 0.0001. */
  learningRate?: LearningRate;
  /** How much of the running mean the step, and the mean itself, take from before, in [0, 1). Defaults 0.9 and 0.99. */
  beta1?: number;
  beta2?: number;
  /** Shrinks the parameter. Default 0. */
  weightDecay?: number;
}

/** Steps of the sign of a running mean of the gradient: see `lionUpdate`. */
export class Lion extends Optimizer {
  readonly #settings: Omit<Required<LionOptions>, "learningRate">;
  readonly #m: State;

  constructor(parameters: State, options: LionOptions = {}) {
    checkOptions("Lion", options, ["learningRate", "beta1", "beta2", "weightDecay"]);
    const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options;
    super(parameters, learningRate);
    this.#settings = {
      beta1: checkNumber("Lion", "beta1", beta1, 1),
      beta2: checkNumber("Lion", "beta2", beta2, 1),
      weightDecay: checkNumber("Lion", "weightDecay", weightDecay),
    };
    this.#m = this.slots("m");
  }

  protected update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void {
    lionUpdate(parameter, gradient, this.#m[name], { learningRate, ...this.#settings });
  }
}
