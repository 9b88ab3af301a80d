/** Attention, positions, and the layers of transformers and recurrent networks. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import * as L from "../src/index.js";
import { linearAttention as attendLinearly } from "../src/ops/linearAttention.js";

beforeAll(() => L.init());

/** A test whose tensors are freed. */
const test = (name: string, body: () => void): void => it(name, () => L.scope(body));

const numbers = (x: L.Tensor): number[] => Array.from(x.dataSync());
const close = (x: L.Tensor, expected: L.Tensor, digits = 5): void => {
  expect(x.shape).toEqual(expected.shape);
  const list = numbers(expected);
  numbers(x).forEach((value, i) => expect(value).toBeCloseTo(list[i], digits));
};
const key = L.random.key(11);
const normal = (shape: readonly number[], salt = 0): L.Tensor =>
  L.random.normal(L.random.foldIn(key, salt), shape);

describe("attention", () => {
  test("never holds the matrix of its weights, forward or back", () => {
    const [length, d] = [2048, 16];
    const q = normal([1, length, d]);
    const loss = ([q, k, v]: readonly L.Tensor[]): L.Tensor => L.sum(L.attention(q, k, v, { causal: true }));
    const before = L.memory();
    for (const gradient of L.grad(loss)([q, normal([1, length, d], 1), normal([1, length, d], 2)]))
      expect(gradient.shape).toEqual([1, length, d]);
    expect(L.memory().peakBytes - before.liveBytes).toBeLessThan(length * length);
  });

  test("a query that sees no key gets 0, and passes nothing back", () => {
    const [q, k, v] = [normal([3, 4]), normal([2, 4], 1), normal([2, 4], 2)];
    const mask = L.tensor([
      [true, true],
      [false, false],
      [true, false],
    ]);
    const y = L.attention(q, k, v, { mask });
    expect(numbers(y).slice(4, 8)).toEqual([0, 0, 0, 0]);
    expect(numbers(y).slice(8)).toEqual(numbers(v).slice(0, 4));
    const dq = L.grad((q: L.Tensor) => L.sum(L.square(L.attention(q, k, v, { mask }))))(q);
    expect(numbers(dq).slice(4, 8)).toEqual([0, 0, 0, 0]);
    // More queries than keys: the first ones stand before all keys.
    expect(numbers(L.attention(q, k, v, { causal: true })).slice(0, 4)).toEqual([0, 0, 0, 0]);
  });

  test("of rotated queries and keys depends on distances alone", () => {
    const [q, k] = [normal([5, 8]), normal([5, 8], 1)];
    const scores = (offset: number): L.Tensor =>
      L.matmul(L.rotary(q, { heads: 2, offset }), L.rotary(k, { heads: 2, offset }), { transposeB: true });
    close(scores(0), scores(100), 3);
    close(L.slice(L.rotary(q, { heads: 2 }), [0, 0], [1, 8]), L.slice(q, [0, 0], [1, 8]));
    expect(() => L.rotary(q, { heads: 3 })).toThrow(L.OptionError);
  });
});

describe("linearAttention", () => {
  /** Features of so many queries or keys. */
  const features = (length: number, m: number, salt: number): L.Tensor => L.exp(normal([2, length, m], salt));
  const inputs = (length: number): L.Tensor[] => [
    features(length, 8, 1),
    features(length, 8, 2),
    normal([2, length, 5], 3),
  ];
  const dense = (q: L.Tensor, k: L.Tensor, v: L.Tensor, causal: boolean): L.Tensor => {
    const products = L.matmul(q, k, { transposeB: true });
    const weights = causal ? L.tril(products) : products;
    return L.div(L.matmul(weights, v), L.sum(weights, { axis: -1, keepDims: true }));
  };

  for (const causal of [false, true])
    test(`is ${causal ? "causal " : ""}attention with products for weights, and so are its derivatives`, () => {
      const [q, k, v] = inputs(100);
      close(L.linearAttention(q, k, v, { causal }), dense(q, k, v, causal));
      const { definition } = attendLinearly;
      const { fallback } = definition as Extract<typeof definition, { plan: unknown }>;
      const [y, r] = fallback!([q, k, v], { causal, eps: 0.5 });
      const [expected, divisor] = attendLinearly(q, k, v, { causal, eps: 0.5 });
      close(y, expected);
      close(r, divisor);
      type Attend = (q: L.Tensor, k: L.Tensor, v: L.Tensor) => L.Tensor;
      const gradients = (f: Attend): readonly L.Tensor[] =>
        L.grad(([q, k, v]: readonly L.Tensor[]) => L.sum(L.square(f(q, k, v))))([q, k, v]);
      const slopes = (f: Attend): readonly L.Tensor[] =>
        L.grad((x: readonly L.Tensor[]) =>
          L.grad(([q, k, v]: readonly L.Tensor[]) => L.sum(L.square(f(q, k, v))))(x)
            .map((gradient) => L.sum(L.square(gradient)))
            .reduce((a, b) => L.add(a, b)),
        )([q, k, v]);
      for (const derivatives of [gradients, slopes]) {
        const theirs = derivatives((q, k, v) => dense(q, k, v, causal));
        derivatives((q, k, v) => L.linearAttention(q, k, v, { causal })).forEach((ours, i) =>
          close(ours, theirs[i], 4),
        );
      }
    });

  test("of a causal sequence depends on no later key", () => {
    const [q, k, v] = inputs(100);
    const y = numbers(L.linearAttention(q, k, v, { causal: true }));
    for (const length of [1, 23, 24, 25, 70]) {
      const first = (x: L.Tensor): L.Tensor => L.slice(x, [0, 0, 0], [2, length, x.shape[2]]);
      const z = numbers(L.linearAttention(first(q), first(k), first(v), { causal: true }));
      expect(z.slice(0, 5 * length)).toEqual(y.slice(0, 5 * length));
    }
  });

  test("takes memory in proportion to the length, forward and back", () => {
    const [length, m, e] = [16384, 16, 8];
    const loss = ([q, k, v]: readonly L.Tensor[]): L.Tensor =>
      L.sum(L.square(L.linearAttention(q, k, v, { causal: true })));
    const [q, k] = [1, 2].map((salt) => L.exp(normal([length, m], salt)));
    const v = normal([length, e], 3);
    const before = L.memory();
    L.scope(() => L.linearAttention(q, k, v, { causal: true }));
    for (const gradient of L.grad(loss)([q, k, v])) expect(gradient.shape[0]).toBe(length);
    // Ten arrays as large as q, where a matrix of weights would be a thousand.
    expect(L.memory().peakBytes - before.liveBytes).toBeLessThan(10 * 4 * length * m);
  });

  test("a query whose divisor is 0 gets 0, and passes nothing back", () => {
    const [, k, v] = inputs(30);
    const q = L.mul(features(30, 8, 4), L.where(L.less(L.reshape(L.arange(0, 30), [30, 1]), 3), 0, 1));
    for (const causal of [false, true]) {
      const y = L.linearAttention(q, k, v, { causal });
      expect(numbers(y).slice(0, 15)).toEqual(Array(15).fill(0));
      expect(numbers(y).every(Number.isFinite)).toBe(true);
      const loss = ([q, k, v]: readonly L.Tensor[]): L.Tensor =>
        L.sum(L.square(L.linearAttention(q, k, v, { causal })));
      const gradients = L.grad(loss)([q, k, v]);
      expect(numbers(gradients[0]).slice(0, 24)).toEqual(Array(24).fill(0));
      for (const gradient of gradients) expect(numbers(gradient).every(Number.isFinite)).toBe(true);
    }
    const none = L.zeros([3, 0, 8]);
    expect(numbers(L.linearAttention(L.ones([3, 2, 8]), none, L.zeros([3, 0, 1])))).toEqual(Array(6).fill(0));
  });
});

test("sinusoidal positions are sines and cosines of falling frequency", () => {
  const table = numbers(L.sinusoidalPositions(7, 4));
  expect(table.slice(0, 4)).toEqual([0, 1, 0, 1]);
  expect(table[6 * 4]).toBeCloseTo(Math.sin(6), 6);
  expect(table[6 * 4 + 3]).toBeCloseTo(Math.cos(6 / 100), 6);
  expect(() => L.sinusoidalPositions(3, 5)).toThrow(L.OptionError);
});

describe("MultiHeadAttention", () => {
  test("is attention of linear maps, then one more", () => {
    const layer = new L.nn.MultiHeadAttention(8, 4, { key, kvHeads: 2 });
    const [x, context] = [normal([2, 5, 8]), normal([2, 3, 8], 1)];
    const heads = { heads: 4, kvHeads: 2 };
    const y = L.attention(layer.queries.forward(x), layer.keys.forward(context), layer.values.forward(context), heads); // prettier-ignore
    close(layer.forward(x, { context }), layer.output.forward(y));
    expect(layer.keys.weight.shape).toEqual([4, 8]);
    layer.dispose();
  });

  test("when causal, no place sees a later one", () => {
    for (const rotary of [false, true]) {
      const layer = new L.nn.MultiHeadAttention(8, 2, { key, causal: true, rotary });
      const x = normal([1, 6, 8]);
      const other = L.concat([L.slice(x, [0, 0, 0], [1, 4, 8]), normal([1, 2, 8], 1)], { axis: 1 });
      const first = (y: L.Tensor): L.Tensor => L.slice(y, [0, 0, 0], [1, 4, 8]);
      close(first(layer.forward(x)), first(layer.forward(other)));
      layer.dispose();
    }
  });

  test("names what does not fit", () => {
    expect(() => new L.nn.MultiHeadAttention(8, 3, { key })).toThrow(
      new L.OptionError("MultiHeadAttention: heads is 3, expected a divisor of the width 8"),
    );
    expect(() => new L.nn.MultiHeadAttention(8, 4, { key, kvHeads: 3 })).toThrow(L.OptionError);
    expect(() => new L.nn.TransformerBlock(8, 4, { key, norm: "middle" as "pre" })).toThrow(L.OptionError);
    expect(() => new L.nn.TransformerBlock(8, 4, { key, activation: "sine" as "relu" })).toThrow(
      L.OptionError,
    );
    expect(() => new L.nn.Embedding(0, 4, { key })).toThrow(L.OptionError);
  });
});

describe("TransformerBlock", () => {
  for (const activation of ["relu", "gelu", "silu"] as const)
    test(`adds attention and ${activation} to its input, normalised before or after`, () => {
      const x = normal([2, 5, 8]);
      for (const norm of ["pre", "post"] as const) {
        const block = new L.nn.TransformerBlock(8, 2, { key, norm, activation, hidden: 12, causal: true });
        const { attention, attentionNorm, up, down, feedForwardNorm } = block;
        const f = (x: L.Tensor): L.Tensor => {
          const inner = L.add(L.matmul(x, up.weight, { transposeB: true }), up.bias!);
          return down.forward({ relu: L.relu, gelu: L.gelu, silu: L.silu }[activation](inner));
        };
        const pre = norm === "pre";
        const y = pre
          ? L.add(x, attention.forward(attentionNorm.forward(x)))
          : attentionNorm.forward(L.add(x, attention.forward(x)));
        close(block.forward(x), pre ? L.add(y, f(feedForwardNorm.forward(y))) : feedForwardNorm.forward(L.add(y, f(y))), 4); // prettier-ignore
        block.dispose();
      }
    });

  test("takes another normalisation, and drops in training alone", () => {
    const block = new L.nn.TransformerBlock(8, 2, {
      key,
      dropout: 0.5,
      normalization: (n) => new L.nn.RMSNorm(n),
    });
    expect(Object.keys(block.parameters())).not.toContain("attentionNorm.bias");
    const x = normal([1, 4, 8]);
    const [a, b] = [numbers(block.forward(x)), numbers(block.forward(x))];
    expect(a).not.toEqual(b);
    block.eval();
    close(block.forward(x), block.forward(x));
    block.dispose();
  });
});

describe("recurrent networks", () => {
  for (const name of ["LSTM", "GRU"] as const) {
    const make = (): L.nn.LSTM | L.nn.GRU => new L.nn[name](3, 4, { key });

    test(`${name}: a sequence in two parts is the same as in one`, () => {
      const network = make();
      const x = normal([2, 7, 3]);
      const [whole, last] = network.run(x);
      const [first, state] = network.run(L.slice(x, [0, 0, 0], [2, 3, 3]));
      const [second, end] = network.run(L.slice(x, [0, 3, 0], [2, 4, 3]), state as never);
      close(L.concat([first, second], { axis: 1 }), whole);
      close(end[0], last[0]);
      close(network.forward(x), whole);
      expect(network.forward(L.zeros([2, 0, 3])).shape).toEqual([2, 0, 4]);
      expect(() => network.run(x, [L.zeros([1, 4])] as never)).toThrow(
        new L.ShapeError(`${name}: state is [1, 4], expected [2, 4]`),
      );
      expect(() => network.forward(L.zeros([2, 3]))).toThrow(L.ShapeError);
      network.dispose();
    });

    test(`${name}: learns to remember the first of six inputs`, () => {
      const network = make();
      const readout = new L.nn.Linear(4, 1, { key });
      const parameters = { ...network.parameters(), ...{ w: readout.weight, b: readout.bias! } };
      const optimizer = new L.optim.Adam(parameters, { learningRate: 0.05 });
      const x = normal([64, 6, 3]);
      const target = L.reshape(L.slice(x, [0, 0, 0], [64, 1, 1]), [64, 1]);
      const step = L.valueAndGrad(() => {
        const y = L.reshape(L.slice(network.forward(x), [0, 5, 0], [64, 1, 4]), [64, 4]);
        return L.nn.meanSquaredError(readout.forward(y), target);
      }, parameters);
      let loss = Infinity;
      for (let i = 0; i < 150; i++)
        L.scope(() => {
          const [value, gradients] = step();
          optimizer.step(gradients);
          loss = value.item();
        });
      expect(loss).toBeLessThan(0.15);
      network.dispose();
      readout.dispose();
      optimizer.dispose();
    });
  }
});

test("Embedding: equal indices share a row, and its gradient", () => {
  const embedding = new L.nn.Embedding(4, 3, { key });
  const indices = L.tensor(Int32Array.of(2, 0, 2), [3]);
  close(embedding.forward(indices), L.gather(embedding.weight, indices));
  const { weight } = L.grad(() => L.sum(embedding.forward(indices)), embedding.parameters())();
  expect(numbers(weight)).toEqual([1, 1, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0]);
  expect(embedding.scores(normal([2, 3])).shape).toEqual([2, 4]);
  expect(() => embedding.forward(L.tensor(Int32Array.of(4), [1]))).toThrow(L.IndexError);
  embedding.dispose();
});

test("split sends back one tensor, whatever the number of its parts", () => {
  const x = normal([5, 4]);
  const loss = (x: L.Tensor): L.Tensor => {
    const parts = L.split(x, [2, 0, 3]);
    return L.add(L.sum(L.square(parts[0])), L.sum(parts[2]));
  };
  const gradient = L.grad(loss)(x);
  close(gradient, L.concat([L.mul(L.slice(x, [0, 0], [2, 4]), 2), L.ones([3, 4])]));
});
