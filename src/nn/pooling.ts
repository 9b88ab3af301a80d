/** Pooling as modules. */
import { reshape } from "../ops/movement.js";
import { globalAvgPool, maxPool } from "../ops/pooling.js";
import { adaptiveAvgPool, avgPool, type AvgPoolOptions } from "../ops/resample.js";
import type { Format, WindowOptions } from "../ops/conv/window.js";
import { sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

type Extents = number | readonly number[];

/** y = maxPool(x, kernel, options): one, two or three spatial axes. */
export class MaxPool extends Module {
  constructor(
    readonly kernel: Extents,
    readonly options: WindowOptions = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return maxPool(x, this.kernel, this.options);
  }
}

/** y = avgPool(x, kernel, options): one, two or three spatial axes. */
export class AvgPool extends Module {
  constructor(
    readonly kernel: Extents,
    readonly options: AvgPoolOptions = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return avgPool(x, this.kernel, this.options);
  }
}

/** y = adaptiveAvgPool(x, size, options) */
export class AdaptiveAvgPool extends Module {
  constructor(
    readonly size: Extents,
    readonly options: Format = {},
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool(x, this.size, this.options);
  }
}

/** y = globalAvgPool(x, options): [batch, …, channels] → [batch, channels]. */
export class GlobalAvgPool extends Module {
  constructor(readonly options: Format = {}) {
    super();
  }

  forward(x: Tensor): Tensor {
    return globalAvgPool(x, this.options);
  }
}

/** [batch, …] → [batch, the product of the rest] */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
  }
}
