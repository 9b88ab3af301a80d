/** Exponentials, logarithms, circular and hyperbolic functions and their inverses, error functions, powers. */
export * from "../transcendental";
export * from "../slopes";
