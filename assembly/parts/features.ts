/** Random features. */
export * from "../features";
export * from "../hadamard";
