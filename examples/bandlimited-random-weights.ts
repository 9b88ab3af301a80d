/**
 * Why a wide layer of random weights may learn nothing: what weights from a bounded set cannot reach, no width reaches.
 *
 * Ming Li, Sho Sonoda, Feilong Cao, Yu Guang Wang, Jiye Liang: "How powerful are shallow neural networks with bandlimited random weights?",
 * ICML 2023. g(x) = Σ cⱼ tanh(aⱼ x − bⱼ) with aⱼ and bⱼ drawn once, uniform in [−λ, λ], and c by ridge regression, is fitted to sin(2πkx) on
 * [−1, 1], for λ from too narrow to too wide.
 */
import {
  abs,
  cast,
  concat,
  div,
  features,
  linear,
  linspace,
  max,
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
import { curves } from "./harness/curves.js";
import { example, type Lab } from "./harness/example.js";
import { median } from "./harness/statistics.js";

const BOUNDS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 400];
const FREQUENCIES = [1, 2, 4, 8];
const WIDEST = 400;
/** Bounds the coefficients: |c| is at most 1 / (2 √ridge) times the root mean square of the target. */
const RIDGE = 1e-7;

/** The errors, relative to the target, and the largest coefficients, of each frequency. */
interface Fit {
  readonly errors: readonly number[];
  readonly largest: readonly number[];
}

/** Points [count, 1], and sin(2πkx) at them [count, frequencies]. */
function sample(low: number, high: number, count: number): [x: Tensor, y: Tensor] {
  const x = reshape(linspace(low, high, count, { dtype: "float64" }), [count, 1]);
  return [x, concat(FREQUENCIES.map((k) => sin(mul(x, 2 * Math.PI * k))), { axis: 1 })]; // prettier-ignore
}

/** Draws `n` hidden units, fits their coefficients to every target, and measures between the points that they were fitted to. */
function fit(key: random.Key, bound: number, n: number, ridge = RIDGE): Fit {
  return scope(() => {
    const [slopes, biases] = random.split(key);
    const uniform = (key: random.Key, shape: number[]): Tensor =>
      cast(random.uniform(key, shape, { low: -bound, high: bound }), "float64");
    const [a, offsets] = [uniform(slopes, [n, 1]), uniform(biases, [n])];
    const map = (x: Tensor): Tensor => linear(x, a, offsets, { activation: "tanh" });
    using model = new features.RidgeRegression({ map, ridge, intercept: false });
    model.fit(...sample(-1, 1, 400));
    const [x, y] = sample(-0.998, 0.998, 1001);
    const rms = (t: Tensor): Tensor => sqrt(mean(square(t), { axis: 0 }));
    return {
      errors: [...div(rms(sub(model.predict(x), y)), rms(y)).dataSync()],
      largest: [...max(abs(model.solution.weight), { axis: 0 }).dataSync()],
    };
  });
}

/** Medians over draws: one of a few alone is off by a factor of two or three where the fit begins to succeed. */
function typical(fits: readonly Fit[]): Fit {
  const of = (what: keyof Fit): number[] =>
    FREQUENCIES.map((_, i) => median(fits.map((fit) => fit[what][i])));
  return { errors: of("errors"), largest: of("largest") };
}

interface Result {
  readonly bound: number;
  readonly n: number;
  readonly k: number;
  readonly error: number;
  readonly largest: number;
}

function sweep(lab: Lab, widths: readonly number[], draws: number): Result[] {
  const results: Result[] = [];
  const pairs = BOUNDS.flatMap((bound) => widths.map((n) => ({ bound, n })));
  lab.repeat(pairs.length, `× ${draws} draws`, (i) => {
    const { bound, n } = pairs[i];
    const keys = random.split(random.foldIn(lab.key, i), draws);
    const { errors, largest } = typical(keys.map((key) => fit(key, bound, n)));
    FREQUENCIES.forEach((k, j) => results.push({ bound, n, k, error: errors[j], largest: largest[j] }));
    return `λ = ${bound}, n = ${n}`;
  });
  return results;
}

/**
 * tanh(ax − b) with |a| ≤ λ is analytic for |Im x| < π / (2λ) = r, so the coefficients of a sum's Chebyshev series on [−1, 1] are of the order of
 * Σ|cⱼ| ρ⁻ʲ, ρ = r + √(1 + r²), while sin(2πkx) needs those of j up to 2πk and beyond.
 */
function radius(bound: number): number {
  const r = Math.PI / (2 * bound);
  return r + Math.sqrt(1 + r * r);
}

function explain(lab: Lab): void {
  lab.heading(
    "why width cannot help: ρ of a unit with |a| ≤ λ, and the share ρ^(−2πk) of Σ|c| that reaches frequency k",
  );
  const rows = BOUNDS.map((bound) => {
    const rho = radius(bound);
    return [String(bound), rho, ...FREQUENCIES.map((k) => (rho ** (-2 * Math.PI * k)).toPrecision(2))];
  });
  lab.table(["λ", "ρ", ...FREQUENCIES.map((k) => `k = ${k}`)], rows);
}

/** What holds for bounded coefficients alone: spans of analytic units are dense whatever λ, at coefficients beyond all bounds. */
function caution(lab: Lab, draws: number): void {
  lab.heading("a caution: the floor is that of bounded coefficients. λ = 2, n = 400, by ridge");
  const ridges = [1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-13];
  const keys = random.split(random.foldIn(lab.key, -1), draws);
  const fits = ridges.map((ridge) => typical(keys.map((key) => fit(key, 2, WIDEST, ridge))));
  const short = (value: number): string => String(Number(value.toPrecision(2)));
  lab.table(
    ["ridge", "k = 2: error", "largest |c|", "k = 4: error", "largest |c|"],
    fits.map(({ errors, largest }, i) => [
      ridges[i].toExponential(),
      ...[1, 2].flatMap((k) => [short(errors[k]), short(largest[k])]),
    ]),
  );
  const [now, weakest] = [fits[2], fits[5]];
  lab.claim("caution: k = 2, λ = 2: error with ridge 1e-13 over that with 1e-7", weakest.errors[1] / now.errors[1], { atMost: 0.01 }); // prettier-ignore
  lab.claim("caution: k = 4, λ = 2: largest |c| with ridge 1e-13 over that with 1e-7", weakest.largest[2] / now.largest[2], { atLeast: 100 }); // prettier-ignore
}

function draw(lab: Lab, results: readonly Result[]): void {
  const widest = results.filter(({ n }) => n === WIDEST);
  lab.figure("range", {
    title: `Error of ${WIDEST} units by the bound of their weights, for sin 2πkx`,
    ...curves(widest, {
      x: "bound",
      y: "error",
      name: ({ k }) => `k = ${k}`,
      labels: ["λ", "relative error"],
    }),
  });
  const two = results.filter(({ k, bound }) => k === 4 && [2, 20].includes(bound));
  lab.figure("width", {
    title: "Error by the number of units, for sin 8πx",
    ...curves(two, {
      x: "n",
      y: "error",
      name: ({ bound }) => `λ = ${bound}`,
      labels: ["n", "relative error"],
    }),
  });
}

export default example("Li, Sonoda, Cao, Wang, Liang: bandlimited random weights, 2023", (lab) => {
  explain(lab);
  const widths = lab.small ? [25, 100, 400] : [25, 50, 100, 200, 400];
  const draws = lab.small ? 9 : 25;
  lab.heading(`fitting sin 2πkx, k = ${FREQUENCIES.join(", ")}, by n units with a, b in [−λ, λ]`);
  const results = sweep(lab, widths, draws);
  const at = (k: number, bound: number, n: number): Result =>
    results.find((result) => result.k === k && result.bound === bound && result.n === n)!;

  lab.heading(`relative errors, medians of ${draws} draws`);
  lab.table(
    ["", ...BOUNDS.map((bound) => `λ = ${bound}`)],
    FREQUENCIES.flatMap((k) =>
      widths.map((n) => [
        `k = ${k}, n = ${n}`,
        ...BOUNDS.map((bound) => at(k, bound, n).error.toPrecision(2)),
      ]),
    ),
  );
  const best = FREQUENCIES.map((k) => BOUNDS.reduce((a, b) => (at(k, b, WIDEST).error < at(k, a, WIDEST).error ? b : a))); // prettier-ignore
  lab.text(`best λ at n = ${WIDEST}: ${FREQUENCIES.map((k, i) => `${best[i]} for k = ${k}`).join(", ")}`);
  FREQUENCIES.forEach((k, i) => lab.record(`best λ, k = ${k}`, best[i]));
  draw(lab, results);

  const [narrow, fitting, wide] = [2, 20, 400].map((bound) => at(4, bound, WIDEST));
  lab.record("largest |c|, k = 4, λ = 2", narrow.largest);
  lab.record("largest |c|, k = 4, λ = 20", fitting.largest);
  lab.claim("A1: k = 4, λ = 2, n = 400: error", narrow.error, { atLeast: 0.9 });
  lab.claim("A1: the same over that of n = 25", narrow.error / at(4, 2, 25).error, { atLeast: 0.9 });
  lab.claim("A2: k = 4, λ = 20, n = 400: error", fitting.error, { atMost: 5e-3 });
  lab.claim("A2: how far that is below the floor of λ = 2", narrow.error / fitting.error, { atLeast: 200 });
  lab.claim("A3: k = 4, n = 400: error of λ = 400 over that of λ = 20", wide.error / fitting.error, { atLeast: 20 }); // prettier-ignore
  lab.claim("A4: how often the best λ falls as k grows", best.filter((bound, i) => bound < best[i - 1]).length, { atMost: 0 }); // prettier-ignore
  // For k = 1 the errors of λ = 10 and λ = 20 lie so near that few draws may exchange them.
  lab.claim("A4: best λ of k = 8 over that of k = 1", best[3] / best[0], { atLeast: lab.small ? 2 : 4 });
  lab.claim("A5: k = 4, n = 400: largest |c| of λ = 2 over that of λ = 20", narrow.largest / fitting.largest, { atLeast: 10 }); // prettier-ignore
  caution(lab, draws);
});
