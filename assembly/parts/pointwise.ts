/** Comparisons, selection, whole numbers and truth values, element by element. */
export * from "../pointwise";
