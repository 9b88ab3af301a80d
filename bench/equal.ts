/** Whether a library computed what it was asked for: nothing else is worth timing. */
import { type Array32, size, type Workload } from "./workload.js";

/** Elements that are compared with their exact values: all, or so many spread over the result. */
const SAMPLES = 400;

/** Undefined, or what is wrong with a result. */
export function mistake(
  result: ArrayLike<number>,
  workload: Workload,
  inputs: readonly Array32[],
): string | undefined {
  const elements = size(workload.shape);
  if (result.length !== elements) return `has ${result.length} elements, expected ${elements}`;
  const exact = workload.exact(inputs);
  const step = Math.max(1, Math.floor(elements / SAMPLES) | 1); // odd, so that every column is met
  for (let i = 0; i < elements; i += step) {
    const { value, tolerance } = exact(i);
    if (!(Math.abs(result[i] - value) <= tolerance)) return `element ${i} is ${result[i]}, expected ${value}`;
  }
  return undefined;
}
