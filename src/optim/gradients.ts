/** What may be done to gradients between the backward pass and the step. */
import { OptionError } from "../errors.js";
import { checkState, checkTensor, type State } from "../io/state.js";
import { keep, scope } from "../memory.js";
import { mul } from "../ops/binary.js";
import { clip } from "../ops/pointwise.js";
import { sum } from "../ops/reduce.js";
import { square } from "../ops/unary.js";
import { sgdUpdate } from "../ops/update.js";
import { constant, type Tensor } from "../tensor.js";

/** The Euclidean norm of all gradients together. Waits for them. */
export function gradientNorm(gradients: State): number {
  const squares = scope(() =>
    Object.values(gradients).reduce((total, gradient) => total + sum(square(gradient)).item(), 0),
  );
  return Math.sqrt(squares);
}

/**
 * `[gradients · min(1, longest / norm), norm]`: the gradients, none longer together than `longest`, and the norm they had.
 * Those given are freed if they are too long, else given back. A norm that is NaN or infinite leaves them as they are:
 * look at it. Pascanu, Mikolov, Bengio: "On the difficulty of training recurrent neural networks", 2013.
 */
export function clipByNorm(gradients: State, longest: number): [State, number] {
  if (!(longest > 0)) throw new OptionError(`clipByNorm: longest is ${longest}, expected a number above 0`);
  for (const [name, gradient] of Object.entries(gradients)) checkTensor("clipByNorm", name, gradient);
  const norm = gradientNorm(gradients);
  if (!(norm > longest && norm < Infinity)) return [gradients, norm];
  return [replaced(gradients, (gradient) => mul(gradient, longest / norm)), norm];
}

/** Each element of the gradients in [−largest, largest]; NaN stays. Those given are freed. */
export function clipByValue(gradients: State, largest: number): State {
  if (!(largest > 0)) throw new OptionError(`clipByValue: largest is ${largest}, expected a number above 0`);
  for (const [name, gradient] of Object.entries(gradients)) checkTensor("clipByValue", name, gradient);
  return replaced(gradients, (gradient) => clip(gradient, { low: -largest, high: largest }));
}

/** f of each gradient; those given are freed. */
export function replaced(gradients: State, f: (gradient: Tensor) => Tensor): State {
  const results = scope(() =>
    Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, f(gradient)])),
  );
  for (const gradient of Object.values(gradients)) gradient.dispose();
  return results;
}

/**
 * Adds gradients of several small batches for one step of a large one:
 *
 *     const sum = new optim.Accumulator(model.parameters());
 *     for (const [i, [x, y]] of batches.entries())
 *       scope(() => {
 *         sum.add(step(x, y)[1]);
 *         if (i % 8 === 7) optimizer.step(sum.mean());
 *       });
 */
export class Accumulator {
  readonly #parameters: State;
  #sums: State | undefined;
  #count = 0;

  constructor(parameters: State) {
    this.#parameters = { ...parameters };
  }

  /** How many were added since the last mean. */
  get count(): number {
    return this.#count;
  }

  /** Adds gradients, and frees them. Throws if a name, shape or dtype differs, having changed nothing. */
  add(gradients: State): void {
    checkState("Accumulator.add", gradients, this.#parameters);
    if (this.#sums === undefined) {
      this.#sums = { ...gradients };
      for (const gradient of Object.values(gradients)) keep(gradient);
    } else {
      for (const [name, sum] of Object.entries(this.#sums)) move(sum, gradients[name], -1);
      for (const gradient of Object.values(gradients)) gradient.dispose();
    }
    this.#count++;
  }

  /** The mean of those added; the next sum begins anew. */
  mean(): State {
    if (this.#sums === undefined) throw new OptionError("Accumulator.mean: nothing was added");
    const means = replaced(this.#sums, (sum) => mul(sum, 1 / this.#count));
    this.#sums = undefined;
    this.#count = 0;
    return means;
  }

  dispose(): void {
    for (const sum of Object.values(this.#sums ?? {})) sum.dispose();
    this.#sums = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** x −= rate · by, in place. */
export function move(x: Tensor, by: Tensor, rate: number): void {
  sgdUpdate(x, by, by, { learningRate: rate });
}

/** Zeros like each parameter, which no scope frees. */
export function zerosLike(who: string, parameters: State): State {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      checkTensor(who, name, parameter);
      return [name, keep(constant(parameter.device, parameter, 0, who))];
    }),
  );
}
