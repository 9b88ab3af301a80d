import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  DisposedError,
  DTypeError,
  init,
  memory,
  nn,
  optim,
  OptionError,
  random,
  safetensors,
  scope,
  ShapeError,
  tensor,
  Tensor,
  valueAndGrad,
} from "../src/index.js";

beforeAll(() => init());

/** A test whose tensors are freed. */
const test = (name: string, body: () => void): void => it(name, () => scope(body));

const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync());

/** The parameter after some steps, in float64, written down from the papers. */
type Reference = (p: number, gradients: readonly number[]) => number;

function sgd(learningRate: number, momentum = 0, nesterov = false, weightDecay = 0): Reference {
  return (p, gradients) => {
    let velocity = 0;
    for (const gradient of gradients) {
      const g = gradient + weightDecay * p;
      velocity = momentum * velocity + g;
      p -= learningRate * (nesterov ? g + momentum * velocity : velocity);
    }
    return p;
  };
}

function adam(learningRate: number, [b1, b2, epsilon, decay]: number[], decoupled: boolean): Reference {
  return (p, gradients) => {
    let [m, v] = [0, 0];
    gradients.forEach((gradient, i) => {
      const g = decoupled ? gradient : gradient + decay * p;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const direction = m / (1 - b1 ** (i + 1)) / (Math.sqrt(v / (1 - b2 ** (i + 1))) + epsilon);
      p -= learningRate * (direction + (decoupled ? decay * p : 0));
    });
    return p;
  };
}

function rmsprop(
  rate: number,
  alpha: number,
  epsilon: number,
  momentum: number,
  centered: boolean,
): Reference {
  return (p, gradients) => {
    let [s, m, v] = [0, 0, 0];
    for (const g of gradients) {
      s = alpha * s + (1 - alpha) * g * g;
      m = alpha * m + (1 - alpha) * g;
      const d = g / (Math.sqrt(centered ? s - m * m : s) + epsilon);
      v = momentum * v + d;
      p -= rate * v;
    }
    return p;
  };
}

function adagrad(rate: number, epsilon: number, decay: number): Reference {
  return (p, gradients) => {
    let s = 0;
    for (const gradient of gradients) {
      const g = gradient + decay * p;
      s += g * g;
      p -= (rate * g) / (Math.sqrt(s) + epsilon);
    }
    return p;
  };
}

function lion(rate: number, b1: number, b2: number, decay: number): Reference {
  return (p, gradients) => {
    let m = 0;
    for (const g of gradients) {
      p -= rate * (Math.sign(b1 * m + (1 - b1) * g) + decay * p);
      m = b2 * m + (1 - b2) * g;
    }
    return p;
  };
}

type Make = (parameters: Record<string, Tensor>) => optim.Optimizer;

const cases: [string, Make, Reference][] = [
  ["SGD", (p) => new optim.SGD(p, { learningRate: 0.1 }), sgd(0.1)],
  ["SGD with momentum", (p) => new optim.SGD(p, { learningRate: 0.1, momentum: 0.9 }), sgd(0.1, 0.9)],
  [
    "SGD with Nesterov's momentum",
    (p) => new optim.SGD(p, { learningRate: 0.1, momentum: 0.9, nesterov: true }),
    sgd(0.1, 0.9, true),
  ],
  [
    "SGD with weight decay",
    (p) => new optim.SGD(p, { learningRate: 0.1, weightDecay: 0.3 }),
    sgd(0.1, 0, false, 0.3),
  ],
  [
    "SGD with all of them",
    (p) => new optim.SGD(p, { learningRate: 0.1, momentum: 0.5, nesterov: true, weightDecay: 0.3 }),
    sgd(0.1, 0.5, true, 0.3),
  ],
  ["Adam", (p) => new optim.Adam(p), adam(0.001, [0.9, 0.999, 1e-8, 0], false)],
  [
    "Adam with every option",
    (p) => new optim.Adam(p, { learningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 0.01, weightDecay: 0.3 }),
    adam(0.1, [0.8, 0.9, 0.01, 0.3], false),
  ],
  ["AdamW", (p) => new optim.AdamW(p, { learningRate: 0.1 }), adam(0.1, [0.9, 0.999, 1e-8, 0.01], true)],
  [
    "AdamW with a greater decay",
    (p) => new optim.AdamW(p, { learningRate: 0.1, weightDecay: 0.5 }),
    adam(0.1, [0.9, 0.999, 1e-8, 0.5], true),
  ],
  ["RMSprop", (p) => new optim.RMSprop(p), rmsprop(0.01, 0.99, 1e-8, 0, false)],
  [
    "RMSprop, centered and with momentum",
    (p) => new optim.RMSprop(p, { alpha: 0.9, epsilon: 0.01, momentum: 0.5, centered: true }),
    rmsprop(0.01, 0.9, 0.01, 0.5, true),
  ],
  ["Adagrad", (p) => new optim.Adagrad(p), adagrad(0.01, 1e-10, 0)],
  [
    "Adagrad with every option",
    (p) => new optim.Adagrad(p, { learningRate: 0.1, epsilon: 0.01, weightDecay: 0.3 }),
    adagrad(0.1, 0.01, 0.3),
  ],
  ["Lion", (p) => new optim.Lion(p), lion(1e-4, 0.9, 0.99, 0)],
  [
    "Lion with every option",
    (p) => new optim.Lion(p, { learningRate: 0.01, beta1: 0.8, beta2: 0.9, weightDecay: 0.3 }),
    lion(0.01, 0.8, 0.9, 0.3),
  ],
];

const gradientAt = (step: number, shape: number[]): Tensor => random.normal(random.key(100 + step), shape);

describe.each(cases)("%s", (_, make, reference) => {
  test("follows its formula for 20 steps, in place, and frees the gradients", () => {
    const shapes = { a: [5], b: [2, 3] };
    const parameters = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, random.normal(random.key(i), shape)]),
    );
    const begin = Object.values(parameters).flatMap(numbersOf);
    const gradients: number[][] = begin.map(() => []);
    const optimizer = make(parameters);
    for (let step = 0; step < 20; step++) {
      const record = { a: gradientAt(2 * step, [5]), b: gradientAt(2 * step + 1, [2, 3]) };
      [...numbersOf(record.a), ...numbersOf(record.b)].forEach((value, i) => gradients[i].push(value));
      optimizer.step(record);
      expect([record.a.disposed, record.b.disposed]).toEqual([true, true]);
    }
    expect(optimizer.steps).toBe(20);
    const end = Object.values(parameters).flatMap(numbersOf);
    end.forEach((value, i) => expect(value).toBeCloseTo(reference(begin[i], gradients[i]), 4));
    optimizer.dispose();
  });

  test("saved and loaded goes on as if nothing had been", () => {
    const [here, there] = [0, 1].map((seed) => ({ w: random.normal(random.key(seed), [4]) }));
    const first = make(here);
    for (let step = 0; step < 3; step++) first.step({ w: gradientAt(step, [4]) });
    const bytes = safetensors.serialize({ ...first.state() });
    there.w.device.write(there.w.block("test"), here.w.dataSync());
    const second = make(there);
    second.load(safetensors.parse(bytes).tensors);
    expect(second.steps).toBe(3);
    for (const optimizer of [first, second])
      for (let step = 3; step < 6; step++) optimizer.step({ w: gradientAt(step, [4]) });
    expect(numbersOf(there.w)).toEqual(numbersOf(here.w));
    for (const optimizer of [first, second]) optimizer.dispose();
  });

  test("owns what it remembers, whatever scope made it", () => {
    const w = tensor([1, 2]);
    const before = memory().liveBytes;
    const optimizer = scope(() => make({ w }));
    const live = memory().liveBytes;
    for (let step = 0; step < 3; step++) {
      scope(() => optimizer.step({ w: tensor([1, 1]) }));
      expect(memory().liveBytes).toBe(live);
    }
    optimizer.dispose();
    optimizer.dispose();
    expect(memory().liveBytes).toBe(before);
    expect(w.disposed).toBe(false);
  });

  test("reads its learning rate at each step", () => {
    const w = tensor([1, 2]);
    const optimizer = make({ w });
    optimizer.learningRate = 0;
    optimizer.step({ w: tensor([1, 1]) });
    expect(numbersOf(w)).toEqual([1, 2]);
    optimizer.learningRate = NaN;
    expect(() => optimizer.step({ w: tensor([1, 1]) })).toThrow(/learningRate is NaN/);
    expect(optimizer.steps).toBe(1);
    optimizer.dispose();
  });
});

test("gradients that do not fit change nothing and stay", () => {
  const parameters = { a: tensor([1, 2]), b: tensor([3]) };
  const optimizer = new optim.SGD(parameters, { learningRate: 1 });
  const a = tensor([1, 1]);
  const gone = tensor([1]);
  gone.dispose();
  const refuse = (
    gradients: Record<string, Tensor>,
    error: new (m: string) => Error,
    message: RegExp,
  ): void => {
    expect(() => optimizer.step(gradients)).toThrow(error);
    expect(() => optimizer.step(gradients)).toThrow(message);
    expect(numbersOf(parameters.a)).toEqual([1, 2]);
    expect(a.disposed).toBe(false);
  };
  refuse({ a }, OptionError, /SGD.step: "b" is missing, got a/);
  refuse({ a, b: a, c: a }, OptionError, /unknown name "c", expected a, b/);
  refuse({ a, b: a }, ShapeError, /"b" is \[2\], expected \[1\]/);
  refuse({ a, b: tensor(Int32Array.of(1)) }, DTypeError, /"b" is int32/);
  refuse({ a, b: gone }, DisposedError, /"b" \[1\] was disposed/);
  parameters.b.dispose();
  refuse({ a, b: tensor([1]) }, DisposedError, /"b" \[1\] was disposed/);
  expect(optimizer.steps).toBe(0);
  optimizer.dispose();
});

test("options that make no sense are refused", () => {
  const w = tensor([1]);
  const sgd =
    (options: object): (() => unknown) =>
    () =>
      new optim.SGD({ w }, options as never);
  const adam =
    (options: object): (() => unknown) =>
    () =>
      new optim.Adam({ w }, options as never);
  expect(sgd({})).toThrow(/SGD: learningRate is undefined/);
  expect(sgd({ learningRate: -1 })).toThrow(OptionError);
  expect(sgd({ learningRate: 1, momentum: 1 })).toThrow(/SGD: momentum is 1, expected a number in \[0, 1\)/);
  expect(sgd({ learningRate: 1, nesterov: true })).toThrow(/nesterov needs a momentum/);
  expect(sgd({ lr: 1 })).toThrow(/SGD: unknown option "lr"/);
  expect(adam({ beta1: 1 })).toThrow(/Adam: beta1 is 1/);
  expect(adam({ epsilon: NaN })).toThrow(OptionError);
  expect(adam({ weightDecay: Infinity })).toThrow(OptionError);
  expect(adam({ betas: [0.9, 0.99] })).toThrow(/Adam: unknown option "betas"/);
  expect(() => new optim.AdamW({ w }, { amsgrad: true } as never)).toThrow(/AdamW: unknown option "amsgrad"/);
  expect(() => new optim.Adam({ n: tensor(Int32Array.of(1)) })).toThrow(DTypeError);
  expect(() => new optim.Adam({ n: 1 as never })).toThrow(/"n" is number, expected a tensor/);
});

test("an optimiser of nothing does nothing", () => {
  const optimizer = new optim.Adam({});
  optimizer.step({});
  expect(Object.keys(optimizer.state())).toEqual(["steps"]);
  optimizer.dispose();
});

test("linear regression finds its weights", () => {
  const x = random.normal(random.key(1), [64, 3]);
  const truth = new nn.Linear(3, 2, { key: random.key(2) });
  const model = new nn.Linear(3, 2, { key: random.key(3) });
  const y = truth.forward(x);
  const step = valueAndGrad(() => nn.meanSquaredError(model.forward(x), y), model.parameters());
  const optimizer = new optim.SGD(model.parameters(), { learningRate: 0.2, momentum: 0.8, nesterov: true });
  for (let i = 0; i < 200; i++) scope(() => optimizer.step(step()[1]));
  numbersOf(model.weight).forEach((value, i) => expect(value).toBeCloseTo(numbersOf(truth.weight)[i], 4));
  for (const each of [optimizer, truth, model]) each.dispose();
});
