/** A network of three layers bundled into one, whose optimum is found without backpropagation (section 3.3). */
import { abs, features, l2Normalize, matmul, max, mul, nn, oneHot, optim, random, sub, type Tensor, valueAndGrad } from "lanewise"; // prettier-ignore
import type { Lab } from "../harness/example.js";
import { accuracy, dense, digits, learn, type Rows } from "./learn.js";
import { parameterCount } from "../harness/statistics.js";

const WIDTH = 256;
const PIXELS = 784;

/** A tower of ReLU-SNNK maps, each of m features. */
function tower(depth: number, m: number, key: random.Key): features.ArcCosine[] {
  return random
    .split(key, depth)
    .map(
      (key, i) =>
        new features.ArcCosine(i === 0 ? PIXELS : m, m, { key, projection: features.orthogonalProjection }),
    );
}

/** Dense layers of the network, of which all but the last have an activation. */
function layers(depth: number, key: random.Key): nn.Linear[] {
  const widths = [PIXELS, ...new Array<number>(depth).fill(WIDTH), 10];
  return random.split(key, depth + 1).map((key, i) => dense(widths[i], widths[i + 1], key));
}

export function bundling(lab: Lab): void {
  const [rows, network, maps, course] = random.split(random.foldIn(lab.key, 2), 4);
  const [train, test] = digits(rows, lab.small ? [2000, 1000] : [8000, 2000]);
  const targets = ({ labels }: Rows): Tensor => oneHot(labels, 10);
  const epochs = lab.small ? 4 : 8;
  const squared = (scores: Tensor, labels: Tensor): Tensor => nn.meanSquaredError(scores, oneHot(labels, 10));

  lab.heading(`bundling: a dense network, 784-${WIDTH}-${WIDTH}-10, by Adam`);
  const [first, second, third] = layers(2, network);
  const mlp = new nn.Sequential(first, new nn.ReLU(), second, new nn.ReLU(), third);
  let start = performance.now();
  learn(lab, mlp.parameters(), (x, y) => squared(mlp.forward(x), y), train, { key: course, epochs, batch: 50, learningRate: 1e-3, falls: false }); // prettier-ignore
  const mlpAccuracy = accuracy(mlp.forward(test.images), test);
  const table: (string | number)[][] = [
    [
      "dense, trained",
      parameterCount(mlp.parameters()),
      mlpAccuracy,
      `${((performance.now() - start) / 1000).toFixed(1)} s`,
    ],
  ];

  // Directions alone: the kernel grows with the lengths of the rows.
  const unit = (rows: Rows): Rows => ({ ...rows, images: l2Normalize(rows.images) });
  const [ownTrain, ownTest] = [unit(train), unit(test)];
  const settings = lab.small ? [[1, 256], [2, 512]] : [[1, 512], [2, 512], [2, 1024], [3, 1024]]; // prettier-ignore
  const chosen = lab.small ? "2, 512" : "2, 1024";
  for (const [depth, m] of settings) {
    const kernels = tower(depth, m, random.foldIn(maps, 10 * m + depth));
    const own = depth === 2 ? [first, second, third] : layers(depth, network);
    const bundle = new features.Bundle(own.map(({ weight }) => ({ weight })), kernels); // prettier-ignore
    start = performance.now();
    const model = bundle.regression({ ridge: 1e-6 });
    model.fit(ownTrain.images, targets(ownTrain));
    bundle.adopt(model);
    const seconds = (performance.now() - start) / 1000;
    const right = accuracy(bundle.forward(ownTest.images), ownTest);
    table.push([
      `bundle of ${depth}, m = ${m}`,
      String(parameterCount(bundle.parameters())),
      right,
      `${seconds.toFixed(1)} s`,
    ]);
    lab.record(`accuracy of a bundle of ${depth}, m = ${m}`, right);
    if (`${depth}, ${m}` === chosen) {
      lab.claim(`accuracy of the bundle of ${chosen}`, right, { atLeast: lab.small ? 0.85 : 0.92 });
      lab.claim("dense less bundled accuracy", mlpAccuracy - right, { atMost: lab.small ? 0.1 : 0.05 });
      lab.claim("times fewer trained parameters", parameterCount(mlp.parameters()) / parameterCount(bundle.parameters()), { atLeast: lab.small ? 50 : 25, paper: "~30" }); // prettier-ignore
      closedForm(lab, bundle, model, ownTrain, targets(ownTrain), course);
    }
    model.dispose();
    bundle.dispose();
  }

  for (const m of lab.small ? [64] : [64, 128, 256]) {
    lab.heading(`the first layer alone: ReLU-SNNK with m = ${m}, trained`);
    const [own, one, two] = random.split(random.foldIn(maps, m), 3);
    const [kernel] = tower(1, m, own);
    const model = new nn.Sequential(
      new features.SNNKLinear(PIXELS, WIDTH, { kernel, key: one }),
      dense(WIDTH, WIDTH, two),
      new nn.ReLU(),
      dense(WIDTH, 10, one),
    );
    start = performance.now();
    learn(lab, model.parameters(), (x, y) => squared(model.forward(x), y), ownTrain, { key: course, epochs, batch: 50, learningRate: 1e-3, falls: false }); // prettier-ignore
    const right = accuracy(model.forward(ownTest.images), ownTest);
    table.push([`SNNK layer, m = ${m}, trained`, String(parameterCount(model.parameters())), right, `${((performance.now() - start) / 1000).toFixed(1)} s`]); // prettier-ignore
    lab.record(`accuracy with an SNNK layer of m = ${m}`, right);
    model.dispose();
  }
  lab.heading(`${test.count} digits they never saw`);
  lab.table(["", "trained parameters", "accuracy", "time"], table);
}

/** That the closed form is the optimum: its gradient vanishes, and training by gradients does not get below it. */
function closedForm(
  lab: Lab,
  bundle: features.Bundle,
  model: features.RidgeRegression,
  train: Rows,
  targets: Tensor,
  key: random.Key,
): void {
  const { weight } = model.solution;
  const { moments, ridge } = model;
  const cross = moments.covariance(0, 1);
  const gram = moments.covariance(0, 0);
  const gradient = sub(matmul(gram, weight), sub(cross, mul(weight, ridge)));
  lab.claim("gradient at the closed form, of that at 0", max(abs(gradient)).item() / max(abs(cross)).item(), { atMost: 1e-8 }); // prettier-ignore
  const f = bundle.tower(train.images);
  const best = nn.meanSquaredError(bundle.forward(train.images), targets).item();
  const free = new nn.Linear(bundle.weight.shape[1], 10, { key });
  const loss = (): Tensor => nn.meanSquaredError(free.forward(f), targets);
  const step = valueAndGrad(loss, free.parameters());
  const optimizer = new optim.Adam(free.parameters(), { learningRate: 0.01 });
  lab.repeat(lab.small ? 100 : 300, "steps", () => {
    const [value, gradients] = step();
    optimizer.step(gradients);
    return `loss ${value.item().toFixed(5)}, closed form ${best.toFixed(5)}`;
  });
  lab.claim("training loss by gradients, of the closed form's", loss().item() / best, { atLeast: 1 }); // prettier-ignore
  optimizer.dispose();
  free.dispose();
}
