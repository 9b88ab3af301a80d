/** Universal random features. */
import { OptionError, ShapeError } from "../errors.js";
import { atan2, hypot, log } from "../exact.js";
import { scope } from "../memory.js";
import { buffer } from "../nn/module.js";
import { add, mul, sub } from "../ops/binary.js";
import { complexFeatures } from "../ops/complexFeatures.js";
import { fourierFeatures } from "../ops/featureMaps.js";
import { concat, split as halve } from "../ops/joining.js";
import { reshape } from "../ops/movement.js";
import { positiveFeatures, timesPower } from "../ops/positive.js";
import { foldIn } from "../random.js";
import { sameShape, show } from "../shape.js";
import { tensor, Tensor } from "../tensor.js";
import { lawOf, type ProposalOption } from "./frequencies.js";
import { checkMap, FeatureMap, type MapOptions } from "./map.js";
import { uniforms } from "./normal.js";
import { checkA } from "./positive.js";
import { gaussianProjection } from "./projections.js";
import type { Complex, Spectrum } from "./spectra.js";

export interface UniversalOptions extends Omit<MapOptions, "trainable"> {
  /** The activation f, by its transform: `cosSpectrum`, for one. */
  spectrum: Spectrum;
  /** How 2πiξ is shared out: all of it to x ("b1"), or its root to each of x and w ("sym", default), which has lighter tails in ξ. */
  split?: "b1" | "sym";
  /** A, at most 0; below 0 features are bounded. Default 0. */
  a?: number;
  /** What frequencies are drawn by instead of the transform: a density, or a chance for each line of a line spectrum. */
  proposal?: ProposalOption;
  /** Whether draws (ξ, g) come in pairs with (−ξ, −g). Default false. */
  antithetic?: boolean;
  /** The frequencies ξ themselves, one for each draw, or for each pair of them. */
  frequencies?: readonly number[];
}

/** A draw: t = 2πξ, and its weight. */
interface Draw {
  readonly t: number;
  readonly weight: Complex;
}

/**
 * Φ and Ψ with Φ(x) · Ψ(w, b) = f(w · x + b) on average, for an activation f by its Fourier transform: Φ_j = Λ_j(ρ x) / √n, Ψ_j = weight_j e^(2πiξ_j b) Λ_j(η w) / √n with ρη = 2πiξ_j, Λ_j(u) =
 * (1 − 4A)^(d / 4) exp(A ‖g_j‖² + √(1 − 4A) g_j·u − u·u / 2), normal g_j, and n draws; complex numbers as [Re Φ, Im Φ] and [Re Ψ, −Im Ψ]: 2n features, or n for `expSpectrum`, which are
 * real. The variance grows as e^(‖x‖² + ‖w‖²), and with ξ: keep vectors small. Sehanobish et al.: "Scalable neural network kernels", 2024, section 3.
 */
export class UniversalRandomFeatures extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly spectrum: Spectrum;
  /** √(1 − 4A) g: [n, d]. */
  readonly projection: Tensor;
  /** 2πξ: [n, 1]; of `expSpectrum` the logarithms of the factors, [n]. */
  readonly turns: Tensor;
  /** What `complexFeatures` takes for Φ and for Ψ. */
  readonly phiColumns: Tensor | undefined;
  readonly psiColumns: Tensor | undefined;

  constructor(inputs: number, features: number, options: UniversalOptions) {
    super();
    const { spectrum, split = "sym", a = 0, antithetic = false, dtype = "float32" } = options;
    const real = spectrum?.kind === "exponential";
    const known = ["spectrum", "split", "a", "proposal", "antithetic", "frequencies"];
    checkMap(WHO, inputs, features, options, known, (real ? 1 : 2) * (antithetic ? 2 : 1), ["trainable"]);
    if (split !== "b1" && split !== "sym")
      throw new OptionError(`${WHO}: split is "${String(split)}", expected b1 or sym`);
    checkA(WHO, a);
    if (a > 0) throw new OptionError(`${WHO}: a is ${a}, expected a number ≤ 0`);
    const n = real ? features : features / 2;
    const g = normalVectors(antithetic ? n / 2 : n, inputs, options);
    const rows = antithetic ? [...g, ...g.map((row) => row.map((v) => -v))] : g;
    const draws = drawsOf(antithetic ? n / 2 : n, options);
    const all = antithetic ? [...draws, ...draws.map(({ t, weight: [re, im] }): Draw => ({ t: -t, weight: [re, -im] }))] : draws; // prettier-ignore
    const r = Math.sqrt(1 - 4 * a);
    // The logarithms of (1 − 4A)^(d / 4) exp(A ‖g‖²) / √n.
    const logs = rows.map((row) => (inputs / 4) * log(1 - 4 * a) + a * row.reduce((sum, v) => sum + v * v, 0) - log(n) / 2); // prettier-ignore
    const held = (numbers: readonly number[], shape: readonly number[]): Tensor =>
      buffer(tensor(Float64Array.from(numbers), shape, dtype));
    this.inputs = inputs;
    this.features = features;
    this.spectrum = spectrum;
    this.projection = held(
      rows.flatMap((row) => row.map((v) => r * v)),
      [n, inputs],
    );
    this.turns = real ? held(logs, [n]) : held(all.map(({ t }) => t), [n, 1]); // prettier-ignore
    if (real) return;
    this.phiColumns = held(columnsOf(all, logs, split, false), [6, n]);
    this.psiColumns = held(columnsOf(all, logs, split, true), [6, n]);
  }

  /** Φ(x): [..., inputs] → [..., features]. */
  phi(x: Tensor): Tensor {
    const { projection, phiColumns, turns } = this;
    return phiColumns ? complexFeatures(x, projection, phiColumns) : positiveFeatures(x, projection, turns);
  }

  /** Ψ(w, b): w [l, inputs], b [l], none for 0 → [l, features]. */
  override psi(w: Tensor, b?: Tensor): Tensor {
    const { projection, psiColumns, turns } = this;
    if (b !== undefined && !sameShape(b.shape, w.shape.slice(0, -1)))
      throw new ShapeError(`${WHO}.psi: b is ${show(b.shape)}, expected ${show(w.shape.slice(0, -1))} (w is ${show(w.shape)})`); // prettier-ignore
    return scope(() => {
      if (psiColumns === undefined) {
        const y = positiveFeatures(w, projection, turns);
        return b === undefined ? y : timesPower(y, b);
      }
      const y = complexFeatures(w, projection, psiColumns);
      if (b === undefined) return y;
      // e^(−itb) times the conjugate that stands in y.
      const [re, im] = halve(y, 2, { axis: -1 });
      const [cos, sin] = halve(fourierFeatures(reshape(b, [...b.shape, 1]), turns), 2, { axis: -1 });
      return concat([add(mul(re, cos), mul(im, sin)), sub(mul(im, cos), mul(re, sin))], { axis: -1 });
    });
  }
}

const WHO = "UniversalRandomFeatures";

/** n vectors g. */
function normalVectors(n: number, d: number, options: UniversalOptions): number[][] {
  const { key, projection = gaussianProjection } = options;
  const data = scope(() => {
    const g = projection instanceof Tensor ? projection : projection(key, [n, d], { dtype: options.dtype });
    if (g instanceof Tensor && sameShape(g.shape, [n, d])) return g.dataSync();
    if (g instanceof Tensor)
      throw new ShapeError(`${WHO}: projection is ${show(g.shape)}, expected [${n}, ${d}]`);
    g.dispose();
    throw new OptionError(`${WHO}: a structured projection is not used here, expected a matrix`);
  });
  return Array.from({ length: n }, (_, i) => Array.from(data.subarray(i * d, (i + 1) * d)));
}

/** n frequencies with their weights; none where there are no frequencies. */
function drawsOf(n: number, { spectrum, proposal, frequencies, key }: UniversalOptions): Draw[] {
  if (spectrum.kind === "exponential") return [];
  const { sample, weightOf } = lawOf(spectrum, proposal);
  const uniform = uniforms(foldIn(key, -4));
  const xis = frequencies ?? Array.from({ length: n }, () => sample(uniform));
  if (xis.length !== n) throw new OptionError(`${WHO}: frequencies has ${xis.length} numbers, expected ${n}`);
  return xis.map((xi) => ({ t: 2 * Math.PI * xi, weight: weightOf(xi) }));
}

/**
 * p, q, γ, u, v, c of Φ, or of the conjugate of Ψ, one after the other. With ρ = 2πiξ (b1) Λ(ρx) = E exp(t² s) e^(iu z), u = t, and Λ(w) = E exp(z − s); with ρ =
 * η = √(2πiξ) (sym) both are E e^(kz) e^(i(±kz − ts)), k = √(|t| / 2): z = √(1 − 4A) g·x, s = ‖x‖² / 2.
 */
function columnsOf(
  draws: readonly Draw[],
  logs: readonly number[],
  split: "b1" | "sym",
  psi: boolean,
): number[] {
  const columns = draws.map(({ t, weight: [re, im] }, j) => {
    const k = Math.sqrt(Math.abs(t) / 2);
    const [p, q, u, v] =
      split === "sym" ? [k, 0, Math.sign(t) * k, -t] : psi ? [1, -1, 0, 0] : [0, t * t, t, 0];
    if (!psi) return [p, q, logs[j], u, v, 0];
    return [p, q, logs[j] + log(hypot(re, im)), -u, -v, -atan2(im, re)];
  });
  return Array.from({ length: 6 }, (_, i) => columns.map((column) => column[i])).flat();
}
