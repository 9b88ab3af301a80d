/** Projections by fast transforms. */
import { scope } from "../memory.js";
import { buffer, Module } from "../nn/module.js";
import { mul } from "../ops/binary.js";
import { hadamardChain } from "../ops/hadamard.js";
import { pad, slice, transpose } from "../ops/movement.js";
import { eye } from "../ops/construct.js";
import type { Key } from "../ops/random.js";
import { renew } from "../ops/running.js";
import { foldIn, threefry } from "../random.js";
import { ShapeError } from "../errors.js";
import { type Shape, show } from "../shape.js";
import { tensor, type Tensor } from "../tensor.js";
import { checkProjection, lengthsOf, type OrthogonalOptions } from "./projections.js";

/**
 * A projection of vectors of d numbers to D by blocks H D₁ H D₂ H D₃ of random signs D and Walsh–Hadamard transforms H, in D log d instead of D d
 * operations, and 3 D bits instead of D d numbers. Where d is no power of two, vectors are padded by zeros to the next one, n; where n does not divide D, the last
 * block is cut off. Rows are as long as normal vectors of n numbers ("chi", default) or √n ("fixed"), and nearly, not exactly, normal. Yu et al.: "Orthogonal
 * random features", 2016, section 4.
 */
export class StructuredOrthogonal extends Module {
  readonly inputs: number;
  readonly outputs: number;
  /** Where the signs are −1. */
  readonly minus: Tensor;
  /** A factor for each output: the length of its row over √n. */
  readonly lengths: Tensor;

  constructor(key: Key, shape: Shape, options: OrthogonalOptions = {}) {
    super();
    const { D, d, dtype } = checkProjection("StructuredOrthogonal", key, shape, options, ["norms"]);
    const n = 2 ** (32 - Math.clz32(Math.max(d, 1) - 1));
    const blocks = Math.ceil(D / n);
    const length = lengthsOf("StructuredOrthogonal", foldIn(key, -1), n, options.norms);
    const words = Array.from({ length: Math.ceil((3 * n * blocks) / 64) }, (_, i) => threefry(key, [i, 0]));
    const bits = Int32Array.from({ length: 3 * n * blocks }, (_, i) => (words[i >> 6][(i >> 5) & 1] >>> (i & 31)) & 1); // prettier-ignore
    this.inputs = d;
    this.outputs = D;
    this.minus = buffer(tensor(bits, [blocks, 3, n], "bool"));
    this.lengths = buffer(
      tensor(
        Float64Array.from({ length: D }, () => length() / Math.sqrt(n)),
        [D],
        dtype,
      ),
    );
  }

  /** z = x · wᵀ, x [..., d] → [..., D]. */
  forward(x: Tensor): Tensor {
    const d = x.shape[x.rank - 1];
    if (d !== this.inputs)
      throw new ShapeError(`StructuredOrthogonal: x is ${show(x.shape)}, expected [..., ${this.inputs}]`);
    const n = this.minus.shape[2];
    return scope(() => {
      const none = x.shape.map(() => 0);
      const padded = n === d ? x : pad(x, none, [...none.slice(1), n - d]);
      const chained = hadamardChain(padded, this.minus, { scale: Math.sqrt(n) });
      const whole = chained.shape[chained.rank - 1] === this.outputs;
      return mul(
        whole ? chained : slice(chained, none, [...x.shape.slice(0, -1), this.outputs]),
        this.lengths,
      );
    });
  }

  /** The matrix that it stands for, [D, d]. */
  matrix(): Tensor {
    return scope(() => transpose(this.forward(eye(this.inputs, this.inputs, { dtype: this.lengths.dtype }))));
  }

  /** @internal Multiplies the rows by factors [D], or all by one. */
  stretch(factors: Tensor | number): this {
    renew(this.lengths, () => mul(this.lengths, factors));
    return this;
  }
}

/** `StructuredOrthogonal` where a projector is asked for. */
export const structuredProjection = (
  key: Key,
  shape: Shape,
  options: OrthogonalOptions = {},
): StructuredOrthogonal => new StructuredOrthogonal(key, shape, options);
