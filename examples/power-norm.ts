/**
 * Why batch normalisation fails in transformers, and what mends it.
 *
 * Sheng Shen, Zhewei Yao, Amir Gholami, Michael Mahoney, Kurt Keutzer: "PowerNorm: rethinking batch normalization in transformers",
 * ICML 2020. Equations are numbered as in section 4 and algorithms 1 and 2 there.
 *
 * A word-level language model on Moby-Dick, small enough that the statistics of a batch of 32 tokens fluctuate as they do in the paper's
 * large ones: with LayerNorm (LN), BatchNorm (BN) and PowerNorm (PN) in every place.
 */
import * as Plot from "@observablehq/plot";
import { add, mean, nn, optim, random, square, type Tensor, valueAndGrad } from "lanewise";
import { encode, mobyDick, mostFrequent, places, type Windows, windowsAt } from "./data/text.js";
import { example, type Lab } from "./harness/example.js";

/** Words of the text for training and for validation. */
const TRAIN = 180_000;
const VALIDATION = 20_000;

/** Steps until the learning rate is at its highest, and until PN uses its running mean. */
const WARMUP = 100;
const HEADS = 4;

interface Setting {
  readonly vocabulary: number;
  readonly width: number;
  /** Words in a window, and windows in a batch. */
  readonly context: number;
  readonly batch: number;
  readonly steps: number;
}

/** So few words in a batch that it says little about the next one. */
const few: Setting = { vocabulary: 1000, width: 48, context: 16, batch: 2, steps: 1600 };
/** More of them. */
const many: Setting = { vocabulary: 2000, width: 64, context: 32, batch: 8, steps: 1200 };

/** What is put in every place of the network where something is normalised. */
const normalizations = {
  /** y = (x − μ) / σ of each token's features. */
  LN: (width: number) => new nn.LayerNorm(width),
  /** y = (x − μ_B) / σ_B of each feature over the batch; in use by running averages. */
  BN: (width: number) => new nn.BatchNorm(width, { momentum: 0.1 }),
  /**
   * y = x / ψ of each feature (section 4.1: no mean is subtracted) by the running ψ of the batches before (section 4.2), and backward by the
   * running estimate ν in place of a batch's statistic (equation 10); each token is scaled by its own root mean square first.
   */
  PN: (width: number) => new nn.PowerNorm(width, { alpha: 0.9, warmup: WARMUP, groups: 1 }),
};
type Kind = keyof typeof normalizations;
const kinds = Object.keys(normalizations) as Kind[];

/** Pre-norm, causal, with learned positions and one matrix for words that come in and words that go out. */
class LanguageModel extends nn.Module {
  readonly words: nn.Embedding;
  readonly positions: nn.Embedding;
  readonly blocks: readonly nn.TransformerBlock[];
  readonly final: nn.Module;

  constructor({ vocabulary, width, context }: Setting, key: random.Key, norm: (width: number) => nn.Module) {
    super();
    const [words, positions, ...blocks] = random.split(key, 4);
    this.words = new nn.Embedding(vocabulary, width, { key: words, initializer: normal(0.1) });
    this.positions = new nn.Embedding(context, width, { key: positions, initializer: normal(0.02) });
    const shape = { hidden: 2 * width, activation: "relu", causal: true, normalization: norm } as const;
    this.blocks = blocks.map(
      (key) => new nn.TransformerBlock(width, HEADS, { key, initializer: uniform, ...shape }),
    );
    this.final = norm(width);
  }

  /** What the first normalisation gets: tokens [batch, context] → [batch, context, width]. */
  embed(tokens: Tensor): Tensor {
    return add(this.words.forward(tokens), this.positions.weight);
  }

  forward(tokens: Tensor): Tensor {
    let x = this.embed(tokens);
    for (const block of this.blocks) x = block.forward(x);
    return this.words.scores(this.final.forward(x));
  }

  /** The mean negative logarithm of what it gives to each next word. */
  loss({ from, to }: Windows): Tensor {
    return nn.crossEntropy(this.forward(from), to);
  }
}

const normal =
  (deviation: number): nn.Initializer =>
  (key, shape) =>
    random.normal(key, shape, { deviation });
const uniform: nn.Initializer = (key, [outputs, inputs]) => {
  const bound = 1 / Math.sqrt(inputs);
  return random.uniform(key, [outputs, inputs], { low: -bound, high: bound });
};

/** The mean distance of a batch's ψ² from that of all, relative to the latter: figure 2. */
function fluctuation(lab: Lab, model: LanguageModel, text: Int32Array, batch: number): number {
  const count = lab.small ? 100 : 300;
  const starts = places(random.foldIn(lab.key, 2), batch * count, TRAIN - 40);
  const batches: Float32Array[] = [];
  lab.repeat(count, `batches of ${batch} × ${few.context}`, (i) => {
    const { from } = windowsAt(text, few.context, starts.slice(i * batch, (i + 1) * batch));
    batches.push(mean(square(model.embed(from)), { axis: [0, 1] }).dataSync() as Float32Array);
  });
  const average = batches[0].map((_, j) => batches.reduce((sum, psi) => sum + psi[j], 0) / count);
  const distances = batches.map((psi) => Math.hypot(...psi.map((value, j) => value - average[j])));
  return distances.reduce((a, b) => a + b, 0) / count / Math.hypot(...average);
}

/** e to the mean loss over all whole windows of a text. */
function perplexity(model: LanguageModel, text: Int32Array, context: number): number {
  model.eval();
  const starts = Array.from({ length: Math.floor((text.length - 1) / context) }, (_, i) => i * context);
  let loss = 0;
  for (let i = 0; i < starts.length; i += 200) {
    const some = starts.slice(i, i + 200);
    loss += model.loss(windowsAt(text, context, some)).item() * some.length;
  }
  model.train();
  return Math.exp(loss / starts.length);
}

/** The perplexity on the validation text after every eighth part of the training. */
function train(
  lab: Lab,
  key: random.Key,
  setting: Setting,
  normalization: (width: number) => nn.Module,
  text: Int32Array,
): number[] {
  const { context, batch, steps } = setting;
  const [first, second] = random.split(key);
  const model = new LanguageModel(setting, first, normalization);
  const fall = optim.schedules.cosine(2e-3, steps - WARMUP);
  const learningRate = optim.schedules.warmUp(WARMUP, (step) => fall(Math.max(0, step - WARMUP)));
  const optimizer = new optim.Adam(model.parameters(), { learningRate, beta2: 0.98 });
  const step = valueAndGrad((windows: Windows) => model.loss(windows), model.parameters());
  const starts = places(second, batch * steps, TRAIN - 40);
  const curve: number[] = [];
  lab.repeat(steps, "steps", (t) => {
    const [, gradients] = step(windowsAt(text, context, starts.slice(t * batch, (t + 1) * batch)));
    optimizer.step(gradients);
    if ((t + 1) % (steps / 8) !== 0) return;
    curve.push(perplexity(model, text.subarray(TRAIN, TRAIN + VALIDATION), context));
    return `perplexity ${curve.at(-1)!.toFixed(1)}`;
  });
  return curve;
}

export default example("Shen, Yao, Gholami, Mahoney, Keutzer: PowerNorm, 2020", (lab) => {
  const words = mobyDick().flatMap((chapter) => chapter.toLowerCase().match(/[a-z]+|[.,;:!?"'-]/g) ?? []);
  const textOf = ({ vocabulary }: Setting): Int32Array =>
    encode(words, [...mostFrequent(words.slice(0, TRAIN), vocabulary - 1), "<unk>"]);

  // Section 3, figure 2: how far the statistics of a batch are from those of all.
  lab.heading("the fluctuation of ψ² over batches, at the first normalisation");
  const fresh = new LanguageModel(few, random.foldIn(lab.key, 1), normalizations.LN);
  const small = fluctuation(lab, fresh, textOf(few), few.batch);
  const large = fluctuation(lab, fresh, textOf(few), 32);
  lab.record("fluctuation 2×16", small);
  lab.record("fluctuation 32×16", large);

  // Section 5: the same model, but for its normalisations; the geometric mean over three seeds.
  const seeds = lab.small ? 1 : 3;
  const setting = lab.small ? { ...few, steps: 400 } : few;
  const curves = kinds.flatMap((kind) =>
    Array.from({ length: seeds }, (_, i) => {
      lab.heading(`${kind}, batches of ${few.batch} × ${few.context} words, seed ${lab.seed + i}`);
      const curve = train(lab, random.key(lab.seed + i), setting, normalizations[kind], textOf(few));
      lab.record(`perplexity ${kind}, seed ${lab.seed + i}`, curve.at(-1)!);
      return { kind, curve };
    }),
  );
  const [LN, BN, PN] = kinds.map((kind) => {
    const logs = curves.filter((run) => run.kind === kind).map(({ curve }) => Math.log(curve.at(-1)!));
    return Math.exp(logs.reduce((a, b) => a + b) / seeds);
  });

  // With more words in a batch the statistics lie still, and the difference is gone.
  const rest = kinds.map((kind) => {
    if (lab.small) return "–";
    lab.heading(`${kind}, batches of ${many.batch} × ${many.context} words`);
    const last = train(lab, lab.key, many, normalizations[kind], textOf(many)).at(-1)!;
    lab.record(`perplexity ${kind}, 8×32`, last);
    return last;
  });

  lab.heading("validation perplexity; the paper's test perplexity, table 2");
  lab.table(
    ["", "2 × 16 words", "8 × 32 words", "paper: PTB", "WikiText-103"],
    [
      ["LN", LN, rest[0], 53.2, 20.9],
      ["BN", BN, rest[1], 60.7, 27.2],
      ["PN", PN, rest[2], 47.6, 17.9],
    ],
  );
  const points = curves.flatMap(({ kind, curve }, run) =>
    curve.map((value, i) => ({ kind, run, step: ((i + 1) * setting.steps) / 8, perplexity: value })),
  );
  lab.figure("perplexity", {
    title: "Validation perplexity in training, batches of 2 × 16 words",
    y: { type: "log", grid: true },
    marks: [
      Plot.lineY(points, { x: "step", y: "perplexity", z: "run", stroke: "kind" }),
      Plot.text(points, Plot.selectLast({ x: "step", y: "perplexity", z: "kind", text: "kind", dx: 14 })),
    ],
  });

  lab.claim("BN / LN", BN / LN, { atLeast: lab.small ? 1.02 : 1.08, paper: (60.7 / 53.2).toFixed(2) });
  lab.claim("PN / LN", PN / LN, { atMost: lab.small ? 1.05 : 1.02, paper: (47.6 / 53.2).toFixed(2) });
  lab.claim("PN / BN", PN / BN, { atMost: lab.small ? 1 : 0.93, paper: (47.6 / 60.7).toFixed(2) });
  lab.claim("fluctuation of 2 × 16 words over that of 32 × 16", small / large, { atLeast: 3 });
});
