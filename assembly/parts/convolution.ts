/** Convolutions. */
export * from "../conv";
