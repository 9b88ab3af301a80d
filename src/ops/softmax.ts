/** Softmax over the last axis, and the loss that belongs to it. */
import { IndexError, ShapeError } from "../errors.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { sameShape, type Shape, show, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { div, mul, sameShapes, sub } from "./binary.js";
import { ones } from "./fill.js";
import { reshape } from "./movement.js";
import { equal, maximum, where } from "./pointwise.js";
import { max, sum } from "./reduce.js";
import { exp, log } from "./unary.js";

/** The last axis as columns, all others as rows. */
export function matrix(name: string, x: Spec, argument = "x"): { rows: number; cols: number } {
  if (x.shape.length === 0)
    throw new ShapeError(`${name}: ${argument} is a scalar, expected at least one axis`);
  const cols = x.shape[x.shape.length - 1];
  return { cols, rows: cols === 0 ? 0 : sizeOf(x.shape) / cols };
}

function rowwise(kernel: KernelName, x: Spec, inputs: number): Launch {
  const { rows, cols } = matrix(kernel, x);
  return { kernel, outputs: [x], grid: rows, numbers: [cols], bytes: 4 * rows * cols * (inputs + 1) };
}

function rowwiseGrad(kernel: KernelName, dy: Spec, y: Spec): Launch {
  sameShapes(kernel, dy, y, ["dy", "y"]);
  return rowwise(kernel, dy, 2);
}

const lastAxis = { axis: -1, keepDims: true };

/** The largest of each row, a finite number where all are −∞; and Σ e of a row, 1 where there is nothing. */
const topOf = (x: Tensor): Tensor => maximum(max(x, lastAxis), -3e38);
const totalOf = (e: Tensor): Tensor => {
  const total = sum(e, lastAxis);
  return where(equal(total, 0), 1, total);
};

/** y = eˣ / Σ eˣ over the last axis, the largest x subtracted first; a row of −∞ alone becomes 0. */
export const softmax = /* @__PURE__ */ op<[x: Tensor]>()({
  name: "softmax",
  inputs: { x: "real" },
  plan: ([x]) => rowwise("softmax", x, 1),
  vjp: (dy, [y]) => [softmaxGrad(dy, y)],
  fallback([x]) {
    if (x.size === 0) return x;
    const e = exp(sub(x, topOf(x)));
    return div(e, totalOf(e));
  },
});

/** dx = y · (dy − Σ dy · y): the gradient of y = softmax(x). */
export const softmaxGrad = /* @__PURE__ */ op<[dy: Tensor, y: Tensor]>()({
  name: "softmaxGrad",
  inputs: { dy: "real", y: "real" },
  plan: ([dy, y]) => rowwiseGrad("softmaxGrad", dy, y),
  fallback: ([dy, y]) => mul(y, sub(dy, sum(mul(dy, y), lastAxis))),
});

/** y = x − ln Σ eˣ over the last axis; a row of −∞ alone stays as it is. */
export const logSoftmax = /* @__PURE__ */ op<[x: Tensor]>()({
  name: "logSoftmax",
  inputs: { x: "real" },
  plan: ([x]) => rowwise("logSoftmax", x, 1),
  vjp: (dy, [y]) => [logSoftmaxGrad(dy, y)],
  fallback([x]) {
    if (x.size === 0) return x;
    const below = sub(x, topOf(x));
    return sub(below, log(totalOf(exp(below))));
  },
});

/** dx = dy − eʸ · Σ dy: the gradient of y = logSoftmax(x). */
export const logSoftmaxGrad = /* @__PURE__ */ op<[dy: Tensor, y: Tensor]>()({
  name: "logSoftmaxGrad",
  inputs: { dy: "real", y: "real" },
  plan: ([dy, y]) => rowwiseGrad("logSoftmaxGrad", dy, y),
  fallback: ([dy, y]) => sub(dy, mul(exp(y), sum(dy, lastAxis))),
});

/** Rows of logits with one label each. */
function labelled(name: string, logits: Spec, labels: Spec): { rows: number; cols: number; shape: Shape } {
  const size = matrix(name, logits, "logits");
  const shape = logits.shape.slice(0, -1);
  if (!sameShape(labels.shape, shape))
    throw new ShapeError(
      `${name}: labels is ${show(labels.shape)}, expected ${show(shape)} (all but the last axis of logits ${show(logits.shape)})`,
    );
  if (size.cols === 0 && sizeOf(shape) > 0)
    throw new ShapeError(`${name}: logits is ${show(logits.shape)}, which has no classes`);
  return { ...size, shape };
}

/**
 * Cross-entropy of class labels from logits: loss = ln Σ e^logits − logits[label], row by row. logits [..., classes],
 * labels [...] int32 → loss [...]. Throws IndexError if a label is not in [0, classes).
 */
export const crossEntropy = /* @__PURE__ */ op<[logits: Tensor, labels: Tensor]>()({
  name: "crossEntropy",
  inputs: { logits: "float32", labels: "int32" },
  plan([logits, labels]) {
    const { rows, cols, shape } = labelled("crossEntropy", logits, labels);
    const loss: Spec = { shape, dtype: "float32" };
    return {
      kernel: "crossEntropy",
      outputs: [loss, loss], // the loss, and ln Σ e^logits
      grid: rows,
      numbers: [cols],
      bytes: 4 * rows * (cols + 3),
      refuse: (status) => new IndexError(`crossEntropy: labels[${status - 1}] is not in [0, ${cols})`),
    };
  },
  vjp: (dy, [, logSum], [logits, labels]) => [crossEntropyGrad(dy, logits, labels, logSum), null],
});

/** dlogits = dy · (e^(logits − logSum) − onehot(labels)): the gradient of crossEntropy. */
export const crossEntropyGrad = /* @__PURE__ */ op<
  [dy: Tensor, logits: Tensor, labels: Tensor, logSum: Tensor]
>()({
  name: "crossEntropyGrad",
  inputs: { dy: "float32", logits: "float32", labels: "int32", logSum: "float32" },
  plan([dy, logits, labels, logSum]) {
    const { rows, cols } = labelled("crossEntropyGrad", logits, labels);
    sameShapes("crossEntropyGrad", dy, labels, ["dy", "labels"]);
    sameShapes("crossEntropyGrad", logSum, labels, ["logSum", "labels"]);
    const bytes = 4 * rows * (2 * cols + 3);
    return { kernel: "crossEntropyGrad", outputs: [logits], grid: rows, numbers: [cols], bytes };
  },
  // logSum is a function of logits: its share of the derivative is inside the one for logits.
  vjp: (g, _, [dy, logits, labels, logSum]) => [
    () => sum(mul(g, crossEntropyGrad(ones(dy.shape), logits, labels, logSum)), { axis: -1 }),
    () => mul(softmaxGrad(g, softmax(logits)), column(dy)),
    null,
    null,
  ],
});

/** [...] → [..., 1] */
const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);
