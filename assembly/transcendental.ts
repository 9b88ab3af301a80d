/** Transcendental functions of each element. x, y [n]; the grid is elements. */
import { broadcast } from "./broadcast";
import { mapLong } from "./loops";
import { Acos, Asin, Atan, Atan2 } from "./functions/arcs";
import { Cos, Sin, Tan } from "./functions/circular";
import { Cosh, Exp2, Expm1, Sinh } from "./functions/exponents";
import { Erf, Erfc } from "./functions/gaussian";
import { Acosh, Asinh, Atanh, Log1p, Log2 } from "./functions/logarithms";
import { Pow } from "./functions/power";

/** y = eˣ − 1 */
export function expm1(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Expm1>(x, y, begin, end);
}

/** y = 2ˣ */
export function exp2(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Exp2>(x, y, begin, end);
}

/** y = ln(1 + x) */
export function log1p(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Log1p>(x, y, begin, end);
}

/** y = log₂ x */
export function log2(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Log2>(x, y, begin, end);
}

/** y = sin x */
export function sin(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Sin>(x, y, begin, end);
}

/** y = cos x */
export function cos(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Cos>(x, y, begin, end);
}

/** y = tan x */
export function tan(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Tan>(x, y, begin, end);
}

/** y = arcsin x */
export function asin(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Asin>(x, y, begin, end);
}

/** y = arccos x */
export function acos(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Acos>(x, y, begin, end);
}

/** y = arctan x */
export function atan(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Atan>(x, y, begin, end);
}

/** y = (eˣ − e⁻ˣ) / 2 */
export function sinh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Sinh>(x, y, begin, end);
}

/** y = (eˣ + e⁻ˣ) / 2 */
export function cosh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Cosh>(x, y, begin, end);
}

/** y = arsinh x */
export function asinh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Asinh>(x, y, begin, end);
}

/** y = arcosh x */
export function acosh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Acosh>(x, y, begin, end);
}

/** y = artanh x */
export function atanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Atanh>(x, y, begin, end);
}

/** y = 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Erf>(x, y, begin, end);
}

/** y = 1 − erf x */
export function erfc(x: usize, y: usize, begin: i32, end: i32): void {
  mapLong<Erfc>(x, y, begin, end);
}

/** z = xʸ, broadcast. */
export function pow(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Pow>(x, y, z, layout, begin, end);
}

/** z = the angle of the point (x, y), broadcast. */
export function atan2(y: usize, x: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Atan2>(y, x, z, layout, begin, end);
}
