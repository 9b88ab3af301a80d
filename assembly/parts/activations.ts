/** Activation functions beyond relu, tanh and sigmoid, forward and gradient. */
export * from "../activations";
