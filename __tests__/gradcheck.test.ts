/** Derivatives of every op, first and second, by hand-written rules beside differences of the float64 references. */
import { beforeAll, expect, test } from "@jest/globals";
import { add, grad, init, jvp, mul, scope, sum, tensor, type Tensor, vjp } from "../src/index.js";
import type { AnyExam, Case, Reference } from "../src/exam.js";
import type { AnyOp } from "../src/op.js";
import { arraysOf, differentiable, examined, functionOf, randomNumbers, referencesOf } from "./exams.js";
import { joinedReferences, tensorsOf } from "./exams.js";

beforeAll(() => init());

test("an op with a rule for floats has gradient cases", () => {
  // No input, and derivatives by decree, 0 and 1: see autodiff.test.ts and narrow.test.ts.
  const withoutRule = ["full", "stopGradient", "fakeQuantize", "powerNormStep"];
  const expected = examined.filter(
    ({ op }) => op.definition.vjp || ("fallback" in op.definition && op.definition.fallback),
  );
  expect(differentiable.map(({ name }) => name)).toEqual(
    expected.map(({ name }) => name).filter((name) => !withoutRule.includes(name)),
  );
});

/** Random numbers in [−1, 1) of the given shapes, rounded to float32. */
function directions(arrays: readonly Reference[], seed: number): Reference[] {
  const random = randomNumbers(seed);
  return arrays.map(({ shape, data }) => ({ shape, data: data.map(() => Math.fround(2 * random() - 1)) }));
}

/** x + Σ step · direction, of the arrays that are real numbers. */
function moved(
  case_: Case,
  x: readonly Reference[],
  ...moves: readonly [step: number, direction: Reference[]][]
): Reference[] {
  return x.map(({ shape, data }, i) => ({
    shape,
    data: data.map((value, j) =>
      case_.inputs[i].dtype !== "float32"
        ? value
        : moves.reduce((sum, [step, d]) => sum + step * d[i].data[j], value),
    ),
  }));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const size = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  dot(Array.from(a, Math.abs), Array.from(b, Math.abs));

/** A case of an op as a function of its real inputs, in float64 and in tensors. */
function problem(op: AnyOp, exam: AnyExam, case_: Case, seed: number) {
  const x = arraysOf(case_, seed);
  const v = directions(x, seed + 1);
  const w = directions(x, seed + 2);
  const reference = (inputs: Reference[]): Reference =>
    joinedReferences(referencesOf(op, exam, case_, inputs));
  const [dy] = directions([reference(x)], seed + 3);
  /** ⟨dy, f(x + …)⟩ */
  const value = (...moves: [number, Reference[]][]): number =>
    dot(dy.data, reference(moved(case_, x, ...moves)).data);
  const real = case_.inputs.flatMap(({ dtype }, i) => (dtype === "float32" ? [i] : []));
  const only = (arrays: readonly Reference[]): Reference[] => real.map((i) => arrays[i]);
  const tensors = (arrays: readonly Reference[]): Tensor[] =>
    arrays.map(({ data, shape }) => tensor(data, shape));
  return {
    v: only(v),
    w: only(w),
    dy,
    value,
    ...functionOf(op, case_, tensorsOf(case_, x)),
    tensors,
    whole: { v, w },
  };
}

const flat = (tensors: readonly Tensor[]): number[] => tensors.flatMap((x) => [...x.dataSync()]);
const flatArrays = (arrays: readonly Reference[]): number[] => arrays.flatMap(({ data }) => [...data]);

/** Error of a central difference of step h, third derivatives being of order 1: h²; and of float64 values: 2⁻⁵² / h. */
const STEP = 1e-5;

/** Gradients are float32 numbers whose inputs are, too: some 2⁻²⁴, times the few roundings and cancellations in a rule. */
const TOLERANCE = 1e-5;

test.each(differentiable)("$name: vjp and jvp", ({ op, exam }) => {
  exam.gradients.forEach((case_, i) =>
    scope(() => {
      const { v, dy, value, f, primals, tensors, whole } = problem(op, exam, case_, 10 * i + 1);
      const expected = (value([STEP, whole.v]) - value([-STEP, whole.v])) / (2 * STEP);
      const [, pullback] = vjp(f, primals);
      const gradient = flat(pullback(tensor(dy.data, dy.shape)));
      const scale = Math.max(size(gradient, flatArrays(v)), 1e-2);
      expect(Math.abs(dot(gradient, flatArrays(v)) - expected) / scale).toBeLessThan(TOLERANCE);
      const [, tangent] = jvp(f, primals, tensors(v));
      expect(tangent.shape).toEqual(dy.shape);
      expect(Math.abs(dot(tangent.dataSync(), dy.data) - expected) / scale).toBeLessThan(TOLERANCE);
    }),
  );
});

/** Of a mixed second difference: STEP2² again, and 2⁻⁵² / STEP2². */
const STEP2 = 1e-3;
const TOLERANCE2 = 1e-4;

test.each(differentiable)("$name: second derivatives, backward and forward", ({ op, exam }) => {
  exam.gradients.forEach((case_, i) =>
    scope(() => {
      const { v, w, dy, value, f, primals, tensors, whole } = problem(op, exam, case_, 10 * i + 5);
      const at = (s: number, t: number): number => value([s * STEP2, whole.v], [t * STEP2, whole.w]);
      const expected = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * STEP2 ** 2);
      const seed = tensor(dy.data, dy.shape);
      const loss = (x: readonly Tensor[]): Tensor => sum(mul(f(x), seed));
      const along = tensors(v);
      /** ⟨∇loss, v⟩ */
      const slope = (x: readonly Tensor[]): Tensor =>
        grad(loss)(x)
          .map((gradient, j) => sum(mul(gradient, along[j])))
          .reduce((a, b) => add(a, b));
      const backward = flat(grad(slope)(primals));
      const scale = Math.max(size(backward, flatArrays(w)), 1e-1);
      expect(Math.abs(dot(backward, flatArrays(w)) - expected) / scale).toBeLessThan(TOLERANCE2);
      const [, forward] = jvp((x: readonly Tensor[]) => slope(x), primals, tensors(w));
      expect(Math.abs(forward.item() - expected) / scale).toBeLessThan(TOLERANCE2);
    }),
  );
});
