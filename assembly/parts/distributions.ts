/** Random tensors beyond the uniform, the normal and Bernoulli's. */
export * from "../random/distributions";
