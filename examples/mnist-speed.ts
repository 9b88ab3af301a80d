/** A training step and a forward pass of one network, here and in TensorFlow.js's Wasm backend, taking turns. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { nn, optim, random, scope, type Tensor, valueAndGrad } from "lanewise";

const HIDDEN = 256;
const CLASSES = 10;
const LEARNING_RATE = 0.01;
const WARMUP = 8;
/** Rounds of a measurement: as many as take this long, in milliseconds, and not more. */
const BUDGET = 3000;
const ROUNDS = 200;

/** Median times in milliseconds. */
export interface Comparison {
  readonly name: string;
  readonly lanewise: number;
  readonly tfjs: number;
}

/** The same network, made twice from the same weights: what both sides can do. */
interface Side {
  /** One step of gradient descent. */
  step(): void;
  forward(): void;
  loss(): number;
}

/** Times both on the batch x [batch, in], y [batch]. Throws if they do not learn the same. */
export async function besideTfjs(x: Tensor, y: Tensor): Promise<Comparison[]> {
  const [first, second] = random.split(random.key(0));
  using model = new nn.Sequential(
    new nn.Linear(x.shape[1], HIDDEN, { key: first }),
    new nn.ReLU(),
    new nn.Linear(HIDDEN, CLASSES, { key: second }),
  );
  using optimizer = new optim.SGD(model.parameters(), { learningRate: LEARNING_RATE });
  const ours = lanewise(x, y, model, optimizer);
  const theirs = await tfjs(x, y, model.parameters());
  checkAgreement(ours, theirs, "at the beginning");
  for (let i = 0; i < WARMUP; i++) for (const side of [ours, theirs]) side.step();
  checkAgreement(ours, theirs, `after ${WARMUP} steps`);
  for (let i = 0; i < WARMUP; i++) for (const side of [ours, theirs]) side.forward();
  return [
    { name: "training step", ...inTurn(ours.step, theirs.step) },
    { name: "forward pass", ...inTurn(ours.forward, theirs.forward) },
  ];
}

function lanewise(x: Tensor, y: Tensor, model: nn.Module, optimizer: optim.Optimizer): Side {
  const loss = (): Tensor => nn.crossEntropy(model.forward(x), y);
  const lossAndGradients = valueAndGrad(loss, model.parameters());
  return {
    step: () => scope(() => optimizer.step(lossAndGradients()[1])),
    forward: () => scope(() => void model.forward(x)),
    loss: () => scope(() => loss().item()),
  };
}

async function tfjs(x: Tensor, y: Tensor, parameters: Record<string, Tensor>): Promise<Side> {
  const require = createRequire(import.meta.url);
  require("@tensorflow/tfjs-core/dist/register_all_gradients"); // which its bundle for Node leaves out
  wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  await tf.setBackend("wasm");
  const copyOf = <R extends tf.Rank>(t: Tensor): tf.Tensor<R> =>
    tf.tensor(t.dataSync() as Float32Array, [...t.shape] as tf.ShapeMap[R]);
  const [w1, b1, w2, b2] = Object.values(parameters).map((parameter) =>
    tf.variable(parameter.rank === 2 ? tf.transpose(copyOf<tf.Rank.R2>(parameter)) : copyOf(parameter)),
  );
  const input = copyOf<tf.Rank.R2>(x);
  const labels = tf.cast(tf.oneHot(tf.tensor1d(y.dataSync() as Int32Array, "int32"), CLASSES), "float32");
  const forward = (): tf.Tensor =>
    tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(input, w1 as tf.Tensor2D), b1)), w2 as tf.Tensor2D), b2);
  const loss = (): tf.Scalar => tf.losses.softmaxCrossEntropy(labels, forward());
  const optimizer = tf.train.sgd(LEARNING_RATE);
  return {
    step: () => void optimizer.minimize(loss),
    forward: () => tf.dispose(forward()),
    loss: () => tf.tidy(loss).dataSync()[0],
  };
}

function checkAgreement(ours: Side, theirs: Side, when: string): void {
  const [a, b] = [ours.loss(), theirs.loss()];
  if (Math.abs(a - b) > 1e-4 * Math.abs(b))
    throw new Error(`${when} the losses are ${a} here and ${b} in tfjs`);
}

/** The median time of each, in milliseconds, taken in turn. */
function inTurn(ours: () => void, theirs: () => void): { lanewise: number; tfjs: number } {
  const times: [number[], number[]] = [[], []];
  const begin = performance.now();
  for (let round = 0; round < ROUNDS && performance.now() - begin < BUDGET; round++)
    [ours, theirs].forEach((run, side) => {
      const start = performance.now();
      run();
      times[side].push(performance.now() - start);
    });
  const [lanewise, tfjs] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
  return { lanewise, tfjs };
}
