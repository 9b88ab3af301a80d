/** Chains around dropout, each in one pass. */
export * from "../random/chains";
