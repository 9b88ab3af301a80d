/** Linear algebra at real size: residuals instead of references, hard matrices, and the functions made of its ops. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { float64 } from "../src/float64.js";
import { randomNumbers } from "./exams.js";

beforeAll(() => L.init({ modules: [float64] }));

type Real = "float32" | "float64";

/** Half the distance from 1 to the next number. */
const unit = { float32: 2 ** -24, float64: 2 ** -53 };

function random(shape: number[], dtype: Real = "float64", seed = 1, size = 1): L.Tensor {
  const next = randomNumbers(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return L.tensor(Float64Array.from({ length }, () => size * (2 * next() - 1)), shape, dtype); // prettier-ignore
}

const largest = (x: L.Tensor): number => L.max(L.abs(x)).item();
const identity = (n: number, dtype: Real): L.Tensor => L.eye(n, n, { dtype });
const gram = (q: L.Tensor): L.Tensor => L.matmul(q, q, { transposeA: true });

/** How far the columns of q are from orthonormal. */
const skewness = (q: L.Tensor): number => largest(L.sub(gram(q), identity(q.shape[1], q.dtype as Real)));

describe.each(["float32", "float64"] as const)("in %s", (dtype) => {
  const u = unit[dtype];
  /** What n roundings add up to, with room. */
  const bound = (n: number): number => 8 * Math.sqrt(n) * u;

  test.each([100, 257, 520])("cholesky of order %i gives the matrix back", (n) => {
    L.scope(() => {
      const x = random([n, n], dtype);
      const a = L.add(L.matmul(x, x, { transposeB: true }), identity(n, dtype));
      const l = L.cholesky(a);
      expect(largest(L.sub(L.matmul(l, l, { transposeB: true }), a)) / largest(a)).toBeLessThan(bound(n));
      expect(largest(L.triu(l, { k: 1 }))).toBe(0);
      const b = random([n, 3], dtype, 2);
      const y = L.choleskySolve(l, b);
      expect(largest(L.sub(L.matmul(a, y), b))).toBeLessThan(
        bound(n) * largest(a) * largest(y) * Math.sqrt(n),
      );
    });
  });

  test.each([100, 257, 520])("solve of order %i leaves a small residual", (n) => {
    L.scope(() => {
      const a = random([n, n], dtype);
      for (const cols of [1, 40]) {
        const b = random([n, cols], dtype, 2);
        const x = L.solve(a, b);
        expect(largest(L.sub(L.matmul(a, x), b)) / largest(x)).toBeLessThan(n * bound(n));
      }
    });
  });

  test.each([
    [300, 300],
    [500, 90],
    [90, 500],
  ])("qr of %i × %i: orthonormal, and the matrix again", (m, n) => {
    L.scope(() => {
      const a = random([m, n], dtype);
      const [q, r] = L.qr(a);
      expect(skewness(q)).toBeLessThan(bound(m));
      expect(largest(L.sub(L.matmul(q, r), a))).toBeLessThan(bound(m) * Math.sqrt(m));
    });
  });

  test.each([150, 300])("eigh of order %i: orthonormal vectors, each with its value", (n) => {
    L.scope(() => {
      const a = random([n, n], dtype);
      const symmetric = L.mul(L.add(a, L.transpose(a)), 0.5);
      const [w, v] = L.eigh(a);
      expect(skewness(v)).toBeLessThan(4 * bound(n));
      expect(largest(L.sub(L.matmul(symmetric, v), L.mul(v, w)))).toBeLessThan(bound(n) * Math.sqrt(n));
      const values = [...w.dataSync()];
      expect(values).toEqual([...values].sort((x, y) => x - y));
    });
  });

  test.each([
    ["square", 200, 200, 1],
    ["tall", 400, 60, 1],
    ["wide", 60, 400, 1],
    ["tiny", 40, 40, 1e-25],
    ["huge", 40, 40, 1e25],
  ])("svd of a %s matrix", (_, m, n, size) => {
    L.scope(() => {
      const a = random([m, n], dtype, 1, size);
      const [v, s, wt] = L.svd(a);
      expect(skewness(v)).toBeLessThan(4 * bound(m));
      expect(skewness(L.transpose(wt))).toBeLessThan(4 * bound(n));
      expect(largest(L.sub(L.matmul(L.mul(v, s), wt), a))).toBeLessThan(size * bound(m) * Math.sqrt(n));
      expect(L.min(s).item()).toBeGreaterThanOrEqual(0);
    });
  });

  test("svd and eigh of matrices with equal and with no values", () => {
    L.scope(() => {
      const outer = L.matmul(random([40, 5], dtype, 1), random([5, 30], dtype, 2));
      for (const a of [L.zeros([6, 6], dtype), L.ones([9, 9], dtype), identity(7, dtype), outer]) {
        const [v, s, wt] = L.svd(a);
        expect(skewness(v)).toBeLessThan(bound(100));
        expect(largest(L.sub(L.matmul(L.mul(v, s), wt), a))).toBeLessThan(bound(100) * 10);
        if (a.shape[0] !== a.shape[1]) continue;
        const [w, x] = L.eigh(a);
        expect(skewness(x)).toBeLessThan(bound(100));
        expect(largest(L.sub(L.matmul(a, x), L.mul(x, w)))).toBeLessThan(bound(100) * 10);
      }
    });
  });
});

test("solve takes one right-hand side, and broadcasts", () => {
  L.scope(() => {
    const a = L.tensor([2, 0, 0, 4], [2, 2]);
    expect(L.solve(a, L.tensor([2, 2])).toArray()).toEqual([1, 0.5]);
    expect(L.solve(L.stack([a, a]), L.tensor([2, 2])).toArray()).toEqual([[1, 0.5], [1, 0.5]]); // prettier-ignore
    expect(L.solve(a, L.ones([3, 2, 5])).shape).toEqual([3, 2, 5]);
    expect(L.solve(L.ones([2, 1, 1, 1]), L.ones([3, 1, 5])).shape).toEqual([2, 3, 1, 5]);
    expect(L.triangularSolve(L.tensor([2, 7, 1, 4], [2, 2]), L.tensor([2, 5])).toArray()).toEqual([1, 1]);
  });
});

test("trace adds up the diagonal", () => {
  L.scope(() => {
    expect(L.trace(L.tensor([1, 2, 3, 4, 5, 6], [2, 3])).item()).toBe(6);
    expect(L.trace(L.reshape(L.arange(0, 24), [2, 4, 3])).toArray()).toEqual([12, 48]);
    expect(L.trace(L.ones([2, 0, 3])).toArray()).toEqual([0, 0]);
    expect(L.grad((x: L.Tensor) => L.trace(L.square(x)))(L.tensor([1, 2, 3, 4], [2, 2])).toArray()).toEqual([[2, 0], [0, 8]]); // prettier-ignore
  });
});

test("lstsq: the normal equations hold; of many solutions the shortest", () => {
  L.scope(() => {
    const tall = random([30, 5]);
    const b = random([30, 2], "float64", 2);
    const x = L.lstsq(tall, b);
    expect(largest(L.matmul(tall, L.sub(L.matmul(tall, x), b), { transposeA: true }))).toBeLessThan(1e-13);
    const wide = random([4, 9], "float64", 3);
    const y = L.lstsq(wide, L.tensor([1, 2, 3, 4], [4], "float64"));
    expect(y.shape).toEqual([9]);
    expect([...L.matmul(wide, L.reshape(y, [9, 1])).dataSync()].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([1, 2, 3, 4]); // prettier-ignore
    // Shortest: a combination of the rows of A.
    const [q] = L.qr(L.transpose(wide));
    const along = L.matmul(q, L.matmul(q, L.reshape(y, [9, 1]), { transposeA: true }));
    expect(largest(L.sub(along, L.reshape(y, [9, 1])))).toBeLessThan(1e-13);
  });
});

/** f as a number, and its slope along v by the gradient and by differences. */
function slopes(f: (x: L.Tensor) => L.Tensor, x: L.Tensor, v: L.Tensor): [number, number] {
  const step = 1e-6;
  const at = (t: number): number => f(L.add(x, L.mul(v, t))).item();
  return [L.sum(L.mul(L.grad(f)(x), v)).item(), (at(step) - at(-step)) / (2 * step)];
}

test.each<[string, (x: L.Tensor) => L.Tensor, number[]]>([
  ["lstsq, tall", (a) => L.sum(L.square(L.lstsq(a, random([6, 1], "float64", 9)))), [6, 3]],
  ["lstsq, wide", (a) => L.sum(L.square(L.lstsq(a, random([3, 2], "float64", 9)))), [3, 5]],
  ["choleskySolve", (a) => L.sum(L.square(L.choleskySolve(L.add(a, L.mul(L.eye(4, 4, { dtype: "float64" }), 3)), a))), [4, 4]], // prettier-ignore
  [
    "the likelihood of a Gaussian process",
    (a) => {
      const k = L.add(L.syrk(a), L.eye(4, 4, { dtype: "float64" }));
      const l = L.cholesky(k);
      const y = L.slice(a, [0, 0], [4, 1]);
      return L.add(L.sum(L.mul(y, L.choleskySolve(l, y))), L.logdet(k));
    },
    [4, 4],
  ],
])("the gradient of %s", (_, f, shape) => {
  L.scope(() => {
    const [slope, difference] = slopes(f, random(shape), random(shape, "float64", 5));
    expect(slope / difference).toBeCloseTo(1, 6);
  });
});

test("equal eigenvalues have a gradient", () => {
  L.scope(() => {
    const f = (a: L.Tensor): L.Tensor => L.sum(L.exp(L.eigh(a)[0]));
    const [slope, difference] = slopes(f, identity(3, "float64"), L.ones([3, 3], "float64"));
    expect(slope / difference).toBeCloseTo(1, 6);
  });
});

test("an error says which matrix of a batch, at which pivot, and leaves nothing behind", () => {
  const before = L.memory().liveBlocks;
  const a = L.tensor([1, 0, 0, 1, 1, 2, 2, 4], [2, 2, 2]);
  for (const f of [L.cholesky, L.inverse, L.logdet, (x: L.Tensor) => L.solve(x, L.keep(x))])
    try {
      f(a);
      expect("an error").toBe("thrown");
    } catch (error) {
      expect(error).toBeInstanceOf(L.MatrixError);
      expect(error).toMatchObject({ pivot: 1, index: 1 });
    }
  a.dispose();
  expect(L.memory().liveBlocks).toBe(before);
});
