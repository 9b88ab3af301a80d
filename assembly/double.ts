/** Transcendental functions of each element in float64, and its conversions from and to float32. x, y [n]; the grid is elements. */
import { broadcast } from "./broadcast";
import * as gaussian from "./double/gaussian";
import { convert, Same } from "./loops";
import { Reals } from "./storage";
import { Singles } from "./storage/reals";
import { mapEach, Pairs, Scalar, ScalarPair } from "./double/scalar";

export { elu, gelu, geluTanh, mish, selu, silu, softplus } from "./double/activations";

class Exp extends Scalar {
  of(x: f64): f64 {
    return Math.exp(x);
  }
}

/** y = eˣ */
export function exp(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Exp>(x, y, begin, end);
}

class Log extends Scalar {
  of(x: f64): f64 {
    return Math.log(x);
  }
}

/** y = ln x */
export function log(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Log>(x, y, begin, end);
}

class Tanh extends Scalar {
  of(x: f64): f64 {
    return Math.tanh(x);
  }
}

/** y = tanh x */
export function tanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Tanh>(x, y, begin, end);
}

class Expm1 extends Scalar {
  of(x: f64): f64 {
    return Math.expm1(x);
  }
}

/** y = eˣ − 1 */
export function expm1(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Expm1>(x, y, begin, end);
}

class Exp2 extends Scalar {
  of(x: f64): f64 {
    return Math.exp2(x);
  }
}

/** y = 2ˣ */
export function exp2(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Exp2>(x, y, begin, end);
}

class Log1p extends Scalar {
  of(x: f64): f64 {
    return Math.log1p(x);
  }
}

/** y = ln(1 + x) */
export function log1p(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Log1p>(x, y, begin, end);
}

class Log2 extends Scalar {
  of(x: f64): f64 {
    return Math.log2(x);
  }
}

/** y = log₂ x */
export function log2(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Log2>(x, y, begin, end);
}

class Sin extends Scalar {
  of(x: f64): f64 {
    return Math.sin(x);
  }
}

/** y = sin x */
export function sin(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Sin>(x, y, begin, end);
}

class Cos extends Scalar {
  of(x: f64): f64 {
    return Math.cos(x);
  }
}

/** y = cos x */
export function cos(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Cos>(x, y, begin, end);
}

class Tan extends Scalar {
  of(x: f64): f64 {
    return Math.tan(x);
  }
}

/** y = tan x */
export function tan(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Tan>(x, y, begin, end);
}

class Asin extends Scalar {
  of(x: f64): f64 {
    return Math.asin(x);
  }
}

/** y = arcsin x */
export function asin(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Asin>(x, y, begin, end);
}

class Acos extends Scalar {
  of(x: f64): f64 {
    return Math.acos(x);
  }
}

/** y = arccos x */
export function acos(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Acos>(x, y, begin, end);
}

class Atan extends Scalar {
  of(x: f64): f64 {
    return Math.atan(x);
  }
}

/** y = arctan x */
export function atan(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Atan>(x, y, begin, end);
}

class Sinh extends Scalar {
  of(x: f64): f64 {
    return Math.sinh(x);
  }
}

/** y = (eˣ − e⁻ˣ) / 2 */
export function sinh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Sinh>(x, y, begin, end);
}

class Cosh extends Scalar {
  of(x: f64): f64 {
    return Math.cosh(x);
  }
}

/** y = (eˣ + e⁻ˣ) / 2 */
export function cosh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Cosh>(x, y, begin, end);
}

class Asinh extends Scalar {
  of(x: f64): f64 {
    return Math.asinh(x);
  }
}

/** y = arsinh x */
export function asinh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Asinh>(x, y, begin, end);
}

class Acosh extends Scalar {
  of(x: f64): f64 {
    return Math.acosh(x);
  }
}

/** y = arcosh x */
export function acosh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Acosh>(x, y, begin, end);
}

class Atanh extends Scalar {
  of(x: f64): f64 {
    return Math.atanh(x);
  }
}

/** y = artanh x */
export function atanh(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Atanh>(x, y, begin, end);
}

class Erf extends Scalar {
  of(x: f64): f64 {
    return gaussian.erf(x);
  }
}

/** y = 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Erf>(x, y, begin, end);
}

class Erfc extends Scalar {
  of(x: f64): f64 {
    return gaussian.erfc(x);
  }
}

/** y = 1 − erf x */
export function erfc(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Erfc>(x, y, begin, end);
}

/** By e^(−|x|), which does not overflow. */
class Sigmoid extends Scalar {
  of(x: f64): f64 {
    const p = Math.exp(-Math.abs(x));
    return (x < 0 ? p : 1) / (1 + p);
  }
}

/** y = 1 / (1 + e⁻ˣ) */
export function sigmoid(x: usize, y: usize, begin: i32, end: i32): void {
  mapEach<Sigmoid>(x, y, begin, end);
}

/** IEEE 754 has 1 for a power of 1 and for a 0th power, whatever the other; ECMAScript has NaN for 1 to ±∞ and NaN. */
class Pow extends ScalarPair {
  of(x: f64, y: f64): f64 {
    if (x == 1 || (x == -1 && Math.abs(y) == Infinity)) return 1;
    return Math.pow(x, y);
  }
}

/** z = xʸ, broadcast. */
export function pow(x: usize, y: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Pairs<Pow>>(x, y, z, layout, begin, end);
}

class Atan2 extends ScalarPair {
  of(y: f64, x: f64): f64 {
    return Math.atan2(y, x);
  }
}

/** z = the angle of the point (x, y), broadcast. */
export function atan2(y: usize, x: usize, z: usize, layout: usize, begin: i32, end: i32): void {
  broadcast<Pairs<Atan2>>(y, x, z, layout, begin, end);
}

/** y = x of reals as float32. */
export function realToSingle(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Reals, Same, Singles>(x, y, begin, end);
}

/** y = x of float32 as reals. */
export function singleToReal(x: usize, y: usize, begin: i32, end: i32): void {
  convert<Singles, Same, Reals>(x, y, begin, end);
}
