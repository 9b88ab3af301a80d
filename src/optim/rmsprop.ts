/** RMSprop. */
import { checkOptions } from "../arguments.js";
import type { State } from "../io/state.js";
import { rmspropUpdate } from "../ops/optimizers.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, type LearningRate, Optimizer } from "./optimizer.js";

export interface RMSpropOptions {
  /** Default 0.01. */
  learningRate?: LearningRate;
  /** How much of the mean square a step keeps, in [0, 1). Default 0.99. */
  alpha?: number;
  /** Added to the root of the mean square. Default 1e-8. */
  epsilon?: number;
  /** Times the parameter, is added to its gradient. Default 0. */
  weightDecay?: number;
  /** How much of the last step goes into the next, in [0, 1). Default 0. */
  momentum?: number;
  /** Divides by the deviation of the gradient instead of its root mean square. Default false. */
  centered?: boolean;
}

/** Steps of the gradient over the root of its running mean square: see `rmspropUpdate`. */
export class RMSprop extends Optimizer {
  readonly #settings: Omit<Required<RMSpropOptions>, "learningRate">;
  readonly #square: State;
  /** None unless centered; none without momentum. */
  readonly #mean: State | undefined;
  readonly #velocity: State | undefined;

  constructor(parameters: State, options: RMSpropOptions = {}) {
    checkOptions("RMSprop", options, [
      "learningRate",
      "alpha",
      "epsilon",
      "weightDecay",
      "momentum",
      "centered",
    ]);
    const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8, weightDecay = 0 } = options;
    const { momentum = 0, centered = false } = options;
    checkNumber("RMSprop", "alpha", alpha, 1);
    checkNumber("RMSprop", "epsilon", epsilon);
    checkNumber("RMSprop", "weightDecay", weightDecay);
    checkNumber("RMSprop", "momentum", momentum, 1);
    super(parameters, learningRate);
    this.#settings = { alpha, epsilon, weightDecay, momentum, centered };
    this.#square = this.slots("square");
    this.#mean = centered ? this.slots("mean") : undefined;
    this.#velocity = momentum > 0 ? this.slots("velocity") : undefined;
  }

  protected update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void {
    const square = this.#square[name];
    const mean = this.#mean?.[name] ?? square; // untouched where it is not used
    const velocity = this.#velocity?.[name] ?? square;
    rmspropUpdate(parameter, gradient, square, mean, velocity, { learningRate, ...this.#settings });
  }
}
