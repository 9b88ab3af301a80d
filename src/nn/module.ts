/** Modules: functions of a tensor with parameters of their own. */
import { copyState, type State } from "../io/state.js";
import { keep } from "../memory.js";
import { Tensor } from "../tensor.js";

/** Tensors of modules that are no parameters. */
const buffers = new WeakSet<Tensor>();

/** Marks a tensor that a module holds as a buffer, and keeps it from the scope it was made in. */
export function buffer(tensor: Tensor): Tensor {
  buffers.add(tensor);
  return keep(tensor);
}

/**
 * A part of a network. Every field that holds a tensor is a parameter, and every field that holds a module, or an array
 * of modules, is a part of this one: a parameter's name is the path to it, as "0.weight" or "encoder.blocks.1.bias".
 * What is no parameter belongs in a private field (`#`), or is marked as a buffer: a tensor that is kept and saved, but not trained.
 *
 *     class Residual extends nn.Module {
 *       readonly inner: nn.Linear;
 *       constructor(width: number, key: Key) {
 *         super();
 *         this.inner = new nn.Linear(width, width, { key, activation: "relu" });
 *       }
 *       forward(x: Tensor): Tensor {
 *         return add(x, this.inner.forward(x));
 *       }
 *     }
 *
 * Parameters outlive the scope that the module was made in (`keep`) and are freed by `dispose`.
 */
export abstract class Module {
  /** Whether modules like Dropout act as in training: `train()` and `eval()` set it. */
  training = true;

  abstract forward(x: Tensor): Tensor;

  /** The tensors and modules that this one holds, by name. */
  protected members(): [name: string, member: unknown][] {
    return Object.entries(this);
  }

  /** All parameters, each under its first name. */
  parameters(): Record<string, Tensor> {
    return this.#tensors((tensor) => !buffers.has(tensor));
  }

  /** What is kept beside the parameters, as running averages are, by name. */
  buffers(): Record<string, Tensor> {
    return this.#tensors((tensor) => buffers.has(tensor));
  }

  /** Parameters and buffers: what to save. */
  state(): Record<string, Tensor> {
    return this.#tensors(() => true);
  }

  /**
   * Copies saved parameters into this module's, and the buffers if any are given. Throws if a name, shape or dtype differs, having
   * changed nothing.
   */
  load(state: State): void {
    const whole = Object.keys(this.buffers()).some((name) => name in state);
    copyState(`${this.constructor.name}.load`, state, whole ? this.state() : this.parameters());
  }

  /** Puts the module and its parts into the training mode, in which they are made. */
  train(): this {
    return this.#setTraining(true);
  }

  /** Puts the module and its parts into the mode for use: nothing random. */
  eval(): this {
    return this.#setTraining(false);
  }

  /** Frees the parameters. */
  dispose(): void {
    this.#visit("", (_, member) => {
      if (member !== this) member.dispose();
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #tensors(wanted: (tensor: Tensor) => boolean): Record<string, Tensor> {
    const found = new Map<Tensor, string>();
    this.#visit("", (path, member) => {
      if (member instanceof Tensor && wanted(member) && !found.has(member)) found.set(member, path);
    });
    return Object.fromEntries([...found].map(([tensor, path]) => [path, tensor]));
  }

  #setTraining(training: boolean): this {
    this.#visit("", (_, member) => {
      if (member instanceof Module) member.training = training;
    });
    return this;
  }

  /** Calls `act` with the path of this module, of its parts and of their tensors. */
  #visit(path: string, act: (path: string, member: Module | Tensor) => void): void {
    act(path, this);
    const enter = (name: string, member: unknown): void => {
      const at = path === "" ? name : `${path}.${name}`;
      if (member instanceof Module) member.#visit(at, act);
      else if (member instanceof Tensor) act(at, member);
      else if (Array.isArray(member)) member.forEach((item, i) => enter(`${name}.${i}`, item));
    };
    for (const [name, member] of this.members()) enter(name, member);
  }
}
