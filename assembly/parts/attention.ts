/** Attention. */
export * from "../attention";
export * from "../rotary";
