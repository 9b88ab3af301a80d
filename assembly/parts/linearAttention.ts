/** Linear attention. */
export * from "../linearAttention";
