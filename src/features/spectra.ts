/** Activations by their Fourier transforms f̂(ξ) = ∫ f(z) e^(−2πiξz) dz, f(z) = ∫ f̂(ξ) e^(2πiξz) dξ: what universal random features are made of. */
import { OptionError } from "../errors.js";
import { cos, cosh, exp, log, sin, sinh, tan } from "../exact.js";
import { normalQuantile } from "./normal.js";

/** A complex number. */
export type Complex = readonly [re: number, im: number];

/** e^z itself, which needs no transform. */
export interface ExponentialSpectrum {
  readonly name: string;
  readonly kind: "exponential";
}

/** f(z) = Σ weight · e^(2πiξz) over finitely many frequencies, no two the same. */
export interface LineSpectrum {
  readonly name: string;
  readonly kind: "lines";
  readonly lines: readonly { readonly xi: number; readonly weight: Complex }[];
}

/** A transform that is a function of ξ. */
export interface DensitySpectrum {
  readonly name: string;
  readonly kind: "density";
  /** f̂(ξ), a number where it is real. */
  readonly transform: (xi: number) => number | Complex;
  /** Beyond ±width there is nothing worth mentioning: where a proposal is tested. */
  readonly width: number;
  /** A law with a density proportional to the transform, where it is positive and there is one. */
  readonly law?: { readonly sample: (uniform: () => number) => number; readonly mass: number };
}

export type Spectrum = ExponentialSpectrum | LineSpectrum | DensitySpectrum;

/** A law that frequencies are drawn by where they are not drawn by the transform's own. */
export interface Proposal {
  readonly density: (xi: number) => number;
  readonly sample: (uniform: () => number) => number;
}

/** ξ normal with mean 0. Its tails are lighter than those of e^(−|ξ|): the weights are then not bounded. */
export function normalProposal(deviation: number): Proposal {
  if (!(deviation > 0 && Number.isFinite(deviation)))
    throw new OptionError(`normalProposal: deviation is ${deviation}, expected a finite number above 0`);
  const factor = 1 / (deviation * Math.sqrt(2 * Math.PI));
  return {
    density: (xi) => factor * exp((-xi / deviation) * (xi / deviation / 2)),
    sample: (uniform) => deviation * normalQuantile(uniform()),
  };
}

/** ξ by Laplace's law: density e^(−|ξ| / scale) / 2 scale. */
export function laplaceProposal(scale: number): Proposal {
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new OptionError(`laplaceProposal: scale is ${scale}, expected a finite number above 0`);
  return {
    density: (xi) => exp(-Math.abs(xi) / scale) / (2 * scale),
    sample: (uniform) => scale * laplaceDraw(uniform()),
  };
}

const laplaceDraw = (u: number): number => -Math.sign(u - 0.5) * log(1 - 2 * Math.abs(u - 0.5));

/** (2 / π) ln tan(πU / 2): the law whose characteristic function is sech t. */
const sechDraw = (uniform: () => number): number => (2 / Math.PI) * log(tan((Math.PI * uniform()) / 2));

const TURN = 2 * Math.PI;

/** Two lines, ξ = ±1 / 2π, the weight of the first and its conjugate. */
const wave = (name: string, [re, im]: Complex): Spectrum => ({
  name,
  kind: "lines",
  lines: [1, -1].map((sign) => ({ xi: sign / TURN, weight: [re, sign * im] })),
});

/** cos z = (e^iz + e^−iz) / 2 */
export const cosSpectrum: Spectrum = /* @__PURE__ */ wave("cos", [0.5, 0]);

/** sin z = (e^iz − e^−iz) / 2i */
export const sinSpectrum: Spectrum = /* @__PURE__ */ wave("sin", [0, -0.5]);

/** e^z, the softmax kernel of x and w. */
export const expSpectrum: Spectrum = { name: "exp", kind: "exponential" };

/** e^(−z² / 2): √2π e^(−2π²ξ²). Of split "b1" its estimates have no variance unless ‖x‖² < ½; of "sym" they have. */
export const gaussianSpectrum: Spectrum = {
  name: "gaussian",
  kind: "density",
  transform: (xi) => Math.sqrt(TURN) * exp(-2 * (Math.PI * xi) * (Math.PI * xi)),
  width: 1,
  law: { sample: (uniform) => normalQuantile(uniform()) / TURN, mass: 1 },
};

/** 1 / (1 + z²): π e^(−2π|ξ|). Its estimates have no variance unless ‖x + w‖ < 1 or A < 0. */
export const cauchySpectrum: Spectrum = {
  name: "cauchy",
  kind: "density",
  transform: (xi) => Math.PI * exp(-TURN * Math.abs(xi)),
  width: 3,
  law: { sample: (uniform) => laplaceDraw(uniform()) / TURN, mass: 1 },
};

/** sech z: π / cosh(π²ξ). */
export const sechSpectrum: Spectrum = {
  name: "sech",
  kind: "density",
  transform: (xi) => Math.PI / cosh(Math.PI * Math.PI * xi),
  width: 2,
  law: { sample: (uniform) => sechDraw(uniform) / TURN, mass: 1 },
};

/** sech² z: 2π²ξ / sinh(π²ξ). */
export const sechSquaredSpectrum: Spectrum = {
  name: "sech²",
  kind: "density",
  transform: (xi) => (xi === 0 ? 2 : (2 * Math.PI * Math.PI * xi) / sinh(Math.PI * Math.PI * xi)),
  width: 2.5,
  law: { sample: (uniform) => (sechDraw(uniform) + sechDraw(uniform)) / TURN, mass: 1 },
};

export interface Tabulation {
  /** f is fitted on [−range, range]. */
  range: number;
  /** Half a period, above the range. */
  period: number;
  /** Sines and cosines of πkz / period for k up to this. */
  harmonics: number;
  /** "sines" for odd functions, "cosines" for even ones; default "both". */
  terms?: "both" | "sines" | "cosines";
  /** Added to the mean squares: default 1e-4. */
  ridge?: number;
  /** Points of the fit, evenly spaced. Default 601. */
  points?: number;
}

/**
 * f on [−range, range] as Σ a_k cos(πkz / period) + b_k sin(πkz / period), fitted by least squares: for functions without an integrable transform, as tanh, the
 * logistic function, softplus and GELU. High harmonics cost e^(|t| ‖x + w‖²) in variance: few, and small vectors. Throws OptionError.
 */
export function tabulatedSpectrum(name: string, f: (z: number) => number, options: Tabulation): Spectrum {
  const { range, period, harmonics, terms = "both", ridge = 1e-4, points = 601 } = options;
  const bad = (option: string, value: unknown, expected: string): never => {
    throw new OptionError(`tabulatedSpectrum: ${option} is ${String(value)}, expected ${expected}`);
  };
  if (!(range > 0 && Number.isFinite(range))) bad("range", range, "a finite number above 0");
  if (!(period > range && Number.isFinite(period)))
    bad("period", period, `a finite number above the range ${range}`);
  if (!Number.isInteger(harmonics) || harmonics < 1) bad("harmonics", harmonics, "a whole number ≥ 1");
  if (!["both", "sines", "cosines"].includes(terms))
    bad("terms", `"${terms}"`, "one of both, sines, cosines");
  if (!(ridge >= 0 && Number.isFinite(ridge))) bad("ridge", ridge, "a finite number ≥ 0");
  if (!Number.isInteger(points) || points < 2) bad("points", points, "a whole number ≥ 2");
  const waves = [
    ...(terms === "sines" ? [] : Array.from({ length: harmonics + 1 }, (_, k) => ({ k, wave: cos }))),
    ...(terms === "cosines" ? [] : Array.from({ length: harmonics }, (_, k) => ({ k: k + 1, wave: sin }))),
  ];
  const z = Array.from({ length: points }, (_, i) => range * ((2 * i) / (points - 1) - 1));
  const columns = waves.map(({ k, wave }) => z.map((at) => wave((Math.PI * k * at) / period)));
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, v, i) => sum + v * y[i], 0);
  const values = z.map(f);
  const matrix = columns.map((x, i) => [...columns.map((y, j) => dot(x, y) + (i === j ? ridge * points : 0)), dot(x, values)]); // prettier-ignore
  const coefficients = solve(matrix);
  const of = (k: number, wave: (z: number) => number): number =>
    coefficients[waves.findIndex((one) => one.k === k && one.wave === wave)] ?? 0;
  const lines = Array.from({ length: 2 * harmonics + 1 }, (_, i) => i - harmonics).map((k) => {
    const [cosine, sine] = [of(Math.abs(k), cos), Math.sign(k) * of(Math.abs(k), sin)];
    const weight: Complex = k === 0 ? [cosine, 0] : [cosine / 2, -sine / 2];
    return { xi: k / (2 * period), weight };
  });
  return { name, kind: "lines", lines: lines.filter(({ weight }) => weight[0] !== 0 || weight[1] !== 0) };
}

/** x with A x = b, of rows [A, b] of a symmetric positive definite A: Gauss's elimination. */
function solve(rows: number[][]): number[] {
  rows.forEach((pivot, i) => {
    const scale = 1 / pivot[i];
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[i] * scale;
      for (let j = i; j < row.length; j++) row[j] -= factor * pivot[j];
    }
  });
  return rows.map((row, i) => row[row.length - 1] / row[i]);
}
