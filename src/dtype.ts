/** Element types, and the JavaScript arrays that hold them. */

/** Real numbers, signed integers, and truth values that are 0 or 1: of 4 bytes each. */
export type DType = "float32" | "int32" | "bool";

/** A JavaScript array that holds elements of some dtype. */
export type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** The array of each dtype. */
export const arrayOf = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Int32Array,
} as const satisfies Record<DType, unknown>;

/** Every dtype, as error messages list them. */
export const dtypes = /* @__PURE__ */ Object.keys(arrayOf).join(", ");

/** Whether a value names a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(arrayOf, value);
}

/** The bytes of one element. */
export function bytesOf(dtype: DType): number {
  return arrayOf[dtype].BYTES_PER_ELEMENT;
}

/** A number as an element of a dtype: truth values become 0 or 1. */
export function elementOf(dtype: DType, value: number): number {
  return dtype === "bool" ? Number(Boolean(value)) : value;
}

/** Whether elements are real numbers: what can have a derivative. */
export function isReal(dtype: DType): boolean {
  return dtype === "float32";
}
