/** Kernel methods: streamed and exact, beside one another and beside known answers. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { float64 } from "../src/float64.js";
import { randomNumbers } from "./exams.js";

const { features } = L;

beforeAll(() => L.init({ modules: [float64] }));

function random(shape: number[], seed = 1, dtype: L.DType = "float64"): L.Tensor {
  const next = randomNumbers(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return L.tensor(Float64Array.from({ length }, () => 2 * next() - 1), shape, dtype); // prettier-ignore
}

const doubles = (list: number[][]): L.Tensor =>
  L.tensor(list.flat(), [list.length, list[0].length], "float64");

const distance = (x: L.Tensor, y: L.Tensor): number => L.max(L.abs(L.sub(x, y))).item();

describe("Moments", () => {
  test("are those of all rows, added in blocks, taken away, and merged", () => {
    L.scope(() => {
      const x = random([50, 3]);
      const y = random([50, 2], 2);
      using whole = new features.Moments([3, 2]);
      using parts = new features.Moments([3, 2]);
      using other = new features.Moments([3, 2]);
      const rows = (t: L.Tensor, from: number, to: number): L.Tensor =>
        L.slice(t, [from, 0], [to - from, t.shape[1]]);
      whole.update(x, y);
      parts.update(rows(x, 0, 20), rows(y, 0, 20));
      parts.update(rows(x, 0, 7), rows(y, 0, 7));
      parts.remove(rows(x, 0, 7), rows(y, 0, 7));
      other.update(rows(x, 20, 50), rows(y, 20, 50));
      parts.merge(other);
      expect(parts.count).toBe(50);
      expect(distance(parts.product(0, 1), L.matmul(x, y, { transposeA: true }))).toBeLessThan(1e-13);
      expect(distance(parts.mean(1), L.mean(y, { axis: 0 }))).toBeLessThan(1e-15);
      const centred = L.sub(x, L.mean(x, { axis: 0 }));
      const covariance = L.div(L.matmul(centred, centred, { transposeA: true }), 50);
      expect(distance(parts.covariance(0, 0), covariance)).toBeLessThan(1e-15);
      expect(distance(whole.covariance(0, 1), parts.covariance(0, 1))).toBeLessThan(1e-15);
    });
  });

  test("of a million rows take no more memory than of a thousand", () => {
    using moments = new features.Moments([32, 1]);
    const peak = (blocks: number): number => {
      for (let i = 0; i < blocks; i++) L.scope(() => moments.update(L.ones([1000, 32]), L.ones([1000, 1])));
      return L.memory().peakBytes;
    };
    const first = peak(1);
    expect(peak(999)).toBe(first);
    expect(moments.count).toBe(1e6);
    expect(L.scope(() => moments.product(0, 1)).dataSync()[31]).toBe(1e6);
  });

  test("refuse blocks that do not fit", () => {
    L.scope(() => {
      using moments = new features.Moments([3, 2]);
      expect(() => moments.update(L.zeros([5, 3]), L.zeros([4, 2]))).toThrow(
        new L.ShapeError("Moments: blocks are [5, 3] and [4, 2], expected [5, 3] and [5, 2]"),
      );
      using other = new features.Moments([3]);
      expect(() => moments.merge(other)).toThrow(L.ShapeError);
      expect(() => new features.Moments([1.5])).toThrow(L.OptionError);
    });
  });
});

describe("RidgeRegression", () => {
  const F = [[0.2, 0.5, 0.1], [0.4, 0.1, 0.3], [0.3, 0.3, 0.2], [0.1, 0.6, 0.5]]; // prettier-ignore

  test("gives a known answer", () => {
    L.scope(() => {
      using model = new features.RidgeRegression({ ridge: 0.01 / 4, intercept: false });
      model.fit(doubles(F), L.tensor([1, 0, 0.5, 2], [4], "float64"));
      const weight = [...model.solution.weight.dataSync()];
      [-1.5293955, 2.34297, 1.3786051].forEach((value, i) => expect(weight[i]).toBeCloseTo(value, 6));
    });
  });

  test("of random hidden units gives a known answer", () => {
    L.scope(() => {
      const x = L.reshape(L.linspace(-1, 1, 9, { dtype: "float64" }), [9, 1]);
      const y = L.sin(L.mul(x, Math.PI));
      const offsets = L.tensor([-0.5, 1, 0, -1], [4], "float64");
      const map = (x: L.Tensor): L.Tensor =>
        L.linear(x, doubles([[-2], [-1], [0.5], [1.5]]), offsets, { activation: "tanh" });
      const hidden = [...map(x).dataSync().slice(0, 4)];
      [0.9051483, 0.9640276, -0.4621172, -0.9866143].forEach((value, i) => expect(hidden[i]).toBeCloseTo(value, 7)); // prettier-ignore
      using model = new features.RidgeRegression({ map, ridge: 1e-6, intercept: false });
      const weight = [...model.fit(x, y).solution.weight.dataSync()];
      [-5.3227918, 3.2190412, -16.9177482, 6.0761386].forEach((value, i) => expect(weight[i]).toBeCloseTo(value, 6)); // prettier-ignore
      expect(L.metrics.rmse(model.predict(x), y).item()).toBeCloseTo(0.1975457, 7);
    });
  });

  test.each([true, false])("makes the gradient of its loss vanish (intercept %p)", (intercept) => {
    L.scope(() => {
      const x = random([80, 12]);
      const y = random([80, 3], 2);
      using model = new features.RidgeRegression({ map: L.tanh, ridge: 1e-4, intercept });
      model.update(L.slice(x, [0, 0], [30, 12]), L.slice(y, [0, 0], [30, 3]));
      model.update(L.slice(x, [30, 0], [50, 12]), L.slice(y, [30, 0], [50, 3]));
      const loss = ({ weight, bias }: { weight: L.Tensor; bias: L.Tensor }): L.Tensor => {
        const error = L.sub(L.add(L.matmul(L.tanh(x), weight), intercept ? bias : 0), y);
        return L.add(L.div(L.sum(L.square(error)), 80), L.mul(L.sum(L.square(weight)), 1e-4));
      };
      const slopes = L.grad(loss)({ ...model.solution });
      expect(L.max(L.abs(slopes.weight)).item()).toBeLessThan(1e-12);
      if (intercept) expect(L.max(L.abs(slopes.bias)).item()).toBeLessThan(1e-12);
      expect(model.predict(x).shape).toEqual([80, 3]);
      const residual = L.sub(model.predict(x), y);
      const total = L.div(L.sum(L.square(residual)), 80).item();
      expect(total + 1e-4 * L.sum(L.square(model.solution.weight)).item()).toBeCloseTo(loss(model.solution).item(), 12); // prettier-ignore
    });
  });

  test("without λ finds the shortest of the best", () => {
    L.scope(() => {
      const x = L.matmul(random([30, 3]), random([3, 8], 2));
      const y = random([30, 2], 3);
      using model = new features.RidgeRegression({ ridge: 0, intercept: false });
      const { weight } = model.fit(x, y).solution;
      const [u, s, vt] = L.svd(x);
      const cut = (t: L.Tensor, axis: number): L.Tensor => L.split(t, [3, 5], { axis })[0];
      const inverse = L.matmul(L.div(L.transpose(cut(vt, 0)), cut(s, 0)), L.transpose(cut(u, 1)));
      expect(distance(weight, L.matmul(inverse, y))).toBeLessThan(1e-10);
    });
  });

  test("says what it refuses", () => {
    L.scope(() => {
      expect(() => new features.RidgeRegression({ ridge: -1 })).toThrow(
        new L.OptionError("RidgeRegression: ridge is -1, expected a finite number ≥ 0"),
      );
      using model = new features.RidgeRegression({ ridge: 1e-20, intercept: false });
      expect(() => model.predict(L.zeros([2, 2]))).toThrow(
        new L.OptionError("RidgeRegression: has seen no rows yet: call update"),
      );
      expect(() => model.update(L.zeros([2, 2]), L.zeros([3]))).toThrow(
        new L.ShapeError(
          "RidgeRegression.update: x is [2, 2] and y is [3], expected [n, d] and [n] or [n, outputs]",
        ),
      );
      model.update(L.zeros([2, 2]), L.zeros([2]));
      expect(() => model.fit(L.ones([4, 2]), L.ones([4])).solution).toThrow(L.MatrixError);
    });
  });

  test("classifies", () => {
    L.scope(() => {
      const x = random([300, 2], 1, "float32");
      const [a, b] = L.split(L.cast(L.less(x, 0), "int32"), 2, { axis: 1 });
      const labels = L.reshape(L.add(L.mul(a, 2), b), [300]);
      const quadrant = (x: L.Tensor): L.Tensor => {
        const [a, b] = L.split(L.sign(x), 2, { axis: 1 });
        return L.concat([a, b, L.mul(a, b)], { axis: 1 });
      };
      using model = new features.RidgeClassifier(4, { map: quadrant });
      model.update(x, labels);
      expect(L.metrics.accuracy(model.classify(x), labels).item()).toBe(1);
    });
  });
});

test("principal components of features and of the kernel that they make are the same", () => {
  L.scope(() => {
    const x = random([40, 5]);
    const map = (x: L.Tensor): L.Tensor => L.concat([x, L.square(x)], { axis: 1 });
    using byFeatures = new features.FeaturePCA(3, { map }).update(x);
    using exact = new features.KernelPCA(x, 3, (x, y) => L.matmul(map(x), map(y), { transposeB: true }));
    expect(distance(byFeatures.solution.variances, exact.variances)).toBeLessThan(1e-13);
    const fresh = random([6, 5], 2);
    expect(distance(L.abs(byFeatures.transform(fresh)), L.abs(exact.transform(fresh)))).toBeLessThan(1e-12);
    expect(() => new features.KernelPCA(x, 41, features.gaussianKernel().covariance)).toThrow(
      new L.OptionError("KernelPCA: components is 41, expected a whole number in [1, 40]"),
    );
    expect(() => new features.KernelPCA(L.zeros([4, 2]), 2, features.gaussianKernel().covariance)).toThrow(
      L.OptionError,
    );
  });
});

test("a Gaussian process by features is that of the kernel that they make", () => {
  L.scope(() => {
    const x = random([30, 4]);
    const y = random([30, 2], 2);
    const map = (x: L.Tensor): L.Tensor => L.concat([x, L.square(x)], { axis: 1 });
    const kernel = (x: L.Tensor, y: L.Tensor): L.Tensor => L.matmul(map(x), map(y), { transposeB: true });
    using exact = new features.GaussianProcess(x, y, { kernel, noise: 0.1 });
    using streamed = new features.FeatureGaussianProcess({ map, noise: 0.1 });
    streamed.update(L.slice(x, [0, 0], [13, 4]), L.slice(y, [0, 0], [13, 2]));
    streamed.update(L.slice(x, [13, 0], [17, 4]), L.slice(y, [13, 0], [17, 2]));
    const fresh = random([70, 4], 3);
    const [a, b] = [exact.predict(fresh), streamed.predict(fresh)];
    expect(distance(a.mean, b.mean)).toBeLessThan(1e-12);
    expect(distance(a.variance, b.variance)).toBeLessThan(1e-12);
    expect(streamed.logLikelihood).toBeCloseTo(exact.logLikelihood, 9);
  });
});

test("a Gaussian process of one row is a formula", () => {
  L.scope(() => {
    const [x, y] = [doubles([[0.3]]), doubles([[2]])];
    using process = new features.GaussianProcess(x, y, {
      kernel: features.gaussianKernel({ lengthscale: 2 }).covariance,
      noise: 0.5,
    });
    const k = Math.exp(-(0.7 ** 2) / 8);
    const { mean, variance } = process.predict(doubles([[1]]));
    expect(mean.item()).toBeCloseTo((k / 1.5) * 2, 12);
    expect(variance.item()).toBeCloseTo(1 - (k * k) / 1.5, 12);
    expect(process.logLikelihood).toBeCloseTo(-(4 / 1.5 + Math.log(1.5) + Math.log(2 * Math.PI)) / 2, 12);
    expect(
      () => new features.GaussianProcess(x, y, { kernel: features.gaussianKernel().covariance, noise: 0 }),
    ).toThrow(new L.OptionError("GaussianProcess: noise is 0, expected a finite number > 0"));
  });
});

test("covariance functions are their formulas", () => {
  L.scope(() => {
    const [x, y] = [random([5, 3]), random([4, 3], 2)];
    const [a, b] = [x.toArray() as number[][], y.toArray() as number[][]];
    const norm = (i: number, j: number, p: number): number =>
      a[i].reduce((sum, v, k) => sum + Math.abs(v - b[j][k]) ** p, 0) ** (1 / p);
    const cases: [L.features.Covariance, (i: number, j: number) => number][] = [
      [features.gaussianKernel({ lengthscale: 0.7 }).covariance, (i, j) => Math.exp(-(norm(i, j, 2) ** 2) / 0.98)],
      [features.laplacianKernel({ lengthscale: 0.7 }).covariance, (i, j) => Math.exp(-norm(i, j, 1) / 0.7)],
      [features.maternKernel({ nu: 0.5 }).covariance, (i, j) => Math.exp(-norm(i, j, 2))],
      [features.maternKernel({ nu: 1.5, lengthscale: 2 }).covariance, (i, j) => { const r = (Math.sqrt(3) * norm(i, j, 2)) / 2; return (1 + r) * Math.exp(-r); }],
      [features.maternKernel({ nu: 2.5 }).covariance, (i, j) => { const r = Math.sqrt(5) * norm(i, j, 2); return (1 + r + (r * r) / 3) * Math.exp(-r); }],
    ]; // prettier-ignore
    for (const [kernel, formula] of cases) {
      const k = kernel(x, y).toArray() as number[][];
      k.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(formula(i, j), 12)));
    }
    expect(() => features.maternKernel({ nu: 2 }).covariance(x, y)).toThrow(
      new L.OptionError("maternKernel.covariance: nu is 2, expected 0.5, 1.5 or 2.5"),
    );
    expect(() => features.gaussianKernel({ lengthscale: 0 }).covariance).toThrow(L.OptionError);
    expect(() => features.gaussianKernel().covariance(x, L.zeros([2, 2], "float64"))).toThrow(
      new L.ShapeError("gaussianKernel.covariance: x is [5, 3] and y is [2, 2], expected [n, d] and [m, d]"),
    );
  });
});

test("models leave nothing behind", () => {
  const before = L.memory().liveBlocks;
  L.scope(() => {
    const [x, y] = [random([20, 2]), random([20, 1], 2)];
    const models = [
      new features.RidgeRegression().fit(x, y),
      new features.FeaturePCA(1).update(x),
      new features.FeatureGaussianProcess({ noise: 1 }).update(x, y),
    ] as const;
    models[0].predict(x);
    models[1].transform(x);
    models[2].predict(x);
    const exact = [new features.KernelPCA(x, 1, features.gaussianKernel().covariance), new features.GaussianProcess(x, y, { kernel: features.gaussianKernel().covariance, noise: 1 })]; // prettier-ignore
    for (const model of [...models, ...exact]) model.dispose();
  });
  expect(L.memory().liveBlocks).toBe(before);
});
