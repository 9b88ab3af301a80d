/** Features of arc-cosine kernels, and of the angle. */
import { arcCosineFeatures, checkThreshold, signFeatures } from "../ops/featureMaps.js";
import type { Tensor } from "../tensor.js";
import { checkMap, FeatureMap, heldProjection, type MapOptions, projecting } from "./map.js";
import type { StructuredOrthogonal } from "./structured.js";

export interface ArcCosineOptions extends MapOptions {
  /** The power of what is above the threshold: 0, 1 (default) or 2. */
  order?: number;
  /** Default 0. */
  threshold?: number;
}

/**
 * max(w·x, threshold)^order / √features with normal w: of threshold 0 its products are half of the arc-cosine kernel on average; with the angle θ of x and y, order
 * 0: (π − θ) / 2π; 1: ‖x‖ ‖y‖ (sin θ + (π − θ) cos θ) / 2π; 2: ‖x‖² ‖y‖² (3 sin θ cos θ + (π − θ) (1 + 2 cos² θ)) / 2π. Cho, Saul: "Kernel methods for deep
 * learning", 2009. Of order 1 it is the map of ReLU-SNNK (Sehanobish et al., 2024), which is no approximation of max(w·x, 0).
 */
export class ArcCosine extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly order: number;
  readonly threshold: number;
  readonly projection: Tensor | StructuredOrthogonal;

  constructor(inputs: number, features: number, options: ArcCosineOptions) {
    super();
    checkMap("ArcCosine", inputs, features, options, ["order", "threshold"]);
    const { order = 1, threshold = 0, key, dtype = "float32" } = options;
    const shape = [features, inputs] as const;
    this.inputs = inputs;
    this.features = features;
    this.order = order;
    this.threshold = threshold;
    checkThreshold("ArcCosine", { order, threshold });
    this.projection = heldProjection("ArcCosine", shape, options, (projector) =>
      projector(key, shape, { dtype }),
    );
  }

  phi(x: Tensor): Tensor {
    const { order, threshold } = this;
    const scale = 1 / Math.sqrt(this.features);
    return projecting(this.projection, x, (z, w) => arcCosineFeatures(z, w, { order, threshold, scale }));
  }
}

/** sign(w·x) / √features with normal w: its products are 1 − 2θ / π on average, with the angle θ of x and y. Its gradient is 0. */
export class Sign extends FeatureMap {
  readonly inputs: number;
  readonly features: number;
  readonly projection: Tensor | StructuredOrthogonal;

  constructor(inputs: number, features: number, options: MapOptions) {
    super();
    checkMap("Sign", inputs, features, options, []);
    const { key, dtype = "float32" } = options;
    const shape = [features, inputs] as const;
    this.inputs = inputs;
    this.features = features;
    this.projection = heldProjection("Sign", shape, options, (projector) => projector(key, shape, { dtype }));
  }

  phi(x: Tensor): Tensor {
    const scale = 1 / Math.sqrt(this.features);
    return projecting(this.projection, x, (z, w) => signFeatures(z, w, { scale }));
  }
}
