/** A product by the way that suits its shape: the blocked one, dot products, or sums of rows. */
import { bytes } from "../simd";
import { Reals, Storage } from "../storage";
import { bandsOf, firstCol, firstRow, lastCol, lastRow } from "./bands";
import { dots, gatherLines } from "./dots";
import { Epilogue, Store } from "./epilogue";
import { multiply } from "./multiply";
import { Strided } from "./panels";
import { sumRows } from "./rows";

/** Up to so many rows or columns of C are dot products where the operand with the many lines is contiguous along k. */
const FEW: i32 = 15;
/** Up to so many rows of C are sums of rows of B where those are contiguous. */
const THIN: i32 = 4;
/** Up to this k the few lines may be gathered into scratch. */
const LONG: i32 = 65536;

/**
 * C = E(A·B), A(i, p) = a[i·aRow + p·aCol] [m, k], B(p, j) = b[p·bRow + j·bCol] [k, n] of type S → c [m, n], in the bands
 * [begin, end).
 */
export function product<S extends Storage, E extends Epilogue>(
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
  const i0 = firstRow(m, n, begin),
    i1 = lastRow(m, n, end);
  const j0 = firstCol(m, n, begin),
    j1 = lastCol(m, n, end);
  const rows = i1 - i0,
    cols = j1 - j0,
    size = changetype<S>(0).width(),
    x = a + bytes(i0 * aRow),
    z = b + size * (j0 * bCol),
    y = c + bytes(i0 * n + j0);
  if (n <= FEW && aCol == 1 && k <= LONG) {
    const asItLies = bRow == 1 && size == bytes(1);
    if (!asItLies) gatherLines<S>(z, bCol, bRow, cols, k, scratch);
    dots<Reals>(asItLies ? z : scratch, asItLies ? bCol : k, cols, x, aRow, rows, y, 1, n, k);
  } else if (m <= FEW && bRow == 1 && k <= LONG) {
    if (aCol != 1) gatherLines<Reals>(x, aRow, aCol, rows, k, scratch);
    dots<S>(aCol == 1 ? x : scratch, aCol == 1 ? aRow : k, rows, z, bCol, cols, y, n, 1, k);
  } else if (m <= THIN && bCol == 1) {
    sumRows<S>(x, aRow, aCol, z, bRow, y, n, rows, cols, k);
  } else if (n == 1 && aRow == 1 && size == bytes(1)) {
    sumRows<Reals>(z, bCol, bRow, x, aCol, y, 0, 1, rows, k);
  } else {
    return multiply<Strided<Reals>, Strided<S>, E>(
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
  if (!changetype<E>(0).idle(parameter, attribute)) {
    changetype<E>(0).finish(y, bytes(n), rows, cols, parameter ? parameter + bytes(j0) : 0, attribute);
  }
}

/** The same, without an epilogue, for each index of a batch; layout [rank, then innermost first: extent, aStride, bStride]. */
export function productBatched<S extends Storage>(
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
  const bands = bandsOf(m, n);
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
      y += changetype<S>(0).width() * (at * load<i32>(entry, 12));
    }
    const z = c + bytes(index * m * n);
    product<S, Store>(x, y, 0, 0, z, scratch, m, n, k, aRow, aCol, bRow, bCol, first, first + count);
    begin += count;
  }
}
