/** Uniform and normal numbers in float64. */
import { log } from "../exact.js";
import type { Key } from "../ops/random.js";
import { threefry } from "../random.js";

/** Uniform numbers in (0, 1), of 53 random bits each. */
export function uniforms(key: Key): () => number {
  let count = 0;
  return () => {
    const [high, low] = threefry(key, [count++, 0]);
    return ((high >>> 5) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 53;
  };
}

/** Coefficients from the lowest, of a quotient whose denominator begins with 1: about the median, in the tails, and far out. */
const CENTRE = [
  [3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
  [1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561],
]; // prettier-ignore
const TAIL = [
  [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 0.00077454501427834140764],
  [1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966, 0.000547593808499534494600, 1.05075007164441684324e-9],
]; // prettier-ignore
const FAR = [
  [6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
  [1, 0.59983220655588793769, 0.1369298809227358053, 0.0148753612908506148525, 0.00078686913114561325910, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15],
]; // prettier-ignore

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);
const quotient = ([above, below]: readonly (readonly number[])[], x: number): number =>
  polynomial(above, x) / polynomial(below, x);

/**
 * The number that a normal deviate is below with probability p in (0, 1), to about 1e-15 of itself. Wichura: "Algorithm AS 241: the percentage points of
 * the normal distribution", 1988, PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * quotient(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  return Math.sign(q) * (r <= 5 ? quotient(TAIL, r - 1.6) : quotient(FAR, r - 5));
}
