/** What works along the last axis, along any. */
import type { Tensor } from "../tensor.js";
import { alongAxis } from "./movement.js";
import { logSoftmax as logSoftmaxRows, softmax as softmaxRows } from "./softmax.js";

interface Axis {
  /** Default the last. */
  axis?: number;
}

/** `softmax(x, { axis })`: y = eˣ / Σ eˣ along an axis, the largest x subtracted first. */
export function softmax(x: Tensor, { axis = -1 }: Axis = {}): Tensor {
  return alongAxis("softmax", x, axis, softmaxRows);
}

/** `logSoftmax(x, { axis })`: y = x − ln Σ eˣ along an axis. */
export function logSoftmax(x: Tensor, { axis = -1 }: Axis = {}): Tensor {
  return alongAxis("logSoftmax", x, axis, logSoftmaxRows);
}
