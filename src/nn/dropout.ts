/** Dropout. */
import { checkOptions } from "../arguments.js";
import { DrawCounter } from "../draws.js";
import { OptionError } from "../errors.js";
import { dropout, type Key } from "../ops/random.js";
import { foldIn } from "../random.js";
import type { Tensor } from "../tensor.js";
import { checkKey } from "./initializers.js";
import { Module } from "./module.js";

/**
 * In training each element becomes 0 with probability `rate`, else x / (1 − rate); each call draws a fresh mask, the
 * n-th one that of `foldIn(key, n)`. In use (`eval()`) y = x. Srivastava et al.: "Dropout", 2014.
 */
export class Dropout extends Module {
  readonly #key: Key;
  /** Counts the masks drawn so far. */
  readonly #calls = new DrawCounter();

  constructor(
    readonly rate: number,
    options: { key: Key },
  ) {
    super();
    if (!(rate >= 0 && rate < 1))
      throw new OptionError(`Dropout: rate is ${rate}, expected a number in [0, 1)`);
    checkOptions("Dropout", options, ["key"]);
    checkKey("Dropout", options.key);
    this.#key = options.key;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    return dropout(x, foldIn(this.#key, this.#calls.next()), this.rate);
  }
}
