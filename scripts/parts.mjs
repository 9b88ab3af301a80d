/**
 * The parts that the kernels are shipped in, each a module of its own over the same memory: `assembly/parts/NAME.ts`. A
 * bundle carries a part only if it has an op that needs it. Their order fixes where each keeps its read-only tables.
 */
export const parts = [
  "core",
  "elementary",
  "transcendental",
  "activations",
  "aggregate",
  "order",
  "optimizers",
  "distributions",
  "pointwise",
  "conversions",
  "int8",
  "chains",
  "convolution",
  "pooling",
  "normalization",
  "attention",
  "recurrent",
  "features",
  "linalg",
  "linearAttention",
];

/** Bytes of a part's window for tables; the first begins behind address 0, the heap behind the last (src/devices/wasm.ts). */
export const WINDOW = 1024;

/** Where a part's tables begin. */
export const windowOf = (part) => WINDOW * (1 + parts.indexOf(part));

/** Where those of the module with wide tiles begin, which has kernels of several parts. */
export const WIDE_BASE = 28 * WINDOW;

/** Where those of the module for float64 begin, which is a part by itself: 13 KB. */
export const FLOAT64_BASE = 32 * WINDOW;
