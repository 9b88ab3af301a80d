/** What works along the last axis, along any. */
import { scope } from "../memory.js";
import type { Tensor } from "../tensor.js";
import { alongAxis } from "./movement.js";
import { where } from "./pointwise.js";
import { logSoftmax as logSoftmaxRows, softmax as softmaxRows } from "./softmax.js";

interface Axis {
  /** Default the last. */
  axis?: number;
}

interface Masked extends Axis {
  /** Truth values that broadcast to x: where they are false, x counts as −∞. */
  mask?: Tensor;
}

/** f along an axis of x, or of x with −∞ where it is masked. */
function masked(name: string, x: Tensor, { axis = -1, mask }: Masked, f: (x: Tensor) => Tensor): Tensor {
  if (mask === undefined) return alongAxis(name, x, axis, f);
  return scope(() => alongAxis(name, where(mask, x, -Infinity), axis, f));
}

/**
 * `softmax(x, { axis, mask })`: y = eˣ / Σ eˣ along an axis, the largest x subtracted first. Where x is −∞ or masked all along it, y is 0.
 */
export function softmax(x: Tensor, options: Masked = {}): Tensor {
  return masked("softmax", x, options, softmaxRows);
}

/** `logSoftmax(x, { axis, mask })`: y = x − ln Σ eˣ along an axis. Where x is −∞ or masked all along it, y is −∞. */
export function logSoftmax(x: Tensor, options: Masked = {}): Tensor {
  return masked("logSoftmax", x, options, logSoftmaxRows);
}
