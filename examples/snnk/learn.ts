/** What the experiments share: digits in random order, training, and its outcome. */
import {
  gather,
  metrics,
  nn,
  optim,
  permuteDims,
  random,
  reshape,
  slice,
  type Tensor,
  valueAndGrad,
} from "lanewise";
import { mnist, SIDE } from "../data/mnist.js";
import type { Lab } from "../harness/example.js";

export interface Rows {
  readonly count: number;
  /** [count, 784] */
  readonly images: Tensor;
  /** [count] int32 */
  readonly labels: Tensor;
}

/** Digits of the training set without any twice: as many as each count says. */
export function digits(key: random.Key, counts: readonly number[]): Rows[] {
  const all = mnist("train");
  const order = random.permutation(key, all.count);
  let begin = 0;
  return counts.map((count) => {
    const chosen = slice(order, [begin], [count]);
    begin += count;
    return { count, images: gather(all.images, chosen), labels: gather(all.labels, chosen) };
  });
}

/** Every picture with its rows for columns. */
export function transposed({ images, ...rest }: Rows): Rows {
  const turned = permuteDims(reshape(images, [rest.count, SIDE, SIDE]), [0, 2, 1]);
  return { ...rest, images: reshape(turned, [rest.count, SIDE * SIDE]) };
}

export interface Course {
  readonly key: random.Key;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Whether the learning rate falls to 0 along half a cosine. Default true. */
  readonly falls?: boolean;
}

/** Trains parameters with Adam on rows in random order. */
export function learn(
  lab: Lab,
  parameters: Record<string, Tensor>,
  loss: (images: Tensor, labels: Tensor) => Tensor,
  rows: Rows,
  { key, epochs, batch, learningRate, falls = true }: Course,
): void {
  const steps = Math.ceil(rows.count / batch);
  const schedule = optim.schedules.cosine(learningRate, epochs * steps);
  const optimizer = new optim.Adam(parameters, { learningRate: falls ? schedule : learningRate });
  const step = valueAndGrad(loss, parameters);
  lab.repeat(epochs * steps, "steps", (t) => {
    const [epoch, place] = [Math.floor(t / steps), t % steps];
    const order = random.permutation(random.foldIn(key, epoch), rows.count);
    const chosen = slice(order, [place * batch], [Math.min(batch, rows.count - place * batch)]);
    const [value, gradients] = step(gather(rows.images, chosen), gather(rows.labels, chosen));
    optimizer.step(gradients);
    return t % 10 === 0 ? `loss ${value.item().toFixed(4)}` : undefined;
  });
  optimizer.dispose();
}

export const accuracy = (scores: Tensor, { labels }: Rows): number => metrics.accuracy(scores, labels).item();

/** A dense layer as torch begins it for ReLU. */
export const dense = (inputs: number, outputs: number, key: random.Key): nn.Linear =>
  new nn.Linear(inputs, outputs, { key, initializer: nn.heUniform });
