/** Feature maps: functions of vectors whose products are a kernel of these, on average. */
import { checkOptions } from "../arguments.js";
import { OptionError, ShapeError } from "../errors.js";
import { keep, scope } from "../memory.js";
import { checkKey } from "../nn/initializers.js";
import { buffer, Module } from "../nn/module.js";
import { mul } from "../ops/binary.js";
import type { Key } from "../ops/random.js";
import { sameShape, show } from "../shape.js";
import { Tensor } from "../tensor.js";
import { gaussianProjection, type Projector } from "./projections.js";
import { StructuredOrthogonal } from "./structured.js";

/**
 * A random map Φ of vectors x [..., inputs] to [..., features], with another one, Ψ, of the other side of its kernel, which is the same unless a class says
 * otherwise: products of Φ(x) and Ψ(w) are the kernel of x and w on average. What it holds is frozen (a buffer), or trained if `trainable`.
 */
export abstract class FeatureMap extends Module {
  /** Numbers in a vector. */
  abstract readonly inputs: number;
  /** Numbers in its features. */
  abstract readonly features: number;

  /** Φ(x): [..., inputs] → [..., features]. */
  abstract phi(x: Tensor): Tensor;

  /** Ψ(w, b): weights [l, inputs] and biases [l], where the kernel has any → [l, features]. */
  psi(w: Tensor, b?: Tensor): Tensor {
    if (b !== undefined)
      throw new OptionError(`${this.constructor.name}: its kernel has no bias b (append b to w, and 1 to x)`);
    return this.phi(w);
  }

  forward(x: Tensor): Tensor {
    return this.phi(x);
  }

  /** Φ for attention: each row may have a factor of its own. */
  queries(x: Tensor): Tensor {
    return this.phi(x);
  }

  /** Ψ for attention: all rows of a matrix may have one factor. */
  keys(x: Tensor): Tensor {
    return this.psi(x);
  }
}

export interface MapOptions {
  /** Where the random projection comes from. */
  key: Key;
  /** What makes it, `gaussianProjection` unless given, or the matrix itself, which is copied. */
  projection?: Projector | Tensor;
  /** Whether the projection is trained. Default false. */
  trainable?: boolean;
  /** Default "float32". */
  dtype?: "float32" | "float64";
}

/** @internal The names of the options above. */
const mapOptions = ["key", "projection", "trainable", "dtype"];

/** @internal Throws unless the extents and options of a map are sound. */
export function checkMap(
  who: string,
  inputs: number,
  features: number,
  options: MapOptions,
  known: readonly string[],
  divisor = 1,
  unknown: readonly string[] = [],
): void {
  checkOptions(
    who,
    options,
    [...mapOptions, ...known].filter((option) => !unknown.includes(option)),
  );
  checkKey(who, options.key);
  for (const [name, count] of Object.entries({ inputs, features }))
    if (!Number.isInteger(count) || count < 1)
      throw new OptionError(`${who}: ${name} is ${count}, expected a whole number ≥ 1`);
  if (features % divisor !== 0)
    throw new OptionError(`${who}: features is ${features}, expected a multiple of ${divisor}`);
}

/** @internal The projection that is given, or that `make` makes by the projector, times a factor; kept, and a buffer unless it is trained. */
export function heldProjection(
  who: string,
  [D, d]: readonly [number, number],
  { projection = gaussianProjection, trainable = false }: MapOptions,
  make: (projector: Projector) => Tensor | StructuredOrthogonal,
  factor = 1,
): Tensor | StructuredOrthogonal {
  const given = projection instanceof Tensor;
  if (given && !sameShape(projection.shape, [D, d]))
    throw new ShapeError(`${who}: projection is ${show(projection.shape)}, expected [${D}, ${d}]`);
  const w = scope(() => {
    const made = given ? projection : make(projection);
    return made instanceof Tensor ? mul(made, factor) : made.stretch(factor);
  });
  if (w instanceof Tensor) return trainable ? keep(w) : buffer(w);
  if (!trainable) return w;
  w.dispose();
  throw new OptionError(`${who}: a structured projection is not trained, expected trainable false`);
}

/** @internal f of x and w, or, where the projection is structured, of the projections and 1. */
export function projecting(
  w: Tensor | StructuredOrthogonal,
  x: Tensor,
  f: (x: Tensor, w: Tensor | number) => Tensor,
): Tensor {
  return w instanceof Tensor ? f(x, w) : scope(() => f(w.forward(x), 1));
}
