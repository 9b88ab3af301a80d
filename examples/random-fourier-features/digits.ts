/** Digits read by ridge regression of random features, and by that of the kernel itself. */
import {
  add,
  argmax,
  cholesky,
  choleskySolve,
  concat,
  eye,
  features,
  matmul,
  memory,
  mul,
  oneHot,
  random,
  scope,
  slice,
  type Tensor,
} from "lanewise";
import { type Digits, mnist, SIDE } from "../data/mnist.js";
import { curves } from "../harness/curves.js";
import type { Lab } from "../harness/example.js";
import { exponent, shareOfEqual } from "../harness/statistics.js";

/** The Gaussian's length scale, and λ: the best of a few for digits of the training set, when others of it are learnt. */
const KERNEL = features.gaussianKernel({ lengthscale: 6 });
const RIDGE = 1e-5;
/** With the smaller λ features are farthest from the kernel where there are about as many of them as rows. */
const SMOOTH = 1e-4;
/** Digits at a time. */
const BLOCK = 1000;

interface Setting {
  /** Frequencies where all digits are learnt, and how many of these have been seen when the model is asked. */
  readonly D: number;
  readonly rows: readonly number[];
  /** Digits that the exact method learns from; those that both do, and by how many frequencies. */
  readonly exact: readonly number[];
  readonly both: number;
  readonly counts: readonly number[];
  /** Digits of the test. */
  readonly test: number;
}

const full: Setting = {
  D: 2048,
  rows: [4000, 8000, 16_000, 32_000, 60_000],
  exact: [1000, 2000, 4000, 8000],
  both: 4000,
  counts: [32, 128, 512, 2048],
  test: 10_000,
};
const small: Setting = {
  D: 512,
  rows: [2000, 4000, 8000],
  exact: [250, 500, 1000],
  both: 1000,
  counts: [32, 128, 512, 2048],
  test: 2000,
};

const rowsOf = ({ images, labels }: Digits, begin: number, count: number): [Tensor, Tensor] => [
  slice(images, [begin, 0], [count, SIDE * SIDE]),
  slice(labels, [begin], [count]),
];

/** What the first `count` digits are taken for. */
function read(digits: Digits, count: number, classify: features.Features): Int32Array {
  return scope(() => {
    const blocks = Array.from({ length: count / BLOCK }, (_, i) =>
      scope(() => classify(rowsOf(digits, i * BLOCK, BLOCK)[0])),
    );
    return concat(blocks).dataSync() as Int32Array;
  });
}

/** Sums of float32 take half the time, and do: of 60,000 rows and 1,024 frequencies, all test digits are read as with float64. */
function byFeatures(key: random.Key, D: number, ridge: number): features.RidgeClassifier {
  const phi = new features.RandomFourier(SIDE * SIDE, 2 * D, { key, kernel: KERNEL });
  const map = (x: Tensor): Tensor => phi.forward(x);
  return new features.RidgeClassifier(10, { map, ridge, intercept: false, dtype: "float32" });
}

/** By the kernel itself, of the first n digits: the weights (K + nλ I)⁻¹ Y of each, in n³ / 3 operations and n² numbers. */
function byKernel(digits: Digits, n: number, ridge: number): features.Features {
  const kernel = KERNEL.covariance;
  const [x, y] = rowsOf(digits, 0, n);
  const weights = scope(() =>
    choleskySolve(cholesky(add(kernel(x, x), mul(eye(n), n * ridge))), oneHot(y, 10)),
  );
  return (fresh) => argmax(matmul(kernel(fresh, x), weights), { axis: 1 });
}

interface Learnt {
  readonly name: string;
  readonly rows: number;
  /** Until it could read. */
  readonly seconds: number;
  readonly accuracy: number;
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** Learns from all digits, block by block, and is asked now and then. */
function stream(lab: Lab, { D, rows, test: count }: Setting, train: Digits, test: Digits) {
  const total = rows.at(-1)!;
  const model = byFeatures(random.foldIn(lab.key, 100), D, RIDGE);
  const learnt: Learnt[] = [];
  /** Seconds that updates took, and the most bytes that were alive, so far. */
  const updates: { rows: number; seconds: number; peak: number }[] = [];
  let seconds = 0;
  lab.repeat(total / BLOCK, `× ${BLOCK} digits`, (i) => {
    const begin = performance.now();
    model.update(...rowsOf(train, i * BLOCK, BLOCK));
    seconds += secondsSince(begin);
    const seen = (i + 1) * BLOCK;
    if (!rows.includes(seen)) return;
    const solving = performance.now();
    void model.solution;
    const whole = seconds + secondsSince(solving);
    const accuracy = shareOfEqual(
      read(test, count, (x) => model.classify(x)),
      test.labels.dataSync(),
    );
    learnt.push({ name: "features", rows: seen, seconds: whole, accuracy });
    updates.push({ rows: seen, seconds, peak: memory().peakBytes });
    return `accuracy ${accuracy.toFixed(4)}`;
  });
  model.dispose();
  return { learnt, updates };
}

/** Learns from all digits by features, and from ever more by the kernel. */
function learn(lab: Lab, setting: Setting, train: Digits, test: Digits): void {
  const { D, exact, both, rows, test: count } = setting;
  lab.heading(`digits by ${D} frequencies, from ${rows.at(-1)} rows`);
  const { learnt, updates } = stream(lab, setting, train, test);
  lab.heading(`digits by the kernel itself, from ${exact.join(", ")} rows`);
  lab.repeat(exact.length, "fits", (i) => {
    const start = performance.now();
    const classify = byKernel(train, exact[i], RIDGE);
    const seconds = secondsSince(start);
    const accuracy = shareOfEqual(read(test, count, classify), test.labels.dataSync());
    learnt.push({ name: "kernel", rows: exact[i], seconds, accuracy });
    return `accuracy ${accuracy.toFixed(4)}`;
  });
  lab.table(["", "seconds", "accuracy"], learnt.map(({ name, rows, seconds, accuracy }) => [`${name}, ${rows} rows`, seconds, accuracy])); // prettier-ignore

  const byRows = (points: readonly { rows: number; seconds: number }[]): number =>
    exponent(points.map(({ rows, seconds }) => [rows, seconds]));
  const slope = byRows(updates);
  lab.record("digits: exponent of rows in the time of features", slope);
  lab.record("digits: exponent of rows in the time of the kernel", byRows(learnt.filter(({ name }) => name === "kernel"))); // prettier-ignore
  for (const { name, rows, accuracy } of learnt)
    lab.record(`digits: accuracy by ${name}, ${rows} rows`, accuracy);
  const last = rows.at(-1)!;
  const times = Math.round((last / exact.at(-1)!) ** 3);
  lab.text(`the kernel itself of ${last} rows: ${((4 * last ** 2) / 1e9).toPrecision(2)} GB for K, and ${times} times the operations of ${exact.at(-1)}`); // prettier-ignore
  const accuracyOf = (by: string, of: number): number =>
    learnt.find(({ name, rows }) => name === by && rows === of)!.accuracy;
  const accuracy = accuracyOf("features", last);
  const memories = updates.map(({ peak }) => peak);
  lab.claim(`digits: bytes of memory that ${last} rows take beyond ${rows[0]}`, memories.at(-1)! - memories[0], { atMost: 0 }); // prettier-ignore
  // A time of few seconds says little.
  if (!lab.small) lab.claim("digits: exponent of rows in the time of updates", slope, { atMost: 1.2 });
  lab.claim(`digits: accuracy by features, ${last} rows`, accuracy, {
    atLeast: lab.small ? 0.88 : 0.96,
  });
  lab.claim(
    `digits: that less the accuracy by the kernel, ${both} rows`,
    accuracy - accuracyOf("kernel", both),
    { atLeast: 0 },
  );
  const name = ({ name }: Learnt): string => name;
  lab.figure("digits-seconds", {
    title: "Seconds to learn",
    ...curves(learnt, { x: "rows", y: "seconds", name }),
  });
  const errors = learnt.map((one) => ({ ...one, error: 1 - one.accuracy }));
  lab.figure("digits-error", {
    title: "Share of misread digits",
    ...curves(errors, { x: "rows", y: "error", name }),
  });
}

/** How the features' reading tends to the kernel's, both of the same rows. */
function compare(lab: Lab, setting: Setting, train: Digits, test: Digits): void {
  const { both, counts, test: count } = setting;
  const truth = test.labels.dataSync();
  lab.heading(`both from ${both} rows, by D frequencies`);
  const exact = scope(() => read(test, count, byKernel(train, both, SMOOTH)));
  const near: { D: number; accuracy: number; different: number }[] = [];
  lab.repeat(counts.length, "fits", (i) => {
    const D = counts[i];
    using model = byFeatures(random.foldIn(lab.key, 101 + i), D, SMOOTH);
    for (let begin = 0; begin < both; begin += BLOCK)
      scope(() => model.update(...rowsOf(train, begin, BLOCK)));
    const digits = read(test, count, (x) => model.classify(x));
    near.push({ D, accuracy: shareOfEqual(digits, truth), different: 1 - shareOfEqual(digits, exact) });
  });
  const accuracy = shareOfEqual(exact, truth);
  lab.table(
    ["", "accuracy", "read otherwise than by the kernel"],
    [...near.map(({ D, accuracy, different }) => [`D = ${D}`, accuracy, different]), ["kernel", accuracy, 0]],
  );
  const slope = exponent(near.map(({ D, different }) => [D, different]));
  const last = near.at(-1)!;
  lab.record("digits: exponent of D in what is read otherwise", slope);
  lab.claim("digits: exponent of D in what is read otherwise than by the kernel", slope, {
    atMost: lab.small ? -0.35 : -0.4,
  });
  lab.claim(`digits: accuracy lost by ${last.D} frequencies, ${both} rows`, accuracy - last.accuracy, { atMost: lab.small ? 0.03 : 0.02 }); // prettier-ignore
  lab.figure("digits-difference", {
    title: `Share of digits read otherwise than by the kernel, from ${both} rows`,
    ...curves(near, { x: "D", y: "different", name: () => "features" }),
  });
}

export function classify(lab: Lab): void {
  const setting = lab.small ? small : full;
  const [train, test] = [mnist("train"), mnist("test")];
  learn(lab, setting, train, test);
  compare(lab, setting, train, test);
}
