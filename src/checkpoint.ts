/** Activations that are computed again instead of kept. */
import { repeatable } from "./draws.js";
import { isReal } from "./dtype.js";
import { vjp } from "./grad.js";
import type { Synchronous } from "./memory.js";
import { op } from "./op.js";
import type { Tensor } from "./tensor.js";
import { leavesOf, type Tree } from "./tree.js";

/**
 * f, but a tape keeps only its inputs and its result: the backward pass runs f a second time for what lies between.
 * `parameters` are the tensors that f closes over and that gradients are wanted for. Modules such as Dropout draw the
 * same masks in both runs. Chen, Xu, Zhang, Guestrin: "Training deep nets with sublinear memory cost", 2016.
 *
 *     const block = checkpoint((x) => layers.forward(x), layers.parameters());
 */
export function checkpoint<Inputs extends readonly Tensor[]>(
  f: (...inputs: Inputs) => Synchronous<Tensor>,
  parameters: Tree = [],
): (...inputs: Inputs) => Tensor {
  return (...inputs) => {
    const all = [...inputs, ...leavesOf(parameters, "checkpoint: parameters")];
    const real = all.filter(({ dtype }) => isReal(dtype));
    let again: () => Tensor;
    const run = op<Tensor[]>()({
      name: "checkpoint",
      inputs: Object.fromEntries(all.map(({ dtype }, i) => [`tensor ${i}`, dtype])),
      forward() {
        const [y, repeat] = repeatable<Tensor>(() => f(...inputs));
        again = repeat;
        return y;
      },
      vjp(dy) {
        const [, pullback] = vjp(() => again(), real);
        const gradients = pullback(dy);
        let next = 0;
        return all.map(({ dtype }) => (isReal(dtype) ? gradients[next++] : null));
      },
    });
    return run(...all);
  };
}
