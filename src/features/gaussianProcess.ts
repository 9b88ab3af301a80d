/** Gaussian-process regression, exact and by features. */
import { checkOptions } from "../arguments.js";
import { OptionError, ShapeError } from "../errors.js";
import { log as ln } from "../exact.js";
import { keep, scope } from "../memory.js";
import { add, mul, sub } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { diag } from "../ops/construct.js";
import { addDiagonal, choleskySolve, trace, triangularSolve } from "../ops/linalg.js";
import { cholesky } from "../ops/linalg/triangular.js";
import { zeros } from "../ops/fill.js";
import { concat } from "../ops/joining.js";
import { matmul } from "../ops/matmul.js";
import { slice, transpose } from "../ops/movement.js";
import { sum } from "../ops/reduce.js";
import { log, square } from "../ops/unary.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Covariance } from "./covariance.js";
import type { Moments } from "./moments.js";
import { Streamed, type StreamedOptions } from "./streamed.js";

/** What a process says of each row: the mean [n, outputs] and the variance [n] of the function there, without the noise. */
export interface Posterior {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function checkNoise(name: string, noise: number): void {
  if (!(noise > 0 && Number.isFinite(noise)))
    throw new OptionError(`${name}: noise is ${noise}, expected a finite number > 0`);
}

function checkTargets(name: string, x: Tensor, y: Tensor): void {
  if (x.rank !== 2 || y.rank !== 2 || x.shape[0] !== y.shape[0])
    throw new ShapeError(
      `${name}: x is ${show(x.shape)} and y is ${show(y.shape)}, expected [n, d] and [n, outputs]`,
    );
}

/** 2 Σ log Lᵢᵢ = log det L Lᵀ. */
const logDeterminant = (l: Tensor): number => 2 * sum(log(diag(l))).item();

/**
 * A Gaussian process with covariance k and noise of variance σ², given rows x [n, d] with targets y [n, outputs]: mean k(x*, x) (K + σ² I)⁻¹ y, variance
 * k(x*, x*) − k(x*, x) (K + σ² I)⁻¹ k(x, x*). n³ / 3 operations, in the numbers of x. Throws MatrixError where σ² is too small for them. Rasmussen, Williams:
 * "Gaussian processes for machine learning", 2006, algorithm 2.1.
 */
export class GaussianProcess {
  readonly kernel: Covariance;
  readonly noise: number;
  readonly #x: Tensor;
  readonly #factor: Tensor;
  readonly #weights: Tensor;
  /** log p(y | x), of all outputs. */
  readonly logLikelihood: number;

  constructor(x: Tensor, y: Tensor, { kernel, noise }: { kernel: Covariance; noise: number }) {
    checkNoise("GaussianProcess", noise);
    checkTargets("GaussianProcess", x, y);
    this.kernel = kernel;
    this.noise = noise;
    const [n, outputs] = y.shape;
    let likelihood = 0;
    const [own, factor, weights] = scope(() => {
      const l = cholesky(addDiagonal(kernel(x, x), noise));
      const weights = choleskySolve(l, y);
      const fit = sum(mul(y, weights)).item();
      likelihood = -(fit + outputs * (logDeterminant(l) + n * ln(2 * Math.PI))) / 2;
      return [add(x, 0), l, weights];
    });
    this.#x = keep(own);
    this.#factor = keep(factor);
    this.#weights = keep(weights);
    this.logLikelihood = likelihood;
  }

  /** x [n, d] → mean [n, outputs], variance [n]. */
  predict(x: Tensor): Posterior {
    return scope(() => {
      const cross = this.kernel(x, this.#x);
      const half = triangularSolve(this.#factor, transpose(cross));
      const own = variances(this.kernel, x);
      return {
        mean: matmul(cross, this.#weights),
        variance: sub(own, sum(square(half), { axis: 0 })),
      };
    });
  }

  dispose(): void {
    for (const tensor of [this.#x, this.#factor, this.#weights]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Rows whose products with one another are made at once. */
const BLOCK = 64;

/** k(x, x) of each row with itself [n]. */
function variances(kernel: Covariance, x: Tensor): Tensor {
  const [n, d] = x.shape;
  const blocks = Array.from({ length: Math.ceil(n / BLOCK) }, (_, i) =>
    scope(() => {
      const rows = slice(x, [i * BLOCK, 0], [Math.min(BLOCK, n - i * BLOCK), d]);
      return diag(kernel(rows, rows));
    }),
  );
  return blocks.length === 0 ? zeros([0], x.dtype) : concat(blocks);
}

/**
 * The same by features, k(x, y) = φ(x)·φ(y): Bayesian linear regression with weights of variance 1. Rows may come block by block, in memory that does not grow with
 * them: mean φ* A⁻¹ Φᵀ y, variance σ² φ* A⁻¹ φ*ᵀ, A = Φᵀ Φ + σ² I [m, m]. Rasmussen, Williams, 2006, section 2.1.2.
 */
export class FeatureGaussianProcess extends Streamed<{ readonly factor: Tensor; readonly weights: Tensor }> {
  readonly noise: number;

  constructor({ noise, ...options }: StreamedOptions & { noise: number }) {
    checkOptions("FeatureGaussianProcess", options, ["map", "dtype"]);
    checkNoise("FeatureGaussianProcess", noise);
    super(options);
    this.noise = noise;
  }

  /** Adds rows x [n, d] with targets y [n, outputs]. */
  update(x: Tensor, y: Tensor): this {
    checkTargets("FeatureGaussianProcess.update", x, y);
    this.gather("update", () => [this.map(x), y]);
    return this;
  }

  protected override solve(moments: Moments): { factor: Tensor; weights: Tensor } {
    const factor = cholesky(addDiagonal(moments.product(0, 0), this.noise));
    return { factor, weights: choleskySolve(factor, moments.product(0, 1)) };
  }

  /** x [n, d] → mean [n, outputs], variance [n], in the numbers of φ(x). */
  predict(x: Tensor): Posterior {
    const { factor, weights } = this.solution;
    return scope(() => {
      const phi = this.map(x);
      const half = triangularSolve(factor, transpose(cast(phi, factor.dtype)));
      return {
        mean: matmul(phi, cast(weights, phi.dtype)),
        variance: cast(mul(sum(square(half), { axis: 0 }), this.noise), phi.dtype),
      };
    });
  }

  /** log p(y | x) of all rows and outputs. */
  get logLikelihood(): number {
    const { moments } = this;
    const { factor, weights } = this.solution;
    const [m, outputs] = moments.widths;
    return scope(() => {
      const n = moments.count;
      const total = trace(moments.product(1, 1)).item();
      const fit = (total - sum(mul(moments.product(0, 1), weights)).item()) / this.noise;
      const logs = logDeterminant(factor) + (n - m) * ln(this.noise) + n * ln(2 * Math.PI);
      return -(fit + outputs * logs) / 2;
    });
  }
}
