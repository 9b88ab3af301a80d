/** The kernels that every program carries. */
export * from "../unary";
export * from "../binary";
export * from "../reduce";
export * from "../softmax";
export * from "../movement";
export * from "../gemm";
export * from "../random";
export * from "../update";
