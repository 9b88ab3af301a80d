/** Learns to read handwritten digits: `npm start`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  argmax,
  gather,
  info,
  init,
  max,
  nn,
  type Numbers,
  optim,
  random,
  safetensors,
  scope,
  slice,
  softmax,
  type Tensor,
  valueAndGrad,
} from "lanewise";
import { float64 } from "lanewise/float64";
import { type Digits, Images, mnist, SIDE } from "./data/mnist.js";
import { parameterCount, shareOfEqual } from "./harness/statistics.js";
import { bundled } from "./mnist-snnk.js";
import { besideTfjs } from "./mnist-speed.js";
import {
  bold,
  dim,
  gallery,
  green,
  integer,
  percent,
  picture,
  Progress,
  red,
  RunningMean,
  say,
  table,
} from "./harness/terminal.js";

const LEARNING_RATE = 0.004;
/** Digits that are read at a time. */
const READ = 1000;
/** Digits in a batch of the comparison. */
const BATCH = 128;
const FILE = fileURLToPath(new URL("../build/mnist.safetensors", import.meta.url));
const seed = random.key(1);

await init({ modules: [float64] });
showDevice();
const train = mnist("train");
const test = mnist("test");

const model = dense(random.foldIn(seed, 0));
say("a dense network, 784-256-10");
let start = performance.now();
learn(model, train, { epochs: 3, batch: 128 });
const denseTime = performance.now() - start;
const reading = read(model, test);
showRight(reading);
showMisread(reading, test);

save(model, FILE);
const copy = dense(random.foldIn(seed, 1));
load(copy, FILE);
const same = percent(shareOfEqual(reading.digits, read(copy, test).digits));
say(`loaded it into a new network, which reads ${bold(same)} of them the same\n`);

say("a convolutional network, twice 3 × 3 and the largest of 2 × 2, with 16 and 32 channels");
const images = convolutional(random.foldIn(seed, 100));
learn(images, train, { epochs: 2, batch: 64 });
showRight(read(images, test));

await showSpeed(train);

say("\ntwo layers of ReLU-SNNK in one, fitted in closed form, without backpropagation");
const progress = new Progress(train.count, "images");
start = performance.now();
const bundle = bundled(train, random.foldIn(seed, 200), (done) => progress.update(done, ""));
const bundleTime = performance.now() - start;
table(
  ["", "trained parameters", "accuracy", "training", `reading ${integer(test.count)}`],
  [
    ["dense, 784-256-10", ...figures(model, denseTime)],
    ["SNNK, bundled", ...figures(bundle, bundleTime)],
  ],
);

/** What a network has learned, by what, and in how long. */
function figures(model: nn.Module, training: number): string[] {
  const parameters = parameterCount(model.parameters());
  const start = performance.now();
  const { digits } = read(model, test);
  const reading = performance.now() - start;
  const right = percent(shareOfEqual(digits, test.labels.dataSync()));
  return [
    integer(parameters),
    right,
    `${integer(Math.round(training))} ms`,
    `${integer(Math.round(reading))} ms`,
  ];
}

/** 784 → 256 → 10. */
function dense(key: random.Key): nn.Module {
  const [first, second] = random.split(key);
  return new nn.Sequential(
    new nn.Linear(SIDE * SIDE, 256, { key: first, initializer: nn.heUniform }),
    new nn.ReLU(),
    new nn.Linear(256, 10, { key: second }),
  );
}

/** 28² × 1 → 3 × 3 × 16 → 14² → 3 × 3 × 32 → 7² → 10. */
function convolutional(key: random.Key): nn.Module {
  const [first, second, last] = random.split(key, 3);
  const options = { padding: "same", initializer: nn.heUniform } as const;
  return new nn.Sequential(
    new Images(),
    new nn.Conv2d(1, 16, 3, { key: first, ...options }),
    new nn.ReLU(),
    new nn.MaxPool(2),
    new nn.Conv2d(16, 32, 3, { key: second, ...options }),
    new nn.ReLU(),
    new nn.MaxPool(2),
    new nn.Flatten(),
    new nn.Linear(7 * 7 * 32, 10, { key: last }),
  );
}

interface Course {
  /** How often every digit is seen. */
  readonly epochs: number;
  readonly batch: number;
}

/** Trains with Adam, whose learning rate falls to 0 along half a cosine. */
function learn(model: nn.Module, { images, labels, count }: Digits, { epochs, batch }: Course): void {
  const lossAndGradients = valueAndGrad(
    (x: Tensor, y: Tensor) => nn.crossEntropy(model.forward(x), y),
    model.parameters(),
  );
  const optimizer = new optim.Adam(model.parameters());
  const progress = new Progress(epochs * count, "images");
  const loss = new RunningMean();
  const right = new RunningMean();
  for (let done = 0, epoch = 0; epoch < epochs; epoch++)
    scope(() => {
      const order = random.permutation(random.foldIn(seed, 2 + epoch), count);
      for (let begin = 0; begin < count; begin += batch)
        scope(() => {
          const chosen = slice(order, [begin], [Math.min(batch, count - begin)]);
          const x = gather(images, chosen);
          const y = gather(labels, chosen);
          if (optimizer.steps % 10 === 0)
            right.add(shareOfEqual(argmax(model.forward(x), { axis: 1 }).dataSync(), y.dataSync()));
          optimizer.learningRate = (LEARNING_RATE / 2) * (1 + Math.cos((Math.PI * done) / progress.total));
          const [value, gradients] = lossAndGradients(x, y);
          optimizer.step(gradients);
          loss.add(value.item());
          done += chosen.size;
          progress.update(done, `loss ${loss.value.toFixed(4)}  accuracy ${percent(right.value, 1)}`);
        });
    });
  optimizer.dispose();
}

/** What the network takes each digit for, and the probability that it gives to that. */
interface Reading {
  readonly digits: Numbers;
  readonly probabilities: Numbers;
}

function read(model: nn.Module, { images, count }: Digits): Reading {
  const digits = new Int32Array(count);
  const probabilities = new Float32Array(count);
  for (let begin = 0; begin < count; begin += READ)
    scope(() => {
      const some = slice(images, [begin, 0], [Math.min(READ, count - begin), SIDE * SIDE]);
      const classes = softmax(model.forward(some));
      digits.set(argmax(classes, { axis: 1 }).dataSync(), begin);
      probabilities.set(max(classes, { axis: 1 }).dataSync(), begin);
    });
  return { digits, probabilities };
}

function showRight({ digits }: Reading): void {
  const right = percent(shareOfEqual(digits, test.labels.dataSync()));
  say(`${bold(right)} of ${integer(test.count)} digits it never saw are read correctly\n`);
}

function save(model: nn.Module, file: string): void {
  const bytes = safetensors.serialize(model.parameters(), { network: "784-256-10", data: "MNIST" });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  say(`saved ${file}, ${integer(bytes.length)} bytes`);
}

function load(model: nn.Module, file: string): void {
  scope(() => model.load(safetensors.parse(readFileSync(file)).tensors));
}

function showDevice(): void {
  const { device, reason, passedOver } = info();
  say(`running on ${bold(device)}: ${reason}`);
  for (const other of passedOver) say(dim(`  not on ${other.device}: ${other.reason}`));
}

/** Draws the mistakes that the network is surest of. */
function showMisread({ digits, probabilities }: Reading, { images, labels }: Digits): void {
  const truth = labels.dataSync();
  const wrong = Array.from(digits.keys()).filter((i) => digits[i] !== truth[i]);
  wrong.sort((i, j) => probabilities[j] - probabilities[i]);
  const items = wrong.slice(0, 8).map((i) => {
    const pixels = scope(() => slice(images, [i, 0], [1, SIDE * SIDE]).dataSync());
    return { lines: picture(pixels, SIDE, 2), caption: `${truth[i]} read as ${digits[i]}` };
  });
  say(`${integer(wrong.length)} are misread; these with the greatest confidence:`);
  gallery(items, SIDE - 4);
}

/** Times a step of training and a forward pass beside TensorFlow.js. */
async function showSpeed({ images, labels }: Digits): Promise<void> {
  using x = slice(images, [0, 0], [BATCH, SIDE * SIDE]);
  using y = slice(labels, [0], [BATCH]);
  const rows = await besideTfjs(x, y);
  say(`784-256-10, batch ${BATCH}, medians of runs in turn:`);
  table(
    ["", "lanewise", "tfjs wasm", ""],
    rows.map(({ name, lanewise, tfjs }) => {
      const ratio = tfjs / lanewise;
      const verdict = `${ratio.toFixed(2)} × as fast`;
      return [
        name,
        `${lanewise.toFixed(2)} ms`,
        `${tfjs.toFixed(2)} ms`,
        ratio < 1 ? red(verdict) : green(verdict),
      ];
    }),
  );
}
