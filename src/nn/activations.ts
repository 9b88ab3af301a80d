/** Functions of each element, as modules. `activation` is what `linear` calls them. */
import { relu, sigmoid, tanh } from "../ops/unary.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** y = max(x, 0) */
export class ReLU extends Module {
  readonly activation = "relu";

  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) */
export class Tanh extends Module {
  readonly activation = "tanh";

  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** y = 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Module {
  readonly activation = "sigmoid";

  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
