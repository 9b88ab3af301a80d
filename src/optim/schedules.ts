/**
 * Learning rates that change with time: functions from the steps taken so far to the rate of the next. Give one to an
 * optimiser instead of a number:
 *
 *     new optim.AdamW(parameters, { learningRate: optim.schedules.warmUp(100, optim.schedules.cosine(1e-3, 5000)) });
 */
import { OptionError } from "../errors.js";
import { cos, power } from "../exact.js";

/** The rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

function checkCount(who: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new OptionError(`${who}: ${name} is ${value}, expected a number above 0`);
}

/** rate · factor^⌊step / every⌋ */
export function steps(rate: number, every: number, factor = 0.1): Schedule {
  checkCount("schedules.steps", "every", every);
  return (step) => rate * power(factor, Math.floor(step / every));
}

/** rate · factor^step */
export function exponential(rate: number, factor: number): Schedule {
  return (step) => rate * power(factor, step);
}

/** From `from` to `to` in a straight line over `length` steps, and `to` ever after. */
export function linear(from: number, to: number, length: number): Schedule {
  checkCount("schedules.linear", "length", length);
  return (step) => from + (to - from) * Math.min(1, step / length);
}

/**
 * least + (rate − least) · (1 + cos(π · step / length)) / 2, and `least` after `length` steps; with `restarts` it begins
 * again instead. Loshchilov, Hutter: "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5.
 */
export function cosine(rate: number, length: number, { least = 0, restarts = false } = {}): Schedule {
  checkCount("schedules.cosine", "length", length);
  return (step) => {
    const at = restarts ? (step % length) / length : Math.min(1, step / length);
    return least + ((rate - least) * (1 + cos(Math.PI * at))) / 2;
  };
}

/**
 * From rate / start up to `rate` over the first `rise` of `length` steps, then down to rate / start / end, both along a
 * cosine. Smith, Topin: "Super-convergence", 2018.
 */
export function oneCycle(rate: number, length: number, { rise = 0.3, start = 25, end = 1e4 } = {}): Schedule {
  checkCount("schedules.oneCycle", "length", length);
  if (!(rise > 0 && rise < 1))
    throw new OptionError(`schedules.oneCycle: rise is ${rise}, expected a number in (0, 1)`);
  const top = rise * length;
  const between = (from: number, to: number, part: number): number =>
    to + ((from - to) * (1 + cos(Math.PI * part))) / 2;
  return (step) =>
    step < top
      ? between(rate / start, rate, step / top)
      : between(rate, rate / start / end, Math.min(1, (step - top) / (length - top)));
}

/** The schedule that follows, times (step + 1) / length during the first `length` steps; it does not wait for them. */
export function warmUp(length: number, then: Schedule | number): Schedule {
  checkCount("schedules.warmUp", "length", length);
  return (step) => Math.min(1, (step + 1) / length) * (typeof then === "number" ? then : then(step));
}

export interface PlateauOptions {
  /** Times the rate, once the metric stands still. Default 0.1. */
  factor?: number;
  /** How many observations without improvement are borne. Default 10. */
  patience?: number;
  /** By what part a metric must be better to count. Default 1e-4. */
  threshold?: number;
  /** The least rate. Default 0. */
  least?: number;
  /** Whether larger metrics are better. Default false: a loss. */
  maximize?: boolean;
}

/**
 * A rate that falls when a metric no longer improves. `observe` it once an epoch:
 *
 *     const plateau = new optim.schedules.Plateau(1e-3);
 *     const optimizer = new optim.Adam(parameters, { learningRate: plateau.schedule });
 *     plateau.observe(validationLoss);
 */
export class Plateau {
  #rate: number;
  #best: number | undefined;
  #waited = 0;
  readonly #options: Required<PlateauOptions>;
  readonly schedule: Schedule = () => this.#rate;

  constructor(rate: number, options: PlateauOptions = {}) {
    const { factor = 0.1, patience = 10, threshold = 1e-4, least = 0, maximize = false } = options;
    if (!(factor > 0 && factor < 1))
      throw new OptionError(`schedules.Plateau: factor is ${factor}, expected a number in (0, 1)`);
    this.#rate = rate;
    this.#options = { factor, patience, threshold, least, maximize };
  }

  get rate(): number {
    return this.#rate;
  }

  observe(metric: number): void {
    const { factor, patience, threshold, least, maximize } = this.#options;
    if (Number.isNaN(metric)) throw new OptionError("schedules.Plateau: the metric is NaN");
    const margin = threshold * Math.abs(this.#best ?? 0);
    const better =
      this.#best === undefined || (maximize ? metric > this.#best + margin : metric < this.#best - margin);
    if (better) [this.#best, this.#waited] = [metric, 0];
    else if (++this.#waited > patience) {
      this.#rate = Math.max(least, this.#rate * factor);
      this.#waited = 0;
    }
  }
}
