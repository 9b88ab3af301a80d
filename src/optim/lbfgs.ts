/** L-BFGS: a quasi-Newton method for losses that are the same at every call. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import { checkState, type State } from "../io/state.js";
import { keep, scope } from "../memory.js";
import { mul, sub } from "../ops/binary.js";
import { abs } from "../ops/elementary.js";
import { max, sum } from "../ops/reduce.js";
import type { Tensor } from "../tensor.js";
import { move } from "./gradients.js";
import { checkNumber } from "./optimizer.js";
import { type Point, strongWolfe } from "./wolfe.js";

export interface LBFGSOptions {
  /** Iterations of a step at most. Default 20. */
  iterations?: number;
  /** How many past steps shape the next. Default 10. */
  history?: number;
  /** A step ends when no element of the gradient is larger. Default 1e-7. */
  tolerance?: number;
}

/** Loss and gradients, as `valueAndGrad` gives them; called several times a step. */
type Closure = () => readonly [loss: Tensor, gradients: State];

/** How far the parameters moved, how the gradient changed, and 1 / of their product. */
interface Pair {
  readonly s: State;
  readonly y: State;
  readonly rho: number;
}

/**
 * Minimises a loss of all parameters at once, in place:
 *
 *     const optimizer = new optim.LBFGS(model.parameters());
 *     const loss = optimizer.step(() => step(x, y));
 *
 * The direction is Nocedal's two-loop recursion (Nocedal, Wright: "Numerical optimization", 2006, algorithm 7.4), the
 * length satisfies the strong Wolfe conditions (algorithms 3.5 and 3.6). Reads losses and products as it goes.
 */
export class LBFGS {
  readonly parameters: State;
  readonly #options: Required<LBFGSOptions>;
  readonly #pairs: Pair[] = [];

  constructor(parameters: State, options: LBFGSOptions = {}) {
    checkOptions("LBFGS", options, ["iterations", "history", "tolerance"]);
    const { iterations = 20, history = 10, tolerance = 1e-7 } = options;
    if (!(Number.isInteger(iterations) && iterations > 0))
      throw new OptionError(`LBFGS: iterations is ${iterations}, expected a whole number above 0`);
    if (!(Number.isInteger(history) && history > 0))
      throw new OptionError(`LBFGS: history is ${history}, expected a whole number above 0`);
    this.parameters = { ...parameters };
    this.#options = { iterations, history, tolerance: checkNumber("LBFGS", "tolerance", tolerance) };
  }

  /** Goes down until a tolerance or `iterations` is reached; returns the loss where it stands. */
  step(closure: Closure): number {
    const { iterations, tolerance } = this.#options;
    let { value, gradients } = this.#evaluate(closure);
    try {
      for (let i = 0; i < iterations && largest(gradients) > tolerance; i++) {
        const direction = this.#direction(gradients);
        const slope = dot(gradients, direction);
        const first = this.#pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(gradients, gradients)));
        const before = { value, gradients };
        let at = 0;
        const phi = (length: number): Point => {
          if (gradients !== before.gradients) free(gradients);
          shift(this.parameters, direction, at - length);
          at = length;
          ({ value, gradients } = this.#evaluate(closure));
          return { length, value, slope: dot(gradients, direction) };
        };
        // Without a descent there is no length to look for: the past no longer describes the present.
        const found = slope < 0 && strongWolfe(phi, { length: 0, value, slope }, first);
        if (found) this.#remember(direction, at, before.gradients, gradients);
        else if (at !== 0) {
          shift(this.parameters, direction, at);
          free(gradients);
          ({ value, gradients } = before);
        }
        free(direction);
        if (gradients !== before.gradients) free(before.gradients);
        if (found) continue;
        if (this.#pairs.length === 0) break;
        this.#forget(0);
      }
      return value;
    } finally {
      free(gradients);
    }
  }

  dispose(): void {
    this.#forget(0);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #evaluate(closure: Closure): { value: number; gradients: State } {
    const [loss, gradients] = closure();
    checkState("LBFGS.step", gradients, this.parameters);
    for (const gradient of Object.values(gradients)) keep(gradient);
    const value = loss.item();
    loss.dispose();
    return { value, gradients };
  }

  /** −H · gradient, with H the inverse Hessian that the pairs describe. */
  #direction(gradients: State): State {
    const direction = map(gradients, (gradient) => mul(gradient, -1));
    const weights: number[] = [];
    for (const { s, y, rho } of [...this.#pairs].reverse()) {
      weights.unshift(rho * dot(s, direction));
      shift(direction, y, weights[0]);
    }
    const last = this.#pairs.at(-1);
    if (last !== undefined) {
      const scale = 1 / (last.rho * dot(last.y, last.y));
      for (const tensor of Object.values(direction)) move(tensor, tensor, 1 - scale);
    }
    this.#pairs.forEach(({ s, y, rho }, i) => shift(direction, s, rho * dot(y, direction) - weights[i]));
    return direction;
  }

  #remember(direction: State, length: number, before: State, after: State): void {
    const s = map(direction, (tensor) => mul(tensor, length));
    const y = map(after, (tensor, name) => sub(tensor, before[name]));
    const curvature = dot(s, y);
    if (!(curvature > 1e-10 * dot(y, y))) {
      free(s);
      free(y);
      return;
    }
    this.#pairs.push({ s, y, rho: 1 / curvature });
    this.#forget(this.#options.history);
  }

  /** Frees all but the `count` newest pairs. */
  #forget(count: number): void {
    for (const { s, y } of this.#pairs.splice(0, Math.max(0, this.#pairs.length - count))) {
      free(s);
      free(y);
    }
  }
}

/** f of each tensor, which no scope frees. */
function map(state: State, f: (tensor: Tensor, name: string) => Tensor): State {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name, keep(scope(() => f(tensor, name)))]),
  );
}

function free(state: State): void {
  for (const tensor of Object.values(state)) tensor.dispose();
}

/** x −= rate · by, in place. */
function shift(x: State, by: State, rate: number): void {
  for (const [name, tensor] of Object.entries(x)) move(tensor, by[name], rate);
}

function dot(a: State, b: State): number {
  return scope(() =>
    Object.entries(a).reduce((total, [name, tensor]) => total + sum(mul(tensor, b[name])).item(), 0),
  );
}

/** The largest magnitude among all elements. */
function largest(state: State): number {
  return scope(() =>
    Object.values(state).reduce(
      (most, tensor) => (tensor.size === 0 ? most : Math.max(most, max(abs(tensor)).item())),
      0,
    ),
  );
}
