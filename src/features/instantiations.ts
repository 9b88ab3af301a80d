/** The kernels of layers by the names of their activations, as Sehanobish et al. 2024 name them: cos-SNNK, ReLU-SNNK … */
import { OptionError } from "../errors.js";
import { exp, log, tanh } from "../exact.js";
import type { FeatureMap, MapOptions } from "./map.js";
import { ArcCosine } from "./ramps.js";
import {
  cauchySpectrum,
  cosSpectrum,
  expSpectrum,
  gaussianSpectrum,
  sechSpectrum,
  sechSquaredSpectrum,
  sinSpectrum,
  type Spectrum,
  tabulatedSpectrum,
} from "./spectra.js";
import { UniversalRandomFeatures, type UniversalOptions } from "./universal.js";

const sigmoid = (z: number): number => 1 / (1 + exp(-z));

/** Those without an integrable transform, on [−2, 2], as waves of at most four turns in eight: low frequencies vary least. */
const tabulated = (name: string, f: (z: number) => number, terms: "both" | "sines" = "both"): Spectrum =>
  tabulatedSpectrum(name, f, { range: 2, period: 4, harmonics: 4, terms });

const spectra = {
  cos: () => cosSpectrum,
  sin: () => sinSpectrum,
  exp: () => expSpectrum,
  gaussian: () => gaussianSpectrum,
  cauchy: () => cauchySpectrum,
  sech: () => sechSpectrum,
  sechSquared: () => sechSquaredSpectrum,
  tanh: () => tabulated("tanh", tanh, "sines"),
  sigmoid: () => tabulated("sigmoid", sigmoid),
  softplus: () => tabulated("softplus", (z) => log(1 + exp(z))),
  gelu: () =>
    tabulated("gelu", (z) => 0.5 * z * (1 + tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)))),
};

/** 1 where w·x > 0, and max(w·x, 0), which are replaced by kernels of their own. */
const orders = { step: 0, relu: 1 };

export type SNNKActivation = keyof typeof spectra | keyof typeof orders;

/**
 * `snnkKernel(activation, inputs, features, options)`: the kernel of SNNK layers with that activation: cos(z), sin(z), e^z (exp), e^(−z² / 2) (gaussian), 1 / (1 + z²) (cauchy), sech z,
 * sech² z (sechSquared) by universal random features; tanh, the logistic function (sigmoid), softplus and GELU by those of waves that are within 0.03 of them on [−2, 2]; step
 * and relu by arc-cosine features of order 0 and 1, which are kernels of their own and no approximation. Options are those of `UniversalRandomFeatures`, or of `ArcCosine`.
 */
export function snnkKernel(
  activation: SNNKActivation,
  inputs: number,
  features: number,
  options: MapOptions & Omit<UniversalOptions, "spectrum">,
): FeatureMap {
  if (Object.hasOwn(orders, activation)) {
    const order = orders[activation as keyof typeof orders];
    return new ArcCosine(inputs, features, { ...options, order });
  }
  if (!Object.hasOwn(spectra, activation))
    throw new OptionError(
      `snnkKernel: activation is "${activation}", expected one of ${Object.keys({ ...spectra, ...orders }).join(", ")}`,
    );
  const spectrum = spectra[activation as keyof typeof spectra]();
  return new UniversalRandomFeatures(inputs, features, { ...options, spectrum });
}
