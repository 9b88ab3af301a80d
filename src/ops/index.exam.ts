/** The exam of every op, under the op's name. */
export { add, div, mul, sub } from "./binary.exam.js";
export * from "./activations.exam.js";
export { cast } from "./cast.exam.js";
export * from "./aggregate.exam.js";
export * from "./distributions.exam.js";
export * from "./elementary.exam.js";
export * from "./fill.exam.js";
export * from "./matmul.exam.js";
export * from "./movement.exam.js";
export * from "./optimizers.exam.js";
export * from "./order.exam.js";
export * from "./pointwise.exam.js";
export * from "./random.exam.js";
export * from "./reduce.exam.js";
export * from "./softmax.exam.js";
export * from "./transcendental.exam.js";
export * from "./unary.exam.js";
export * from "./update.exam.js";
