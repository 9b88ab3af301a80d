/** Linear algebra. */
export * from "../linalg";
