/** Exponentials of projections: positive features of the softmax and Gaussian kernels, and their gradients. Float32 only. */
import { Exp } from "../exponential";
import { sumDecays } from "../exponential/decay";
import { mapExponential } from "../exponential/map";
import { One, Span, Whole } from "../loops";
import { add, bytes, loadPart, madd, maxLanes, mul, storePart, sumLanes } from "../simd";
import { BLOCK, halfSquare, packColumns, packRows, project, projectBack, room, RUN, stepOf } from "./project";

/** e = sign · z + gamma + shift, n elements, and the largest of them and of `top`; no gamma: 0. z can be read up to a whole vector. */
function exponents(z: usize, sign: f32, gamma: usize, shift: f32, e: usize, n: i32, top: f32): f32 {
  const s = f32x4.splat(sign),
    t = f32x4.splat(shift);
  let g = t,
    most = f32x4.splat(top);
  for (; n >= 4; n -= 4, z += 16, e += 16) {
    if (gamma) {
      g = f32x4.add(v128.load(gamma), t);
      gamma += 16;
    }
    const sum = madd(v128.load(z), s, g);
    most = f32x4.pmax(most, sum);
    v128.store(e, sum);
  }
  if (n > 0) {
    if (gamma) g = f32x4.add(loadPart(gamma, n), t);
    const sum = madd(v128.load(z), s, g);
    most = f32x4.pmax(most, v128.bitselect(sum, most, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n))));
    storePart(e, sum, n);
  }
  return f32x4.extract_lane(maxLanes(most), 0);
}

/** `positiveFeatures`, or, with `top`, `positiveFeaturesByRow`. */
function exponentials(
  x: usize,
  w: usize,
  gamma: usize,
  y: usize,
  top: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  biased: i32,
  hyperbolic: i32,
  norm: f64,
  scale: f64,
  logScale: f64,
  begin: i32,
  end: i32,
): void {
  const each = biased ? gamma : 0,
    all = biased ? 0 : <f64>load<f32>(gamma),
    free = packColumns(way, w, D, d, scratch),
    block = free + room(way, d),
    width = hyperbolic ? 2 * D : D;
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    project(way, x + bytes(d * i), w, scratch, block, rows, D, d, free);
    let z = block;
    for (let row = i; row < i + rows; row++, z += bytes(stepOf(D))) {
      const e = y + bytes(width) * row,
        s = norm != 0 ? norm * halfSquare(x + bytes(d) * row, d) : 0,
        shift = <f32>(top ? all : s + logScale + all);
      let most = exponents(z, 1, each, shift, e, D, -3e38);
      if (hyperbolic) most = exponents(z, -1, each, shift, e + bytes(D), D, most);
      if (top) {
        sumDecays(e, e, width, most, <f32>scale, 0);
        store<f32>(top + bytes(row), <f32>(most + s));
      } else mapExponential<Exp>(e, e, width);
    }
  }
}

/**
 * y = scale · exp(z + gamma + norm · ‖x‖² / 2), z = x · wᵀ [rows, D], gamma [D]; with `hyperbolic`, then the same of −z: y [rows, 2D].
 * biased: whether gamma is not one number for all. way: project.ts. The grid is the rows. Scratch: w packed, that of the product, and a block of z.
 */
export function positiveFeatures(
  x: usize,
  w: usize,
  gamma: usize,
  y: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  biased: i32,
  hyperbolic: i32,
  norm: f64,
  scale: f64,
  logScale: f64,
  begin: i32,
  end: i32,
): void {
  exponentials(x, w, gamma, y, 0, scratch, D, d, way, biased, hyperbolic, norm, scale, logScale, begin, end); // prettier-ignore
}

/** The same without the largest exponent of each row, which goes to top [rows]. */
export function positiveFeaturesByRow(
  x: usize,
  w: usize,
  gamma: usize,
  y: usize,
  top: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  biased: i32,
  hyperbolic: i32,
  norm: f64,
  scale: f64,
  logScale: f64,
  begin: i32,
  end: i32,
): void {
  exponentials(x, w, gamma, y, top, scratch, D, d, way, biased, hyperbolic, norm, scale, logScale, begin, end); // prettier-ignore
}

/** dz = dy · y + sign · that of the elements `far` bytes behind, if far is not 0, n of them; and the sum of all dy · y in lanes. */
function pull<S extends Span>(dy: usize, y: usize, far: usize, sign: f32, dz: usize, n: i32): v128 {
  const span = changetype<S>(0),
    s = f32x4.splat(sign);
  let sum = i32x4.splat(0);
  for (let at: usize = 0; n > 0; n -= span.length(), at += bytes(span.length())) {
    const up = mul(span.get(dy + at), span.get(y + at));
    sum = add(sum, up);
    if (far) {
      const down = mul(span.get(dy + far + at), span.get(y + far + at));
      sum = add(sum, down);
      span.put(dz + at, madd(down, s, up));
    } else span.put(dz + at, up);
  }
  return sum;
}

/** The same of a row: the sum in float64 over runs. */
function pullRow(dy: usize, y: usize, far: usize, sign: f32, dz: usize, D: i32): f64 {
  let total = 0.0;
  for (let j = 0; j < D; j += RUN) {
    const n = min(D - j, RUN),
      at = bytes(j),
      rest = at + bytes(n & -4);
    const sum = pull<Whole>(dy + at, y + at, far, sign, dz + at, n & -4);
    total += sumLanes(add(sum, pull<One>(dy + rest, y + rest, far, sign, dz + rest, n & 3)));
  }
  return total;
}

/** Where the largest exponent stands, whose feature is `scale`: the first such place of n; n, if there is none, as in a row of NaN. */
function placeOf(y: usize, scale: f32, n: i32): i32 {
  let i = 0;
  while (i < n && load<f32>(y + bytes(i)) != scale) i++;
  return i;
}

/**
 * The gradients of `positiveFeatures` and, if `stable`, of `positiveFeaturesByRow`, dtop [rows]: to the exponents, dz [rows, D], where those of −z
 * count `sign` times; or, if `whole`, to x: dz · w + norm · x · Σ dy · y, [rows, d]. Scratch of the latter: w packed, that of the product, a
 * number for each row of a block, and a block of dz.
 */
export function positiveFeaturesGrad(
  dy: usize,
  y: usize,
  x: usize,
  w: usize,
  gamma: usize,
  dtop: usize,
  dx: usize,
  scratch: usize,
  D: i32,
  d: i32,
  way: i32,
  whole: i32,
  hyperbolic: i32,
  stable: i32,
  sign: f32,
  norm: f64,
  scale: f32,
  begin: i32,
  end: i32,
): void {
  const free = whole ? packRows(way, w, D, d, scratch) : scratch,
    sums = free + room(way, D),
    block = sums + bytes(BLOCK),
    width = hyperbolic ? 2 * D : D;
  for (let i = begin; i < end; i += BLOCK) {
    const rows = min(end - i, BLOCK);
    let dz = whole ? block : dx + bytes(D) * i;
    for (let row = 0; row < rows; row++, dz += bytes(whole ? stepOf(D) : D)) {
      const at = bytes(width) * (i + row);
      let total = pullRow(dy + at, y + at, hyperbolic ? bytes(D) : 0, sign, dz, D);
      if (stable) {
        const more = load<f32>(dtop + bytes(i + row)),
          place = placeOf(y + at, scale, width),
          own = dz + bytes(place < D ? place : place - D);
        if (place < width) store<f32>(own, load<f32>(own) + (place < D ? 1 : sign) * <f32>(more - total));
        total = more;
      }
      if (whole) store<f32>(sums + bytes(row), <f32>(norm * total));
    }
    if (whole) projectBack(way, block, w, scratch, x + bytes(d) * i, sums, dx + bytes(d) * i, rows, D, d, free); // prettier-ignore
  }
}
