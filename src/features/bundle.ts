/** Networks of several dense layers as one: Sehanobish et al.: "Scalable neural network kernels", ICLR 2024, section 3.3. */
import { OptionError, ShapeError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { Module } from "../nn/module.js";
import { add } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { zeros } from "../ops/fill.js";
import { matmul } from "../ops/matmul.js";
import { transpose } from "../ops/movement.js";
import { renew } from "../ops/running.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { RidgeRegression, type RidgeOptions } from "./regression.js";
import { type Dense, phiOf, psiOf, type ScalableKernel } from "./snnk.js";

/**
 * Dense layers 1 … L, each with the kernel of its activation, bundled step by step: layer k + 1 is a dense layer of the features of layer k, with weights W̄ₖ₊₁ = Wₖ₊₁ Ψₖ(W̄ₖ), so
 * that all of them are ΨL(W̄L) ΦL(… Φ₁(x)). The tower of Φ has no parameters: weight Ψ [outputs, m] of the last layer, and a bias that begins at 0, are all that
 * is trained, whatever the depth and the widths were. One layer more than there are kernels has no activation: it becomes part of Ψ and of the bias. x [..., d] → [...,
 * outputs]. A network is bundled in part where layers follow, which are left as they are.
 *
 *     const bundle = new features.Bundle([first, second], [kernelOfPixels, kernelOfFeatures]);
 *     bundle.fit(x, y, { ridge: 1e-6 }); // the optimum of the mean squared error, in closed form
 */
export class Bundle extends Module {
  readonly kernels: readonly ScalableKernel[];
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(layers: readonly Dense[], kernels: readonly ScalableKernel[]) {
    super();
    const more = layers.length - kernels.length;
    if (kernels.length === 0 || (more !== 0 && more !== 1))
      throw new OptionError(
        `Bundle: has ${layers.length} layers and ${kernels.length} kernels, expected a kernel for each layer, or all but the last`,
      );
    kernels.slice(1).forEach(({ inputs }, i) => {
      const { features } = kernels[i];
      if (inputs !== features && inputs !== features + 1)
        throw new OptionError(
          `Bundle: kernel ${i + 1} has ${inputs} inputs, expected ${features}, the features of kernel ${i}, or one more for a bias`,
        );
    });
    this.kernels = [...kernels];
    const bias = more === 1 ? layers[layers.length - 1].bias : undefined;
    this.weight = keep(
      scope(() =>
        layers.reduce<Tensor | undefined>((psi, layer, i) => step(psi, layer, i, kernels[i]), undefined)!,
      ),
    );
    this.bias = keep(bias === undefined ? zeros([this.weight.shape[0]]) : add(bias, 0));
  }

  /** ΦL(… Φ₁(x)): x [..., d] → [..., m]. */
  tower(x: Tensor): Tensor {
    return scope(() => this.kernels.reduce((h, kernel) => phiOf(kernel, h), x));
  }

  forward(x: Tensor): Tensor {
    return scope(() => add(matmul(this.tower(x), this.weight, { transposeB: true }), this.bias));
  }

  /** Ridge regression of the tower's features, for rows that come block by block: `adopt` takes its solution. */
  regression(options: Omit<RidgeOptions, "map"> = {}): RidgeRegression {
    return new RidgeRegression({ ...options, map: (x) => this.tower(x) });
  }

  /** Sets weight and bias to those of a regression's solution, rounded to float32. */
  adopt(model: RidgeRegression): this {
    const { weight, bias } = model.solution;
    renew(this.weight, () => cast(transpose(weight), "float32"));
    renew(this.bias, () => cast(bias, "float32"));
    return this;
  }

  /** The optimum of the mean squared error, Ψᵀ = (Fᵀ F / n + λ I)⁻¹ Fᵀ Y / n, without backpropagation (section 3.3): x [n, d], y [n, outputs]. */
  fit(x: Tensor, y: Tensor, options: Omit<RidgeOptions, "map"> = {}): this {
    const model = this.regression(options);
    try {
      return this.adopt(model.fit(x, y));
    } finally {
      model.dispose();
    }
  }
}

/** Ψ with one layer more. */
function step(psi: Tensor | undefined, { weight, bias }: Dense, i: number, kernel?: ScalableKernel): Tensor {
  if (psi !== undefined && weight.shape[1] !== psi.shape[0])
    throw new ShapeError(
      `Bundle: weight ${i} is ${show(weight.shape)}, expected ${psi.shape[0]} inputs, the outputs of layer ${i - 1}`,
    );
  const own = psi === undefined ? weight : matmul(weight, psi);
  return kernel === undefined ? own : psiOf("Bundle", { weight: own, bias }, kernel);
}
