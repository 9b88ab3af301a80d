/** Losses: one number for a batch. */
import { OptionError } from "../errors.js";
import { add, div, mul, sameShapes, sub } from "../ops/binary.js";
import { abs } from "../ops/elementary.js";
import { less, maximum, where } from "../ops/pointwise.js";
import { mean, sum } from "../ops/reduce.js";
import { crossEntropy as crossEntropyOfRows } from "../ops/softmax.js";
import { exp, log, neg, relu, sqrt, square } from "../ops/unary.js";
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

/** The mean over elements of |prediction − target|. Both have one shape → []. */
export function meanAbsoluteError(prediction: Tensor, target: Tensor): Tensor {
  sameShapes("meanAbsoluteError", prediction, target, ["prediction", "target"]);
  return mean(abs(sub(prediction, target)));
}

/**
 * The mean over elements of d² / 2 where |d| < delta, else delta · (|d| − delta / 2), for d = prediction − target; delta 1.
 * Both have one shape → []. Huber: "Robust estimation of a location parameter", 1964.
 */
export function huber(prediction: Tensor, target: Tensor, { delta = 1 } = {}): Tensor {
  sameShapes("huber", prediction, target, ["prediction", "target"]);
  if (!(delta > 0)) throw new OptionError(`huber: delta is ${delta}, expected a number above 0`);
  const d = sub(prediction, target);
  const size = abs(d);
  return mean(where(less(size, delta), mul(square(d), 0.5), mul(sub(size, delta / 2), delta)));
}

/**
 * The mean over elements of −target · ln p − (1 − target) · ln(1 − p), p = 1 / (1 + e^−logit), without overflow: max(x, 0) −
 * x · target + ln(1 + e^−|x|). target in [0, 1]; both have one shape → [].
 */
export function binaryCrossEntropy(logits: Tensor, target: Tensor): Tensor {
  sameShapes("binaryCrossEntropy", logits, target, ["logits", "target"]);
  // maximum, not relu: at 0 its derivative is ½, and so that of the whole 1/2 − target.
  const linear = sub(maximum(logits, 0), mul(logits, target));
  return mean(add(linear, log(add(exp(neg(abs(logits))), 1))));
}

/**
 * The mean over rows of Σ p · (ln p − logQ), the divergence of q from p: logQ and p [..., classes], p > 0 counting
 * where it is 0 as 0 → []. Kullback, Leibler: "On information and sufficiency", 1951.
 */
export function klDivergence(logQ: Tensor, p: Tensor): Tensor {
  sameShapes("klDivergence", logQ, p, ["logQ", "p"]);
  const logP = log(where(less(0, p), p, 1));
  return mean(sum(mul(p, sub(logP, logQ)), { axis: -1 }));
}

/** The mean over elements of max(0, 1 − label · score), labels ±1. Both have one shape → []. */
export function hinge(scores: Tensor, labels: Tensor): Tensor {
  sameShapes("hinge", scores, labels, ["scores", "labels"]);
  return mean(relu(sub(1, mul(scores, labels))));
}

/** The mean over rows of 1 − a · b / (‖a‖ · ‖b‖). Both [..., d] → []; a row of zeros has no direction: NaN. */
export function cosineDistance(a: Tensor, b: Tensor): Tensor {
  sameShapes("cosineDistance", a, b, ["a", "b"]);
  const last = { axis: -1 };
  const norms = sqrt(mul(sum(square(a), last), sum(square(b), last)));
  return mean(sub(1, div(sum(mul(a, b), last), norms)));
}

/**
 * The mean over rows of max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin), margin 1. All [..., d] → [].
 * Schroff, Kalenichenko, Philbin: "FaceNet", 2015.
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { margin = 1 } = {},
): Tensor {
  sameShapes("tripletMargin", anchor, positive, ["anchor", "positive"]);
  sameShapes("tripletMargin", anchor, negative, ["anchor", "negative"]);
  const distance = (to: Tensor): Tensor => sqrt(sum(square(sub(anchor, to)), { axis: -1 }));
  return mean(relu(add(sub(distance(positive), distance(negative)), margin)));
}
