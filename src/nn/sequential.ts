/** Modules one after another. */
import type { Tensor } from "../tensor.js";
import { ReLU, Sigmoid, Tanh } from "./activations.js";
import type { Linear } from "./linear.js";
import { Module } from "./module.js";
import type { BatchNorm } from "./normalization.js";

/**
 * Applies its modules in order; they are named "0", "1", …. A Linear, Conv1d, Conv2d, Conv3d or DepthwiseConv2d and the ReLU, Tanh or
 * Sigmoid right after it run as one kernel, with the same result.
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: readonly Module[]) {
    super();
    this.layers = layers;
  }

  forward(x: Tensor): Tensor {
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i];
      const next = this.layers[i + 1];
      if (isFusible(layer) && isActivation(next)) {
        x = layer.forward(x, next.activation);
        i++;
      } else x = layer.forward(x);
    }
    return x;
  }

  /**
   * The same for use, not for training, with every BatchNorm folded into the Linear or convolution right before it. Their weights change:
   * this one is of no use afterwards.
   */
  fold(): Sequential {
    const kept: Module[] = [];
    for (const layer of this.layers) {
      const before = kept.at(-1);
      if (isFoldable(layer) && isFusible(before)) {
        const [scale, shift] = layer.affine();
        before.absorb(scale, shift);
        scale.dispose();
        shift.dispose();
      } else kept.push(layer instanceof Sequential ? layer.fold() : layer);
    }
    return new Sequential(...kept).eval();
  }

  protected override members(): [name: string, member: unknown][] {
    return this.layers.map((layer, i) => [String(i), layer]);
  }
}

/** A BatchNorm and no subclass, without importing it: a bundle that has none need not have it. */
function isFoldable(layer: Module): layer is BatchNorm {
  return (layer as unknown as Partial<BatchNorm>).foldable === true;
}

/** A layer that takes an activation, and has none; and that can take up a factor and a summand of each output. */
function isFusible(layer: Module | undefined): layer is Linear {
  const { fusible, activation } = (layer ?? {}) as Partial<Linear>;
  return fusible === true && activation === "none";
}

function isActivation(layer: Module | undefined): layer is ReLU | Tanh | Sigmoid {
  return [ReLU, Tanh, Sigmoid].some((activation) => layer?.constructor === activation);
}
