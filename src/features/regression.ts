/** Linear models of features, in closed form. */
import { checkOptions } from "../arguments.js";
import { OptionError, ShapeError } from "../errors.js";
import { scope } from "../memory.js";
import { add, div, mul, sub } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { oneHot } from "../ops/construct.js";
import { zeros } from "../ops/fill.js";
import { addDiagonal, choleskySolve } from "../ops/linalg.js";
import { eigh } from "../ops/linalg/spectral.js";
import { cholesky } from "../ops/linalg/triangular.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import { greater, where } from "../ops/pointwise.js";
import { argmax, max } from "../ops/reduce.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Moments } from "./moments.js";
import { Streamed, type StreamedOptions } from "./streamed.js";

export interface RidgeOptions extends StreamedOptions {
  /** λ ≥ 0, per row. Default 1e-6. With 0 the shortest of the best: by the pseudo-inverse. */
  ridge?: number;
  /** Whether there is a constant beside the features, which λ leaves alone. Default true. */
  intercept?: boolean;
}

const KNOWN = ["map", "ridge", "intercept", "dtype"];

/**
 * Ridge regression: the W, b that make Σ |φ(xᵢ) W + b − yᵢ|² / n + λ |W|² least, W = (Φᵀ Φ / n + λ I)⁻¹ Φᵀ Y / n by Cholesky's factorisation. Rows may come block
 * by block: memory is [m + outputs]², however many they are. `solution` is W [m, outputs] and b [outputs]; it throws MatrixError where λ is too small
 * for the features. Hoerl, Kennard: "Ridge regression", 1970.
 *
 *     const model = new features.RidgeRegression({ map, ridge: 1e-6 });
 *     for (const [x, y] of blocks) model.update(x, y);
 *     const prediction = model.predict(x);
 */
export class RidgeRegression extends Streamed<{ readonly weight: Tensor; readonly bias: Tensor }> {
  readonly ridge: number;
  readonly intercept: boolean;
  /** Whether targets have an axis of outputs. */
  #wide = true;

  constructor(options: RidgeOptions = {}) {
    checkOptions(new.target.name, options, KNOWN);
    super(options);
    const { ridge = 1e-6, intercept = true } = options;
    if (!(ridge >= 0 && Number.isFinite(ridge)))
      throw new OptionError(`${new.target.name}: ridge is ${ridge}, expected a finite number ≥ 0`);
    this.ridge = ridge;
    this.intercept = intercept;
  }

  /** Adds rows x [n, d] with targets y [n, outputs] or [n]. */
  update(x: Tensor, y: Tensor): this {
    return this.#add("update", x, y);
  }

  /** Takes rows away that were added. */
  remove(x: Tensor, y: Tensor): this {
    return this.#add("remove", x, y);
  }

  /** Forgets all rows but these. */
  fit(x: Tensor, y: Tensor): this {
    this.dispose();
    return this.update(x, y);
  }

  #add(how: "update" | "remove", x: Tensor, y: Tensor): this {
    if (y.rank < 1 || y.rank > 2 || x.rank !== 2 || y.shape[0] !== x.shape[0])
      throw new ShapeError(
        `${this.constructor.name}.${how}: x is ${show(x.shape)} and y is ${show(y.shape)}, expected [n, d] and [n] or [n, outputs]`,
      );
    this.gather(how, () => {
      const targets = this.targetsOf(y);
      this.#wide = targets.rank === 2;
      return [this.map(x), this.#wide ? targets : reshape(targets, [y.size, 1])];
    });
    return this;
  }

  /** What predictions are to be like, of what `update` is given. */
  protected targetsOf(y: Tensor): Tensor {
    return y;
  }

  protected override solve(moments: Moments): { weight: Tensor; bias: Tensor } {
    const mean = (i: number): Tensor =>
      this.intercept ? moments.covariance(0, i) : div(moments.product(0, i), moments.count);
    const [gram, cross] = [mean(0), mean(1)];
    const weight =
      this.ridge > 0 ? choleskySolve(cholesky(addDiagonal(gram, this.ridge)), cross) : shortest(gram, cross);
    if (!this.intercept) return { weight, bias: zeros([cross.shape[1]], weight.dtype) };
    const shift = matmul(reshape(moments.mean(0), [1, -1]), weight);
    return { weight, bias: sub(moments.mean(1), reshape(shift, [-1])) };
  }

  /** φ(x) W + b, in the numbers of φ(x): x [n, d] → [n, outputs] or, of targets [n], [n]. */
  predict(x: Tensor): Tensor {
    const { weight, bias } = this.solution;
    return scope(() => {
      const phi = this.map(x);
      const y = add(matmul(phi, cast(weight, phi.dtype)), cast(bias, phi.dtype));
      return this.#wide ? y : reshape(y, [y.shape[0]]);
    });
  }
}

/** The shortest of the best solutions: by the eigenvalues that are not nothing beside the largest. */
function shortest(gram: Tensor, cross: Tensor): Tensor {
  const [w, v] = eigh(gram);
  const nothing = mul(max(w), gram.shape[0] * (gram.dtype === "float64" ? 2 ** -52 : 2 ** -23));
  const inverses = where(greater(w, nothing), div(1, where(greater(w, nothing), w, 1)), 0);
  return matmul(mul(v, inverses), matmul(v, cross, { transposeA: true }));
}

/** Ridge regression of classes: targets are 1 for a row's class and 0 for the others, and the largest prediction counts. */
export class RidgeClassifier extends RidgeRegression {
  readonly classes: number;

  constructor(classes: number, options: RidgeOptions = {}) {
    super(options);
    this.classes = classes;
  }

  /** labels [n], int32, in [0, classes): 1 for each row's class, 0 for the others. */
  protected override targetsOf(labels: Tensor): Tensor {
    return oneHot(labels, this.classes);
  }

  /** The class of each row: x [n, d] → [n], int32. */
  classify(x: Tensor): Tensor {
    return scope(() => argmax(this.predict(x), { axis: 1 }));
  }
}
