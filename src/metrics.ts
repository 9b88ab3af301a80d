/** How good predictions are. Made of ops: results are tensors, and nothing waits. */
import { OptionError, ShapeError } from "./errors.js";
import { add, div, mul, sub } from "./ops/binary.js";
import { diag } from "./ops/construct.js";
import { gather, reshape } from "./ops/movement.js";
import { argsort, bincount, cumsum } from "./ops/order.js";
import { cast } from "./ops/cast.js";
import { equal, greater, less, logicalAnd, where } from "./ops/pointwise.js";
import { argmax, mean, sum } from "./ops/reduce.js";
import { sqrt, square } from "./ops/unary.js";
import { sameShape, show } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** Throws unless both have one shape. */
function checkSame(name: string, a: Tensor, b: Tensor, names: readonly [string, string]): void {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(
      `${name}: ${names[0]} is ${show(a.shape)} and ${names[1]} is ${show(b.shape)}, expected the same`,
    );
}

/** Class labels [...] int32: given as such, or as scores [..., classes], of which the largest counts. */
function labelsOf(predictions: Tensor): Tensor {
  return predictions.dtype === "int32" ? predictions : argmax(predictions, { axis: -1 });
}

/** The share of right predictions. predictions: labels [...] int32, or scores [..., classes]; labels [...] int32 → [] */
export function accuracy(predictions: Tensor, labels: Tensor): Tensor {
  const predicted = labelsOf(predictions);
  checkSame("accuracy", predicted, labels, ["predictions", "labels"]);
  return mean(cast(equal(predicted, labels), "float32"));
}

/**
 * How often label i (row) was predicted as j (column): int32 [classes, classes]. predictions as of accuracy. Throws
 * IndexError if a label is not in [0, classes).
 */
export function confusionMatrix(predictions: Tensor, labels: Tensor, classes: number): Tensor {
  if (!Number.isInteger(classes) || classes < 1)
    throw new OptionError(`confusionMatrix: classes is ${classes}, expected a whole number ≥ 1`);
  const predicted = labelsOf(predictions);
  checkSame("confusionMatrix", predicted, labels, ["predictions", "labels"]);
  // A prediction beyond the classes must not count as the next row's.
  const inside = where(
    logicalAnd(less(-1, predicted), less(predicted, classes)),
    add(mul(labels, classes), predicted),
    -1,
  );
  return reshape(bincount(inside, classes * classes), [classes, classes]);
}

/** x / y, and 0 where y is 0. */
function share(x: Tensor, y: Tensor): Tensor {
  const none = equal(y, 0);
  return where(none, 0, div(x, where(none, 1, y)));
}

/**
 * F₁ = 2·precision·recall / (precision + recall) = 2·hits / (predicted + occurring) of each class, [classes], 0 where
 * there are none. Its mean is the macro average. predictions as of accuracy.
 */
export function f1(predictions: Tensor, labels: Tensor, classes: number): Tensor {
  const counts = cast(confusionMatrix(predictions, labels, classes), "float32");
  return share(mul(diag(counts), 2), add(sum(counts, { axis: 0 }), sum(counts, { axis: 1 })));
}

/**
 * The area under the receiver operating characteristic: the probability that a positive scores higher than a negative,
 * ties by half (Mann and Whitney, 1947). scores [n], labels [n] int32 0 or 1 → []; NaN unless there are both.
 */
export function auc(scores: Tensor, labels: Tensor): Tensor {
  if (scores.rank !== 1) throw new ShapeError(`auc: scores is ${show(scores.shape)}, expected one axis`);
  checkSame("auc", scores, labels, ["scores", "labels"]);
  const positive = cast(greater(labels, 0), "float32");
  const total = sum(positive);
  const pairs = mul(total, sub(scores.size, total));
  // Sorting is stable: ordered by label beforehand, ties count for the positives, or against them.
  const won = [false, true].map((descending) => {
    const byLabel = argsort(labels, { descending });
    const order = gather(byLabel, argsort(gather(scores, byLabel)));
    const sorted = gather(positive, order);
    return div(sum(mul(sorted, cumsum(sub(1, sorted)))), pairs);
  });
  return mul(add(won[0], won[1]), 0.5);
}

/** The root of the mean squared error. prediction, target of one shape → [] */
export function rmse(prediction: Tensor, target: Tensor): Tensor {
  checkSame("rmse", prediction, target, ["prediction", "target"]);
  return sqrt(mean(square(sub(prediction, target))));
}
