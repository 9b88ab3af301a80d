/** What all optimisers share: parameters with a state beside each, and the step over them. */
import { currentDevice } from "../devices/device.js";
import { DTypeError, OptionError } from "../errors.js";
import { checkState, checkTensor, copyState, type State } from "../io/state.js";
import { keep } from "../memory.js";
import { constant, type Spec, type Tensor } from "../tensor.js";

/** A number ≥ 0, or a function from the steps taken so far to one: see `schedules`. */
export type LearningRate = number | ((step: number) => number);

/**
 * Changes parameters in place, from gradients of the same names:
 *
 *     const step = valueAndGrad(loss, model.parameters());
 *     const optimizer = new optim.Adam(model.parameters());
 *     for (const [x, y] of batches)
 *       scope(() => {
 *         const [value, gradients] = step(x, y);
 *         optimizer.step(gradients);
 *       });
 */
export abstract class Optimizer {
  readonly parameters: State;
  #rate: LearningRate;
  #steps = 0;
  readonly #who = this.constructor.name;
  readonly #state: Record<string, Tensor> = {};

  constructor(parameters: State, learningRate: LearningRate) {
    this.parameters = { ...parameters };
    for (const [name, parameter] of Object.entries(this.parameters)) {
      checkTensor(this.#who, name, parameter);
      if (parameter.dtype !== "float32")
        throw new DTypeError(`${this.#who}: "${name}" is ${parameter.dtype}, expected float32`);
    }
    this.#rate = learningRate;
    void this.learningRate; // throws unless it is a rate
    const [first] = Object.values(this.parameters);
    this.#remember("steps", { shape: [], dtype: "int32" }, first?.device);
  }

  /** The size of the next step: set it at any time, to a number or to a schedule. */
  get learningRate(): number {
    const rate = typeof this.#rate === "function" ? this.#rate(this.#steps) : this.#rate;
    return checkNumber(this.#who, "learningRate", rate);
  }

  set learningRate(rate: LearningRate) {
    this.#rate = rate;
  }

  /** How many steps were taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Updates one parameter by a step of size `learningRate`, which `steps` counts already. */
  protected abstract update(name: string, parameter: Tensor, gradient: Tensor, learningRate: number): void;

  /**
   * One step against `gradients`, which have the parameters' names and shapes, and are freed. Throws OptionError,
   * ShapeError, DTypeError or DisposedError if one does not fit, having changed nothing.
   */
  step(gradients: State): void {
    checkState(`${this.#who}.step`, gradients, this.parameters);
    const { learningRate } = this;
    this.#steps++;
    for (const [name, parameter] of Object.entries(this.parameters))
      this.update(name, parameter, gradients[name], learningRate);
    for (const gradient of Object.values(gradients)) gradient.dispose();
  }

  /** What the optimiser remembers, to be saved: its own tensors, not copies. Options are not among it. */
  state(): State {
    const { steps } = this.#state;
    steps.device.write(steps.block(this.#who), Int32Array.of(this.#steps));
    return { ...this.#state };
  }

  /** Copies a saved state into this one. Throws if a name, shape or dtype differs, having changed nothing. */
  load(state: State): void {
    copyState(`${this.#who}.load`, state, this.#state);
    this.#steps = this.#state.steps.item();
  }

  /** Frees what the optimiser remembers. The parameters stay. */
  dispose(): void {
    for (const tensor of Object.values(this.#state)) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Zeros like each parameter, by its name, that the state calls "slot.name". */
  protected slots(slot: string): State {
    const made = Object.entries(this.parameters).map(
      ([name, parameter]) => [name, this.#remember(`${slot}.${name}`, parameter, parameter.device)] as const,
    );
    return Object.fromEntries(made);
  }

  #remember(name: string, { shape, dtype }: Spec, device = currentDevice()): Tensor {
    const zeros = keep(constant(device, { shape, dtype }, 0, this.#who));
    this.#state[name] = zeros;
    return zeros;
  }
}

/** Throws unless `value` is a number in [0, below). */
export function checkNumber(who: string, option: string, value: number, below = Infinity): number {
  if (!(value >= 0 && value < below))
    throw new OptionError(`${who}: ${option} is ${value}, expected a number in [0, ${below})`);
  return value;
}
