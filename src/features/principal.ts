/** Principal components of features, and of kernels. */
import { checkOptions } from "../arguments.js";
import { OptionError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { add, div, sub } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { eigh } from "../ops/linalg/spectral.js";
import { matmul } from "../ops/matmul.js";
import { slice } from "../ops/movement.js";
import { flip } from "../ops/rearrange.js";
import { mean } from "../ops/reduce.js";
import { sqrt } from "../ops/unary.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Covariance } from "./covariance.js";
import type { Moments } from "./moments.js";
import { Streamed, type StreamedOptions } from "./streamed.js";

function checkCount(name: string, count: number, most: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw new OptionError(`${name}: components is ${count}, expected a whole number in [1, ${most}]`);
}

/** The largest eigenvalues [count] and their vectors [n, count], the largest first. */
function leading(a: Tensor, count: number): [values: Tensor, vectors: Tensor] {
  const [w, v] = eigh(a);
  const from = w.size - count;
  return [
    flip(slice(w, [from], [count]), { axis: 0 }),
    flip(slice(v, [0, from], [w.size, count]), { axis: 1 }),
  ];
}

/** The mean of the features [m], the largest variances [components], the largest first, and their directions [m, components]. */
type Components = { readonly mean: Tensor; readonly variances: Tensor; readonly directions: Tensor };

/**
 * Kernel principal components by features: the directions in which φ(x) varies most, from its covariance, whose rows may come block by block. Schölkopf, Smola,
 * Müller: "Nonlinear component analysis as a kernel eigenvalue problem", 1998; with random features Lopez-Paz et al.: "Randomized nonlinear component analysis", 2014.
 */
export class FeaturePCA extends Streamed<Components> {
  readonly components: number;

  constructor(components: number, options: StreamedOptions = {}) {
    checkOptions("FeaturePCA", options, ["map", "dtype"]);
    checkCount("FeaturePCA", components, Infinity);
    super(options);
    this.components = components;
  }

  /** Adds rows x [n, d]. */
  update(x: Tensor): this {
    this.gather("update", () => {
      const phi = this.map(x);
      checkCount("FeaturePCA", this.components, phi.shape[1]);
      return [phi];
    });
    return this;
  }

  protected override solve(moments: Moments): Components {
    const [variances, directions] = leading(moments.covariance(0, 0), this.components);
    return { mean: moments.mean(0), variances, directions };
  }

  /** (φ(x) − mean) · directions: x [n, d] → [n, components]. */
  transform(x: Tensor): Tensor {
    const { mean, directions } = this.solution;
    return scope(() => {
      const phi = this.map(x);
      return matmul(sub(phi, cast(mean, phi.dtype)), cast(directions, phi.dtype));
    });
  }
}

/** Kernel principal components, exact: from the matrix of all pairs of rows. Schölkopf, Smola, Müller, 1998. */
export class KernelPCA {
  readonly kernel: Covariance;
  readonly #x: Tensor;
  readonly #means: Tensor;
  readonly #weights: Tensor;
  /** The variances of the components [components], the largest first. */
  readonly variances: Tensor;

  /** Of rows x [n, d]. */
  constructor(x: Tensor, components: number, kernel: Covariance) {
    const n = x.shape[0];
    checkCount("KernelPCA", components, n ?? 0);
    this.kernel = kernel;
    const [own, means, weights, variances] = scope(() => {
      const k = kernel(x, x);
      const means = mean(k, { axis: 0, keepDims: true });
      const [values, vectors] = leading(centred(k, means), components);
      const smallest = values.dataSync()[components - 1];
      if (!(smallest > 0))
        throw new OptionError(
          `KernelPCA: components is ${components}, and x ${show(x.shape)} has fewer with a variance > 0`,
        );
      return [add(x, 0), means, div(vectors, sqrt(values)), div(values, n)];
    });
    this.#x = keep(own);
    this.#means = keep(means);
    this.#weights = keep(weights);
    this.variances = keep(variances);
  }

  /** Components of rows: x [n, d] → [n, components]. */
  transform(x: Tensor): Tensor {
    return scope(() => matmul(centred(this.kernel(x, this.#x), this.#means), this.#weights));
  }

  dispose(): void {
    for (const tensor of [this.#x, this.#means, this.#weights, this.variances]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Products of features less their mean, from those of features: k [m, n] of m rows with the n that were fitted, whose mean products are `means` [1, n]. */
function centred(k: Tensor, means: Tensor): Tensor {
  const own = mean(k, { axis: 1, keepDims: true });
  return add(sub(sub(k, own), means), mean(means));
}
