/** Conversion between element types. */
import { bytesOf, type DType, dtypes, isDType, isReal } from "../dtype.js";
import { DTypeError } from "../errors.js";
import { conversions as part } from "../generated/conversions.js";
import type { KernelName } from "../generated/kernels.js";
import { op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** What the kernels call a dtype: reals are those of their module. */
const words = {
  float32: "real",
  float64: "real",
  float16: "half",
  bfloat16: "brain",
  int32: "int",
  int8: "byte",
  bool: "int",
} as const satisfies Record<DType, string>;

/** The kernel that converts, undefined where the elements stay as they are. */
function conversion(from: DType, to: DType): KernelName | undefined {
  if (from === to || (from === "bool" && to === "int32")) return undefined;
  if (bytesOf(from) < 4 && bytesOf(to) < 4)
    throw new DTypeError(
      `cast: x is ${from} and dtype ${to}, expected one of 4 or 8 bytes (cast to float32 first)`,
    );
  if (from === "float32" && to === "float64") return "singleToReal";
  if (from === "float64" && to === "float32") return "realToSingle";
  const word = to === "bool" ? "bool" : words[to];
  return `${words[from]}To${word[0].toUpperCase()}${word.slice(1)}` as KernelName;
}

/**
 * `cast(x, dtype)`: x as elements of another dtype. A real number loses its fraction on the way to int32 and int8, becomes the
 * nearest there is if it is too large, and 0 if it is NaN; on the way to a shorter one it becomes the nearest, the even one of
 * two; whatever is not 0 is true. Derivatives pass between real numbers as they are; those of float16 and bfloat16 are float32.
 */
export const cast = /* @__PURE__ */ op<[x: Tensor], { dtype: DType }, ["dtype"]>()({
  name: "cast",
  part,
  inputs: { x: "stored" },
  defaults: { dtype: "float32" },
  positional: ["dtype"],
  plan([x], { dtype }) {
    if (!isDType(dtype)) throw new DTypeError(`cast: dtype is ${String(dtype)}, expected one of ${dtypes}`);
    const output = { shape: x.shape, dtype };
    const kernel = conversion(x.dtype, dtype);
    if (kernel === undefined) return { view: output };
    const grid = sizeOf(x.shape);
    return { kernel, outputs: [output], grid, bytes: (bytesOf(x.dtype) + bytesOf(dtype)) * grid };
  },
  vjp: (dy, _, [x]) => [isReal(x.dtype) ? () => cast(dy, cotangentOf(x.dtype)) : null],
});

/** The dtype of the derivatives by what has a dtype. */
function cotangentOf(dtype: DType): DType {
  return dtype === "float64" ? "float64" : "float32";
}
