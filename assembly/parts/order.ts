/** Sorting, running totals, selection along an axis, counts. */
export * from "../order";
