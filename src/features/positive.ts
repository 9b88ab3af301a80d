/** Positive random features of the softmax and the Gaussian kernel. */
import { OptionError, ShapeError } from "../errors.js";
import { exp, log } from "../exact.js";
import { scope } from "../memory.js";
import { buffer } from "../nn/module.js";
import { add, mul, sub } from "../ops/binary.js";
import { halfSquares } from "../ops/features/definitions.js";
import { reshape } from "../ops/movement.js";
import { positiveFeatures, timesPower } from "../ops/positive.js";
import { positiveFeaturesByRow } from "../ops/positiveFeatures.js";
import { max, sum } from "../ops/reduce.js";
import { square } from "../ops/unary.js";
import { show } from "../shape.js";
import { Tensor } from "../tensor.js";
import { checkMap, FeatureMap, heldProjection, type MapOptions } from "./map.js";
import { StructuredOrthogonal } from "./structured.js";

export interface PositiveExponentialOptions extends MapOptions {
  /** "softmax" (default): exp(x · y); "gaussian": exp(−‖x − y‖² / 2). */
  kernel?: "softmax" | "gaussian";
  /** Whether each w has a feature with −w beside it. Default false. */
  hyperbolic?: boolean;
  /** A below ⅛: 0 (default) gives positive features, those of `optimalA` vary least; below 0 they are bounded. */
  a?: number;
}

/** @internal Throws unless A is below ⅛. */
export function checkA(who: string, a: number): void {
  if (!(a < 0.125 && Number.isFinite(a)))
    throw new OptionError(`${who}: a is ${a}, expected a finite number below 0.125`);
}

/**
 * Λ(x) = (1 − 4A)^(d / 4) exp(A ‖w‖² + √(1 − 4A) w·x − ‖x‖² / 2) / √features with normal w, whose products are exp(x · y) on average; or with −‖x‖² in place of −‖x‖² / 2 exp(−‖x
 * − y‖² / 2). `queries` leave out the largest exponent of each row, `keys` that of each matrix, which both cancel in normalised attention. Choromanski et al.:
 * "Rethinking attention with performers", 2021 (A = 0); Likhosherstov et al.: "Chefs' random tables", 2022.
 */
export class PositiveExponential extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly kernel: "softmax" | "gaussian";
  readonly hyperbolic: boolean;
  readonly a: number;
  /** Normal vectors times √(1 − 4A). */
  readonly projection: Tensor | StructuredOrthogonal;
  /** A ‖w‖² and the logarithm of the factor, of a frozen projection with A other than 0. */
  readonly gamma: Tensor | undefined;

  constructor(inputs: number, features: number, options: PositiveExponentialOptions) {
    super();
    const { kernel = "softmax", hyperbolic = false, a = 0, key, dtype = "float32", trainable = false } = options; // prettier-ignore
    checkMap(
      "PositiveExponential",
      inputs,
      features,
      options,
      ["kernel", "hyperbolic", "a"],
      hyperbolic ? 2 : 1,
    );
    checkA("PositiveExponential", a);
    if (kernel !== "softmax" && kernel !== "gaussian")
      throw new OptionError(
        `PositiveExponential: kernel is "${String(kernel)}", expected softmax or gaussian`,
      );
    const shape = [hyperbolic ? features / 2 : features, inputs] as const;
    this.inputs = inputs;
    this.features = features;
    this.kernel = kernel;
    this.hyperbolic = hyperbolic;
    this.a = a;
    this.projection = heldProjection(
      "PositiveExponential",
      shape,
      options,
      (projector) => projector(key, shape, { dtype }),
      Math.sqrt(1 - 4 * a),
    );
    this.gamma = a === 0 || trainable ? undefined : buffer(scope(() => this.#gammas()));
  }

  /** A ‖w‖² + d / 4 · ln(1 − 4A) of each w: [D]. */
  #gammas(): Tensor {
    const { a, projection, inputs } = this;
    const w = projection instanceof StructuredOrthogonal ? projection.matrix() : projection;
    const squares = mul(sum(square(w), { axis: 1 }), a / (1 - 4 * a));
    return add(squares, (inputs / 4) * log(1 - 4 * a));
  }

  /** What the ops take beside x and w. */
  #terms(): [gamma: Tensor | number, options: { hyperbolic: boolean; norm: number; scale: number }] {
    const { a, hyperbolic, kernel, features } = this;
    const norm = kernel === "softmax" ? -1 : -2;
    const gamma = this.gamma ?? (a === 0 ? 0 : this.#gammas());
    return [gamma, { hyperbolic, norm, scale: 1 / Math.sqrt(features) }];
  }

  /** Features divided by e^top, with that logarithm: the largest exponent of each row. */
  #byRow(x: Tensor): [y: Tensor, top: Tensor] {
    const [gamma, options] = this.#terms();
    const { projection } = this;
    if (projection instanceof Tensor) return positiveFeaturesByRow(x, projection, gamma, options);
    const [y, top] = positiveFeaturesByRow(projection.forward(x), 1, gamma, { ...options, norm: 0 });
    return [y, add(top, reshape(mul(halfSquares(x), options.norm), top.shape))];
  }

  phi(x: Tensor): Tensor {
    const { projection } = this;
    return scope(() => {
      if (!(projection instanceof Tensor)) return timesPower(...this.#byRow(x));
      const [gamma, options] = this.#terms();
      return positiveFeatures(x, projection, gamma, options);
    });
  }

  override queries(x: Tensor): Tensor {
    return scope(() => this.#byRow(x)[0]);
  }

  override keys(x: Tensor): Tensor {
    if (x.rank < 2)
      throw new ShapeError(
        `PositiveExponential.keys: x is ${show(x.shape)}, expected [..., n, ${this.inputs}]`,
      );
    return scope(() => {
      const [y, top] = this.#byRow(x);
      return timesPower(y, sub(top, max(top, { axis: -1, keepDims: true })));
    });
  }
}

/**
 * The A ≤ 0 at which Λ(x) Λ(y) vary least for normal w of d numbers, where ‖x + y‖² is `squares` on average: (1 − 1 / a) / 8 with a = (√((2R + d)² + 8dR) − 2R − d) /
 * 4R. Likhosherstov et al.: "Chefs' random tables", 2022.
 */
export function optimalA(d: number, squares: number): number {
  if (!(squares >= 0 && d > 0))
    throw new OptionError(`optimalA: d is ${d} and squares is ${squares}, expected numbers above 0 and ≥ 0`);
  if (squares === 0) return 0;
  const b = 2 * squares + d;
  return (1 - (4 * squares) / (Math.sqrt(b * b + 8 * d * squares) - b)) / 8;
}

/**
 * E |Λ(u) Λ(v)|² of one normal w of d numbers, u and v real or complex: (1 − 4A)^d (1 − 8A)^(−d / 2) exp(2 (1 − 4A) / (1 − 8A) · |Re(u + v)|² − Re(u·u + v·v)), with `sum` for
 * |Re(u + v)|² and `squares` for Re(u·u + v·v). The variance of an estimate of m features is (this − exp(u·v)²) / m.
 */
export function secondMoment(d: number, a: number, sum: number, squares: number): number {
  checkA("secondMoment", a);
  const exponent = ((2 * (1 - 4 * a)) / (1 - 8 * a)) * sum - squares;
  return exp(d * log(1 - 4 * a) - (d / 2) * log(1 - 8 * a) + exponent);
}
