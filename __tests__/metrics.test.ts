/** Metrics, beside counting by hand. */
import { beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as L from "../src/index.js";

beforeAll(() => L.init());

const whole = (list: readonly number[]): L.Tensor => L.tensor(Int32Array.from(list));
const lists = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 60 });

/** The property holds, and leaves nothing behind. */
const law = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(
    fc.property(arbitrary, (value) => L.scope(() => check(value))),
    { numRuns: 100 },
  );

test("accuracy, the confusion matrix and F₁ count pairs", () =>
  law(lists, (pairs) => {
    const [predicted, labels] = [whole(pairs.map(([p]) => p)), whole(pairs.map(([, l]) => l))];
    const count = (f: (p: number, l: number) => boolean): number => pairs.filter(([p, l]) => f(p, l)).length;
    expect(L.metrics.accuracy(predicted, labels).item()).toBeCloseTo(
      count((p, l) => p === l) / pairs.length,
      6,
    );
    const matrix = L.metrics.confusionMatrix(predicted, labels, 4);
    expect(matrix.toArray()).toEqual(
      [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => count((p, l) => l === i && p === j))),
    );
    const f1 = L.metrics.f1(predicted, labels, 4).dataSync();
    [0, 1, 2, 3].forEach((c) => {
      const all = count((p) => p === c) + count((_, l) => l === c);
      expect(f1[c]).toBeCloseTo(all === 0 ? 0 : (2 * count((p, l) => p === c && l === c)) / all, 6);
    });
  }));

test("scores count by their largest", () => {
  const scores = L.tensor([[0.1, 0.7, 0.2], [3, 1, 2], [0, 0, 1]]); // prettier-ignore
  expect(L.metrics.accuracy(scores, whole([1, 0, 1])).item()).toBeCloseTo(2 / 3, 6);
});

test("auc is the share of pairs in order, ties by half", () =>
  law(fc.array(fc.tuple(fc.nat(9), fc.nat(1)), { minLength: 2, maxLength: 40 }), (pairs) => {
    const positives = pairs.filter(([, l]) => l === 1).map(([s]) => s);
    const negatives = pairs.filter(([, l]) => l === 0).map(([s]) => s);
    const won = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
    const area = L.metrics.auc(L.tensor(pairs.map(([s]) => s / 7)), whole(pairs.map(([, l]) => l))).item();
    if (won.length === 0) expect(area).toBeNaN();
    else expect(area).toBeCloseTo(won.reduce<number>((a, b) => a + b, 0) / won.length, 5);
  }));

test("rmse", () =>
  expect(L.metrics.rmse(L.tensor([1, 2, 3]), L.tensor([1, 4, 7])).item()).toBeCloseTo(Math.sqrt(20 / 3), 6));

test("bad input is refused", () => {
  const { accuracy, confusionMatrix, auc, rmse } = L.metrics;
  expect(() => accuracy(whole([1]), whole([1, 2]))).toThrow(
    "accuracy: predictions is [1] and labels is [2], expected the same",
  );
  expect(() => confusionMatrix(whole([1]), whole([1]), 0)).toThrow(
    "confusionMatrix: classes is 0, expected a whole number ≥ 1",
  );
  expect(() => confusionMatrix(whole([1]), whole([4]), 4)).toThrow(L.IndexError);
  expect(() => confusionMatrix(whole([5]), whole([0]), 4)).toThrow(L.IndexError);
  expect(() => auc(L.zeros([2, 2]), whole([1]))).toThrow("auc: scores is [2, 2], expected one axis");
  expect(() => rmse(L.zeros([2]), L.zeros([3]))).toThrow(
    "rmse: prediction is [2] and target is [3], expected the same",
  );
});
