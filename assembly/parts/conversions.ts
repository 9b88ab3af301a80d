/** Numbers of one type as numbers of another. */
export * from "../conversions";
