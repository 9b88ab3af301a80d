/** Quantization to 8-bit integers, and products of them: q = round(x / scale), so that x ≈ scale · q. */
import { bytesOf } from "../dtype.js";
import { OptionError, ShapeError } from "../errors.js";
import { int8 as part } from "../generated/int8.js";
import { type Launch, op } from "../op.js";
import { sameShape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { broadcasting, div, mul, unbroadcast } from "./binary.js";
import { cast } from "./cast.js";
import { abs } from "./elementary.js";
import { gemmInt8 } from "./gemm.js";
import { matricesOf, type Transposes } from "./matmul.js";
import { equal, lessEqual, where } from "./pointwise.js";
import { max, type Over } from "./reduce.js";

interface Bits {
  /**
   * 8 (default): q in [−127, 127]. 7: q in [−63, 63], whose products are twice as fast again where the engine has relaxed SIMD.
   */
  bits?: number;
}

/** The largest q. */
function limitOf(name: string, { bits = 8 }: Bits): number {
  if (bits !== 7 && bits !== 8) throw new OptionError(`${name}: bits is ${bits}, expected 7 or 8`);
  return 2 ** (bits - 1) - 1;
}

/**
 * `scaleOf(x, { axis, bits })`: the scale for which the largest |x| over the axes becomes the largest q; 1 where all x are 0. The
 * reduced axes are kept with extent 1, so that it broadcasts against x: `axis: -1` gives each row its own.
 */
export function scaleOf(x: Tensor, { axis, bits }: Pick<Over, "axis"> & Bits = {}): Tensor {
  const largest = max(abs(x), { axis, keepDims: true });
  return div(where(equal(largest, 0), limitOf("scaleOf", { bits }), largest), limitOf("scaleOf", { bits }));
}

/** One kernel over x and its scale, which may be repeated but not longer. */
function scaled(
  name: "quantize" | "fakeQuantize",
  x: Spec,
  scale: Spec,
  bits: Bits,
  dtype: Spec["dtype"],
): Launch {
  limitOf(name, bits);
  const plan = broadcasting(name, `${name}${bits.bits === 7 ? 7 : 8}`, [x, scale], ["x", "scale"], dtype);
  if (!sameShape(plan.outputs[0].shape, x.shape))
    throw new ShapeError(
      `${name}: scale is ${show(scale.shape)}, which does not fit into x ${show(x.shape)}`,
    );
  return plan;
}

/** `quantize(x, scale, { bits })`: q = round(x / scale) as int8, to the even one of two, kept in range; 0 for NaN. scale > 0 repeats. */
export const quantize = /* @__PURE__ */ op<[x: Tensor, scale: Tensor], Bits>()({
  name: "quantize",
  part,
  inputs: { x: "float32", scale: "float32" },
  defaults: { bits: 8 },
  plan: ([x, scale], bits) => scaled("quantize", x, scale, bits, "int8"),
});

/** `dequantize(q, scale)`: x = scale · q as float32; scale repeats. */
export const dequantize = /* @__PURE__ */ op<[q: Tensor, scale: Tensor]>()({
  name: "dequantize",
  inputs: { q: "int8", scale: "float32" },
  forward: ([q, scale]) => mul(cast(q, "float32"), scale),
  vjp: (dx, _, [q, scale]) => [null, () => unbroadcast(mul(dx, cast(q, "float32")), scale.shape)],
});

/**
 * `fakeQuantize(x, scale, { bits })`: scale · round(x / scale), kept in range: what a quantized x means, to train with. Its
 * derivative passes straight through where x is in range, and is 0 beyond (Bengio et al., 2013); that of the scale counts as 0.
 */
export const fakeQuantize = /* @__PURE__ */ op<[x: Tensor, scale: Tensor], Bits>()({
  name: "fakeQuantize",
  part,
  inputs: { x: "float32", scale: "float32" },
  defaults: { bits: 8 },
  plan: ([x, scale], bits) => scaled("fakeQuantize", x, scale, bits, "float32"),
  vjp: (dy, _, [x, scale], bits) => [
    () => where(lessEqual(abs(div(x, scale)), limitOf("fakeQuantize", bits) + 0.5), dy, 0),
    null,
  ],
});

/** Up to this k no sum of products leaves int32. */
const LONGEST = 2 ** 17 - 1;

function product(name: string, a: Spec, b: Spec, transposes: Transposes) {
  if (b.shape.length !== 2 || (transposes.transposeA && a.shape.length !== 2))
    throw new ShapeError(
      `${name}: a is ${show(a.shape)} and b is ${show(b.shape)}, expected b (and a transposed) of two axes`,
    );
  const [A, B] = matricesOf(name, a, b, transposes);
  if (A.cols > LONGEST)
    throw new ShapeError(
      `${name}: a has ${A.cols} columns, expected at most ${LONGEST}, whose sums int32 holds`,
    );
  const [m, n, k] = [sizeOf(A.batch) * A.rows, B.cols, A.cols];
  return {
    m,
    n,
    shape: [...A.batch, A.rows, n],
    run: {
      ...gemmInt8(m, n, k),
      numbers: [m, n, k, A.row, A.col, B.row, B.col],
      flops: 2 * m * n * k,
      bytes: m * k + k * n + 4 * m * n,
    },
  };
}

/**
 * `matmulInt8(a, b, { transposeA, transposeB })`: C = A · B of int8, exact in int32. a [..., m, k], b [k, n] → [..., m, n].
 * Fastest with relaxed SIMD where the elements of a or those of b span at most 127, as after a relu or `bits: 7`.
 */
export const matmulInt8 = /* @__PURE__ */ op<[a: Tensor, b: Tensor], Transposes>()({
  name: "matmulInt8",
  part,
  inputs: { a: "int8", b: "int8" },
  defaults: { transposeA: false, transposeB: false },
  plan([a, b], transposes) {
    const { shape, run } = product("matmulInt8", a, b, transposes);
    return { kernel: "matmulInt8", outputs: [{ shape, dtype: "int32" }], ...run };
  },
});

/** 1 for a scale of each row or column, 0 for one of all. */
function stepOf(argument: string, scale: Spec, count: number, lines: string): number {
  const size = sizeOf(scale.shape);
  if (size !== 1 && size !== count)
    throw new ShapeError(
      `matmulQuantized: ${argument} is ${show(scale.shape)}, expected one element or ${count} (${lines})`,
    );
  return size === 1 ? 0 : 1;
}

/**
 * `matmulQuantized(a, b, aScale, bScale, { transposeA, transposeB })`: y = (A · B) · aScale · bScale in float32, A · B as by
 * matmulInt8. aScale has one element or one for each row of the result, bScale one or one for each column.
 */
export const matmulQuantized = /* @__PURE__ */ op<
  [a: Tensor, b: Tensor, aScale: Tensor, bScale: Tensor],
  Transposes
>()({
  name: "matmulQuantized",
  part,
  inputs: { a: "int8", b: "int8", aScale: "float32", bScale: "float32" },
  defaults: { transposeA: false, transposeB: false },
  plan([a, b, aScale, bScale], transposes) {
    const { m, n, shape, run } = product("matmulQuantized", a, b, transposes);
    const steps = [stepOf("aScale", aScale, m, "rows of a"), stepOf("bScale", bScale, n, "columns of b")];
    const bytes = run.bytes + bytesOf("float32") * (sizeOf(aScale.shape) + sizeOf(bScale.shape));
    const numbers = [...run.numbers, ...steps];
    return { kernel: "matmulQuantized", outputs: [{ shape, dtype: "float32" }], ...run, numbers, bytes };
  },
});
