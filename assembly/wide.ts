/**
 * The kernels of products for engines that join two neighbouring vectors to one of 256 bits: a module of its own, with WIDE set (simd.ts). Of
 * a part that it has anything of it has all, so that none is brought over it.
 */
export * from "./gemm";
export * from "./parts/convolution";
export * from "./parts/features";
export * from "./parts/linalg";
