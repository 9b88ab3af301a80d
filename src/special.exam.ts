/** Special functions in float64, for references: to about 1e-15 of themselves. */

/** 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / n!(2n + 1), by the series with positive terms: e^(−x²) Σ 2ⁿx²ⁿ⁺¹ / (2n + 1)!! */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** e^(x²) erfc x for x ≥ ½, by the continued fraction of Laplace. */
function erfcFraction(x: number): number {
  let below = x;
  for (let n = Math.ceil(60 + 250 / (x * x)); n > 0; n--) below = x + n / 2 / below;
  return 1 / (Math.sqrt(Math.PI) * below);
}

/** e^(−x²), x² in two parts: its rounding error is as large as the exponent. */
function gaussian(x: number): number {
  const top = Math.fround(x);
  return Math.exp(-top * top) * Math.exp(-(x - top) * (x + top));
}

/** 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: number): number {
  if (Math.abs(x) < 2.5 || Number.isNaN(x)) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfc(Math.abs(x)));
}

/** 1 − erf x, without cancellation. */
export function erfc(x: number): number {
  if (x < 0.5 || Number.isNaN(x)) return 1 - erf(x);
  if (x > 30) return 0;
  return gaussian(x) * erfcFraction(x);
}

/** The normal distribution's Φ(x). */
export function normalCdf(x: number): number {
  if (!(x < -1)) return erfc(-x * Math.SQRT1_2) / 2;
  const top = Math.fround(x);
  const bell = Math.exp((-top * top) / 2) * Math.exp((-(x - top) * (x + top)) / 2);
  return x < -40 ? 0 : (bell * erfcFraction(-x * Math.SQRT1_2)) / 2;
}
