/** The Walsh–Hadamard transform. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { features as part } from "../generated/features.js";
import { op } from "../op.js";
import { show, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/**
 * `walshHadamard(x, { scale })`: y = scale · H x along the last axis, whose extent n is a power of two; H(i, j) = (−1)^(bits that i and j
 * share), so that H² = n and scale 1 / √n makes it orthogonal. Default 1. n log₂ n additions a row (Fino, Algazi, 1976).
 */
export const walshHadamard = /* @__PURE__ */ op<[x: Tensor], { scale?: number }>()({
  name: "walshHadamard",
  part,
  inputs: { x: "real" },
  defaults: { scale: 1 },
  plan([x], { scale = 1 }) {
    const n = x.shape.length > 0 ? x.shape[x.shape.length - 1] : 0;
    if (n === 0 || (n & (n - 1)) !== 0)
      throw new ShapeError(
        `walshHadamard: x is ${show(x.shape)}, expected a power of two along its last axis`,
      );
    if (!Number.isFinite(scale))
      throw new OptionError(`walshHadamard: scale is ${scale}, expected a finite number`);
    const size = sizeOf(x.shape);
    return {
      kernel: "hadamard",
      outputs: [x],
      grid: size / n,
      numbers: [n, scale],
      bytes: 2 * bytesOf(x.dtype) * size,
    };
  },
  // H is symmetric.
  vjp: (dy, _, __, options) => [walshHadamard(dy, options)],
});
