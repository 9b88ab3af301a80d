/** How far float32 results are from float64 references. */
import type { AnyExam, Case, Reference } from "../src/exam.js";
import type { Numbers } from "../src/index.js";
import type { AnyOp } from "../src/op.js";
import { attributesOf } from "./exams.js";

/** The distance between neighbours below the smallest normal number. */
const SMALLEST = 2 ** -149;

/**
 * The error in units of 2⁻²⁴ · max(|expected|, scale), or of the smallest float32 where that is larger. Infinity if only one
 * is NaN or infinite; 0 if both are NaN, or equal once expected is rounded.
 */
export function errorOf(actual: number, expected: number, scale: number): number {
  const rounded = Math.fround(expected);
  if (Object.is(actual, rounded) || actual === rounded) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(rounded)) {
    // Where rounding decides between the largest number and infinity, count as if there were a number beyond.
    const beyond =
      Math.max(Math.abs(actual), Math.abs(rounded)) === Infinity &&
      Math.abs(expected) < 2 ** 128 * (1 + 2 ** -20);
    const bounded = Math.min(Math.abs(actual), Math.abs(rounded)) >= 2 ** 127 * 1.99999;
    if (!(beyond && bounded && Math.sign(actual) === Math.sign(expected))) return Infinity;
    actual = Math.sign(actual) * Math.min(Math.abs(actual), 2 ** 128);
  }
  return Math.abs(actual - expected) / Math.max(SMALLEST, 2 ** -24 * Math.max(Math.abs(expected), scale));
}

/** The bytes of some numbers: equal where every bit is (−0 is not 0, one NaN is not another). */
export function bitsOf(numbers: Numbers): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** What errors of this case are measured against: of a result, element by element. One scale serves all results. */
export function scalesOf(
  op: AnyOp,
  exam: AnyExam,
  case_: Case,
  arrays: readonly Reference[],
): (result: number) => (i: number) => number {
  const { scale = 0 } = exam;
  if (typeof scale === "number") return () => () => scale;
  const scales = [scale(arrays, attributesOf(op, case_))].flat() as Reference[];
  return (result) => {
    const { data } = scales[result] ?? scales[0];
    return (i) => (Number.isFinite(data[i]) ? data[i] : 0);
  };
}

/** The worst disagreement beyond `ulps`, in words; undefined if there is none. 0 ulps tell −0 from 0. */
export function disagreement(
  actual: ArrayLike<number>,
  expected: Float64Array,
  ulps: number,
  scale: (i: number) => number,
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements, expected ${expected.length}`;
  let worst = { error: ulps, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const otherZero =
      ulps === 0 && actual[i] === 0 && expected[i] === 0 && !Object.is(actual[i], expected[i]);
    const error = otherZero ? Infinity : errorOf(actual[i], expected[i], scale(i));
    if (error > worst.error) worst = { error, at: i };
  }
  const { error, at } = worst;
  return at < 0
    ? undefined
    : `element ${at} is ${actual[at]}, expected ${expected[at]}: ${error} units, allowed ${ulps}`;
}

/** The same in float64: the error in units of 2⁻⁵³. */
export function disagreement64(
  actual: ArrayLike<number>,
  expected: Float64Array,
  ulps: number,
  scale: (i: number) => number,
): string | undefined {
  let worst = { error: ulps, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const unit = Math.max(2 ** -1074, 2 ** -53 * Math.max(Math.abs(expected[i]), scale(i)));
    const same = Object.is(actual[i], expected[i]) || (ulps > 0 && actual[i] === expected[i]);
    const distance = Math.abs(actual[i] - expected[i]) / unit;
    const error = same ? 0 : Number.isFinite(distance) ? distance : Infinity;
    if (error > worst.error) worst = { error, at: i };
  }
  const { error, at } = worst;
  return at < 0
    ? undefined
    : `element ${at} is ${actual[at]}, expected ${expected[at]}: ${error} units, allowed ${ulps}`;
}
