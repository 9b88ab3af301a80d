/** Steps of the optimisers beyond SGD and Adam. */
export * from "../optimizers";
