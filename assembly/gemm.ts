/** Matrix products, batched and with a bias and an activation. */
import { dots, gatherLines } from "./gemm/dots";
import { Activate, Epilogue, Store } from "./gemm/epilogue";
import { multiply } from "./gemm/multiply";
import { Strided } from "./gemm/panels";
import { sumRows } from "./gemm/rows";
import { bytes } from "./gemm/tile";

/** Rows or columns of C in one unit of the grid, which runs along the longer side of C. */
const ROWS: i32 = 12;
const COLS: i32 = 16;
/** Up to so many rows or columns of C are dot products where the operand with the many lines is contiguous along k. */
const FEW: i32 = 15;
/** Up to so many rows of C are sums of rows of B where those are contiguous. */
const THIN: i32 = 4;
/** Up to this k the few lines may be gathered into scratch. */
const LONG: i32 = 65536;

/** C = A·B, A(i, p) = a[i·aRow + p·aCol] [m, k], B(p, j) = b[p·bRow + j·bCol] [k, n] → c [m, n]. */
export function matmul(
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  product<Store>(a, b, 0, 0, c, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

/** matmul for each index of a batch; layout [rank, then innermost first: extent, aStride, bStride], c [...batch, m, n]. */
export function matmulBatched(
  a: usize,
  b: usize,
  c: usize,
  layout: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  const bands = m >= n ? (m + ROWS - 1) / ROWS : (n + COLS - 1) / COLS;
  while (begin < end) {
    const index = begin / bands;
    const first = begin - index * bands;
    const count = min(end - begin, bands - first);
    let rest = index,
      x = a,
      y = b;
    for (let axis = 0; axis < load<i32>(layout); axis++) {
      const entry = layout + axis * 12;
      const extent = load<i32>(entry, 4);
      const at = rest % extent;
      rest /= extent;
      x += bytes(at * load<i32>(entry, 8));
      y += bytes(at * load<i32>(entry, 12));
    }
    const z = c + bytes(index * m * n);
    product<Store>(x, y, 0, 0, z, scratch, m, n, k, aRow, aCol, bRow, bCol, first, first + count);
    begin += count;
  }
}

/** y = activation(x·w + bias), x [m, k], w [k, n], bias [n] → y [m, n]; activation 0 none, 1 relu, 2 tanh, 3 sigmoid. */
export function linear(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  activation: i32,
  begin: i32,
  end: i32,
): void {
  product<Activate>(x, w, bias, activation, y, scratch, m, n, k, aRow, aCol, bRow, bCol, begin, end);
}

function product<E extends Epilogue>(
  a: usize,
  b: usize,
  parameter: usize,
  attribute: i32,
  c: usize,
  scratch: usize,
  m: i32,
  n: i32,
  k: i32,
  aRow: i32,
  aCol: i32,
  bRow: i32,
  bCol: i32,
  begin: i32,
  end: i32,
): void {
  if (begin >= end) return;
  const byRows = m >= n;
  const i0 = byRows ? begin * ROWS : 0,
    i1 = byRows ? min(end * ROWS, m) : m;
  const j0 = byRows ? 0 : begin * COLS,
    j1 = byRows ? n : min(end * COLS, n);
  const rows = i1 - i0,
    cols = j1 - j0,
    x = a + bytes(i0 * aRow),
    z = b + bytes(j0 * bCol),
    y = c + bytes(i0 * n + j0);
  if (n <= FEW && aCol == 1 && k <= LONG) {
    if (bRow != 1) gatherLines(z, bCol, bRow, cols, k, scratch);
    dots(bRow == 1 ? z : scratch, bRow == 1 ? bCol : k, cols, x, aRow, rows, y, 1, n, k);
  } else if (m <= FEW && bRow == 1 && k <= LONG) {
    if (aCol != 1) gatherLines(x, aRow, aCol, rows, k, scratch);
    dots(aCol == 1 ? x : scratch, aCol == 1 ? aRow : k, rows, z, bCol, cols, y, n, 1, k);
  } else if (m <= THIN && bCol == 1) {
    sumRows(x, aRow, aCol, z, bRow, y, n, rows, cols, k);
  } else if (n == 1 && aRow == 1) {
    sumRows(z, bCol, bRow, x, aCol, y, 0, 1, rows, k);
  } else {
    return multiply<Strided, Strided, E>(
      a,
      aRow,
      aCol,
      b,
      bCol,
      bRow,
      c,
      bytes(n),
      i0,
      i1,
      j0,
      j1,
      k,
      parameter,
      attribute,
      scratch,
    );
  }
  if (!changetype<E>(0).idle()) {
    changetype<E>(0).finish(y, bytes(n), rows, cols, parameter + bytes(j0), attribute);
  }
}
