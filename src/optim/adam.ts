/** Adam, and Adam with decoupled weight decay. */
import { checkOptions } from "../arguments.js";
import type { State } from "../io/state.js";
import { adamUpdate } from "../ops/update.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, type LearningRate, Optimizer } from "./optimizer.js";

export interface AdamOptions {
  /** Default 0.001. */
  learningRate?: LearningRate;
  /** How much of the mean of the gradient, and of its square, a step keeps, in [0, 1). Defaults 0.9 and 0.999. */
  beta1?: number;
  beta2?: number;
  /** Added to the root of the mean square. Default 1e-8. */
  epsilon?: number;
  /** Default 0 for Adam, where it is added to the gradient, and 0.01 for AdamW, where it shrinks the parameter. */
  weightDecay?: number;
}

type Settings = Omit<Required<AdamOptions>, "learningRate"> & { decoupled: boolean };

function settingsOf(who: string, options: AdamOptions, decoupled: boolean): Settings {
  checkOptions(who, options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decoupled ? 0.01 : 0 } = options;
  return {
    beta1: checkNumber(who, "beta1", beta1, 1),
    beta2: checkNumber(who, "beta2", beta2, 1),
    epsilon: checkNumber(who, "epsilon", epsilon),
    weightDecay: checkNumber(who, "weightDecay", weightDecay),
    decoupled,
  };
}

abstract class Moments extends Optimizer {
  readonly #settings: Settings;
  readonly #m: State;
  readonly #v: State;

  constructor(parameters: State, learningRate: LearningRate, settings: Settings) {
    super(parameters, learningRate);
    this.#settings = settings;
    this.#m = this.slots("m");
    this.#v = this.slots("v");
  }

  protected update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void {
    const { steps: step } = this;
    adamUpdate(parameter, gradient, this.#m[name], this.#v[name], { step, learningRate, ...this.#settings });
  }
}

/** Steps of the gradient's running mean over the root of its running mean square: see `adamUpdate`. */
export class Adam extends Moments {
  constructor(parameters: State, options: AdamOptions = {}) {
    super(parameters, options.learningRate ?? 0.001, settingsOf("Adam", options, false));
  }
}

/** Adam with weight decay apart from the gradient: see `adamUpdate`. */
export class AdamW extends Moments {
  constructor(parameters: State, options: AdamOptions = {}) {
    super(parameters, options.learningRate ?? 0.001, settingsOf("AdamW", options, true));
  }
}
