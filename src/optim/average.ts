/** Running averages of weights. */
import { checkOptions } from "../arguments.js";
import { checkState, copyState, type State } from "../io/state.js";
import { scope } from "../memory.js";
import { sub } from "../ops/binary.js";
import { move, zerosLike } from "./gradients.js";
import { checkNumber } from "./optimizer.js";

/**
 * An exponential moving average of parameters: average = decay · average + (1 − decay) · parameter at each `update`,
 * from their values when it was made. Often better than the last weights themselves.
 * Polyak, Juditsky: "Acceleration of stochastic approximation by averaging", 1992.
 *
 *     const average = new optim.MovingAverage(model.parameters(), { decay: 0.999 });
 *     optimizer.step(gradients);
 *     average.update();
 *     model.load(average.parameters); // at the end
 */
export class MovingAverage {
  /** The averages, by the parameters' names. */
  readonly parameters: State;
  readonly #source: State;
  readonly #decay: number;

  constructor(parameters: State, options: { decay?: number } = {}) {
    checkOptions("MovingAverage", options, ["decay"]);
    this.#decay = checkNumber("MovingAverage", "decay", options.decay ?? 0.999, 1);
    this.#source = { ...parameters };
    this.parameters = zerosLike("MovingAverage", parameters);
    copyState("MovingAverage", this.#source, this.parameters);
  }

  /** Moves the averages towards the parameters as they are now. */
  update(): void {
    checkState("MovingAverage.update", this.#source, this.parameters);
    for (const [name, average] of Object.entries(this.parameters))
      scope(() => move(average, sub(average, this.#source[name]), 1 - this.#decay));
  }

  dispose(): void {
    for (const average of Object.values(this.parameters)) average.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
