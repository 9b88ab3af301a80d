/** Cosines and sines of projections, and their gradients. Float32 only. */
import { waves } from "../functions/waves";
import { One, Product, Span, Sum, Whole, zip } from "../loops";
import { bytes, mul, nmadd } from "../simd";
import { BLOCK, packColumns, packRows, project, projectBack, room, stepOf } from "./project";

/** Forms: the cosines and then the sines, or one of the two. `src/ops/featureMaps.ts` repeats them. */
const PAIR: i32 = 0;
const COSINE: i32 = 1;

/** z += by, n elements and what is left of the last vector. */
function shift(z: usize, by: f32, n: i32): void {
  const t = f32x4.splat(by);
  for (; n > 0; n -= 4, z += 16) v128.store(z, f32x4.add(v128.load(z), t));
}

/**
 * y = scale · cos z, scale · sin z (form 0: y [rows, 2D]; 1, 2: one of them), z = x · wᵀ + bias, and slope = dy / dz of forms 1 and 2; biased: whether
 * the bias is not one number for all. way: project.ts. The grid is the rows. Scratch: w packed, that of the product, and a block of z.
 */
export function fourierFeatures(
  x: usize,
  w: usize,
  bias: usize,
  y: usize,
  slope: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  form: i32,
  biased: i32,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  const free = packColumns(way, w, D, d, scratch),
    block = free + room(way, d),
    all: f32 = biased ? 0 : load<f32>(bias);
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    project(way, x + bytes(d * i), w, scratch, block, rows, D, d, free);
    let z = block;
    for (let row = i; row < i + rows; row++, z += bytes(stepOf(D))) {
      const first = y + bytes(D * row),
        s = slope + bytes(D * row);
      if (biased) zip<Sum>(z, bias, z, 0, D);
      else if (all != 0) shift(z, all, D);
      if (form == PAIR) waves(z, scale, scale, first + bytes(D * row), first + bytes(D * (row + 1)), D, free);
      else if (form == COSINE) waves(z, scale, -scale, first, s, D, free);
      else waves(z, scale, scale, s, first, D, free);
    }
  }
}

/** dz = dsin · cos − dcos · sin, each cosine `far` bytes before its sine, n elements. */
function pull<S extends Span>(dy: usize, y: usize, far: usize, dz: usize, n: i32): void {
  const span = changetype<S>(0);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length())) {
    const dcos = span.get(dy + at),
      dsin = span.get(dy + far + at);
    span.put(dz + at, nmadd(dcos, span.get(y + far + at), mul(dsin, span.get(y + at))));
  }
}

/**
 * The gradients of `fourierFeatures`: to z, dz [rows, D], or, if `whole`, to x, dz · w [rows, d]; kept: y of form 0, slope of the others. Scratch of
 * the latter: w packed, that of the product, a number for each row of a block, and a block of dz.
 */
export function fourierFeaturesGrad(
  dy: usize,
  kept: usize,
  x: usize,
  w: usize,
  bias: usize,
  dx: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  whole: i32,
  form: i32,
  begin: i32,
  end: i32,
): void {
  const free = whole ? packRows(way, w, D, d, scratch) : scratch,
    sums = free + room(way, D),
    block = sums + bytes(BLOCK),
    width = form == PAIR ? 2 * D : D;
  if (whole) memory.fill(sums, 0, bytes(BLOCK));
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    let at = bytes(width * i),
      dz = whole ? block : dx + bytes(D * i);
    for (let row = 0; row < rows; row++, at += bytes(width), dz += bytes(whole ? stepOf(D) : D)) {
      if (form == PAIR) {
        const rest = bytes(D & -4);
        pull<Whole>(dy + at, kept + at, bytes(D), dz, D & -4);
        pull<One>(dy + at + rest, kept + at + rest, bytes(D), dz + rest, D & 3);
      } else zip<Product>(dy + at, kept + at, dz, 0, D);
    }
    if (whole) projectBack(way, block, w, scratch, x + bytes(d * i), sums, dx + bytes(d * i), rows, D, d, free); // prettier-ignore
  }
}
