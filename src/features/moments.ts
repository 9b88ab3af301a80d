/** Sums of products over any number of rows, in memory that does not grow with them. */
import { DTypeError, OptionError, ShapeError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { add, div, mul, sub } from "../ops/binary.js";
import { cast } from "../ops/cast.js";
import { full, zeros } from "../ops/fill.js";
import { concat } from "../ops/joining.js";
import { syrkUpdate } from "../ops/linalg/symmetric.js";
import { reshape, slice } from "../ops/movement.js";
import { renew } from "../ops/running.js";
import { show } from "../shape.js";
import type { Tensor } from "../tensor.js";

export type RealType = "float32" | "float64";

export interface MomentOptions {
  /** In which numbers sums are kept. Default "float64", whose kernels `init({ modules: [float64] })` loads: products of features are ill conditioned. */
  dtype?: RealType;
}

/**
 * Σ xᵢᵀ xⱼ over rows that come block by block, for groups of columns x₀ [n, w₀], x₁ [n, w₁] …: all that linear methods need of them. One symmetric
 * matrix with as many rows as there are columns, and one more, which counts the rows: `syrkUpdate` adds each block to it.
 */
export class Moments {
  readonly widths: readonly number[];
  readonly dtype: RealType;
  readonly #sums: Tensor;

  constructor(widths: readonly number[], { dtype = "float64" }: MomentOptions = {}) {
    if (!widths.every((width) => Number.isInteger(width) && width >= 0))
      throw new OptionError(`Moments: widths are ${show(widths)}, expected whole numbers ≥ 0`);
    if (dtype !== "float32" && dtype !== "float64")
      throw new DTypeError(`Moments: dtype is ${String(dtype)}, expected float32 or float64`);
    this.widths = [...widths];
    this.dtype = dtype;
    const size = widths.reduce((a, b) => a + b, 1);
    this.#sums = keep(zeros([size, size], dtype));
  }

  /** Adds rows: a block [n, width] of each group. */
  update(...columns: readonly Tensor[]): void {
    this.#add(columns, false);
  }

  /** Takes rows away that were added. */
  remove(...columns: readonly Tensor[]): void {
    this.#add(columns, true);
  }

  /** Adds the rows that another one saw. */
  merge(other: Moments): void {
    if (String(other.widths) !== String(this.widths) || other.dtype !== this.dtype)
      throw new ShapeError(
        `Moments.merge: other has widths ${show(other.widths)} of ${other.dtype}, expected ${show(this.widths)} of ${this.dtype}`,
      );
    renew(this.#sums, () => add(this.#sums, other.#sums));
  }

  #add(columns: readonly Tensor[], subtract: boolean): void {
    const rows = columns[0]?.shape[0];
    const fits = columns.every(
      ({ shape }, i) => shape.length === 2 && shape[0] === rows && shape[1] === this.widths[i],
    );
    if (columns.length !== this.widths.length || !fits)
      throw new ShapeError(
        `Moments: blocks are ${columns.map(({ shape }) => show(shape)).join(" and ")}, expected ` +
          this.widths.map((width) => `[${rows ?? "n"}, ${width}]`).join(" and "),
      );
    scope(() => {
      const parts = columns.map((x) => cast(x, this.dtype));
      const whole = concat([...parts, full([rows, 1], 1, { dtype: this.dtype })], { axis: 1 });
      syrkUpdate(this.#sums, whole, { transpose: true, subtract });
    });
  }

  /** The rows that were added. */
  get count(): number {
    const last = this.#sums.shape[0] - 1;
    return scope(() => slice(this.#sums, [last, last], [1, 1])).item();
  }

  /** Σ xᵢᵀ xⱼ [wᵢ, wⱼ]; with one group, Σ xᵢ [wᵢ]. */
  product(i: number, j?: number): Tensor {
    const { widths } = this;
    const start = (group: number): number => widths.slice(0, group).reduce((a, b) => a + b, 0);
    if (j === undefined)
      return scope(() =>
        reshape(slice(this.#sums, [start(i), start(widths.length)], [widths[i], 1]), [widths[i]]),
      );
    return slice(this.#sums, [start(i), start(j)], [widths[i], widths[j]]);
  }

  /** The mean of xᵢ [wᵢ]. */
  mean(i: number): Tensor {
    return scope(() => div(this.product(i), this.count));
  }

  /** The mean of (xᵢ − its mean)ᵀ (xⱼ − its mean) [wᵢ, wⱼ]. */
  covariance(i: number, j: number): Tensor {
    return scope(() => {
      const means = mul(reshape(this.mean(i), [-1, 1]), this.mean(j));
      return sub(div(this.product(i, j), this.count), means);
    });
  }

  dispose(): void {
    this.#sums.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
