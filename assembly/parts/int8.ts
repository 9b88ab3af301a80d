/** Quantization to 8-bit integers, and products of them. */
export * from "../int8";
