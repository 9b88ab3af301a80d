/** Losses: one number for a batch. */
import { sameShapes, sub } from "../ops/binary.js";
import { mean } from "../ops/reduce.js";
import { crossEntropy as crossEntropyOfRows } from "../ops/softmax.js";
import { square } from "../ops/unary.js";
import type { Tensor } from "../tensor.js";

/**
 * The mean over rows of ln Σ e^logits − logits[label]. logits [..., classes], labels [...] int32 → [].
 * Throws IndexError if a label is not in [0, classes).
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return mean(crossEntropyOfRows(logits, labels));
}

/** The mean over elements of (prediction − target)². Both have one shape → []. Throws ShapeError if not. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  sameShapes("meanSquaredError", prediction, target, ["prediction", "target"]);
  return mean(square(sub(prediction, target)));
}
