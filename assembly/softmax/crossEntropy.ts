/** The cross entropy of softmax and labels over rows, and its gradient; the grid is the rows. */
import { sumDecays } from "../exponential/decay";
import { mapLog } from "../logarithm";
import { aheadOf, largest } from "./row";

/**
 * logSum = log Σ eˣ, loss = logSum − x[label]: logits x [rows, cols], labels [rows] → loss, logSum [rows].
 * Returns 0, or 1 + the first row whose label lies outside [0, cols); its loss and logSum are NaN.
 */
export function crossEntropy(
  logits: usize,
  labels: usize,
  loss: usize,
  logSum: usize,
  cols: i32,
  begin: i32,
  end: i32,
): i32 {
  let fault = 0;
  for (let i = begin; i < end; i++) {
    const x = logits + ((i * cols) << 2);
    const valid = load<u32>(labels + (i << 2)) < <u32>cols;
    const top = valid ? largest(x, cols) : NaN;
    store<f32>(loss + (i << 2), top);
    store<f32>(logSum + (i << 2), <f32>sumDecays(x, 0, cols, top, 1, aheadOf(i, end, cols)));
    if (!valid && !fault) fault = i + 1;
  }
  mapLog(logSum + (begin << 2), logSum + (begin << 2), end - begin);
  for (let i = begin; i < end; i++) {
    const label = load<i32>(labels + (i << 2));
    const hit = <u32>label < <u32>cols ? load<f32>(logits + ((i * cols + label) << 2)) : 0;
    const top = load<f32>(loss + (i << 2));
    const rest = load<f32>(logSum + (i << 2));
    store<f32>(loss + (i << 2), rest + (top - hit));
    store<f32>(logSum + (i << 2), top + rest);
  }
  return fault;
}

/**
 * dlogits = dy · (exp(logits − logSum) − [col = label]): dy, labels, logSum [rows] → dlogits [rows, cols].
 */
export function crossEntropyGrad(
  dy: usize,
  logits: usize,
  labels: usize,
  logSum: usize,
  dlogits: usize,
  cols: i32,
  begin: i32,
  end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const at = (i * cols) << 2;
    const scale = load<f32>(dy + (i << 2));
    const label = load<i32>(labels + (i << 2));
    sumDecays(logits + at, dlogits + at, cols, load<f32>(logSum + (i << 2)), scale, aheadOf(i, end, cols));
    if (<u32>label >= <u32>cols) continue;
    const hit = dlogits + at + (label << 2);
    store<f32>(hit, load<f32>(hit) - scale);
  }
}
