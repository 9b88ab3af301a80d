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

const masked = (x: Tensor, mask: Tensor | undefined): Tensor =>
  mask === undefined ? x : where(mask, x, -Infinity);

/**
 * `softmax(x, { axis, mask })`: y = eˣ / Σ eˣ along an axis, the largest x subtracted first. Where x is −∞ or masked all along it, y is 0.
 */
export function softmax(x: Tensor, { axis = -1, mask }: Masked = {}): Tensor {
  return scope(() => alongAxis("softmax", masked(x, mask), axis, softmaxRows));
}

/**
 * `logSoftmax(x, { axis, mask })`: y = x − ln Σ eˣ along an axis. Where x is −∞ or masked all along it, y is −∞.
 */
export function logSoftmax(x: Tensor, { axis = -1, mask }: Masked = {}): Tensor {
  return scope(() => alongAxis("logSoftmax", masked(x, mask), axis, logSoftmaxRows));
}
