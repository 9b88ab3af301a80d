/** Random features. */
export * from "../hadamard";
