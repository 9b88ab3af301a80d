/** Pooling and resampling. */
export * from "../pooling";
