/**
 * A transformer that learns to write like Moby-Dick, character by character.
 *
 * Ashish Vaswani et al.: "Attention is all you need", NeurIPS 2017: the decoder of section 3.1, without the attention to an encoder, with the
 * normalisation before each part (Xiong et al., 2020) and positions as rotations (Su et al., "RoFormer", 2021). Beside it an n-gram model
 * that sees two characters: what counting alone can do (Witten, Bell: "The zero-frequency problem", 1991, method C).
 */
import * as Plot from "@observablehq/plot";
import { nn, optim, random, reshape, slice, softmax, tensor, type Tensor, valueAndGrad } from "lanewise";
import { encode, mobyDick, mostFrequent, places, type Windows, windowsAt } from "./data/text.js";
import { example } from "./harness/example.js";
import { parameterCount } from "./harness/statistics.js";

/** The last so many characters are kept for validation. */
const VALIDATION = 60_000;

interface Setting {
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  /** Characters in a window, and windows in a batch. */
  readonly context: number;
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
}

const full: Setting = {
  width: 128,
  heads: 4,
  blocks: 4,
  context: 128,
  batch: 16,
  steps: 600,
  learningRate: 2e-3,
};
const small: Setting = {
  width: 64,
  heads: 4,
  blocks: 2,
  context: 64,
  batch: 16,
  steps: 200,
  learningRate: 5e-3,
};

class Transformer extends nn.Module {
  readonly characters: nn.Embedding;
  readonly blocks: readonly nn.TransformerBlock[];
  readonly norm: nn.RMSNorm;
  readonly scores: nn.Linear;

  constructor(count: number, { width, heads, blocks }: Setting, key: random.Key) {
    super();
    const [first, last, ...keys] = random.split(key, 2 + blocks);
    this.characters = new nn.Embedding(count, width, { key: first });
    const normalization = (width: number): nn.Module => new nn.RMSNorm(width);
    this.blocks = keys.map(
      (key) => new nn.TransformerBlock(width, heads, { key, causal: true, rotary: true, normalization }),
    );
    this.norm = new nn.RMSNorm(width);
    this.scores = new nn.Linear(width, count, { key: last });
  }

  /** Scores of what comes next: characters [batch, length] → [batch, length, count]. */
  forward(characters: Tensor): Tensor {
    let x = this.characters.forward(characters);
    for (const block of this.blocks) x = block.forward(x);
    return this.scores.forward(this.norm.forward(x));
  }
}

/**
 * The mean of −ln p(character | the `order` characters before it) over a text, p by counts in another one: those of the longest context,
 * filled up with T of n + T parts of the next shorter one's, T being the number of different characters seen in it.
 */
function ngramLoss(order: number, count: number, train: Int32Array, test: Int32Array): number {
  const counts = Array.from({ length: order + 1 }, (_, n) => new Int32Array(count ** (n + 1)));
  const contextAt = (text: Int32Array, i: number, n: number): number => {
    let context = 0;
    for (let j = i - n; j < i; j++) context = context * count + text[j];
    return context;
  };
  for (let i = order; i < train.length; i++)
    counts.forEach((table, n) => table[contextAt(train, i, n) * count + train[i]]++);
  let loss = 0;
  for (let i = order; i < test.length; i++) {
    let p = 1 / count;
    counts.forEach((table, n) => {
      const row = table.subarray(contextAt(test, i, n) * count, (contextAt(test, i, n) + 1) * count);
      let [total, kinds] = [0, 0];
      for (const times of row) {
        total += times;
        if (times > 0) kinds++;
      }
      if (total > 0) p = (row[test[i]] + kinds * p) / (total + kinds);
    });
    loss -= Math.log(p);
  }
  return loss / (test.length - order);
}

export default example("Vaswani et al.: Attention is all you need, 2017", (lab) => {
  const setting = lab.small ? small : full;
  const { context, batch, steps } = setting;
  const characters = [...mobyDick().join("\n\n")];
  const alphabet = mostFrequent(characters, Infinity);
  const text = encode(characters, alphabet);
  const train = text.subarray(0, text.length - VALIDATION);
  const validation = text.subarray(text.length - VALIDATION);

  lab.heading(`counting: ${train.length} characters of ${alphabet.length} kinds`);
  const losses = [0, 1, 2].map((order) => ngramLoss(order, alphabet.length, train, validation));
  lab.table(
    ["characters seen", "loss", "perplexity"],
    losses.map((loss, order) => [String(order), loss, Math.exp(loss)]),
  );
  losses.forEach((loss, order) => lab.record(`loss of order ${order}`, loss));

  const model = new Transformer(alphabet.length, setting, random.foldIn(lab.key, 0));
  const parameters = model.parameters();
  const size = parameterCount(parameters);
  lab.heading(`learning: ${setting.blocks} blocks, ${size} parameters`);
  const loss = ({ from, to }: Windows): Tensor => nn.crossEntropy(model.forward(from), to);
  const step = valueAndGrad(loss, parameters);
  const [rate, warmup] = [setting.learningRate, steps / 20];
  const fall = optim.schedules.cosine(rate, steps - warmup, { least: rate / 20 });
  const learningRate = optim.schedules.warmUp(warmup, (step) => fall(Math.max(0, step - warmup)));
  const optimizer = new optim.AdamW(parameters, { learningRate, beta2: 0.98, weightDecay: 0.01 });

  /** The mean loss over whole windows of the validation text. */
  const validate = (): number => {
    const starts = Array.from({ length: Math.floor((VALIDATION - 1) / context) }, (_, i) => i * context);
    let sum = 0;
    for (let i = 0; i < starts.length; i += 64) {
      const some = starts.slice(i, i + 64);
      sum += loss(windowsAt(validation, context, some)).item() * some.length;
    }
    return sum / starts.length;
  };

  const starts = places(random.foldIn(lab.key, 1), steps * batch, train.length - context - 1);
  const curve: { step: number; loss: number }[] = [];
  lab.repeat(steps, "steps", (t) => {
    const [value, gradients] = step(windowsAt(train, context, starts.slice(t * batch, (t + 1) * batch)));
    optimizer.step(gradients);
    if ((t + 1) % (steps / 10) === 0) curve.push({ step: t + 1, loss: validate() });
    return `loss ${value.item().toFixed(3)}, of validation ${curve.at(-1)?.loss.toFixed(3) ?? "–"}`;
  });
  const last = curve.at(-1)!.loss;
  lab.record("loss", last);

  lab.heading("writing");
  const written = [...encode([..."Call me "], alphabet)];
  const uniform = random.uniform(random.foldIn(lab.key, 2), [400]).dataSync();
  lab.repeat(lab.small ? 100 : 400, "characters", (i) => {
    const seen = written.slice(-context);
    const scores = model.forward(tensor(Int32Array.from(seen), [1, seen.length]));
    const next = reshape(slice(scores, [0, seen.length - 1, 0], [1, 1, alphabet.length]), [alphabet.length]);
    const probabilities = softmax(next).dataSync();
    let rest = uniform[i];
    written.push(
      Math.max(
        0,
        probabilities.findIndex((p) => (rest -= p) < 0),
      ),
    );
  });
  lab.text(written.map((character) => alphabet[character]).join(""));

  lab.figure("loss", {
    title: "Loss on validation text",
    y: { grid: true },
    marks: [
      Plot.lineY(curve, { x: "step", y: "loss" }),
      Plot.ruleY(losses, { strokeDasharray: "4 3" }),
      Plot.text(losses, {
        x: steps,
        y: (loss: number) => loss,
        text: (_: number, order: number) => `n-gram of order ${order}`,
        dy: -8,
        textAnchor: "end",
      }),
    ],
  });
  const order = lab.small ? 1 : 2;
  lab.claim(`loss beyond that of the n-gram model of order ${order}`, last - losses[order], { atMost: 0 });
});
