/** Layers by scalable neural network kernels: Sehanobish et al.: "Scalable neural network kernels", ICLR 2024. */
import { checkOptions } from "../arguments.js";
import { OptionError, ShapeError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { checkKey, glorotUniform, type Initializer } from "../nn/initializers.js";
import { Linear } from "../nn/linear.js";
import { Module } from "../nn/module.js";
import { add, mul } from "../ops/binary.js";
import { ones, zeros } from "../ops/fill.js";
import { concat } from "../ops/joining.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import { layerNorm } from "../ops/normalization.js";
import { type Key, uniform } from "../ops/random.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";

/**
 * A kernel f(w·x + b) ≈ Φ(x)·Ψ(w, b) that keeps x apart from the parameters (section 3): a `FeatureMap`, for one. A layer that has it is its owner if it is a module; it may serve several
 * layers that are disposed of together.
 */
export interface ScalableKernel {
  /** d, and m. */
  readonly inputs: number;
  readonly features: number;
  /** x [..., d] → [..., m] */
  phi(x: Tensor): Tensor;
  /** w [outputs, d], b [outputs] → [outputs, m] */
  psi(w: Tensor, b?: Tensor): Tensor;
}

/** The weights of a dense layer: weight [outputs, inputs], bias [outputs]. */
export interface Dense {
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

/**
 * @internal Ψ of a dense layer, [outputs, m]. Where the kernel has one input more than the layer, the bias is the last of its weights, and x gets a 1: for
 * kernels without a bias, as that of ReLU-SNNK.
 */
export function psiOf(name: string, { weight, bias }: Dense, kernel: ScalableKernel): Tensor {
  const [outputs, inputs] = weight.shape;
  if (weight.rank === 2 && inputs === kernel.inputs) return kernel.psi(weight, bias);
  if (weight.rank !== 2 || inputs + 1 !== kernel.inputs)
    throw new ShapeError(
      `${name}: weight is ${show(weight.shape)}, expected [outputs, ${kernel.inputs}], the inputs of the kernel, or one less`,
    );
  const last = bias === undefined ? zeros([outputs, 1], weight.dtype) : reshape(bias, [outputs, 1]);
  return kernel.psi(concat([weight, last], { axis: 1 }));
}

/** @internal Φ(x), or Φ of x and a 1: see psiOf. */
export function phiOf(kernel: ScalableKernel, x: Tensor): Tensor {
  const width = x.shape[x.rank - 1];
  if (width + 1 !== kernel.inputs) return kernel.phi(x);
  return kernel.phi(concat([x, ones([...x.shape.slice(0, -1), 1], x.dtype)], { axis: -1 }));
}

export interface SNNKLinearOptions {
  /** What stands for the activation, with as many inputs as the layer, or one more: then the bias is the last of the weights. */
  kernel: ScalableKernel;
  /** The trained weights that Ψ is made of. */
  dense?: Dense;
  /** Where random ones come from if there are none. */
  key?: Key;
  /** Makes those, [outputs, inputs]. Default `glorotUniform`. */
  initializer?: Initializer;
}

/**
 * A dense layer with its activation, x → f(W x + b), replaced by Φ(x) Ψᵀ (section 2): weight Ψ [outputs, m] is all that is trained. x [..., inputs] → [..., outputs]. With m
 * below the inputs it has fewer parameters than the layer; trained freely, it is no longer bound to Ψ(W, b).
 */
export class SNNKLinear extends Module {
  readonly kernel: ScalableKernel;
  readonly weight: Tensor;

  constructor(inputs: number, outputs: number, options: SNNKLinearOptions) {
    super();
    checkOptions("SNNKLinear", options, ["kernel", "dense", "key", "initializer"]);
    const { kernel, dense, key, initializer = glorotUniform } = options;
    if (kernel.inputs !== inputs && kernel.inputs !== inputs + 1)
      throw new OptionError(
        `SNNKLinear: kernel has ${kernel.inputs} inputs, expected ${inputs}, or one more for a bias`,
      );
    if (dense === undefined) checkKey("SNNKLinear", key);
    this.kernel = kernel;
    this.weight = keep(
      scope(() => psiOf("SNNKLinear", dense ?? { weight: initializer(key!, [outputs, inputs]) }, kernel)),
    );
  }

  /** The layer that stands for a trained one, Ψ = Ψ(W, b): the kernel must be that of its activation. */
  static from(dense: Dense, kernel: ScalableKernel): SNNKLinear {
    return new SNNKLinear(dense.weight.shape[1], dense.weight.shape[0], { kernel, dense });
  }

  forward(x: Tensor): Tensor {
    return scope(() => matmul(phiOf(this.kernel, x), this.weight, { transposeB: true }));
  }
}

export interface SNNKAdapterOptions {
  /** With as many inputs as the adapter is wide. */
  kernel: ScalableKernel;
  key: Key;
  /** Makes the weights that Ψ is made of. Default uniform in ±1 / √width. */
  initializer?: Initializer;
  /** The width of a bottleneck: r outputs of the kernel's layer, and a dense layer from them back, which begins at 0. Default none. */
  bottleneck?: number;
  /** Whether each token is normalised first, without parameters. Default true. */
  normalize?: boolean;
}

/**
 * What is trained beside a frozen network (section 4.2): x + v ⊙ Φ(x̂) Ψᵀ, with v [width] from 0 on, so that nothing changes at first; m · width + width parameters. With
 * a bottleneck of r: x + Φ(x̂) Ψᵀ Uᵀ + c, Ψ [r, m], U [width, r] and c from 0 on. x̂ is x, normalised unless `normalize` is false. x [..., width].
 */
export class SNNKAdapter extends Module {
  readonly inner: SNNKLinear;
  /** v, or the layer that leads back from the bottleneck. */
  readonly gain: Tensor | undefined;
  readonly up: Linear | undefined;
  readonly #normalize: boolean;

  constructor(width: number, options: SNNKAdapterOptions) {
    super();
    checkOptions("SNNKAdapter", options, ["kernel", "key", "initializer", "bottleneck", "normalize"]);
    const { kernel, key, bottleneck, normalize = true } = options;
    const bound = 1 / Math.sqrt(width);
    const { initializer = (key, shape) => uniform(key, shape, { low: -bound, high: bound }) } = options;
    this.inner = new SNNKLinear(width, bottleneck ?? width, { kernel, key, initializer });
    this.#normalize = normalize;
    if (bottleneck === undefined) this.gain = keep(zeros([width]));
    else this.up = new Linear(bottleneck, width, { key, initializer: (_, shape) => zeros(shape) });
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const y = this.inner.forward(this.#normalize ? layerNorm(x) : x);
      return add(x, this.up === undefined ? mul(y, this.gain!) : this.up.forward(y));
    });
  }
}
