/** A frozen network fine-tuned by adapters: with a bottleneck, and by the kernel of ReLU-SNNK (section 4.2). */
import { add, features, nn, random, type Tensor, zeros } from "lanewise";
import type { Lab } from "../harness/example.js";
import { accuracy, dense, digits, learn, transposed } from "./learn.js";
import { parameterCount } from "../harness/statistics.js";

const WIDTH = 128;
const BLOCKS = 3;

/** x + W₂ relu(W₁ x̂ + b₁) + b₂ */
class Block extends nn.Module {
  readonly norm = new nn.LayerNorm(WIDTH);
  readonly up: nn.Linear;
  readonly down: nn.Linear;

  constructor(key: random.Key) {
    super();
    const [up, down] = random.split(key);
    this.up = new nn.Linear(WIDTH, 2 * WIDTH, { key: up, activation: "relu", initializer: nn.heUniform });
    this.down = new nn.Linear(2 * WIDTH, WIDTH, { key: down });
  }

  forward(x: Tensor): Tensor {
    return add(x, this.down.forward(this.up.forward(this.norm.forward(x))));
  }
}

class Backbone extends nn.Module {
  readonly first: nn.Linear;
  readonly blocks: readonly Block[];
  readonly head: nn.Linear;

  constructor(key: random.Key) {
    super();
    const [first, head, ...blocks] = random.split(key, 2 + BLOCKS);
    this.first = dense(784, WIDTH, first);
    this.blocks = blocks.map((key) => new Block(key));
    this.head = new nn.Linear(WIDTH, 10, { key: head });
  }

  /** With an adapter behind each block, if there are any. */
  forward(x: Tensor, adapters: readonly nn.Module[] = []): Tensor {
    let y = this.first.forward(x);
    this.blocks.forEach((block, i) => {
      y = block.forward(y);
      if (adapters.length > 0) y = adapters[i].forward(y);
    });
    return this.head.forward(y);
  }
}

/** x + U relu(D x + c) + b with U and b from 0 on. Houlsby et al.: "Parameter-efficient transfer learning for NLP", 2019. */
class Bottleneck extends nn.Module {
  readonly down: nn.Linear;
  readonly up: nn.Linear;

  constructor(inner: number, key: random.Key) {
    super();
    this.down = new nn.Linear(WIDTH, inner, { key, activation: "relu", initializer: nn.heUniform });
    this.up = new nn.Linear(inner, WIDTH, { key, initializer: (_, shape) => zeros(shape) });
  }

  forward(x: Tensor): Tensor {
    return add(x, this.up.forward(this.down.forward(x)));
  }
}

const kernelOf = (m: number, key: random.Key): features.ArcCosine =>
  new features.ArcCosine(WIDTH, m, { key, projection: features.orthogonalProjection });
const snnk =
  (m: number, bottleneck?: number) =>
  (key: random.Key): nn.Module =>
    new features.SNNKAdapter(WIDTH, {
      kernel: kernelOf(m, random.foldIn(key, 1)),
      key,
      bottleneck,
      initializer: nn.heUniform,
    });
const bottleneck =
  (inner: number) =>
  (key: random.Key): nn.Module =>
    new Bottleneck(inner, key);

/** What is put behind each block, and the learning rate. */
const kinds: Record<string, [make: ((key: random.Key) => nn.Module) | undefined, learningRate: number]> = {
  "the head alone": [undefined, 3e-3],
  "the head alone, faster": [undefined, 1e-2],
  "bottleneck of 32": [bottleneck(32), 3e-3],
  "bottleneck of 8": [bottleneck(8), 3e-3],
  "ReLU-SNNK, m = 16": [snnk(16), 2e-2],
  "ReLU-SNNK, m = 12": [snnk(12), 2e-2],
  "ReLU-SNNK, m = 128, bottleneck of 6": [snnk(128, 6), 1e-2],
  "all of it": [undefined, 1e-3],
};

interface Outcome {
  readonly accuracy: number;
  /** Those that are trained beside the head. */
  readonly parameters: number;
}

const named = (prefix: string, module: nn.Module): [string, Tensor][] =>
  Object.entries(module.parameters()).map(([name, x]) => [`${prefix}.${name}`, x]);

/** A network learns to read digits, and then, in each way, to read transposed ones. */
function study(lab: Lab, key: random.Key): Record<string, Outcome> {
  const [rows, network, course] = random.split(key, 3);
  const [own, ...others] = digits(rows, lab.small ? [1500, 800, 1000] : [4000, 2000, 2000]);
  const [train, test] = others.map(transposed);
  const batch = 50;
  const backbone = new Backbone(network);
  const loss = (x: Tensor, y: Tensor): Tensor => nn.crossEntropy(backbone.forward(x), y);
  learn(lab, backbone.parameters(), loss, own, { key: course, epochs: 6, batch, learningRate: 1e-3 });
  const learned = Object.fromEntries(
    Object.entries(backbone.parameters()).map(([name, x]) => [name, add(x, 0)]),
  );
  const found: Record<string, Outcome> = {};
  for (const [name, [make, learningRate]] of Object.entries(kinds)) {
    backbone.load(learned);
    const added = make === undefined ? [] : random.split(random.foldIn(network, 9), BLOCKS).map(make);
    const beside = Object.fromEntries(added.flatMap((adapter, i) => named(String(i), adapter)));
    const whole = name === "all of it";
    const trained = whole
      ? backbone.parameters()
      : { ...beside, ...Object.fromEntries(named("head", backbone.head)) };
    const scores = (x: Tensor): Tensor => backbone.forward(x, added);
    learn(lab, trained, (x, y) => nn.crossEntropy(scores(x), y), train, { key: course, epochs: 12, batch, learningRate }); // prettier-ignore
    found[name] = {
      accuracy: accuracy(scores(test.images), test),
      parameters: parameterCount(whole ? learned : beside),
    };
    for (const adapter of added) adapter.dispose();
  }
  return found;
}

export function adapters(lab: Lab): void {
  const repeats = lab.small ? 1 : 3;
  lab.heading(
    `adapters: ${repeats} networks of ${BLOCKS} residual blocks learn to read, and then to read transposed digits`,
  );
  const runs = Array.from({ length: repeats }, (_, i) => study(lab, random.foldIn(lab.key, 30 + i)));
  const mean = (name: string): number => runs.reduce((sum, run) => sum + run[name].accuracy, 0) / repeats;
  const parameters = (name: string): number => runs[0][name].parameters;
  lab.table(
    ["trained beside the head", "parameters", "accuracy"],
    Object.keys(kinds).map((name) => [name, String(parameters(name)), mean(name)]),
  );
  for (const name of Object.keys(kinds)) lab.record(`accuracy: ${name}`, mean(name));
  const [alone, wide, ours] = ["the head alone", "bottleneck of 32", "ReLU-SNNK, m = 128, bottleneck of 6"];
  const [slack, least] = lab.small ? [0.06, 0.4] : [0.03, 0.65];
  lab.claim("ReLU-SNNK less bottleneck accuracy", mean(ours) - mean(wide), { atLeast: -slack });
  lab.claim("times fewer parameters than the bottleneck", parameters(wide) / parameters(ours), { atLeast: 5, paper: "5" }); // prettier-ignore
  const share = (name: string, than: string): number => (mean(name) - mean(than)) / (mean(wide) - mean(than));
  lab.claim("share of the bottleneck's gain over the head", share(ours, alone), { atLeast: least });
  for (const name of [ours, "ReLU-SNNK, m = 12"])
    lab.record(`share of the gain over the faster head: ${name}`, share(name, "the head alone, faster"));
}
