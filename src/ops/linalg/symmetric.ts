/** Products of a matrix with its own transpose. */
import { bytesOf } from "../../dtype.js";
import { ShapeError } from "../../errors.js";
import { linalg as part } from "../../generated/linalg.js";
import { inPlace, op } from "../../op.js";
import { sameShape, show } from "../../shape.js";
import type { Spec, Tensor } from "../../tensor.js";
import { add } from "../binary.js";
import { matmul } from "../matmul.js";
import { transpose } from "../movement.js";
import { matricesOf, squared } from "./plans.js";

export interface SyrkOptions {
  /** Xᵀ X instead of X Xᵀ. Default false. */
  transpose?: boolean;
}

/** The rows of C, the length of the sums, and how the kernel walks over x. */
function extents(name: string, x: Spec, turned: boolean) {
  const { batch, count, m, n } = matricesOf(name, "x", x);
  return turned ? { batch, count, n, k: m, steps: [1, n] } : { batch, count, n: m, k: n, steps: [n, 1] };
}

/**
 * `syrk(x, { transpose })`: C = X Xᵀ, or Xᵀ X, symmetric to the bit, in half the operations of matmul. x [..., m, n] → C [..., m, m], or
 * [..., n, n].
 */
export const syrk = /* @__PURE__ */ op<[x: Tensor], SyrkOptions>()({
  name: "syrk",
  part,
  inputs: { x: "real" },
  defaults: { transpose: false },
  plan([x], { transpose: turned = false }) {
    const { batch, count, n, k, steps } = extents("syrk", x, turned);
    const size = bytesOf(x.dtype);
    return {
      kernel: "syrk",
      outputs: [{ shape: [...batch, n, n], dtype: x.dtype }],
      grid: n === 0 ? 0 : count,
      numbers: [n, k, ...steps],
      scratch: squared(n, k, size),
      flops: count * n * (n + 1) * k,
      bytes: size * count * (n * k + n * n),
    };
  },
  vjp(dc, _, [x], { transpose: turned }) {
    const both = add(dc, transpose(dc));
    return [turned ? matmul(x, both) : matmul(both, x)];
  },
});

/**
 * `syrkUpdate(c, x, { transpose, subtract })`: C += X Xᵀ, or Xᵀ X, in place, or −= with `subtract`: what a covariance is added up with, block by block.
 * c [n, n], symmetric: its upper triangle is read, all of it written. x [n, k], or [k, n].
 */
export const syrkUpdate = /* @__PURE__ */ inPlace<
  [c: Tensor, x: Tensor],
  SyrkOptions & { subtract?: boolean }
>()({
  name: "syrkUpdate",
  part,
  inputs: { c: "real", x: "real" },
  defaults: { transpose: false, subtract: false },
  plan([c, x], { transpose: turned = false, subtract }) {
    const { batch, n, k, steps } = extents("syrkUpdate", x, turned);
    if (batch.length > 0) throw new ShapeError(`syrkUpdate: x is ${show(x.shape)}, expected two axes`);
    if (!sameShape(c.shape, [n, n]))
      throw new ShapeError(
        `syrkUpdate: c is ${show(c.shape)}, expected [${n}, ${n}] (x is ${show(x.shape)})`,
      );
    const size = bytesOf(x.dtype);
    return {
      kernel: "syrkUpdate",
      outputs: [],
      grid: n * k === 0 ? 0 : 1,
      numbers: [n, k, ...steps, Number(subtract)],
      scratch: squared(n, k, size),
      flops: n * (n + 1) * k,
      bytes: size * (n * k + 2 * n * n),
    };
  },
});
