/** Reductions beyond sum, mean, max and argmax. */
export * from "../aggregate";
