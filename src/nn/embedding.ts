/** Vectors of things that are numbered. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { embedding } from "../ops/indexing.js";
import { matmul } from "../ops/matmul.js";
import { type Key, normal } from "../ops/random.js";
import type { Tensor } from "../tensor.js";
import { checkKey, type Initializer } from "./initializers.js";
import { Module } from "./module.js";

export interface EmbeddingOptions {
  /** Where the random vectors come from. */
  key: Key;
  /** Makes the vectors [count, width]. Default normal deviates. */
  initializer?: Initializer;
}

/**
 * A row of weight [count, width] for each index: indices [...] int32 → [..., width]. Throws IndexError if one is not in [0, count). The
 * gradient adds up the cotangents of equal indices.
 */
export class Embedding extends Module {
  readonly weight: Tensor;

  constructor(count: number, width: number, options: EmbeddingOptions) {
    super();
    for (const [what, number] of Object.entries({ count, width }))
      if (!Number.isInteger(number) || number < 1)
        throw new OptionError(`Embedding: ${what} is ${number}, expected a whole number ≥ 1`);
    checkOptions("Embedding", options, ["key", "initializer"]);
    const { key, initializer = (key, shape) => normal(key, shape) } = options;
    checkKey("Embedding", key);
    this.weight = keep(scope(() => initializer(key, [count, width])));
  }

  forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices);
  }

  /** x · weightᵀ, [..., width] → [..., count]: the scores of all things, by the same vectors (Press, Wolf 2017). */
  scores(x: Tensor): Tensor {
    return matmul(x, this.weight, { transposeB: true });
  }
}
