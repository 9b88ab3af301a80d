/** Normalisation. */
export * from "../normalization";
