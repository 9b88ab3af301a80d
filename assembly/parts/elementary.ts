/** Elementary and special functions, forward and gradient. */
export * from "../elementary";
