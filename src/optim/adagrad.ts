/** Adagrad. */
import { checkOptions } from "../arguments.js";
import type { State } from "../io/state.js";
import { adagradUpdate } from "../ops/optimizers.js";
import type { Tensor } from "../tensor.js";
import { checkNumber, type LearningRate, Optimizer } from "./optimizer.js";

export interface AdagradOptions {
  /** Default 0.01. */
  learningRate?: LearningRate;
  /** Added to the root of the sum of squares. Default 1e-10. */
  epsilon?: number;
  /** Times the parameter, is added to its gradient. Default 0. */
  weightDecay?: number;
}

/** Steps of the gradient over the root of the sum of its squares so far: see `adagradUpdate`. */
export class Adagrad extends Optimizer {
  readonly #epsilon: number;
  readonly #weightDecay: number;
  readonly #square: State;

  constructor(parameters: State, options: AdagradOptions = {}) {
    checkOptions("Adagrad", options, ["learningRate", "epsilon", "weightDecay"]);
    const { learningRate = 0.01, epsilon = 1e-10, weightDecay = 0 } = options;
    super(parameters, learningRate);
    this.#epsilon = checkNumber("Adagrad", "epsilon", epsilon);
    this.#weightDecay = checkNumber("Adagrad", "weightDecay", weightDecay);
    this.#square = this.slots("square");
  }

  protected update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void {
    const options = { learningRate, epsilon: this.#epsilon, weightDecay: this.#weightDecay };
    adagradUpdate(parameter, gradient, this.#square[name], options);
  }
}
