/** Recurrent networks. */
import { checkOptions } from "../arguments.js";
import { ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { zeros } from "../ops/fill.js";
import { split, stack } from "../ops/joining.js";
import { permuteDims, reshape } from "../ops/movement.js";
import type { Key } from "../ops/random.js";
import { gruCell, lstmCell } from "../ops/recurrent.js";
import { split as splitKey } from "../random.js";
import { sameShape, show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkKey, type Initializer } from "./initializers.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";

export interface RecurrentOptions {
  /** Where the random weights come from. */
  key: Key;
  /** Whether the gates have biases. Default true. */
  bias?: boolean;
  /** Makes the weights. Default `glorotUniform`. */
  initializer?: Initializer;
}

/**
 * A cell that runs along a sequence: x [batch, time, inputs] → [batch, time, width], its state after every step. Gradients run back through
 * time; the products of all inputs are one.
 */
abstract class Recurrent<State extends readonly Tensor[]> extends Module {
  /** What inputs add to the gates, and what the hidden state adds. */
  readonly input: Linear;
  readonly hidden: Linear;
  readonly #width: number;
  readonly #states: number;

  constructor(
    name: string,
    inputs: number,
    width: number,
    gates: number,
    states: number,
    options: RecurrentOptions,
  ) {
    super();
    checkOptions(name, options, ["key", "bias", "initializer"]);
    const { key, bias, initializer } = options;
    checkKey(name, key);
    const [first, second] = splitKey(key, 2);
    this.input = new Linear(inputs, gates * width, { key: first, bias, initializer });
    this.hidden = new Linear(width, gates * width, { key: second, bias, initializer });
    this.#width = width;
    this.#states = states;
  }

  /** The state after a step: the hidden one first. */
  protected abstract cell(x: Tensor, h: Tensor, state: State): State;

  forward(x: Tensor): Tensor {
    return scope(() => this.run(x)[0]);
  }

  /** The hidden states [batch, time, width], and the state after the last step; it begins with `state`, zeros unless given. */
  run(x: Tensor, state?: State): [y: Tensor, state: State] {
    const name = this.constructor.name;
    if (x.rank !== 3) throw new ShapeError(`${name}: x is ${show(x.shape)}, expected [batch, time, inputs]`);
    const [batch, time] = x.shape;
    const shape = [batch, this.#width];
    for (const part of state ?? [])
      if (!sameShape(part.shape, shape))
        throw new ShapeError(`${name}: state is ${show(part.shape)}, expected ${show(shape)}`);
    return scope(() => {
      const sums = this.input.forward(permuteDims(x, [1, 0, 2]));
      let now = state ?? (Array.from({ length: this.#states }, () => zeros(shape)) as unknown as State);
      const hidden = split(sums, time).map((step) => {
        now = this.cell(reshape(step, [batch, sums.shape[2]]), this.hidden.forward(now[0]), now);
        return now[0];
      });
      const y = time === 0 ? zeros([batch, 0, this.#width]) : permuteDims(stack(hidden), [1, 0, 2]);
      return [y, now];
    });
  }
}

/**
 * Long short-term memory: see `lstmCell`. x [batch, time, inputs] → [batch, time, width]; `run` takes and returns the state [y, c]. input and
 * hidden have weights [4 · width, …], of the gates i, f, g, o.
 */
export class LSTM extends Recurrent<readonly [y: Tensor, c: Tensor]> {
  constructor(inputs: number, width: number, options: RecurrentOptions) {
    super("LSTM", inputs, width, 4, 2, options);
  }

  protected override cell(x: Tensor, h: Tensor, [, c]: readonly [Tensor, Tensor]): readonly [Tensor, Tensor] {
    return lstmCell(x, h, c);
  }
}

/**
 * Gated recurrent unit: see `gruCell`. x [batch, time, inputs] → [batch, time, width]; `run` takes and returns the state [y]. input and hidden
 * have weights [3 · width, …], of the gates r, z, n.
 */
export class GRU extends Recurrent<readonly [y: Tensor]> {
  constructor(inputs: number, width: number, options: RecurrentOptions) {
    super("GRU", inputs, width, 3, 1, options);
  }

  protected override cell(x: Tensor, h: Tensor, [y]: readonly [Tensor]): readonly [Tensor] {
    return [gruCell(x, h, y)];
  }
}
