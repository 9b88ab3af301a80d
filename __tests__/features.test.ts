/** Random features: known answers, laws of projections, and statistics of estimators, all of fixed keys. */
import { describe, expect, test } from "@jest/globals";
import { halton, sobol } from "../src/features/sequences.js";
import { float64 } from "../src/float64.js";
import * as L from "../src/index.js";

const { features, random } = L;
const { OptionError, ShapeError, DTypeError } = L;

await L.init({ modules: [float64] });

const key = random.key(1);
const double = (data: readonly number[], shape: readonly number[]): L.Tensor =>
  L.tensor(Float64Array.from(data), shape, "float64");
const numbers = (x: L.Tensor): number[] => [...x.dataSync()];
const close = (actual: readonly number[], expected: readonly number[], digits = 7): void =>
  expect(actual.map((v) => Number(v.toFixed(digits)) + 0)).toEqual(expected);
const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, v, i) => sum + v * y[i], 0);
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const variance = (x: readonly number[]): number => {
  const middle = mean(x);
  return mean(x.map((v) => (v - middle) ** 2)) * (x.length / (x.length - 1));
};

const turn = 2 * Math.PI;

describe("known answers, in float64", () => {
  const x = (): L.Tensor => double([0.6, 0.8], [1, 2]);
  const w = (): L.Tensor => double([1, -0.5], [1, 2]);
  const b = (): L.Tensor => double([0.3], [1]);
  const g = (): L.Tensor => double([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);

  test("Λ of real and of complex vectors", () =>
    L.scope(() => {
      const [one, z] = [double([0.3, -1.2], [1, 2]), double([0.5, 0.8], [1, 2])];
      for (const [a, value] of [[0, 0.2850758], [-0.1, 0.2495318]]) // prettier-ignore
        close(numbers(new features.PositiveExponential(2, 1, { key, a, projection: one, dtype: "float64" }).phi(z)), [value]); // prettier-ignore
      for (const [a, split, values] of [
        [0, "b1", [1.0759555, -1.130243]],
        [-0.1, "sym", [0.2233788, -0.4646794]],
      ] as const)
        close(
          numbers(
            new features.UniversalRandomFeatures(2, 2, {
              ...{ key, a, split, projection: one, dtype: "float64" },
              ...{ spectrum: features.cosSpectrum, frequencies: [1 / turn] },
            }).phi(z),
          ),
          [...values],
        );
    }));

  /** Φ, Ψ and their product. */
  function universal(options: Partial<ConstructorParameters<typeof features.UniversalRandomFeatures>[2]>) {
    const map = new features.UniversalRandomFeatures(2, 6, {
      ...{ key, projection: g(), dtype: "float64", spectrum: features.cosSpectrum },
      ...{ frequencies: [1, -1, 1].map((t) => t / turn), ...options },
    });
    const [phi, psi] = [numbers(map.phi(x())), numbers(map.psi(w(), b()))];
    return { phi, psi, estimate: dot(phi, psi) };
  }

  test("cos by both splits", () =>
    L.scope(() => {
      close(
        [universal({ split: "b1" }).estimate, universal({ split: "sym" }).estimate],
        [0.9812867, 1.370039],
      );
      const b1 = universal({ split: "b1", a: -0.1 });
      close(b1.phi, [0.5832886, 0.3925919, 1.0180043, -0.7706517, -0.9002093, -0.3234435]);
      close(b1.psi, [0.8694736, 0.8834971, 0.1285632, -0.2689597, 0.2732977, -0.0397693]);
      const sym = universal({ split: "sym", a: -0.1 });
      close(sym.phi, [0.1239624, 1.2837463, 0.392696, -0.2789325, -0.4253157, -0.3427098]);
      close(sym.psi, [1.1324616, 1.1507267, 0.1808214, -0.5166237, 0.5249562, 0.27813]);
      close([b1.estimate, sym.estimate], [0.958998, 1.5141448]);
    }));

  test("sin, and sech by a normal proposal", () =>
    L.scope(() => {
      close([universal({ spectrum: features.sinSpectrum, a: -0.1 }).estimate], [0.7403045]);
      const proposal = features.normalProposal(0.16);
      const sech = { spectrum: features.sechSpectrum, proposal, a: -0.1, frequencies: [0.1, -0.2, 0.05] };
      close([universal(sech).estimate], [1.7163883]);
    }));

  test("transforms", () => {
    const at = (spectrum: L.features.Spectrum, xi: number): number =>
      (spectrum as L.features.DensitySpectrum).transform(xi) as number;
    const { gaussianSpectrum, sechSpectrum, sechSquaredSpectrum } = features;
    close([0.1, -0.2, 0.05].map((xi) => at(sechSpectrum, xi)), [2.0561678, 0.8562813, 2.7943836]); // prettier-ignore
    close([at(gaussianSpectrum, 0.3), at(sechSpectrum, 0.3), at(sechSquaredSpectrum, 0.1)], [0.424183, 0.3244314, 1.7087569]); // prettier-ignore
  });

  test("tanh by four sines", () => {
    const options = { range: 2, period: 4, harmonics: 4, terms: "sines" } as const;
    const { lines } = features.tabulatedSpectrum("tanh", Math.tanh, options) as L.features.LineSpectrum;
    const sines = lines.filter(({ xi }) => xi > 0).map(({ weight }) => -2 * weight[1]);
    close(sines, [0.922432, 0.128188, -0.029582, 0.04721], 6);
    close([lines.reduce((sum, { weight }) => sum + Math.hypot(...weight), 0)], [1.127412], 6);
    const fit = (z: number): number => sines.reduce((sum, c, i) => sum + c * Math.sin((Math.PI * (i + 1) * z) / 4), 0); // prettier-ignore
    const errors = Array.from({ length: 401 }, (_, i) => i / 100 - 2).map((z) => Math.abs(fit(z) - Math.tanh(z))); // prettier-ignore
    close([Math.max(...errors)], [0.012], 4);
  });

  test("second moments and the best A", () => {
    const [sum, squares] = [0.98, 0.5 ** 2 + 0.8 ** 2 + 0.2 ** 2 + 0.1 ** 2];
    const a = features.optimalA(2, sum);
    close([a], [-0.1737545]);
    close([0, -0.1, a].map((at) => features.secondMoment(2, at, sum, squares)), [2.7731948, 1.9534602, 1.8853509]); // prettier-ignore
  });

  test("powers of what is above a threshold, and two maps one after the other", () =>
    L.scope(() => {
      const relu = new features.ArcCosine(2, 3, { key, projection: g(), dtype: "float64" });
      const [phi, psi] = [numbers(relu.phi(x())), numbers(relu.psi(w()))];
      close(phi, [0, 0.5658033, 0]);
      close(psi, [0.5196152, 0.5196152, 0]);
      close([dot(phi, psi)], [0.294]);
      const first = new features.ArcCosine(2, 3, { key, projection: double([1, -0.5, 0.2, 0.8, -1, 0.3], [3, 2]), dtype: "float64" }); // prettier-ignore
      const second = new features.ArcCosine(3, 2, { key, projection: double([0.5, -1, 0.3, 1, 0.2, -0.4], [2, 3]), dtype: "float64" }); // prettier-ignore
      const inner = first.phi(double([0.6, 0.8, -0.3, 0.9, 1, -0.2], [3, 2]));
      close(numbers(inner).slice(0, 3), [0.1154701, 0.4387862, 0]);
      close(numbers(second.phi(inner)), [0, 0.1437034, 0, 0, 0.2082066, 0.4523391]);
      // Bundled: the second layer's weights on features of the first.
      const outer = L.matmul(double([1, -0.3], [1, 2]), first.psi(double([0.5, 0.2, -0.1, 0.4], [2, 2])));
      close(numbers(outer), [0.2309401, 0.0981495, -0.0381051]);
      close(numbers(second.psi(outer)), [0.0041641, 0.1879575]);
      close(
        numbers(L.matmul(second.phi(inner), second.psi(outer), { transposeB: true })),
        [0.0270101, 0, 0.0858875],
      );
    }));

  test("the normal quantile", () => {
    const { normalQuantile } = features;
    close([0.5, 0.25, 0.001, 1 - 1e-9].map(normalQuantile), [0, -0.6744898, -3.0902323, 5.997807], 7);
    // Wichura's own checks.
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798408, 13);
  });
});

describe("projections", () => {
  const projectors = [
    ["gaussian", features.gaussianProjection],
    ["orthogonal", features.orthogonalProjection],
    ["halton", features.haltonProjection],
    ["sobol", features.sobolProjection],
    ["structured", features.structuredProjection],
  ] as const;
  const matrixOf = (w: L.Tensor | L.features.StructuredOrthogonal): L.Tensor =>
    w instanceof L.Tensor ? w : w.matrix();

  test.each(projectors)("%s: normal moments, one key one matrix", (_, projector) =>
    L.scope(() => {
      const w = matrixOf(projector(key, [2048, 8]));
      expect(w.shape).toEqual([2048, 8]);
      const data = numbers(w);
      expect(Math.abs(mean(data))).toBeLessThan(0.03);
      expect(Math.abs(mean(data.map((v) => v ** 2)) - 1)).toBeLessThan(0.04);
      expect(Math.abs(mean(data.map((v) => v ** 4)) - 3)).toBeLessThan(projector === features.structuredProjection ? 0.5 : 0.3); // prettier-ignore
      expect(numbers(matrixOf(projector(key, [2048, 8])))).toEqual(data);
      expect(numbers(matrixOf(projector(random.key(2), [2048, 8])))).not.toEqual(data);
      const double = matrixOf(projector(key, [5, 3], { dtype: "float64" }));
      expect([double.dtype, ...double.shape]).toEqual(["float64", 5, 3]);
    }),
  );

  test("orthogonal rows, of the length of normal vectors or of √d, in blocks", () =>
    L.scope(() => {
      const w = features.orthogonalProjection(key, [7, 3], { norms: "fixed", dtype: "float64" });
      const rows = Array.from({ length: 7 }, (_, i) => numbers(w).slice(3 * i, 3 * i + 3));
      rows.forEach((a, i) =>
        rows.forEach((b, j) => {
          if (Math.floor(i / 3) === Math.floor(j / 3)) expect(dot(a, b)).toBeCloseTo(i === j ? 3 : 0, 12);
        }),
      );
      const chi = numbers(features.orthogonalProjection(key, [3000, 3]));
      const squares = Array.from({ length: 3000 }, (_, i) => dot(chi.slice(3 * i, 3 * i + 3), chi.slice(3 * i, 3 * i + 3))); // prettier-ignore
      expect(Math.abs(mean(squares) - 3)).toBeLessThan(4 * Math.sqrt(6 / 3000));
      expect(Math.abs(variance(squares) - 6)).toBeLessThan(1);
    }));

  test("a structured projection is its matrix, whose whole blocks are orthogonal", () =>
    L.scope(() => {
      const projection = new features.StructuredOrthogonal(key, [11, 5], {
        norms: "fixed",
        dtype: "float64",
      });
      const x = double(Array.from({ length: 15 }, (_, i) => Math.sin(i)), [3, 5]); // prettier-ignore
      const z = L.matmul(x, projection.matrix(), { transposeB: true });
      numbers(projection.forward(x)).forEach((v, i) => expect(v).toBeCloseTo(numbers(z)[i], 12));
      const whole = numbers(new features.StructuredOrthogonal(key, [8, 8], { norms: "fixed", dtype: "float64" }).matrix()); // prettier-ignore
      for (let i = 0; i < 8; i++)
        for (let j = 0; j < 8; j++)
          expect(dot(whole.slice(8 * i, 8 * i + 8), whole.slice(8 * j, 8 * j + 8))).toBeCloseTo(i === j ? 8 : 0, 11); // prettier-ignore
      projection.dispose();
    }));

  test("sequences put as many points into each part of the cube", () => {
    const [n, d] = [512, 10];
    const s = sobol(key, n, d);
    const h = halton(key, 243, 2);
    for (let k = 0; k < d; k++) {
      const counts = new Set(Array.from({ length: n }, (_, i) => Math.floor(n * s[i * d + k])));
      expect(counts.size).toBe(n);
    }
    // A net: the first two dimensions in boxes of every form.
    for (let p = 0; p <= 9; p++) {
      const boxes = new Set(Array.from({ length: n }, (_, i) => Math.floor(2 ** p * s[i * d]) + 1024 * Math.floor(2 ** (9 - p) * s[i * d + 1]))); // prettier-ignore
      expect(boxes.size).toBe(n);
    }
    expect(new Set(Array.from({ length: 243 }, (_, i) => Math.floor(243 * h[2 * i + 1]))).size).toBe(243);
    expect(Math.min(...s, ...h)).toBeGreaterThan(0);
    expect(Math.max(...s, ...h)).toBeLessThan(1);
  });

  test("the table of Sobol's directions", () => {
    // What the same table gives elsewhere (SciPy 1.17, unscrambled, the 1000th point), but for the shift.
    const points = sobol(key, 1001, 64);
    const moved = [1, 7, 20, 40, 63].map((k) => {
      const word = (i: number): number => Math.floor(points[64 * i + k] * 2 ** 32);
      return ((word(1000) ^ word(0)) >>> 0) / 2 ** 32;
    });
    expect(moved).toEqual([0.0966796875, 0.8994140625, 0.5224609375, 0.9130859375, 0.4462890625]);
  });

  test("bandlimited weights stay in their band", () =>
    L.scope(() => {
      const { a, b } = features.bandlimitedWeights(key, [500, 3], { bound: 4 });
      expect([a.shape, b.shape]).toEqual([[500, 3], [500]]);
      const all = [...numbers(a), ...numbers(b)];
      expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(4);
      expect(Math.abs(variance(all) - 16 / 3)).toBeLessThan(0.6);
      expect(features.bandlimitedWeights(key, [5, 3], { bound: 4, dtype: "float64" }).b.dtype).toBe(
        "float64",
      );
    }));
});

/** Vectors of d numbers whose length is `length`. */
function vectors(count: number, d: number, length: number, seed: number): number[][] {
  const data = L.scope(() => numbers(random.normal(random.key(seed), [count, d])));
  return Array.from({ length: count }, (_, i) => {
    const row = data.slice(d * i, d * i + d);
    const norm = Math.sqrt(dot(row, row));
    return row.map((v) => (length * v) / norm);
  });
}

type Kernel = (x: readonly number[], y: readonly number[]) => number;

const difference = (x: readonly number[], y: readonly number[]): number[] => x.map((v, i) => v - y[i]);
const distance: Kernel = (x, y) => Math.hypot(...difference(x, y));
const angle: Kernel = (x, y) => Math.acos(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)));
const lengths: Kernel = (x, y) => Math.sqrt(dot(x, x) * dot(y, y));
const gaussian: Kernel = (x, y) => Math.exp(-(distance(x, y) ** 2) / 2);
const softmax: Kernel = (x, y) => Math.exp(dot(x, y));
const arcCosine: readonly Kernel[] = [
  (x, y) => (Math.PI - angle(x, y)) / turn,
  (x, y) => {
    const t = angle(x, y);
    return (lengths(x, y) * (Math.sin(t) + (Math.PI - t) * Math.cos(t))) / turn;
  },
  (x, y) => {
    const t = angle(x, y);
    return (lengths(x, y) ** 2 * (3 * Math.sin(t) * Math.cos(t) + (Math.PI - t) * (1 + 2 * Math.cos(t) ** 2))) / turn; // prettier-ignore
  },
];

type Make = (key: Parameters<typeof random.split>[0]) => L.features.FeatureMap;

/** Estimates Φ(x_i) · Ψ(y_i, b_i) of each of `draws` maps, pair by pair. */
function estimates(
  make: Make,
  x: number[][],
  y: number[][],
  draws: number,
  b?: number[],
  seed = 100,
): number[][] {
  const all = x.map((): number[] => []);
  random.split(random.key(seed), draws).forEach((own) =>
    L.scope(() => {
      const map = make(own);
      const { dtype } = Object.values(map.state())[0];
      const made = (rows: number[] | number[][]): L.Tensor => L.tensor(rows, undefined, dtype === "float64" ? dtype : "float32"); // prettier-ignore
      const phi = map.phi(made(x));
      const psi = b ? map.psi(made(y), made(b)) : map.psi(made(y));
      numbers(L.sum(L.mul(phi, psi), { axis: -1 })).forEach((value, i) => all[i].push(value));
      map.dispose();
    }),
  );
  return all;
}

/** Each mean of 200 draws lies within four standard errors of the kernel. */
function expectUnbiased(
  make: Make,
  kernel: (i: number) => number,
  x: number[][],
  y: number[][],
  b?: number[],
) {
  estimates(make, x, y, 200, b).forEach((values, i) => {
    const bound = 4 * Math.sqrt(variance(values) / values.length) + 1e-6;
    expect(Math.abs(mean(values) - kernel(i))).toBeLessThan(bound);
  });
}

describe("estimates are right on average", () => {
  const d = 5;
  const [x, y] = [vectors(6, d, 0.8, 11), vectors(6, d, 0.6, 12)];
  const { gaussianKernel, laplacianKernel, maternKernel } = features;
  const fourier =
    (kernel: L.features.SpectralKernel, options: object = {}): Make =>
    (key) =>
      new features.RandomFourier(d, 32, { key, kernel, ...options });
  const positive =
    (options: object): Make =>
    (key) =>
      new features.PositiveExponential(d, 32, { key, ...options });
  const scaled = (kernel: Kernel, by: number): Kernel => (a, b) => kernel(a.map((v) => v / by), b.map((v) => v / by)); // prettier-ignore
  const matern = (nu: number): Kernel => (a, b) => {
    const r = Math.sqrt(2 * nu) * distance(a, b);
    return Math.exp(-r) * (nu === 0.5 ? 1 : nu === 1.5 ? 1 + r : 1 + r + r ** 2 / 3);
  }; // prettier-ignore
  const manhattan: Kernel = (a, b) => Math.exp(-difference(a, b).reduce((sum, v) => sum + Math.abs(v), 0));
  const half = (sign: number): Kernel => (a, b) => (gaussian(a, b) + sign * gaussian(a, b.map((v) => -v))) / 2; // prettier-ignore
  const { orthogonalProjection, haltonProjection, sobolProjection, structuredProjection } = features;

  const maps: readonly (readonly [string, Make, Kernel])[] = [
    ["Gaussian", fourier(gaussianKernel()), gaussian],
    ["Gaussian of a length", fourier(gaussianKernel({ lengthscale: 0.7 })), scaled(gaussian, 0.7)],
    ["Gaussian by cosines with phases", fourier(gaussianKernel(), { form: "cos" }), gaussian],
    ["Gaussian, orthogonal", fourier(gaussianKernel(), { projection: orthogonalProjection }), gaussian],
    ["Gaussian by Halton's points", fourier(gaussianKernel(), { projection: haltonProjection }), gaussian],
    ["Gaussian by Sobol's points", fourier(gaussianKernel(), { projection: sobolProjection }), gaussian],
    ["Gaussian in float64", fourier(gaussianKernel(), { dtype: "float64" }), gaussian],
    ["Laplacian", fourier(laplacianKernel({ lengthscale: 2 })), scaled(manhattan, 2)],
    ["Laplacian, orthogonal", fourier(laplacianKernel({ lengthscale: 2 }), { projection: orthogonalProjection }), scaled(manhattan, 2)],
    ["Laplacian of Euclid's norm", fourier(laplacianKernel({ norm: 2 })), matern(0.5)],
    ["Matérn ½", fourier(maternKernel({ nu: 0.5, lengthscale: 1.5 })), scaled(matern(0.5), 1.5)],
    ["Matérn 3⁄2", fourier(maternKernel({ nu: 1.5 })), matern(1.5)],
    ["Matérn 5⁄2, orthogonal", fourier(maternKernel({ nu: 2.5 }), { projection: orthogonalProjection }), matern(2.5)],
    ["cosines", (key) => new features.Sinusoidal(d, 32, { key }), half(1)],
    ["sines", (key) => new features.Sinusoidal(d, 32, { key, form: "sin" }), half(-1)],
    ["softmax", positive({}), softmax],
    ["softmax, hyperbolic", positive({ hyperbolic: true }), softmax],
    ["softmax, A < 0", positive({ a: -0.06 }), softmax],
    ["softmax, A < 0, hyperbolic, orthogonal", positive({ a: -0.1, hyperbolic: true, projection: orthogonalProjection }), softmax],
    ["softmax, A < 0, trained", positive({ a: -0.06, trainable: true }), softmax],
    ["Gaussian by positive features", positive({ kernel: "gaussian", a: -0.02 }), gaussian],
    ["arc-cosine 0", (key) => new features.ArcCosine(d, 64, { key, order: 0 }), arcCosine[0]],
    ["arc-cosine 1", (key) => new features.ArcCosine(d, 64, { key }), arcCosine[1]],
    ["arc-cosine 1, orthogonal", (key) => new features.ArcCosine(d, 64, { key, projection: orthogonalProjection }), arcCosine[1]],
    ["arc-cosine 2", (key) => new features.ArcCosine(d, 64, { key, order: 2 }), arcCosine[2]],
    ["signs", (key) => new features.Sign(d, 64, { key }), (a, b) => 1 - (2 * angle(a, b)) / Math.PI],
  ]; // prettier-ignore

  test.each(maps)("%s", (_, make, kernel) => expectUnbiased(make, (i) => kernel(x[i], y[i]), x, y));

  // Of structured projections the rows are not quite normal: the wider, the nearer.
  const [wide, other] = [vectors(4, 20, 0.8, 13), vectors(4, 20, 0.6, 14)];
  test.each([
    ["Gaussian", (key) => new features.RandomFourier(20, 48, { key, projection: structuredProjection }), gaussian],
    ["softmax", (key) => new features.PositiveExponential(20, 48, { key, projection: structuredProjection }), softmax],
    ["softmax, A < 0", (key) => new features.PositiveExponential(20, 48, { key, a: -0.01, projection: structuredProjection }), softmax],
    ["arc-cosine 1", (key) => new features.ArcCosine(20, 48, { key, projection: structuredProjection }), arcCosine[1]],
    ["signs", (key) => new features.Sign(20, 48, { key, projection: structuredProjection }), (a, b) => 1 - (2 * angle(a, b)) / Math.PI],
  ] as [string, Make, Kernel][])("%s of a structured projection", (_, make, kernel) =>
    expectUnbiased(make, (i) => kernel(wide[i], other[i]), wide, other),
  ); // prettier-ignore

  const tanh = features.tabulatedSpectrum("tanh", Math.tanh, { range: 2, period: 4, harmonics: 4, terms: "sines" }); // prettier-ignore
  const logistic = features.tabulatedSpectrum("sigmoid", (z) => 1 / (1 + Math.exp(-z)), { range: 3, period: 5, harmonics: 3 }); // prettier-ignore
  const sumOf = (spectrum: L.features.Spectrum) => (z: number): number =>
    (spectrum as L.features.LineSpectrum).lines.reduce((sum, { xi, weight: [re, im] }) => sum + re * Math.cos(turn * xi * z) - im * Math.sin(turn * xi * z), 0); // prettier-ignore
  const { cosSpectrum, sinSpectrum, expSpectrum, cauchySpectrum, gaussianSpectrum } = features;
  const { sechSpectrum, sechSquaredSpectrum, normalProposal, laplaceProposal } = features;
  const sech = (z: number): number => 1 / Math.cosh(z);

  test.each([
    ["cos", { spectrum: cosSpectrum, split: "b1" }, Math.cos],
    ["cos, symmetric, A < 0", { spectrum: cosSpectrum, a: -0.05 }, Math.cos],
    ["cos, antithetic", { spectrum: cosSpectrum, antithetic: true }, Math.cos],
    ["cos by other chances", { spectrum: cosSpectrum, proposal: [0.9, 0.1] }, Math.cos],
    ["sin", { spectrum: sinSpectrum, split: "b1" }, Math.sin],
    ["sin, antithetic, A < 0, orthogonal", { spectrum: sinSpectrum, antithetic: true, a: -0.05, projection: orthogonalProjection }, Math.sin],
    ["exp", { spectrum: expSpectrum }, Math.exp],
    ["exp, antithetic, A < 0", { spectrum: expSpectrum, a: -0.05, antithetic: true }, Math.exp],
    ["exp(−z² / 2)", { spectrum: gaussianSpectrum }, (z: number) => Math.exp(-(z ** 2) / 2)],
    ["1 / (1 + z²)", { spectrum: cauchySpectrum, a: -0.05, proposal: laplaceProposal(0.1) }, (z: number) => 1 / (1 + z ** 2)],
    ["sech", { spectrum: sechSpectrum }, sech],
    ["sech by a normal proposal", { spectrum: sechSpectrum, proposal: normalProposal(0.25), a: -0.02 }, sech],
    ["sech²", { spectrum: sechSquaredSpectrum }, (z: number) => sech(z) ** 2],
    ["tanh from a table", { spectrum: tanh }, sumOf(tanh)],
    ["the logistic function from a table", { spectrum: logistic }, sumOf(logistic)],
  ] as [string, Omit<L.features.UniversalOptions, "key">, (z: number) => number][])("%s", (_, options, f) => {
    const [u, v] = [vectors(5, 4, 0.45, 15), vectors(5, 4, 0.4, 16)];
    const b = [0.3, -0.6, 0, 0.9, -0.2];
    const make: Make = (key) => new features.UniversalRandomFeatures(4, 128, { key, ...options });
    expectUnbiased(make, (i) => f(dot(u[i], v[i]) + b[i]), u, v, b);
  }); // prettier-ignore
});

describe("variances", () => {
  /** Estimates of each feature of one map: their products, times as many as there are. */
  function products(map: L.features.FeatureMap, u: number[], v: number[]): number[] {
    const all = L.scope(() =>
      numbers(L.mul(L.mul(map.phi(L.tensor([u])), map.psi(L.tensor([v]))), map.features)),
    );
    map.dispose();
    return all;
  }
  const within = (actual: number, expected: number): void =>
    expect(Math.abs(actual / expected - 1)).toBeLessThan(0.1);

  test("of positive features", () => {
    const [u, v] = [[0.5, 0.8], [0.2, -0.1]]; // prettier-ignore
    const squares = dot(u, u) + dot(v, v);
    for (const a of [0, -0.1, features.optimalA(2, 0.98)]) {
      const map = new features.PositiveExponential(2, 1 << 18, { key, a });
      const each = products(map, u, v);
      within(mean(each.map((z) => z ** 2)), features.secondMoment(2, a, 0.98, squares));
      within(variance(each), features.secondMoment(2, a, 0.98, squares) - Math.exp(2 * dot(u, v)));
    }
  });

  test("of universal features: cos, and exp(−z² / 2) of the symmetric split", () => {
    const [u, v] = [[0.3, 0.4], [0.2, -0.4]]; // prettier-ignore
    const n = 1 << 17;
    for (const [split, expected] of [["b1", dot(u, u) + dot(v, v)], ["sym", 0.26 - 0.01]] as const) {
      // |Φ Ψ|² on average: E exp(‖x‖² + ‖w‖²) of b1, exp(|t| ‖x + w‖²) of sym.
      const map = new features.UniversalRandomFeatures(2, 2 * n, { key, split, spectrum: features.cosSpectrum });
      const [phi, psi] = L.scope(() => [numbers(map.phi(L.tensor([u]))), numbers(map.psi(L.tensor([v])))]);
      map.dispose();
      const squares = Array.from({ length: n }, (_, j) => n ** 2 * (phi[j] ** 2 + phi[n + j] ** 2) * (psi[j] ** 2 + psi[n + j] ** 2)); // prettier-ignore
      within(mean(squares), Math.exp(expected));
    }
  }); // prettier-ignore

  test("of arc-cosine features of order 1", () => {
    const each = products(new features.ArcCosine(2, 1 << 18, { key }), [0.6, 0.8], [1, -0.5]);
    within(mean(each.map((z) => z ** 2)), 0.4756129);
    within(mean(each), 0.2307954);
  });

  test("of Fourier pairs", () => {
    const [u, v] = [[0.6, 0.8, -0.2], [-0.1, 0.5, 0.3]]; // prettier-ignore
    const D = 64;
    const make: Make = (key) => new features.RandomFourier(3, 2 * D, { key });
    const [values] = estimates(make, [u], [v], 2000);
    const k = gaussian(u, v);
    within(variance(values), (1 + k ** 4 - 2 * k ** 2) / (2 * D));
  });

  test("orthogonal frequencies vary less, and so do hyperbolic pairs", () => {
    const d = 4;
    const [x, y] = [vectors(6, d, 0.9, 21), vectors(6, d, 0.9, 22)];
    const spread = (make: Make, b?: number[]): number[] => estimates(make, x, y, 1000, b, 7).map(variance);
    const less = (fewer: number[], more: number[]): void =>
      expect(mean(fewer.map((v, i) => v / more[i]))).toBeLessThan(0.95);
    const projection = features.orthogonalProjection;
    const pairs = (options: object): number[] => spread((key) => new features.RandomFourier(d, 16, { key, ...options })); // prettier-ignore
    less(pairs({ projection }), pairs({}));
    less(pairs({ projection: features.structuredProjection }), pairs({}));
    const positive = (options: object): number[] => spread((key) => new features.PositiveExponential(d, 16, { key, ...options })); // prettier-ignore
    less(positive({ projection }), positive({}));
    less(positive({ projection: features.sobolProjection }), positive({}));
    less(
      positive({ hyperbolic: true }),
      positive({}).map((v) => 2 * v),
    ); // as many draws, twice the features // prettier-ignore
    less(positive({ a: features.optimalA(d, 1.62) }), positive({}));
  });

  test("errors fall as 1 / √features", () => {
    const [x, y] = [vectors(64, 16, 1, 23), vectors(64, 16, 1, 24)];
    const b = y.map((_, i) => Math.sin(7 * i) * 3);
    const error = (features_: number): number => {
      const make: Make = (key) =>
        new features.UniversalRandomFeatures(16, features_, {
          key,
          spectrum: features.cosSpectrum,
          split: "b1",
        });
      const exact = x.map((u, i) => Math.cos(dot(u, y[i]) + b[i]));
      const all = estimates(make, x, y, 20, b).map((values, i) =>
        mean(values.map((v) => (v - exact[i]) ** 2)),
      );
      return Math.sqrt(mean(all) / mean(exact.map((v) => v ** 2)));
    };
    const [few, many] = [error(2 * 64), error(2 * 1024)];
    expect(many).toBeLessThan(0.1);
    expect(Math.log(many / few) / Math.log(16)).toBeLessThan(-0.4);
    expect(Math.log(many / few) / Math.log(16)).toBeGreaterThan(-0.6);
  });
});

describe("maps", () => {
  test("queries and keys are features but for factors that cancel, and do not overflow", () =>
    L.scope(() => {
      for (const projection of [features.gaussianProjection, features.structuredProjection]) {
        const map = new features.PositiveExponential(6, 16, { key, hyperbolic: true, a: -0.05, projection });
        const x = random.normal(random.key(3), [2, 5, 6], { deviation: 0.7 });
        const ratio = (a: L.Tensor, b: L.Tensor, rows: number): void => {
          const [p, q] = [numbers(L.log(a)), numbers(L.log(b))];
          const each = p.map((v, i) => v - q[i]);
          const group = (5 * 2 * 16) / rows;
          for (let r = 0; r < rows; r++)
            for (let i = 1; i < group; i++) expect(each[r * group + i]).toBeCloseTo(each[r * group], 4);
        };
        ratio(map.queries(x), map.phi(x), 10);
        ratio(map.keys(x), map.phi(x), 2);
        const far = L.mul(x, 100);
        for (const y of [map.queries(far), map.keys(far)]) {
          expect(numbers(y).every(Number.isFinite)).toBe(true);
          expect(Math.max(...numbers(y))).toBeCloseTo(0.25, 6);
        }
        map.dispose();
      }
    }));

  test("what is frozen is a buffer, what is trained a parameter with a gradient", () => {
    const before = L.memory().liveBytes;
    const frozen = new features.RandomFourier(3, 8, { key, form: "cos" });
    expect(Object.keys(frozen.parameters())).toEqual([]);
    expect(Object.keys(frozen.state())).toEqual(["projection", "bias"]);
    const trained = new features.PositiveExponential(3, 8, { key, a: -0.1, trainable: true });
    expect(Object.keys(trained.parameters())).toEqual(["projection"]);
    L.scope(() => {
      const x = random.normal(random.key(4), [5, 3]);
      const [{ projection }] = [L.grad(() => L.sum(trained.forward(x)), trained.parameters())()];
      expect(numbers(projection).some((v) => v !== 0)).toBe(true);
    });
    for (const map of [frozen, trained]) map.dispose();
    expect(L.memory().liveBytes).toBe(before);
  });

  test("all maps give back their memory", () => {
    const before = L.memory().liveBytes;
    const { structuredProjection } = features;
    const all = [
      new features.RandomFourier(3, 8, { key, projection: structuredProjection }),
      new features.RandomFourier(3, 8, { key, kernel: features.maternKernel({ nu: 1.5 }) }),
      new features.RandomFourier(3, 8, { key, kernel: features.laplacianKernel() }),
      new features.PositiveExponential(3, 8, { key, a: -0.1, projection: structuredProjection }),
      new features.UniversalRandomFeatures(3, 8, { key, spectrum: features.sechSpectrum }),
      new features.Sinusoidal(3, 8, { key }),
      new features.Sign(3, 8, { key }),
    ];
    L.scope(() => {
      for (const map of all) expect(map.forward(L.ones([2, 3])).shape).toEqual([2, map.features]);
    });
    for (const map of all) map.dispose();
    expect(L.memory().liveBytes).toBe(before);
  });

  test("one key one map", () =>
    L.scope(() => {
      const make = (): L.Tensor => new features.UniversalRandomFeatures(3, 8, { key, spectrum: features.sechSpectrum }).phi(L.ones([2, 3])); // prettier-ignore
      expect(numbers(make())).toEqual(numbers(make()));
    }));
});

describe("refusals", () => {
  const box = (width: number): L.features.Proposal => ({ density: (xi) => (Math.abs(xi) < width ? 0.5 / width : 0), sample: (u) => width * (2 * u() - 1) }); // prettier-ignore
  const universal = (options: object): (() => unknown) => () => new features.UniversalRandomFeatures(3, 8, { key, spectrum: features.sechSpectrum, ...options }); // prettier-ignore
  const cases: [call: () => unknown, error: new (message: string) => Error, message: string | RegExp][] = [
    [universal({ proposal: box(0.1) }), OptionError, /^UniversalRandomFeatures: the proposal's density is 0 at ξ = -\S+, where the transform of sech has mass$/],
    [universal({ spectrum: features.cosSpectrum, proposal: [1, 0] }), OptionError, /density is 0 at ξ = -0.159\d+, where the transform of cos has mass$/],
    [universal({ spectrum: features.cosSpectrum, proposal: [1, 1] }), OptionError, "UniversalRandomFeatures: proposal is [1, 1], expected chances ≥ 0 with the sum 1"],
    [universal({ spectrum: features.cosSpectrum, proposal: box(1) }), OptionError, "UniversalRandomFeatures: proposal is no list of 2 chances, one for each line of cos"],
    [universal({ proposal: [1] }), OptionError, "UniversalRandomFeatures: proposal is a list, expected a density for sech"],
    [universal({ spectrum: { name: "box", kind: "density", transform: () => 1, width: 1 } }), OptionError, "UniversalRandomFeatures: proposal is missing: nothing draws frequencies by the transform of box"],
    [universal({ spectrum: features.cosSpectrum, frequencies: [1, 1, 1, 1] }), OptionError, "UniversalRandomFeatures: frequencies has 1, which is no line of cos"],
    [universal({ frequencies: [1] }), OptionError, "UniversalRandomFeatures: frequencies has 1 numbers, expected 4"],
    [universal({ a: 0.1 }), OptionError, "UniversalRandomFeatures: a is 0.1, expected a number ≤ 0"],
    [universal({ split: "b2" }), OptionError, 'UniversalRandomFeatures: split is "b2", expected b1 or sym'],
    [universal({ trainable: true }), OptionError, /^UniversalRandomFeatures: unknown option "trainable"/],
    [universal({ projection: features.structuredProjection }), OptionError, "UniversalRandomFeatures: a structured projection is not used here, expected a matrix"],
    [() => new features.RandomFourier(3, 7, { key }), OptionError, "RandomFourier: features is 7, expected a multiple of 2"],
    [() => new features.RandomFourier(0, 8, { key }), OptionError, "RandomFourier: inputs is 0, expected a whole number ≥ 1"],
    [() => new features.RandomFourier(3, 8, { key, trainable: true, projection: features.structuredProjection }), OptionError, "RandomFourier: a structured projection is not trained, expected trainable false"],
    [() => new features.RandomFourier(3, 8, { key, kernel: features.laplacianKernel(), projection: features.structuredProjection }), OptionError, "laplacianKernel: of norm 1 it has no structured projection, expected a matrix"],
    [() => new features.RandomFourier(3, 8, {} as never), OptionError, "RandomFourier: key is undefined, expected two 32-bit words (random.key makes one)"],
    [() => L.scope(() => new features.ArcCosine(3, 8, { key, projection: L.ones([8, 2]) })), ShapeError, "ArcCosine: projection is [8, 2], expected [8, 3]"],
    [() => new features.ArcCosine(3, 8, { key, order: 3 }), OptionError, "ArcCosine: order is 3, expected 0, 1 or 2"],
    [() => new features.PositiveExponential(3, 8, { key, a: 0.2 }), OptionError, "PositiveExponential: a is 0.2, expected a finite number below 0.125"],
    [() => new features.Sign(3, 8, { key }).psi(L.ones([2, 3]), L.ones([2])), OptionError, "Sign: its kernel has no bias b (append b to w, and 1 to x)"],
    [() => features.sobolProjection(key, [4, 65]), OptionError, "sobolProjection: d is 65, expected at most 64 (haltonProjection has no bound)"],
    [() => features.gaussianProjection(key, [4]), ShapeError, "gaussianProjection: shape is [4], expected [D, d]"],
    [() => features.gaussianProjection(key, [4, 3], { dtype: "int32" as "float32" }), DTypeError, "gaussianProjection: dtype is int32, expected float32 or float64"],
    [() => features.orthogonalProjection(key, [4, 3], { norms: "one" as "chi" }), OptionError, 'orthogonalProjection: norms is "one", expected one of chi, fixed'],
    [() => features.bandlimitedWeights(key, [4, 3], { bound: 0 }), OptionError, "bandlimitedWeights: bound is 0, expected a finite number above 0"],
    [() => features.maternKernel({ nu: 0 }), OptionError, "maternKernel: nu is 0, expected a finite number above 0"],
    [() => features.laplacianKernel({ norm: 3 as 1 }), OptionError, "laplacianKernel: norm is 3, expected 1 or 2"],
    [() => features.tabulatedSpectrum("tanh", Math.tanh, { range: 2, period: 1, harmonics: 3 }), OptionError, "tabulatedSpectrum: period is 1, expected a finite number above the range 2"],
    [() => L.positiveFeatures(L.ones([2, 3]), 1, 0, { stabilizer: "column" as "row" }), OptionError, 'positiveFeatures: stabilizer is "column", expected one of none, row, all'],
  ]; // prettier-ignore

  test.each(cases.map(([call, error, message]) => ({ call, error, message })))("$message", ({ call, error, message }) => {
    const before = L.memory().liveBytes;
    let thrown: unknown;
    try {
      L.scope(() => void call());
    } catch (reason) {
      thrown = reason;
    }
    expect(thrown).toBeInstanceOf(error);
    expect((thrown as Error).message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
    if (!String(message).startsWith("Sign")) expect(L.memory().liveBytes).toBe(before);
  }); // prettier-ignore
});
