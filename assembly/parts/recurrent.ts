/** Cells of recurrent networks. */
export * from "../recurrent";
