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
import { type Digits, mnist, SIDE } from "./data/mnist.js";
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
} from "./terminal.js";

const EPOCHS = 3;
const BATCH = 128;
const LEARNING_RATE = 0.004;
const FILE = fileURLToPath(new URL("../build/mnist.safetensors", import.meta.url));
const seed = random.key(1);

await init();
showDevice();
const train = mnist("train");
const test = mnist("test");

const model = network(random.foldIn(seed, 0));
learn(model, train);
const reading = read(model, test);
const right = percent(shareOfEqual(reading.digits, test.labels.dataSync()));
say(`${bold(right)} of ${integer(test.count)} digits it never saw are read correctly\n`);
showMisread(reading, test);

save(model, FILE);
const copy = network(random.foldIn(seed, 1));
load(copy, FILE);
const same = percent(shareOfEqual(reading.digits, read(copy, test).digits));
say(`loaded it into a new network, which reads ${bold(same)} of them the same\n`);

await showSpeed(train);

/** 784 → 256 → 10. */
function network(key: random.Key): nn.Module {
  const [first, second] = random.split(key);
  return new nn.Sequential(
    new nn.Linear(SIDE * SIDE, 256, { key: first, initializer: nn.heUniform }),
    new nn.ReLU(),
    new nn.Linear(256, 10, { key: second }),
  );
}

/** Trains with Adam, whose learning rate falls to 0 along half a cosine. */
function learn(model: nn.Module, { images, labels, count }: Digits): void {
  const lossAndGradients = valueAndGrad(
    (x: Tensor, y: Tensor) => nn.crossEntropy(model.forward(x), y),
    model.parameters(),
  );
  const optimizer = new optim.Adam(model.parameters());
  const progress = new Progress(EPOCHS * count, "images");
  const loss = new RunningMean();
  const right = new RunningMean();
  for (let done = 0, epoch = 0; epoch < EPOCHS; epoch++)
    scope(() => {
      const order = random.permutation(random.foldIn(seed, 2 + epoch), count);
      for (let begin = 0; begin < count; begin += BATCH)
        scope(() => {
          const batch = slice(order, [begin], [Math.min(BATCH, count - begin)]);
          const x = gather(images, batch);
          const y = gather(labels, batch);
          if (optimizer.steps % 10 === 0)
            right.add(shareOfEqual(argmax(model.forward(x), { axis: 1 }).dataSync(), y.dataSync()));
          optimizer.learningRate = (LEARNING_RATE / 2) * (1 + Math.cos((Math.PI * done) / progress.total));
          const [value, gradients] = lossAndGradients(x, y);
          optimizer.step(gradients);
          loss.add(value.item());
          done += batch.size;
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

function read(model: nn.Module, { images }: Digits): Reading {
  return scope(() => {
    const classes = softmax(model.forward(images));
    const [digits, probabilities] = [argmax, max].map((op) => op(classes, { axis: 1 }).dataSync());
    return { digits, probabilities };
  });
}

function shareOfEqual(a: Numbers, b: Numbers): number {
  return Array.from(a).filter((value, i) => value === b[i]).length / a.length;
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
