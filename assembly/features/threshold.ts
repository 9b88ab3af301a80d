/** Powers of what exceeds a threshold, the features of arc-cosine kernels, and signs, with their gradients. Float32 only. */
import { One, Span, Whole } from "../loops";
import { bytes } from "../simd";
import { BLOCK, packColumns, packRows, project, projectBack, room, stepOf } from "./project";

/** Forms, beside the orders 0, 1 and 2. `src/ops/featureMaps.ts` repeats it. */
const SIGN: i32 = 3;

abstract class Ramp {
  abstract lanes(z: v128, threshold: v128, scale: v128): v128;
  /** The cotangent of z, from that of y and y. */
  abstract pull(dy: v128, y: v128, threshold: v128, scale: v128): v128;
}

class Step extends Ramp {
  lanes(z: v128, threshold: v128, scale: v128): v128 {
    return v128.and(f32x4.lt(threshold, z), scale);
  }
  pull(dy: v128, y: v128, threshold: v128, scale: v128): v128 {
    return i32x4.splat(0);
  }
}

class Line extends Ramp {
  lanes(z: v128, threshold: v128, scale: v128): v128 {
    return f32x4.mul(f32x4.pmax(z, threshold), scale);
  }
  pull(dy: v128, y: v128, threshold: v128, scale: v128): v128 {
    return v128.and(f32x4.mul(dy, scale), f32x4.gt(y, f32x4.mul(threshold, scale)));
  }
}

class Parabola extends Ramp {
  lanes(z: v128, threshold: v128, scale: v128): v128 {
    const t = f32x4.pmax(z, threshold);
    return f32x4.mul(f32x4.mul(t, t), scale);
  }
  /** dy/dz = 2 · scale · z = 2 √(scale · y) */
  pull(dy: v128, y: v128, threshold: v128, scale: v128): v128 {
    const root = f32x4.sqrt(f32x4.mul(y, scale)),
      least = f32x4.mul(f32x4.mul(threshold, threshold), scale);
    return v128.and(f32x4.mul(f32x4.add(dy, dy), root), f32x4.gt(y, least));
  }
}

class Sign extends Ramp {
  lanes(z: v128, threshold: v128, scale: v128): v128 {
    const above = f32x4.gt(z, i32x4.splat(0)),
      below = f32x4.lt(z, i32x4.splat(0)),
      one = v128.or(v128.and(above, f32x4.splat(1)), v128.and(below, f32x4.splat(-1)));
    return f32x4.mul(v128.bitselect(one, z, v128.or(above, below)), scale);
  }
  pull(dy: v128, y: v128, threshold: v128, scale: v128): v128 {
    return i32x4.splat(0);
  }
}

/** A row. */
function finish<F extends Ramp, S extends Span>(z: usize, y: usize, t: v128, s: v128, n: i32): void {
  const span = changetype<S>(0);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length()))
    span.put(y + at, changetype<F>(0).lanes(span.get(z + at), t, s));
}

/** A block of rows. */
function finishRows<F extends Ramp>(z: usize, y: usize, threshold: f32, scale: f32, D: i32, rows: i32): void {
  const t = f32x4.splat(threshold),
    s = f32x4.splat(scale),
    whole = bytes(D & -4);
  for (; rows > 0; rows--, z += bytes(stepOf(D)), y += bytes(D)) {
    finish<F, Whole>(z, y, t, s, D & -4);
    finish<F, One>(z + whole, y + whole, t, s, D & 3);
  }
}

/**
 * y = scale · max(z, threshold)^form for the forms 1 and 2, scale where z > threshold, else 0, for form 0, scale · sign z for form 3; z = x · wᵀ, y [rows,
 * D]. way: project.ts. The grid is the rows. Scratch: w packed, that of the product, and a block of z.
 */
export function thresholdFeatures(
  x: usize,
  w: usize,
  y: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  form: i32,
  threshold: f32,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  const free = packColumns(way, w, D, d, scratch),
    block = free + room(way, d);
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK),
      to = y + bytes(D) * i;
    project(way, x + bytes(d) * i, w, scratch, block, rows, D, d, free);
    if (form == SIGN) finishRows<Sign>(block, to, threshold, scale, D, rows);
    else if (form == 0) finishRows<Step>(block, to, threshold, scale, D, rows);
    else if (form == 1) finishRows<Line>(block, to, threshold, scale, D, rows);
    else finishRows<Parabola>(block, to, threshold, scale, D, rows);
  }
}

/** dz of a row. */
function pull<F extends Ramp, S extends Span>(
  dy: usize,
  y: usize,
  dz: usize,
  t: v128,
  s: v128,
  n: i32,
): void {
  const span = changetype<S>(0);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length()))
    span.put(dz + at, changetype<F>(0).pull(span.get(dy + at), span.get(y + at), t, s));
}

/** dz [rows, D], `step` bytes from row to row. */
function pullRows<F extends Ramp>(
  dy: usize,
  y: usize,
  dz: usize,
  step: usize,
  threshold: f32,
  scale: f32,
  D: i32,
  rows: i32,
): void {
  const t = f32x4.splat(threshold),
    s = f32x4.splat(scale),
    whole = bytes(D & -4);
  for (; rows > 0; rows--, dz += step, dy += bytes(D), y += bytes(D)) {
    pull<F, Whole>(dy, y, dz, t, s, D & -4);
    pull<F, One>(dy + whole, y + whole, dz + whole, t, s, D & 3);
  }
}

/** The gradients of `thresholdFeatures` of forms 1 and 2: to z, dz [rows, D], or, if `whole`, to x [rows, d]. Scratch of the latter as in exponential.ts. */
export function thresholdFeaturesGrad(
  dy: usize,
  y: usize,
  x: usize,
  w: usize,
  dx: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  whole: i32,
  form: i32,
  threshold: f32,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  const free = whole ? packRows(way, w, D, d, scratch) : scratch,
    sums = free + room(way, D),
    block = sums + bytes(BLOCK);
  if (whole) memory.fill(sums, 0, bytes(BLOCK));
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK),
      at = bytes(D) * i,
      dz = whole ? block : dx + at,
      step = bytes(whole ? stepOf(D) : D);
    if (form == 1) pullRows<Line>(dy + at, y + at, dz, step, threshold, scale, D, rows);
    else pullRows<Parabola>(dy + at, y + at, dz, step, threshold, scale, D, rows);
    if (whole) projectBack(way, block, w, scratch, x + bytes(d) * i, sums, dx + bytes(d) * i, rows, D, d, free); // prettier-ignore
  }
}
