/** Complex exponentials of projections, as pairs of reals, and their gradients. Float32 only. */
import { Exp } from "../exponential";
import { mapExponential } from "../exponential/map";
import { waves } from "../functions/waves";
import { One, Product, Span, Whole, zip } from "../loops";
import { add, bytes, madd, mul, nmadd, sumLanes } from "../simd";
import { BLOCK, halfSquare, packColumns, packRows, project, projectBack, room, RUN, stepOf } from "./project"; // prettier-ignore

/** y = a · z + (b · s + c), n elements of all but s. */
function combine<S extends Span>(a: usize, z: usize, b: usize, s: f32, c: usize, y: usize, n: i32): void {
  const span = changetype<S>(0),
    t = f32x4.splat(s);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length())) {
    span.put(y + at, madd(span.get(a + at), span.get(z + at), madd(span.get(b + at), t, span.get(c + at))));
  }
}

/** a · z + b · s + c of a row for the columns a, b, c that begin at `columns`, `column` bytes from one to the next; y may be z. */
function combineRow(columns: usize, column: usize, z: usize, s: f32, y: usize, D: i32): void {
  const whole = bytes(D & -4),
    b = columns + column,
    c = b + column;
  combine<Whole>(columns, z, b, s, c, y, D & -4);
  combine<One>(columns + whole, z + whole, b + whole, s, c + whole, y + whole, D & 3);
}

/**
 * y = exp(p z + q s + γ) · cos(u z + v s + c), then the same with the sine: [rows, 2D], z = x · wᵀ [rows, D], s = ‖x‖² / 2; columns [6, D]: p, q, γ, u, v,
 * c. way: project.ts. The grid is the rows. Scratch: w packed, that of the product, a row, and a block of z.
 */
export function complexFeatures(
  x: usize,
  w: usize,
  columns: usize,
  y: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  begin: i32,
  end: i32,
): void {
  const free = packColumns(way, w, D, d, scratch),
    step = bytes(stepOf(D)),
    e = free + room(way, d),
    block = e + step,
    column = bytes(D);
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    project(way, x + bytes(d) * i, w, scratch, block, rows, D, d, free);
    let z = block;
    for (let row = i; row < i + rows; row++, z += step) {
      const cos = y + column * (2 * row),
        sin = cos + column,
        s = <f32>halfSquare(x + bytes(d) * row, d);
      combineRow(columns, column, z, s, e, D);
      combineRow(columns + 3 * column, column, z, s, z, D);
      mapExponential<Exp>(e, e, D);
      waves(z, 1, 1, cos, sin, D, free);
      zip<Product>(cos, e, cos, 0, D);
      zip<Product>(sin, e, sin, 0, D);
    }
  }
}

/**
 * dz = p a + u b, n elements, and the sum of q a + v b in lanes, with the cotangents a = dcos · cos + dsin · sin of the exponent and b = dsin · cos −
 * dcos · sin of the angle.
 */
function pull<S extends Span>(dy: usize, y: usize, columns: usize, dz: usize, column: usize, n: i32): v128 {
  const span = changetype<S>(0),
    angles = columns + 3 * column;
  let sum = i32x4.splat(0);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length())) {
    const dcos = span.get(dy + at),
      dsin = span.get(dy + column + at),
      cos = span.get(y + at),
      sin = span.get(y + column + at),
      a = madd(dcos, cos, mul(dsin, sin)),
      b = nmadd(dcos, sin, mul(dsin, cos));
    span.put(dz + at, madd(span.get(columns + at), a, mul(span.get(angles + at), b)));
    sum = madd(span.get(columns + column + at), a, sum);
    sum = madd(span.get(angles + column + at), b, sum);
  }
  return sum;
}

/** The same of a row: the sum in float64 over runs. */
function pullRow(dy: usize, y: usize, columns: usize, dz: usize, D: i32): f64 {
  let total = 0.0;
  for (let j = 0; j < D; j += RUN) {
    const n = min(D - j, RUN),
      at = bytes(j),
      rest = at + bytes(n & -4);
    const sum = pull<Whole>(dy + at, y + at, columns + at, dz + at, bytes(D), n & -4);
    total += sumLanes(add(sum, pull<One>(dy + rest, y + rest, columns + rest, dz + rest, bytes(D), n & 3)));
  }
  return total;
}

/** The gradients of `complexFeatures`: to z, dz [rows, D], or, if `whole`, to x [rows, d]. Scratch of the latter as in exponential.ts. */
export function complexFeaturesGrad(
  dy: usize,
  y: usize,
  x: usize,
  w: usize,
  columns: usize,
  dx: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  whole: i32,
  begin: i32,
  end: i32,
): void {
  const free = whole ? packRows(way, w, D, d, scratch) : scratch,
    sums = free + room(way, D),
    block = sums + bytes(BLOCK);
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    let dz = whole ? block : dx + bytes(D) * i;
    for (let row = 0; row < rows; row++, dz += bytes(whole ? stepOf(D) : D)) {
      const at = bytes(2 * D) * (i + row),
        total = pullRow(dy + at, y + at, columns, dz, D);
      if (whole) store<f32>(sums + bytes(row), <f32>total);
    }
    if (whole) projectBack(way, block, w, scratch, x + bytes(d) * i, sums, dx + bytes(d) * i, rows, D, d, free); // prettier-ignore
  }
}
