/** Laws that hold whatever the numbers are. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as L from "../src/index.js";
import type { Case } from "../src/exam.js";
import { runnable } from "./binaries.js";
import { bitsOf } from "./compare.js";
import { arraysOf, call, describeCase, examined, randomNumbers, sizeOf, tensorsOf } from "./exams.js";
import { GuardedDevice } from "./guarded.js";

/** Whether two tensors agree in every bit. */
const same = (x: L.Tensor, y: L.Tensor): boolean => bitsOf(x.dataSync()).equals(bitsOf(y.dataSync()));

describe.each(runnable)("splitting the grid anywhere changes no bit on %s", (binary) => {
  let device: GuardedDevice;
  beforeAll(() => L.setDevice((device = new GuardedDevice(binary))));

  test.each(examined)("$name", ({ op, exam }) => {
    const random = randomNumbers(7);
    const cutAt = (grid: number): number[] =>
      Array.from({ length: 1 + Math.floor(3 * random()) }, () => Math.floor((grid + 1) * random())).sort(
        (a, b) => a - b,
      );
    const run = (case_: Case): Buffer =>
      L.scope(() => {
        const inputs = tensorsOf(case_, arraysOf(case_));
        return Buffer.concat(call(op, inputs, case_).map((x) => bitsOf(x.dataSync())));
      });
    for (const case_ of [...[5, 17, 64, 129].map(exam.sized), ...exam.cases]) {
      device.cuts = () => [];
      const whole = run(case_);
      for (let trial = 0; trial < 3; trial++) {
        let cuts: number[] = [];
        device.cuts = (grid) => (cuts = cutAt(grid));
        const about = `${describeCase(case_)} cut at ${cuts}`;
        expect([about, run(case_).equals(whole)]).toEqual([about, true]);
      }
    }
  });
});

const extent = fc.integer({ min: 1, max: 7 });
const shapes = fc.array(extent, { maxLength: 4 });
const number = fc.float({ min: -8, max: 8, noNaN: true });

/** A tensor of the given shape with numbers that depend on the seed alone. */
function filled(shape: readonly number[], seed: number): L.Tensor {
  const random = randomNumbers(seed);
  return L.tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    shape,
  );
}

const seed = fc.integer({ min: 1, max: 1e6 });

/** Runs a law on many random arguments, each in a scope of its own. */
function law<T extends [unknown, ...unknown[]]>(
  name: string,
  args: { [K in keyof T]: fc.Arbitrary<T[K]> },
  body: (...args: T) => void,
): void {
  test(name, () => {
    // prettier-ignore
    fc.assert(fc.property(...args, (...values: T) => void L.scope(() => body(...values))), { numRuns: 60, seed: 42 });
  });
}

/** Equal up to `tolerance` in each element. */
function expectClose(actual: L.Tensor, expected: L.Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThanOrEqual(tolerance);
}

describe("laws", () => {
  beforeAll(() => L.init());
  const live = (): number => L.memory().liveBytes;
  afterAll(() => expect(live()).toBe(0));

  law(
    "shapes that differ by extents of 1 broadcast, others do not",
    [shapes, fc.infiniteStream(fc.nat(3)), seed],
    (shape, choice, seed) => {
      const narrow = shape
        .map((n) => (choice.next().value === 0 ? 1 : n))
        .slice(choice.next().value as number);
      const x = filled(shape, seed);
      const y = filled(narrow, seed + 1);
      const z = L.add(x, y);
      expect(z.shape).toEqual(shape);
      expect(same(z, L.add(x, L.broadcastTo(y, shape)))).toBe(true);
      expect(same(z, L.add(y, x))).toBe(true);
      const axis = narrow.findIndex((n) => n > 1);
      if (axis >= 0)
        expect(() =>
          L.add(
            x,
            filled(
              narrow.map((n, i) => (i === axis ? n + 1 : n)),
              seed,
            ),
          ),
        ).toThrow(L.ShapeError);
    },
  );

  law("(AB)ᵀ = BᵀAᵀ", [extent, extent, extent, seed], (m, n, k, seed) => {
    const [a, b] = [filled([m, k], seed), filled([k, n], seed + 1)];
    const left = L.transpose(L.matmul(a, b));
    // k rounded products of at most 1, added one after another: k · k / 2 units of 2⁻²⁴, twice
    expectClose(L.matmul(b, a, { transposeA: true, transposeB: true }), left, k * (k + 1) * 2 ** -24);
    expectClose(L.matmul(L.transpose(b), L.transpose(a)), left, k * (k + 1) * 2 ** -24);
  });

  law("A(B + C) = AB + AC", [extent, extent, extent, seed], (m, n, k, seed) => {
    const [a, b, c] = [filled([m, k], seed), filled([k, n], seed + 1), filled([k, n], seed + 2)];
    const sums = L.add(L.matmul(a, b), L.matmul(a, c));
    expectClose(L.matmul(a, L.add(b, c)), sums, 4 * k * (k + 2) * 2 ** -24);
  });

  law("a batched product is the products", [extent, extent, extent, extent, seed], (batch, m, n, k, seed) => {
    const [a, b] = [filled([batch, m, k], seed), filled([batch, k, n], seed + 1)];
    const c = L.matmul(a, b);
    for (let i = 0; i < batch; i++) {
      const one = (x: L.Tensor): L.Tensor => L.reshape(L.slice(x, [i, 0, 0], [1, -1, -1]), x.shape.slice(1));
      expectClose(one(c), L.matmul(one(a), one(b)), k * (k + 1) * 2 ** -24);
    }
  });

  law(
    "linear is matmul and add, bit by bit or nearly",
    [extent, extent, extent, seed],
    (rows, width, out, seed) => {
      const [x, w, b] = [
        filled([rows, width], seed),
        filled([out, width], seed + 1),
        filled([out], seed + 2),
      ];
      const plain = L.add(L.matmul(x, w, { transposeB: true }), b);
      expectClose(L.linear(x, w, b), plain, (width + 1) * (width + 2) * 2 ** -24);
      const relu = L.linear(x, w, b, { activation: "relu" });
      expectClose(relu, L.relu(plain), (width + 1) * (width + 2) * 2 ** -24);
    },
  );

  law(
    "softmax: rows are positive, sum to 1, and do not change when a number is added",
    [extent, extent, number, seed],
    (rows, cols, c, seed) => {
      const x = filled([rows, cols], seed);
      const y = L.softmax(x);
      expect(y.dataSync().every((p) => p > 0 && p <= 1)).toBe(true);
      expectClose(L.sum(y, { axis: -1 }), L.ones([rows]), 16 * 2 ** -24);
      expectClose(L.softmax(L.add(x, c)), y, 32 * 2 ** -24); // adding c rounds x: |x + c| ≤ 9, half a unit of 2⁻²⁰
      expectClose(L.exp(L.logSoftmax(x)), y, 32 * 2 ** -24);
    },
  );

  law("crossEntropy is −logSoftmax at the label", [extent, extent, seed], (rows, cols, seed) => {
    const x = filled([rows, cols], seed);
    const labels = Int32Array.from({ length: rows }, (_, i) => (seed + i) % cols);
    const y = L.logSoftmax(x).dataSync();
    const picked = Float32Array.from(labels, (label, row) => -y[row * cols + label]);
    expectClose(L.crossEntropy(x, L.tensor(labels)), L.tensor(picked), 16 * 2 ** -24);
  });

  law(
    "a sum over axes is a sum of sums, a mean its share, a maximum of maxima",
    [extent, extent, extent, seed],
    (a, b, c, seed) => {
      const x = filled([a, b, c], seed);
      const bound = a * b * c * 2 ** -23;
      expectClose(L.sum(x, { axis: [0, 2] }), L.sum(L.sum(x, { axis: 2 }), { axis: 0 }), bound);
      expectClose(L.sum(x), L.sum(L.sum(x, { axis: [0, 1] })), bound);
      expectClose(L.mul(L.mean(x, { axis: 1 }), b), L.sum(x, { axis: 1 }), bound);
      expect(same(L.max(x, { axis: [0, 2] }), L.max(L.max(x, { axis: 2 }), { axis: 0 }))).toBe(true);
    },
  );

  law("argmax points at max", [extent, extent, seed], (rows, cols, seed) => {
    const x = filled([rows, cols], seed);
    const at = L.argmax(x, { axis: 1 }).dataSync();
    const data = x.dataSync();
    expect([...L.max(x, { axis: 1 }).dataSync()]).toEqual(
      Array.from(at, (col, row) => data[row * cols + col]),
    );
  });

  law(
    "a permutation and its inverse",
    [
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      fc.array(extent, { minLength: 4, maxLength: 4 }),
      seed,
    ],
    (axes, shape, seed) => {
      const x = filled(shape, seed);
      const inverse = axes.map((_, i) => axes.indexOf(i));
      const there = L.permuteDims(x, axes);
      expect(there.shape).toEqual(axes.map((axis) => shape[axis]));
      expect(same(L.permuteDims(there, inverse), x)).toBe(true);
    },
  );

  law(
    "slice undoes pad",
    [fc.array(fc.tuple(extent, fc.nat(3), fc.nat(3)), { maxLength: 3 }), seed],
    (axes, seed) => {
      const shape = axes.map(([n]) => n);
      const before = axes.map(([, b]) => b);
      const x = filled(shape, seed);
      const padded = L.pad(
        x,
        before,
        axes.map(([, , after]) => after),
      );
      expect(same(L.slice(padded, before, shape), x)).toBe(true);
      expectClose(L.sum(padded), L.sum(x), x.size * 2 ** -23);
    },
  );

  law(
    "⟨gather(x), y⟩ = ⟨x, scatterAdd(y)⟩",
    [extent, extent, fc.array(fc.nat(6), { minLength: 1, maxLength: 20 }), seed],
    (rows, cols, list, seed) => {
      const indices = L.tensor(Int32Array.from(list, (i) => i % rows));
      const x = filled([rows, cols], seed);
      const y = filled([list.length, cols], seed + 1);
      const left = L.sum(L.mul(L.gather(x, indices), y));
      const right = L.sum(L.mul(x, L.scatterAdd(y, indices, rows)));
      expectClose(left, right, list.length * list.length * cols * 2 ** -23);
    },
  );

  law("x − y = x + (−y), x · 1 = x, x / x = 1", [shapes, seed], (shape, seed) => {
    const [x, y] = [filled(shape, seed), filled(shape, seed + 1)];
    expect(same(L.sub(x, y), L.add(x, L.neg(y)))).toBe(true);
    expect(same(L.mul(x, 1), x)).toBe(true);
    expect(same(L.div(x, x), L.ones(shape))).toBe(true);
  });

  law("numbers become truth values as 0 and 1", [shapes, number], (shape, value) => {
    const truth = L.full(shape, Number(value !== 0), { dtype: "bool" });
    expect(same(L.where(L.full(shape, 1, { dtype: "bool" }), value, truth), truth)).toBe(true);
    expect(same(L.full(shape, value, { dtype: "bool" }), truth)).toBe(true);
  });

  law(
    "variance and std are those of float64",
    [extent, extent, fc.nat(1), seed],
    (rows, cols, correction, seed) => {
      const x = filled([rows, cols + 1], seed);
      const exact = Array.from({ length: rows }, (_, i) => {
        const row = [...x.dataSync()].slice(i * (cols + 1), (i + 1) * (cols + 1));
        const mean = row.reduce((a, b) => a + b, 0) / row.length;
        return row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (row.length - correction);
      });
      const options = { axis: -1, correction };
      if (cols < 1) return;
      expectClose(L.variance(x, options), L.tensor(exact), 1e-5);
      expectClose(L.std(x, options), L.tensor(exact.map(Math.sqrt)), 1e-5);
    },
  );

  law(
    "sort is argsort's selection, along any axis; topk begins it",
    [extent, extent, fc.boolean(), fc.nat(1), seed],
    (rows, cols, descending, axis, seed) => {
      const x = filled([rows, cols], seed);
      const order = L.argsort(x, { axis, descending });
      const y = L.sort(x, { axis, descending });
      expect(same(L.takeAlongAxis(x, order, { axis }), y)).toBe(true);
      const k = x.shape[axis] >> 1;
      const { values, indices } = L.topk(x, k, { axis, largest: descending });
      const size = axis === 0 ? [k, cols] : [rows, k];
      expect(same(values, L.slice(y, [0, 0], size))).toBe(true);
      expect(same(indices, L.slice(order, [0, 0], size))).toBe(true);
    },
  );

  law("unique counts every element once", [fc.array(fc.nat(5), { minLength: 1, maxLength: 30 })], (list) => {
    const { values, counts } = L.unique(L.tensor(list));
    const expected = [...new Set(list)].sort((a, b) => a - b);
    expect([...values.dataSync()]).toEqual(expected);
    expect([...counts.dataSync()]).toEqual(expected.map((v) => list.filter((x) => x === v).length));
  });

  law(
    "split undoes concat; roll back undoes roll; flip undoes flip",
    [extent, extent, fc.integer({ min: -9, max: 9 }), fc.nat(1), seed],
    (rows, cols, shift, axis, seed) => {
      const x = filled([rows, cols], seed);
      const y = filled([rows, cols], seed + 1);
      const [a, b] = L.split(L.concat([x, y], { axis }), 2, { axis });
      expect(same(a, x) && same(b, y)).toBe(true);
      expect(same(L.roll(L.roll(x, shift, { axis }), -shift, { axis }), x)).toBe(true);
      expect(same(L.flip(L.flip(x, { axis }), { axis }), x)).toBe(true);
      expect(
        same(L.stack([x, y], { axis }), L.permuteDims(L.stack([x, y]), axis === 0 ? [0, 1, 2] : [1, 0, 2])),
      ).toBe(true);
    },
  );

  law(
    "sigmoid(x) + sigmoid(−x) = 1, tanh is odd, log undoes exp",
    [fc.array(number, { minLength: 1, maxLength: 40 })],
    (list) => {
      const x = L.tensor(list);
      expectClose(L.add(L.sigmoid(x), L.sigmoid(L.neg(x))), L.ones([list.length]), 6 * 2 ** -24);
      expect([...L.tanh(L.neg(x)).dataSync()]).toEqual([...L.neg(L.tanh(x)).dataSync()]);
      expectClose(L.log(L.exp(x)), x, 8 * 2 ** -21 + 3 * 2 ** -24); // exp's relative error is log's absolute one
    },
  );
});
