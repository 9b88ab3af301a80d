import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  add,
  DisposedError,
  DTypeError,
  grad,
  init,
  linear,
  matmul,
  memory,
  mul,
  nn,
  optim,
  OptionError,
  random,
  relu,
  scope,
  ShapeError,
  sigmoid,
  sum,
  tanh,
  tensor,
  Tensor,
  transpose,
  valueAndGrad,
} from "../src/index.js";

beforeAll(() => init());

/** A test whose tensors are freed. */
const test = (name: string, body: () => void): void => it(name, () => scope(body));

const key = random.key(7);
const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync());

describe("Linear", () => {
  test("is activation(x · weightᵀ + bias)", () => {
    const x = random.normal(key, [2, 5, 3]);
    for (const [activation, f] of [
      ["none", (y: Tensor) => y],
      ["relu", relu],
      ["tanh", tanh],
    ] as const) {
      const layer = new nn.Linear(3, 4, { key, activation });
      layer.bias!.device.write(layer.bias!.block("test"), Float32Array.of(1, -2, 3, -4));
      const expected = f(add(matmul(x, transpose(layer.weight)), layer.bias!));
      const y = layer.forward(x);
      expect(y.shape).toEqual([2, 5, 4]);
      numbersOf(y).forEach((value, i) => expect(value).toBeCloseTo(numbersOf(expected)[i], 5));
      expect(layer.forward(tensor([0, 0, 0])).shape).toEqual([4]);
      layer.dispose();
    }
  });

  test("begins with weights of its initializer and a bias of 0", () => {
    const layer = new nn.Linear(3, 4, { key });
    expect(numbersOf(layer.weight)).toEqual(numbersOf(nn.glorotUniform(key, [4, 3])));
    expect(numbersOf(layer.bias!)).toEqual([0, 0, 0, 0]);
    const other = new nn.Linear(3, 4, { key, initializer: nn.heNormal });
    expect(numbersOf(other.weight)).toEqual(numbersOf(nn.heNormal(key, [4, 3])));
    for (const each of [layer, other]) each.dispose();
  });

  test("without a bias has one parameter", () => {
    const layer = new nn.Linear(3, 4, { key, bias: false });
    expect(layer.bias).toBeUndefined();
    expect(Object.keys(layer.parameters())).toEqual(["weight"]);
    const x = random.normal(key, [2, 3]);
    expect(numbersOf(layer.forward(x))).toEqual(numbersOf(linear(x, layer.weight, tensor([0, 0, 0, 0]))));
    layer.dispose();
  });

  test("refuses what makes no sense", () => {
    expect(() => new nn.Linear(3, 4, {} as never)).toThrow(/Linear: key is undefined/);
    expect(() => new nn.Linear(3, 4, { key, activate: "relu" } as never)).toThrow(
      /unknown option "activate"/,
    );
    expect(() => new nn.Linear(-3, 4, { key })).toThrow(ShapeError);
    const layer = new nn.Linear(3, 4, { key });
    expect(() => layer.forward(tensor([[1, 2]]))).toThrow(/weight is \[4, 3\], expected \[out, 2\]/);
    layer.dispose();
    expect(() => layer.forward(tensor([[1, 2, 3]]))).toThrow(DisposedError);
  });
});

describe("Sequential", () => {
  const activations = {
    relu: [nn.ReLU, relu],
    tanh: [nn.Tanh, tanh],
    sigmoid: [nn.Sigmoid, sigmoid],
  } as const;

  it.each(Object.entries(activations))(
    "fuses %s into the Linear before it without a change",
    (activation, entry) =>
      scope(() => {
        const [Activation, f] = entry;
        const x = random.normal(key, [19, 33]);
        const layer = new nn.Linear(33, 21, { key });
        const fused = new nn.Sequential(layer, new Activation());
        const own = new nn.Linear(33, 21, { key, activation: activation as keyof typeof activations });
        const y = f(layer.forward(x));
        expect(numbersOf(fused.forward(x))).toEqual(numbersOf(y));
        expect(numbersOf(own.forward(x))).toEqual(numbersOf(y));
        const gradients = grad(() => sum(fused.forward(x)), fused.parameters())();
        const plain = grad(() => sum(f(layer.forward(x))), layer.parameters())();
        expect(numbersOf(gradients["0.weight"])).toEqual(numbersOf(plain["weight"]));
        expect(numbersOf(gradients["0.bias"])).toEqual(numbersOf(plain["bias"]));
        for (const each of [fused, own]) each.dispose();
      }),
  );

  test("applies two activations, and those of a Linear that has its own", () => {
    const x = random.normal(key, [3, 4]);
    const layer = new nn.Linear(4, 5, { key, activation: "tanh" });
    const model = new nn.Sequential(layer, new nn.Sigmoid(), new nn.Tanh());
    expect(numbersOf(model.forward(x))).toEqual(numbersOf(tanh(sigmoid(layer.forward(x)))));
    model.dispose();
  });

  test("leaves subclasses to themselves", () => {
    class Doubled extends nn.Linear {
      override forward(x: Tensor): Tensor {
        return mul(super.forward(x), 2);
      }
    }
    class Shifted extends nn.ReLU {
      override forward(x: Tensor): Tensor {
        return add(super.forward(x), 1);
      }
    }
    const x = random.normal(key, [3, 4]);
    const doubled = new Doubled(4, 5, { key });
    const plain = new nn.Linear(4, 5, { key });
    expect(numbersOf(new nn.Sequential(doubled, new nn.ReLU()).forward(x))).toEqual(
      numbersOf(relu(mul(plain.forward(x), 2))),
    );
    expect(numbersOf(new nn.Sequential(plain, new Shifted()).forward(x))).toEqual(
      numbersOf(add(relu(plain.forward(x)), 1)),
    );
    for (const each of [doubled, plain]) each.dispose();
  });

  test("of nothing is the identity", () => {
    const x = tensor([1, 2]);
    expect(new nn.Sequential().forward(x)).toBe(x);
  });
});

describe("Module", () => {
  class Network extends nn.Module {
    readonly stem = new nn.Linear(2, 2, { key });
    readonly blocks = [
      new nn.Sequential(new nn.Linear(2, 2, { key }), new nn.ReLU()),
      new nn.Dropout(0.5, { key }),
      new nn.Linear(2, 2, { key, bias: false }),
    ];
    readonly tied = this.stem;
    readonly width = 2;
    readonly #mask = tensor([1, 0]);

    forward(x: Tensor): Tensor {
      return this.blocks.reduce(
        (y: Tensor, block) => block.forward(y),
        this.tied.forward(mul(x, this.#mask)),
      );
    }
  }

  test("names its parameters by their paths, each once", () => {
    const model = new Network();
    const parameters = model.parameters();
    expect(Object.keys(parameters)).toEqual([
      "stem.weight",
      "stem.bias",
      "blocks.0.0.weight",
      "blocks.0.0.bias",
      "blocks.2.weight",
    ]);
    expect(parameters["blocks.2.weight"]).toBe((model.blocks[2] as nn.Linear).weight);
    model.dispose();
  });

  test("passes its mode on to all parts", () => {
    const model = new Network();
    const modes = (): boolean[] => [model, model.stem, ...model.blocks].map(({ training }) => training);
    expect(model.eval()).toBe(model);
    expect(modes()).toEqual([false, false, false, false, false]);
    expect(model.train()).toBe(model);
    expect(modes()).toEqual([true, true, true, true, true]);
    model.dispose();
  });

  test("outlives the scope that made it, until it is disposed of", () => {
    const before = memory().liveBlocks;
    const model = scope(
      () => new nn.Sequential(new nn.Linear(3, 3, { key }), new nn.Linear(3, 3, { key, bias: false })),
    );
    expect(memory().liveBlocks).toBe(before + 4);
    expect(Object.values(model.parameters()).map(({ disposed }) => disposed)).toEqual([false, false, false]);
    model.dispose();
    model.dispose();
    expect(memory().liveBlocks).toBe(before);
  });

  test("loads what another has, and keeps its own tensors", () => {
    const [from, into] = [1, 2].map((seed) => new nn.Linear(3, 2, { key: random.key(seed) }));
    const { weight } = into;
    into.load(from.parameters());
    expect(into.weight).toBe(weight);
    expect(weight).not.toBe(from.weight);
    expect(numbersOf(weight)).toEqual(numbersOf(from.weight));
    for (const each of [from, into]) each.dispose();
  });

  test("refuses a state that does not fit, and stays as it was", () => {
    const model = new nn.Linear(3, 2, { key });
    const before = numbersOf(model.weight);
    const weight = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const bias = tensor([1, 2]);
    const gone = tensor([1, 2]);
    gone.dispose();
    const refuse = (state: Record<string, Tensor>, error: new () => Error, message: RegExp): void => {
      expect(() => model.load(state)).toThrow(error as never);
      expect(() => model.load(state)).toThrow(message);
      expect(numbersOf(model.weight)).toEqual(before);
    };
    refuse({ weight }, OptionError as never, /Linear.load: "bias" is missing, got weight/);
    refuse(
      { weight, bias, extra: bias },
      OptionError as never,
      /unknown name "extra", expected weight, bias/,
    );
    refuse({ weight, bias: weight }, ShapeError as never, /"bias" is \[2, 3\], expected \[2\]/);
    refuse(
      { weight, bias: tensor([1, 2], [2], "int32") },
      DTypeError as never,
      /"bias" is int32, expected float32/,
    );
    refuse({ weight, bias: 3 as never }, DTypeError as never, /"bias" is number, expected a tensor/);
    refuse({ weight, bias: gone }, DisposedError as never, /"bias" \[2\] was disposed/);
    model.dispose();
  });
});

describe("Dropout", () => {
  const share = (y: Tensor): number => numbersOf(y).filter((value) => value === 0).length / y.size;

  test("zeroes the given share and keeps the mean", () => {
    const x = tensor(new Float32Array(40_000).fill(1));
    const y = new nn.Dropout(0.25, { key }).forward(x);
    expect(share(y)).toBeCloseTo(0.25, 1.6);
    expect(new Set(numbersOf(y))).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  });

  test("draws a fresh mask in each call, the same sequence from the same key", () => {
    const x = tensor(new Float32Array(64).fill(1));
    const [a, b] = [0, 1].map(() => new nn.Dropout(0.5, { key }));
    const masks = [a, a, a].map((layer) => String(numbersOf(layer.forward(x))));
    expect(new Set(masks).size).toBe(3);
    expect([b, b, b].map((layer) => String(numbersOf(layer.forward(x))))).toEqual(masks);
  });

  test("passes gradients where it passes values", () => {
    const x = tensor(new Float32Array(64).fill(1));
    const layer = new nn.Dropout(0.5, { key });
    const dx = grad((z: Tensor) => sum(layer.forward(z)))(x);
    expect(numbersOf(dx)).toEqual(numbersOf(new nn.Dropout(0.5, { key }).forward(x)));
  });

  test("does nothing in use, or with a rate of 0", () => {
    const x = tensor([1, 2, 3]);
    expect(new nn.Dropout(0.5, { key }).eval().forward(x)).toBe(x);
    expect(new nn.Dropout(0, { key }).forward(x)).toBe(x);
    for (const rate of [1, -0.1, NaN]) expect(() => new nn.Dropout(rate, { key })).toThrow(OptionError);
    expect(() => new nn.Dropout(0.5, {} as never)).toThrow(/Dropout: key is undefined/);
  });
});

describe("losses", () => {
  test("crossEntropy is the mean of −ln softmax at the label", () => {
    const rows = [[1, 2, 3], [0, -5, 5], [100, 100, 100], [-1000, 1000, 0]]; // prettier-ignore
    const labels = [2, 1, 0, 1];
    const expected =
      rows.reduce((total, row, i) => {
        const top = Math.max(...row);
        return total + top + Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0)) - row[labels[i]];
      }, 0) / 4;
    expect(nn.crossEntropy(tensor(rows), tensor(Int32Array.from(labels))).item()).toBeCloseTo(expected, 5);
  });

  test("crossEntropy's gradient is (softmax − onehot) / rows", () => {
    const logits = tensor([[0, Math.log(3)], [0, 0]]); // prettier-ignore
    const gradient = grad((z: Tensor) => nn.crossEntropy(z, tensor(Int32Array.of(0, 1))))(logits);
    numbersOf(gradient).forEach((value, i) => expect(value).toBeCloseTo([-0.375, 0.375, 0.25, -0.25][i], 6));
  });

  test("meanSquaredError is the mean of the squared differences, of one shape", () => {
    const [a, b] = [tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 0]])]; // prettier-ignore
    expect(nn.meanSquaredError(a, b).item()).toBeCloseTo((4 + 9 + 16) / 4, 6);
    const gradient = grad((x: Tensor) => nn.meanSquaredError(x, b))(a);
    expect(numbersOf(gradient)).toEqual([0, 1, 1.5, 2]);
    expect(() => nn.meanSquaredError(a, tensor([1, 2]))).toThrow(ShapeError);
    expect(() => nn.meanSquaredError(tensor([[1], [2]]), tensor([1, 2]))).toThrow(
      /meanSquaredError: prediction is \[2, 1\]/,
    );
  });
});

describe("initial weights", () => {
  const moments = (x: Tensor): { mean: number; deviation: number; largest: number } => {
    const values = numbersOf(x);
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance), largest: Math.max(...values.map(Math.abs)) };
  };
  // fanIn = 100 · 3 · 3, fanOut = 60 · 3 · 3
  const cases: [string, (k: typeof key, s: number[], o?: { gain?: number }) => Tensor, number, number][] = [
    ["glorotUniform", nn.glorotUniform, Math.sqrt(2 / 1440), Math.sqrt(6 / 1440)],
    ["glorotNormal", nn.glorotNormal, Math.sqrt(2 / 1440), Infinity],
    ["heUniform", nn.heUniform, Math.sqrt(2 / 900), Math.sqrt(6 / 900)],
    ["heNormal", nn.heNormal, Math.sqrt(2 / 900), Infinity],
  ];

  it.each(cases)("%s has the deviation and the bound of its paper", (name, initializer, deviation, bound) =>
    scope(() => {
      const shape = [60, 100, 3, 3];
      const found = moments(initializer(key, shape));
      expect(found.deviation / deviation).toBeCloseTo(1, 2);
      expect(Math.abs(found.mean / deviation)).toBeLessThan(0.02);
      expect(found.largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
      if (bound < Infinity) expect(found.largest).toBeGreaterThan(0.999 * bound);
      const other = moments(initializer(key, shape, { gain: 3 }));
      expect(other.deviation / found.deviation).toBeCloseTo(name.startsWith("he") ? 3 / Math.SQRT2 : 3, 5);
      expect(numbersOf(initializer(key, [2, 3]))).toEqual(numbersOf(initializer(key, [2, 3])));
      expect(() => initializer(key, [3])).toThrow(
        new ShapeError(`${name}: shape is [3], expected [out, in, ...]`),
      );
      expect(() => initializer(key, [3, 2], { gains: 1 } as never)).toThrow(OptionError);
      expect(() => initializer(key, [3, 2], { gain: NaN })).toThrow(OptionError);
      expect(initializer(key, [0, 3]).size).toBe(0);
      expect(initializer(key, [3, 0]).size).toBe(0);
    }),
  );

  it.each([
    [5, 5],
    [7, 3],
    [3, 7],
    [1, 6],
    [6, 1],
    [1, 1],
    [64, 64],
    [4, 2, 3],
    [2, 3, 2, 2],
    [0, 3],
  ])(
    // prettier-ignore
    "orthogonal has orthonormal rows or columns: %j %j",
    (...shape) =>
      scope(() => {
        const q = nn.orthogonal(key, shape, { gain: 2 });
        expect(q.shape).toEqual(shape);
        const rows = shape[0];
        const cols = q.size / rows || 3;
        const values = numbersOf(q);
        const [count, inner] = [Math.min(rows, cols), Math.max(rows, cols)];
        const at = (line: number, i: number): number =>
          values[rows <= cols ? line * cols + i : i * cols + line];
        for (let a = 0; a < count; a++)
          for (let b = 0; b <= a; b++) {
            let product = 0;
            for (let i = 0; i < inner; i++) product += at(a, i) * at(b, i);
            expect(product).toBeCloseTo(a === b ? 4 : 0, 5);
          }
      }),
  );

  test("orthogonal is uniform among the orthogonal matrices", () => {
    const count = 4000;
    let [trace, square, positive, corner] = [0, 0, 0, 0];
    for (const each of random.split(key, count)) {
      const [a, b, c, d, e, f, g, h, i] = scope(() => nn.orthogonal(each, [3, 3])).dataSync();
      trace += a + e + i;
      square += (a + e + i) ** 2;
      corner += a ** 4;
      positive += Number(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0);
    }
    // Diaconis, Shahshahani 1994: E tr = 0 and E tr² = 1. A column is uniform on the sphere: E q⁴ = 3 / (n (n + 2)).
    expect(Math.abs(trace / count)).toBeLessThan(0.06);
    expect(square / count).toBeCloseTo(1, 1);
    expect(corner / count).toBeCloseTo(3 / 15, 1.5);
    expect(positive / count).toBeCloseTo(0.5, 1.3);
  });
});

test("a training loop learns, and its memory stays what it was", () => {
  const model = new nn.Sequential(
    new nn.Linear(2, 16, { key }),
    new nn.Tanh(),
    new nn.Dropout(0.1, { key }),
    new nn.Linear(16, 2, { key }),
  );
  const x = tensor([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const y = tensor(Int32Array.of(0, 1, 1, 0));
  const step = valueAndGrad(
    (a: Tensor, b: Tensor) => nn.crossEntropy(model.forward(a), b),
    model.parameters(),
  );
  const optimizer = new optim.Adam(model.parameters(), { learningRate: 0.05 });
  let loss = Infinity;
  const live: number[] = [];
  for (let i = 0; i < 300; i++) {
    scope(() => {
      const [value, gradients] = step(x, y);
      optimizer.step(gradients);
      loss = value.item();
    });
    live.push(memory().liveBytes);
  }
  expect(new Set(live).size).toBe(1);
  expect(memory().freedByNet).toBe(0);
  expect(nn.crossEntropy(model.eval().forward(x), y).item()).toBeLessThan(0.05);
  expect(loss).toBeLessThan(1);
  optimizer.dispose();
  model.dispose();
});
