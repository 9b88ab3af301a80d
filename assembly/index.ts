/** Every kernel in one module, for runtimes that compile nothing from bytes. */
export * from "./parts/core";
export * from "./parts/elementary";
export * from "./parts/transcendental";
export * from "./parts/activations";
export * from "./parts/aggregate";
export * from "./parts/order";
export * from "./parts/optimizers";
export * from "./parts/distributions";
export * from "./parts/pointwise";
export * from "./parts/conversions";
export * from "./parts/int8";
export * from "./parts/chains";
export * from "./parts/convolution";
export * from "./parts/pooling";
export * from "./parts/normalization";
export * from "./parts/attention";
export * from "./parts/recurrent";
