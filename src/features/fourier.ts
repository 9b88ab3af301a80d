/** Random Fourier features. */
import { OptionError } from "../errors.js";
import { keep } from "../memory.js";
import { buffer } from "../nn/module.js";
import { fourierFeatures } from "../ops/featureMaps.js";
import { foldIn } from "../random.js";
import { tensor, type Tensor } from "../tensor.js";
import { gaussianKernel, type SpectralKernel } from "./kernels.js";
import { checkMap, FeatureMap, heldProjection, type MapOptions, projecting } from "./map.js";
import { uniforms } from "./normal.js";
import type { StructuredOrthogonal } from "./structured.js";

export interface FourierOptions extends MapOptions {
  /** Default `gaussianKernel()`. A matrix that is given as the projection holds the frequencies as they are. */
  kernel?: SpectralKernel;
}

export interface RandomFourierOptions extends FourierOptions {
  /** "pair" (default): cosines and then sines of features / 2 frequencies; "cos": cosines of as many frequencies with random phases. */
  form?: "pair" | "cos";
}

/**
 * Features of a kernel of x − y by its spectral law: √(2 / features) · [cos w·x, sin w·x], or √(2 / features) · cos(w·x + b) with b uniform in [0, 2π).
 * Rahimi, Recht: "Random features for large-scale kernel machines", 2007. The pairs vary less where the kernel is that of Gauss: Sutherland,
 * Schneider: "On the error of random Fourier features", 2015.
 */
export class RandomFourier extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly form: "pair" | "cos";
  readonly projection: Tensor | StructuredOrthogonal;
  /** The phases of form "cos". */
  readonly bias: Tensor | undefined;

  constructor(inputs: number, features: number, options: RandomFourierOptions) {
    super();
    const { form = "pair", kernel = gaussianKernel(), key, dtype = "float32", trainable = false } = options;
    if (form !== "pair" && form !== "cos")
      throw new OptionError(`RandomFourier: form is "${String(form)}", expected pair or cos`);
    checkMap("RandomFourier", inputs, features, options, ["kernel", "form"], form === "pair" ? 2 : 1);
    const shape = [form === "pair" ? features / 2 : features, inputs] as const;
    this.inputs = inputs;
    this.features = features;
    this.form = form;
    this.projection = heldProjection("RandomFourier", shape, options, (projector) =>
      kernel.frequencies(key, shape, projector, { dtype }),
    );
    if (form === "pair") return;
    const next = uniforms(foldIn(key, -3));
    const phases = tensor(
      Float64Array.from({ length: features }, () => 2 * Math.PI * next()),
      [features],
      dtype,
    );
    this.bias = trainable ? keep(phases) : buffer(phases);
  }

  phi(x: Tensor): Tensor {
    const { form, bias = 0 } = this;
    const scale = Math.sqrt(2 / this.features);
    return projecting(this.projection, x, (z, w) => fourierFeatures(z, w, bias, { form, scale }));
  }
}

export interface SinusoidalOptions extends FourierOptions {
  /** Default "cos". */
  form?: "cos" | "sin";
}

/**
 * Cosines alone, or sines alone, of frequencies drawn by a kernel's spectral law: cos(w·x) / √features. Their products are ½ (k(x − y) ± k(x + y)) on
 * average, + for cosines.
 */
export class Sinusoidal extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly form: "cos" | "sin";
  readonly projection: Tensor | StructuredOrthogonal;

  constructor(inputs: number, features: number, options: SinusoidalOptions) {
    super();
    const { form = "cos", kernel = gaussianKernel(), key, dtype = "float32" } = options;
    if (form !== "cos" && form !== "sin")
      throw new OptionError(`Sinusoidal: form is "${String(form)}", expected cos or sin`);
    checkMap("Sinusoidal", inputs, features, options, ["kernel", "form"]);
    const shape = [features, inputs] as const;
    this.inputs = inputs;
    this.features = features;
    this.form = form;
    this.projection = heldProjection("Sinusoidal", shape, options, (projector) =>
      kernel.frequencies(key, shape, projector, { dtype }),
    );
  }

  phi(x: Tensor): Tensor {
    const [form, scale] = [this.form, 1 / Math.sqrt(this.features)];
    return projecting(this.projection, x, (z, w) => fourierFeatures(z, w, 0, { form, scale }));
  }
}
