/** Factorisations of matrices, and what is solved by them; the grid is a batch of matrices. */
export { cholesky } from "./linalg/cholesky";
export { eigh } from "./linalg/eigh";
export { qr } from "./linalg/qr";
export { svd } from "./linalg/svd";
export { syrk, syrkUpdate } from "./linalg/symmetric";
export { inverse, logdet, solve, solveFactored } from "./linalg/systems";
export { triangularSolve } from "./linalg/triangle";
