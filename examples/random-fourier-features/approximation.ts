/** How near the products of random features come to a kernel. */
import * as Plot from "@observablehq/plot";
import {
  abs,
  add,
  features,
  matmul,
  max,
  mean,
  mul,
  random,
  scope,
  square,
  stack,
  sub,
  type Tensor,
  variance,
} from "lanewise";
import { curves } from "../harness/curves.js";
import type { Lab } from "../harness/example.js";
import { average, exponent } from "../harness/statistics.js";

/** Products of the features of all pairs of rows. */
function estimate(x: Tensor, kernel: features.SpectralKernel, D: number, key: random.Key): Tensor {
  using map = new features.RandomFourier(x.shape[1], 2 * D, { key, kernel });
  const phi = map.phi(x);
  return matmul(phi, phi, { transposeB: true });
}

/** An estimate is the mean of D values cos w·(x − y), each of variance (1 + k(2x, 2y)) / 2 − k(x, y)². */
export function approximate(lab: Lab): void {
  const draws = lab.small ? 50 : 100;
  const counts = lab.small ? [16, 64, 256] : [16, 64, 256, 1024, 4096];
  lab.heading(
    `the kernel at all pairs of 100 points in 4 dimensions, by D frequencies: errors over ${draws} draws`,
  );
  const x = random.normal(random.foldIn(lab.key, 0), [100, 4], { deviation: 0.5 });
  const kernels = [
    { name: "Gaussian", kernel: features.gaussianKernel() },
    { name: "Laplacian", kernel: features.laplacianKernel() },
    { name: "Matérn 3/2", kernel: features.maternKernel({ nu: 1.5 }) },
  ];
  const results = kernels.flatMap(({ name, kernel }, i) => {
    const exact = kernel.covariance(x, x);
    const twice = mul(x, 2);
    const one = mean(sub(mul(add(kernel.covariance(twice, twice), 1), 0.5), square(exact))).item();
    return counts.map((D, j) => {
      const keys = random.split(random.foldIn(lab.key, 10 * (i + 1) + j), draws);
      const errors = keys.map((key) =>
        scope(() => {
          const error = sub(estimate(x, kernel, D, key), exact);
          return [mean(square(error)).item(), max(abs(error)).item()];
        }),
      );
      const error = Math.sqrt(average(errors.map(([square]) => square)));
      return {
        name,
        D,
        error,
        expected: Math.sqrt(one / D),
        largest: average(errors.map(([, largest]) => largest)),
      };
    });
  });
  lab.table(
    ["", "root mean square", "expected", "largest"],
    results.map(({ name, D, error, expected, largest }) => [`${name}, D = ${D}`, error, expected, largest]),
  );
  for (const { name } of kernels) {
    const own = results.filter((result) => result.name === name);
    const slope = exponent(own.map(({ D, error }) => [D, error]));
    lab.record(`${name}: exponent of D`, slope);
    const farthest = Math.max(...own.map(({ error, expected }) => Math.abs(error / expected - 1)));
    lab.claim(`${name}: exponent of the error in D, from −1/2`, Math.abs(slope + 0.5), {
      atMost: lab.small ? 0.05 : 0.02,
    });
    lab.claim(`${name}: error / expected, from 1 at most`, farthest, { atMost: lab.small ? 0.15 : 0.1 });
  }
  lab.figure("kernels", {
    title: "Root mean square error of the kernel by the number of frequencies",
    ...curves(results, { x: "D", y: "error", name: ({ name }) => name }),
  });
}

/** Of the Gaussian kernel's estimate: (1 − k²)² / 2D. Sutherland, Schneider: "On the error of random Fourier features", 2015. */
export function disperse(lab: Lab): void {
  const [D, draws] = [32, lab.small ? 500 : 2000];
  lab.heading(`the variance of the Gaussian kernel's estimate by ${D} frequencies, over ${draws} draws`);
  const x = random.normal(random.foldIn(lab.key, 1), [40, 4], { deviation: 0.5 });
  const keys = random.split(random.foldIn(lab.key, 2), draws);
  const kernel = features.gaussianKernel();
  const estimates = keys.map((key) => scope(() => estimate(x, kernel, D, key)));
  const measured = variance(stack(estimates), { axis: 0 }).dataSync();
  const points = Array.from(kernel.covariance(x, x).dataSync(), (k, i) => ({ k, variance: measured[i] }));
  const formula = (k: number): number => (1 - k * k) ** 2 / (2 * D);
  const ratio = average(points.map(({ variance }) => variance)) / average(points.map(({ k }) => formula(k)));
  lab.claim("Gaussian: variance / its closed form, from 1", Math.abs(ratio - 1), {
    atMost: lab.small ? 0.1 : 0.05,
  });
  const ks = Array.from({ length: 101 }, (_, i) => ({ k: i / 100, variance: formula(i / 100) }));
  lab.figure("variance", {
    title: `Variance of the Gaussian kernel's estimate by ${D} frequencies: measured at pairs of points, and (1 − k²)² / 2D`,
    marks: [
      Plot.dot(points, { x: "k", y: "variance", r: 1.5, stroke: "steelblue" }),
      Plot.lineY(ks, { x: "k", y: "variance" }),
    ],
  });
}
