/** Gaussian-process regression by random features beside the exact one. */
import * as Plot from "@observablehq/plot";
import {
  add,
  cast,
  features,
  linspace,
  maximum,
  mean,
  mul,
  random,
  reshape,
  scope,
  sin,
  sqrt,
  square,
  sub,
  type Tensor,
} from "lanewise";
import { curves } from "../harness/curves.js";
import type { Lab } from "../harness/example.js";
import { average, exponent } from "../harness/statistics.js";

const KERNEL = features.gaussianKernel({ lengthscale: 0.4 });
/** The deviation of the noise. */
const SIGMA = 0.3;

/** What a process says of some places. */
interface Belief {
  readonly mean: Tensor;
  readonly deviation: Tensor;
  readonly logLikelihood: number;
}

const believe = (process: features.GaussianProcess | features.FeatureGaussianProcess, x: Tensor): Belief => {
  const { mean, variance } = process.predict(x);
  const { logLikelihood } = process;
  return { mean: reshape(mean, [-1]), deviation: sqrt(maximum(variance, 0)), logLikelihood };
};

const distance = (a: Tensor, b: Tensor): number => Math.sqrt(mean(square(sub(a, b))).item());

/** A function seen at 60 places, with noise, and believed of others, some of them outside. */
function problem(key: random.Key) {
  const [places, noise] = random.split(key);
  const x = cast(random.uniform(places, [60, 1], { low: -1, high: 1 }), "float64");
  const f = add(sin(mul(x, 5)), mul(x, 0.5));
  const y = add(f, cast(random.normal(noise, [60, 1], { deviation: SIGMA }), "float64"));
  return { x, y, fresh: reshape(linspace(-1.2, 1.2, 241, { dtype: "float64" }), [241, 1]) };
}

export function regress(lab: Lab): void {
  const draws = 20;
  const counts = lab.small ? [16, 64, 256] : [16, 64, 256, 1024];
  lab.heading(
    `a Gaussian process from 60 rows, by D frequencies: distances from the exact one, over ${draws} draws`,
  );
  const { x, y, fresh } = problem(random.foldIn(lab.key, 200));
  const noise = SIGMA ** 2;
  using process = new features.GaussianProcess(x, y, {
    kernel: KERNEL.covariance,
    noise,
  });
  const exact = believe(process, fresh);

  const byFeatures = (key: random.Key, D: number): Belief =>
    scope(() => {
      using phi = new features.RandomFourier(1, 2 * D, { key, kernel: KERNEL, dtype: "float64" });
      using process = new features.FeatureGaussianProcess({ map: (x) => phi.forward(x), noise });
      return believe(process.update(x, y), fresh);
    });
  const results: { D: number; mean: number; deviation: number; logLikelihood: number }[] = [];
  lab.repeat(counts.length, "numbers of frequencies", (i) => {
    const D = counts[i];
    const runs = random.split(random.foldIn(lab.key, 201 + i), draws).map((key) =>
      scope(() => {
        const { mean, deviation, logLikelihood } = byFeatures(key, D);
        return {
          mean: distance(mean, exact.mean),
          deviation: distance(deviation, exact.deviation),
          logLikelihood,
        };
      }),
    );
    const over = (what: "mean" | "deviation" | "logLikelihood"): number =>
      average(runs.map((run) => run[what]));
    results.push({
      D,
      mean: over("mean"),
      deviation: over("deviation"),
      logLikelihood: over("logLikelihood"),
    });
  });
  lab.table(
    ["", "mean", "deviation", "log p(y | x)"],
    [
      ...results.map(({ D, mean, deviation, logLikelihood }) => [`D = ${D}`, mean, deviation, logLikelihood]),
      ["exact", 0, 0, exact.logLikelihood],
    ],
  );

  const last = results.at(-1)!;
  for (const what of ["mean", "deviation"] as const) {
    const slope = exponent(results.map((result) => [result.D, result[what]]));
    lab.record(`process: exponent of the ${what}'s distance`, slope);
    lab.claim(`process: exponent of the ${what}'s distance in D`, slope, { atMost: -0.4 });
  }
  lab.claim(`process: the mean's distance at D = ${last.D}`, last.mean, { atMost: lab.small ? 0.1 : 0.03 });
  lab.claim(`process: the deviation's distance at D = ${last.D}`, last.deviation, {
    atMost: lab.small ? 0.02 : 0.006,
  });
  draw(lab, { x, y, fresh }, [
    { name: "exact", belief: exact },
    ...[16, last.D].map((D) => ({
      name: `${D} frequencies`,
      belief: byFeatures(random.foldIn(lab.key, 300), D),
    })),
  ]);
  const distances = results.flatMap(({ D, mean, deviation }) => [
    { D, distance: mean, of: "mean" },
    { D, distance: deviation, of: "deviation" },
  ]);
  lab.figure("process-distance", {
    title: "Distance of the process by features from the exact one",
    ...curves(distances, { x: "D", y: "distance", name: ({ of }) => of }),
  });
}

/** Means, and two deviations on either side. */
function draw(
  lab: Lab,
  { x, y, fresh }: Record<"x" | "y" | "fresh", Tensor>,
  beliefs: readonly { name: string; belief: Belief }[],
): void {
  const places = fresh.dataSync();
  const lines = beliefs.flatMap(({ name, belief }) => {
    const [mean, deviation] = [belief.mean.dataSync(), belief.deviation.dataSync()];
    return Array.from(places, (x, i) => ({
      name,
      x,
      mean: mean[i],
      low: mean[i] - 2 * deviation[i],
      high: mean[i] + 2 * deviation[i],
    }));
  });
  const values = y.dataSync();
  const seen = beliefs.flatMap(({ name }) => Array.from(x.dataSync(), (x, i) => ({ name, x, y: values[i] })));
  lab.figure("process", {
    title: "A Gaussian process, exact and by features: the mean, and two deviations on either side",
    fy: { domain: beliefs.map(({ name }) => name), label: null },
    height: 640,
    marginRight: 110,
    y: { label: "y", domain: [-3, 3] },
    marks: [
      Plot.areaY(lines, {
        x: "x",
        y1: "low",
        y2: "high",
        fy: "name",
        fill: "steelblue",
        fillOpacity: 0.25,
        clip: true,
      }),
      Plot.lineY(lines, { x: "x", y: "mean", fy: "name", stroke: "steelblue", clip: true }),
      Plot.dot(seen, { x: "x", y: "y", fy: "name", r: 1.5, fill: "black" }),
    ],
  });
}
