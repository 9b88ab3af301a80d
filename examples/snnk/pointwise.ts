/** How near Φ(x)·Ψ(w, b) is to f(w·x + b), by the number m of draws (section 3.1, figure 3). */
import { add, cos, div, exp, features, l2Normalize, matmul, mean, mul, random, scope, sin, sqrt, square, sub, tanh, tensor, type Tensor } from "lanewise"; // prettier-ignore
import { curves } from "../harness/curves.js";
import type { Lab } from "../harness/example.js";
import { exponent } from "../harness/statistics.js";

const { cosSpectrum, gaussianSpectrum, normalProposal, sechSpectrum, sinSpectrum } = features;

/** tanh on [−2, 2] as four sines, since it has no integrable transform. */
const tanhSpectrum = features.tabulatedSpectrum("tanh", Math.tanh, {
  range: 2,
  period: 4,
  harmonics: 4,
  terms: "sines",
});

/** Vectors x and w of as many pairs as there are, and a bias for each w. */
const VECTORS = 64;

interface Study {
  readonly inputs: number;
  /** Of every x and w; and the most that |b| is. */
  readonly length: number;
  readonly bias: number;
  readonly exact: (z: Tensor, x: Tensor, w: Tensor) => Tensor;
  readonly kernel: (m: number, key: random.Key) => features.FeatureMap;
}

/** m complex draws are 2m numbers. */
const universal =
  (inputs: number, options: Omit<features.UniversalOptions, "key">) =>
  (m: number, key: random.Key): features.FeatureMap =>
    new features.UniversalRandomFeatures(inputs, 2 * m, { key, ...options });

const wave = (f: (z: Tensor) => Tensor, options: Omit<features.UniversalOptions, "key">): Study => ({
  inputs: 16,
  length: 1,
  bias: Math.PI,
  exact: (z) => f(z),
  kernel: universal(16, options),
});

const bell = (z: Tensor): Tensor => exp(mul(square(z), -0.5));
const sech = (z: Tensor): Tensor => div(2, add(exp(z), exp(mul(z, -1))));

/** |x| |w| (sin θ + (π − θ) cos θ) / 2π: what ReLU-SNNK is the kernel of. */
function arcCosine(x: Tensor, w: Tensor): Tensor {
  const [a, b] = [x.dataSync(), w.dataSync()];
  const d = x.shape[1];
  const values = Float64Array.from({ length: VECTORS * VECTORS }, (_, at) => {
    const [i, j] = [Math.floor(at / VECTORS), at % VECTORS];
    let [xx, ww, xw] = [0, 0, 0];
    for (let p = 0; p < d; p++) {
      xx += a[i * d + p] ** 2;
      ww += b[j * d + p] ** 2;
      xw += a[i * d + p] * b[j * d + p];
    }
    const theta = Math.acos(Math.max(-1, Math.min(1, xw / Math.sqrt(xx * ww))));
    return (Math.sqrt(xx * ww) * (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta))) / (2 * Math.PI);
  });
  return tensor(values, [VECTORS, VECTORS]);
}

const studies: Record<string, Study> = {
  "cos, b1": wave(cos, { spectrum: cosSpectrum, split: "b1" }),
  "cos, sym": wave(cos, { spectrum: cosSpectrum }),
  "sin, b1": wave(sin, { spectrum: sinSpectrum, split: "b1" }),
  "sin, sym": wave(sin, { spectrum: sinSpectrum }),
  // Of infinite variance at this length: its error does not fall as the others do.
  "exp(−z²/2), b1": wave(bell, { spectrum: gaussianSpectrum, split: "b1" }),
  "exp(−z²/2), sym": wave(bell, { spectrum: gaussianSpectrum }),
  ReLU: {
    ...{ inputs: 16, length: 1, bias: 0 },
    exact: (_, x, w) => arcCosine(x, w),
    kernel: (m, key) => new features.ArcCosine(16, m, { key }),
  },
  "sech, by a normal proposal": {
    ...{ inputs: 8, length: 0.7, bias: 1, exact: sech },
    kernel: universal(8, { spectrum: sechSpectrum, proposal: normalProposal(0.25), a: -0.02 }),
  },
  "tanh, tabulated": {
    ...{ inputs: 16, length: 0.5, bias: 1.5, exact: (z) => tanh(z) },
    kernel: universal(16, { spectrum: tanhSpectrum }),
  },
};

/** Vectors of one length and biases. */
function draw({ inputs, length, bias }: Study, key: random.Key): { x: Tensor; w: Tensor; b: Tensor } {
  const [forX, forW, forB] = random.split(key, 3);
  const vectors = (own: random.Key): Tensor =>
    mul(l2Normalize(random.normal(own, [VECTORS, inputs])), length);
  const b = random.uniform(forB, [VECTORS], { low: -bias, high: bias });
  return { x: vectors(forX), w: vectors(forW), b };
}

const rms = (x: Tensor): number => sqrt(mean(square(x))).item();

/** The root of the mean squared error over all pairs and draws, of that of the values themselves. */
function errorOf(study: Study, m: number, draws: number, key: random.Key): number {
  return scope(() => {
    const { x, w, b } = draw(study, random.foldIn(key, 0));
    const values = study.exact(add(matmul(x, w, { transposeB: true }), b), x, w);
    let sum = 0;
    for (let i = 0; i < draws; i++)
      sum += scope(() => {
        using kernel = study.kernel(m, random.foldIn(key, i + 1));
        const psi = study.bias > 0 ? kernel.psi(w, b) : kernel.psi(w);
        const estimate = matmul(kernel.phi(x), psi, { transposeB: true });
        return mean(square(sub(estimate, values)));
      }).item();
    return tensor(Math.sqrt(sum / draws) / rms(values));
  }).item();
}

export function pointwise(lab: Lab): void {
  const key = random.foldIn(lab.key, 1);
  const [sizes, draws] = lab.small ? [[16, 64, 256], 10] : [[8, 16, 32, 64, 128, 256, 512, 1024], 20];
  lab.heading(`one layer: ${VECTORS} × ${VECTORS} pairs, ${draws} draws for each m`);
  const errors: { kernel: string; m: number; error: number }[] = [];
  const rows: (string | number)[][] = [];
  Object.entries(studies).forEach(([name, study], index) => {
    const points = sizes.map((m) => ({
      m,
      error: errorOf(study, m, draws, random.foldIn(key, 100 * index + m)),
    }));
    const slope = exponent(points.map(({ m, error }) => [m, error]));
    rows.push([name, points.find(({ m }) => m === 64)!.error, points.at(-1)!.error, slope]);
    errors.push(...points.map((point) => ({ kernel: name, ...point })));
    lab.record(`slope of ${name}`, slope);
    if (!name.startsWith("exp")) {
      lab.claim(`slope of ${name}`, slope, { atLeast: lab.small ? -0.7 : -0.6, paper: "−1/2" });
      lab.claim(`the same, from above`, slope, { atMost: lab.small ? -0.3 : -0.4 });
    }
    if (name.startsWith("cos") && !lab.small)
      lab.claim(`error of ${name}, m = 1024`, points.at(-1)!.error, { atMost: 0.1 });
  });
  const [b1, sym] = ["b1", "sym"].map((split) => errors.filter(({ kernel }) => kernel === `exp(−z²/2), ${split}`).at(-1)!.error); // prettier-ignore
  lab.claim("error of exp(−z²/2) by b1, of that by sym", b1 / sym, { atLeast: 2 });
  lab.table(["f", "error, m = 64", `m = ${sizes.at(-1)}`, "slope"], rows);
  bounded(lab, random.foldIn(key, 5000));
  lab.figure("error", {
    title: "Relative error of Φ(x)·Ψ(w, b)",
    ...curves(errors, { x: "m", y: "error", name: ({ kernel }) => kernel }),
  });
}

/** That A < 0, where features are bounded, errs less: exp(w·x), m = 64. */
function bounded(lab: Lab, key: random.Key): void {
  const study = (a: number, projection: features.Projector): Study => ({
    ...{ inputs: 8, length: 0.7, bias: 0, exact: (z) => exp(z) },
    kernel: (m, key) => new features.PositiveExponential(8, m, { key, a, projection }),
  });
  const draws = lab.small ? 60 : 200;
  const { gaussianProjection, orthogonalProjection } = features;
  const error = (a: number, projection: features.Projector): number =>
    errorOf(study(a, projection), 64, draws, key) ** 2;
  const [plain, optimal] = [0, -0.05].map((a) => error(a, gaussianProjection));
  const [plainRows, optimalRows] = [0, -0.05].map((a) => error(a, orthogonalProjection));
  lab.heading("exp(w·x), m = 64: mean squared error of that of the values");
  lab.table(["", "independent rows", "orthogonal rows"], [["A = 0", plain, plainRows], ["A = −0.05", optimal, optimalRows]]); // prettier-ignore
  lab.claim("squared error with A = −0.05, of that with 0", optimal / plain, {
    atMost: lab.small ? 0.95 : 0.85,
  });
}
