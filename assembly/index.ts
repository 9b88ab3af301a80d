/** The module's exports: one line for each family of kernels. */
export * from "./unary";
export * from "./binary";
export * from "./reduce";
export * from "./softmax";
export * from "./movement";
export * from "./gemm";
export * from "./random";
export * from "./update";
