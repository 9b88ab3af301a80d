/** ml-matrix: JavaScript alone, in float64. It has factorisations. */
import type { Array32 } from "../workload.js";
import { type Peer, versionOf } from "./peer.js";

/** Not a literal, so that nothing here needs its types. */
const NAME: string = "ml-matrix";

interface Matrix {
  to1DArray(): number[];
}
interface Library {
  readonly Matrix: { from1DArray(rows: number, cols: number, data: ArrayLike<number>): Matrix };
  readonly CholeskyDecomposition: new (a: Matrix) => { readonly lowerTriangularMatrix: Matrix };
  solve(a: Matrix, b: Matrix): Matrix;
}

export async function connect(): Promise<Peer> {
  const { Matrix, CholeskyDecomposition, solve } = (await import(NAME)) as Library;
  const matrix = ({ shape: [rows, cols], data }: Array32): Matrix => Matrix.from1DArray(rows, cols, data);
  return {
    name: "ml-matrix",
    version: versionOf(NAME),
    prepare({ task: { kind } }, arrays) {
      if (kind !== "cholesky" && kind !== "solve") return undefined;
      const [a, b] = arrays.map(matrix);
      const run = (): Matrix =>
        kind === "solve" ? solve(a, b) : new CholeskyDecomposition(a).lowerTriangularMatrix;
      return { run, result: () => run().to1DArray(), dispose() {} };
    },
  };
}
