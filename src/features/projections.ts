/** Random projections: matrices w [D, d] whose rows are, each by itself, normal vectors of d independent coordinates. */
import { checkOptions } from "../arguments.js";
import type { DType } from "../dtype.js";
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { checkKey } from "../nn/initializers.js";
import { deviates, haar } from "../nn/orthogonal.js";
import { type Key, normal, uniform } from "../ops/random.js";
import { foldIn, split } from "../random.js";
import { checkShape, type Shape, show } from "../shape.js";
import { tensor, type Tensor } from "../tensor.js";
import { normalQuantile, uniforms } from "./normal.js";
import { halton, type Points, sobol } from "./sequences.js";
import type { StructuredOrthogonal } from "./structured.js";

export interface ProjectionOptions {
  /** Default "float32". */
  dtype?: "float32" | "float64";
}

/** Makes a projection of vectors of d numbers to D: `gaussianProjection`, for one. */
export type Projector = (
  key: Key,
  shape: Shape,
  options?: ProjectionOptions,
) => Tensor | StructuredOrthogonal;

/** @internal The extents of a projection. Throws unless key, shape and options are sound. */
export function checkProjection(
  who: string,
  key: Key,
  shape: Shape,
  options: ProjectionOptions,
  known: readonly string[] = [],
): { D: number; d: number; dtype: DType } {
  checkKey(who, key);
  checkOptions(who, options, ["dtype", ...known]);
  checkShape(who, shape);
  if (shape.length !== 2) throw new ShapeError(`${who}: shape is ${show(shape)}, expected [D, d]`);
  const { dtype = "float32" } = options;
  if (dtype !== "float32" && dtype !== "float64")
    throw new DTypeError(`${who}: dtype is ${String(dtype)}, expected float32 or float64`);
  return { D: shape[0], d: shape[1], dtype };
}

/** Independent normal numbers. */
export function gaussianProjection(key: Key, shape: Shape, options: ProjectionOptions = {}): Tensor {
  const { D, d, dtype } = checkProjection("gaussianProjection", key, shape, options);
  if (dtype === "float32") return normal(key, shape);
  const next = deviates(key);
  return tensor(Float64Array.from({ length: D * d }, next), shape, dtype);
}

export interface OrthogonalOptions extends ProjectionOptions {
  /** How long the rows are: as independent normal vectors ("chi", default: then each is one), or √d ("fixed"). */
  norms?: "chi" | "fixed";
}

/**
 * Orthogonal normal vectors: d rows at a time are the rows of a random orthogonal matrix (uniform, Haar), times their lengths; where d does not divide D the
 * last block is cut off. Made in float64. Yu et al.: "Orthogonal random features", 2016, section 3.
 */
export function orthogonalProjection(key: Key, shape: Shape, options: OrthogonalOptions = {}): Tensor {
  const { D, d, dtype } = checkProjection("orthogonalProjection", key, shape, options, ["norms"]);
  const length = lengthsOf("orthogonalProjection", foldIn(key, -1), d, options.norms);
  const w = new Float64Array(D * d);
  for (let block = 0; block * d < D; block++) {
    const rows = Math.min(d, D - block * d);
    const q = haar(foldIn(key, block), d, rows); // orthonormal columns: rows of ours
    for (let i = 0; i < rows; i++) {
      const norm = length();
      for (let p = 0; p < d; p++) w[(block * d + i) * d + p] = norm * q[p * rows + i];
    }
  }
  return tensor(w, shape, dtype);
}

/** @internal Lengths of rows, one after the other. */
export function lengthsOf(who: string, key: Key, d: number, norms: string = "chi"): () => number {
  if (norms === "fixed") return () => Math.sqrt(d);
  if (norms !== "chi") throw new OptionError(`${who}: norms is "${norms}", expected one of chi, fixed`);
  const next = deviates(key);
  return () => {
    let squares = 0;
    for (let p = 0; p < d; p++) {
      const x = next();
      squares += x * x;
    }
    return Math.sqrt(squares);
  };
}

const quasi = (who: string, points: Points) => (key: Key, shape: Shape, options: ProjectionOptions = {}): Tensor => {
  const { D, d, dtype } = checkProjection(who, key, shape, options);
  return tensor(points(key, D, d).map(normalQuantile), shape, dtype);
}; // prettier-ignore

/** The points of Halton's sequence with random digits, through the normal quantile: quasi-Monte Carlo. */
export const haltonProjection: Projector = /* @__PURE__ */ quasi("haltonProjection", halton);

/** The points of Sobol's sequence, randomly shifted, through the normal quantile; d at most 64. */
export const sobolProjection: Projector = /* @__PURE__ */ quasi("sobolProjection", sobol);

/**
 * `bandlimitedWeights(key, [n, d], { bound })`: a [n, d] and b [n] uniform in [−bound, bound), for units s(a · x − b) with frozen weights out of a bounded set.
 * Li et al.: "How powerful are shallow neural networks with bandlimited random weights?", 2023.
 */
export function bandlimitedWeights(
  key: Key,
  shape: Shape,
  { bound, ...options }: ProjectionOptions & { bound: number },
): { a: Tensor; b: Tensor } {
  const { D, dtype } = checkProjection("bandlimitedWeights", key, shape, options);
  if (!(bound > 0 && Number.isFinite(bound)))
    throw new OptionError(`bandlimitedWeights: bound is ${bound}, expected a finite number above 0`);
  const [forA, forB] = split(key);
  const draw = (own: Key, extents: Shape): Tensor => {
    if (dtype === "float32") return uniform(own, extents, { low: -bound, high: bound });
    const next = uniforms(own);
    const size = extents.reduce((x, y) => x * y, 1);
    return tensor(
      Float64Array.from({ length: size }, () => bound * (2 * next() - 1)),
      extents,
      dtype,
    );
  };
  return { a: draw(forA, shape), b: draw(forB, [D]) };
}
