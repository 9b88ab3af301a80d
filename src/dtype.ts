/** Element types, and the JavaScript arrays that hold them. */

/**
 * Real numbers of 4 and 8 bytes, and of 2 bytes, to be stored and converted; signed integers of 4 bytes and of 1; and truth
 * values, 0 or 1 in 4 bytes.
 */
export type DType = "float32" | "float64" | "float16" | "bfloat16" | "int32" | "int8" | "bool";

/** A JavaScript array that holds elements of some dtype. */
export type Numbers =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>;

/** The array of each dtype. That of float16 and bfloat16 holds their bits. */
export const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  int8: Int8Array,
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

/** Whether elements are real numbers: what can have a derivative. That of float16 and bfloat16 is float32. */
export function isReal(dtype: DType): boolean {
  return dtype.includes("float");
}

/** Whether elements are real numbers that are stored as their bits. */
export function isBits(dtype: DType): boolean {
  return arrayOf[dtype] === Uint16Array;
}

/** A number as an element of a dtype: truth values become 0 or 1, numbers of 16 bits their bits. */
export function elementOf(dtype: DType, value: number): number {
  if (dtype === "bool") return Number(Boolean(value));
  return isBits(dtype) ? bitsOf(dtype, value) : value;
}

/** Bits of fraction, and the smallest exponent of normal numbers. */
const formats = {
  float16: { fraction: 10, least: -14 },
  bfloat16: { fraction: 7, least: -126 },
};

const formatOf = (dtype: DType) => formats[dtype as keyof typeof formats];

const view = /* @__PURE__ */ new DataView(new ArrayBuffer(8));

/** The exponent of a positive float64. */
function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return (view.getUint16(0) >> 4) - 1023;
}

/** The bits of the number of 16 bits that is nearest to a value, the even one of two. */
function bitsOf(dtype: DType, value: number): number {
  const { fraction, least } = formatOf(dtype);
  const infinite = 0x7fff & (-1 << fraction);
  if (Number.isNaN(value)) return infinite | (1 << (fraction - 1));
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const a = Math.min(Math.abs(value), 2 ** 130);
  const unit = 2 ** (Math.max(exponentOf(a), least) - fraction);
  const rounded = (a / unit + 2 ** 52 - 2 ** 52) * unit; // a sum beyond 2⁵² is rounded to a whole number
  const exponent = Math.max(exponentOf(rounded), least);
  const bits = ((exponent - least) << fraction) + rounded / 2 ** (exponent - fraction);
  return sign | Math.min(bits, infinite);
}

/** The number that some bits mean, or an element of any other dtype as it is. */
export function valueOf(dtype: DType, element: number): number {
  if (!isBits(dtype)) return element;
  const { fraction, least } = formatOf(dtype);
  const sign = element & 0x8000 ? -1 : 1;
  const exponent = (element & 0x7fff) >> fraction;
  const rest = (element & ((1 << fraction) - 1)) / 2 ** fraction;
  if (exponent === 0x7fff >> fraction) return rest === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? 2 ** least * rest : 2 ** (least + exponent - 1) * (1 + rest));
}
