/** A frozen network fine-tuned by adapters: with a bottleneck, and by the kernel of ReLU-SNNK (section 4.2). */
import { add, features, nn, random, type Tensor, zeros } from "lanewise";
import type { Lab } from "../harness/example.js";
import { accuracy, dense, digits, learn, size, transposed } from "./learn.js";

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

export function adapters(lab: Lab): void {
  const [rows, network, course] = random.split(random.foldIn(lab.key, 3), 3);
  const counts = lab.small ? [1500, 800, 1000] : [4000, 2000, 2000];
  const [own, ...others] = digits(rows, counts);
  const [train, test] = others.map(transposed);
  const batch = 50;

  lab.heading(`adapters: a network of ${BLOCKS} residual blocks learns to read`);
  const backbone = new Backbone(network);
  const loss = (x: Tensor, y: Tensor): Tensor => nn.crossEntropy(backbone.forward(x), y);
  learn(lab, backbone.parameters(), loss, own, { key: course, epochs: 6, batch, learningRate: 1e-3 });
  const learned = Object.fromEntries(
    Object.entries(backbone.parameters()).map(([name, x]) => [name, add(x, 0)]),
  );

  const kernelOf = (m: number, key: random.Key) =>
    new features.ArcCosine(WIDTH, m, { key, projection: features.orthogonalProjection });
  const snnk = (m: number) => (key: random.Key) =>
    new features.SNNKAdapter(WIDTH, { kernel: kernelOf(m, random.foldIn(key, 1)), key });
  const bottleneck = (inner: number) => (key: random.Key) => new Bottleneck(inner, key);
  /** What is put behind each block, and the learning rate. */
  const kinds: Record<string, [make: ((key: random.Key) => nn.Module) | undefined, learningRate: number]> = {
    "the head alone": [undefined, 3e-3],
    "bottleneck of 32": [bottleneck(32), 3e-3],
    "bottleneck of 8": [bottleneck(8), 3e-3],
    "ReLU-SNNK, m = 16": [snnk(16), 2e-2],
    "ReLU-SNNK, m = 12": [snnk(12), 1e-2],
  };
  const found: Record<string, { accuracy: number; parameters: number }> = {};
  for (const [name, [make, learningRate]] of Object.entries(kinds)) {
    lab.heading(`transposed digits: ${name}`);
    backbone.load(learned);
    const added = make === undefined ? [] : random.split(random.foldIn(network, 9), BLOCKS).map(make);
    const parts = added.flatMap((adapter, i) => Object.entries(adapter.parameters()).map(([key, x]) => [`${i}.${key}`, x])); // prettier-ignore
    const trained = Object.fromEntries(parts) as Record<string, Tensor>;
    const head = Object.fromEntries(Object.entries(backbone.head.parameters()).map(([key, x]) => [`head.${key}`, x])); // prettier-ignore
    const scores = (x: Tensor): Tensor => backbone.forward(x, added);
    learn(lab, { ...trained, ...head }, (x, y) => nn.crossEntropy(scores(x), y), train, { key: course, epochs: 12, batch, learningRate }); // prettier-ignore
    found[name] = { accuracy: accuracy(scores(test.images), test), parameters: size(trained) };
    lab.record(`accuracy: ${name}`, found[name].accuracy);
    for (const adapter of added) adapter.dispose();
  }
  lab.heading("all of it");
  backbone.load(learned);
  learn(lab, backbone.parameters(), loss, train, { key: course, epochs: 12, batch, learningRate: 1e-3 });
  found["all of it"] = { accuracy: accuracy(backbone.forward(test.images), test), parameters: size(learned) };

  lab.heading(`${test.count} transposed digits they never saw`);
  lab.table(
    ["trained beside the head", "parameters", "accuracy"],
    Object.entries(found).map(([name, { accuracy, parameters }]) => [name, String(parameters), accuracy]),
  );
  const [alone, wide, ours] = ["the head alone", "bottleneck of 32", "ReLU-SNNK, m = 12"].map(
    (name) => found[name],
  );
  const slack = lab.small ? 0.06 : 0.03;
  lab.claim("ReLU-SNNK less bottleneck accuracy", ours.accuracy - wide.accuracy, { atLeast: -slack });
  lab.claim("times fewer parameters than the bottleneck", wide.parameters / ours.parameters, {
    atLeast: 5,
    paper: "5",
  });
  const recovered = (ours.accuracy - alone.accuracy) / (wide.accuracy - alone.accuracy);
  lab.claim("share of the bottleneck's gain over the head", recovered, { atLeast: lab.small ? 0.5 : 0.65 });
  lab.text(
    `A bottleneck of 8, with about as many parameters as these, reached ${found["bottleneck of 8"].accuracy.toFixed(4)}.`,
  );
}
