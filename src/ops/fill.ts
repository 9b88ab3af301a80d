/** Tensors of one value. */
import { bytesOf, type DType, dtypes, elementOf, isDType, isReal } from "../dtype.js";
import { DTypeError } from "../errors.js";
import { op } from "../op.js";
import { checkShape, type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** `full(shape, value)`: every element is `value`. Option `dtype`, default float32. */
export const full = /* @__PURE__ */ op<
  [],
  { shape: Shape; value: number; dtype?: DType },
  ["shape", "value"]
>()({
  name: "full",
  inputs: {},
  defaults: { shape: [], value: 0, dtype: "float32" },
  positional: ["shape", "value"],
  plan(_, { shape, value, dtype = "float32" }) {
    checkShape("full", shape);
    if (!isDType(dtype)) throw new DTypeError(`full: dtype is ${String(dtype)}, expected one of ${dtypes}`);
    if (bytesOf(dtype) < 4)
      throw new DTypeError(`full: dtype is ${dtype}, expected one of 4 or 8 bytes (cast converts)`);
    if (dtype === "int32" && !Number.isInteger(value))
      throw new DTypeError(`full: value is ${value}, expected a whole number`);
    const grid = sizeOf(shape);
    const kernel = isReal(dtype) ? "fill" : "fillInt";
    return {
      kernel,
      outputs: [{ shape, dtype }],
      grid,
      numbers: [elementOf(dtype, value)],
      bytes: bytesOf(dtype) * grid,
    };
  },
  vjp: () => [],
});

/** Every element is 0. */
export function zeros(shape: Shape, dtype: DType = "float32"): Tensor {
  return full(shape, 0, { dtype });
}

/** Every element is 1. */
export function ones(shape: Shape, dtype: DType = "float32"): Tensor {
  return full(shape, 1, { dtype });
}
