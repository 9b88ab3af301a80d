/** Layers by scalable neural network kernels, adapters and bundles, beside the paper's definitions. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { float64 } from "../src/float64.js";
import { randomNumbers } from "./exams.js";

const { features, nn, OptionError } = L;

beforeAll(() => L.init({ modules: [float64] }));

function random(shape: number[], seed = 1): L.Tensor {
  const next = randomNumbers(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return L.tensor(Float32Array.from({ length }, () => 2 * next() - 1), shape); // prettier-ignore
}

const rows = (list: number[][]): L.Tensor => L.tensor(list.flat(), [list.length, list[0].length]);

/** max(G x, 0) / √m on both sides. */
function relu(g: L.Tensor): L.features.ScalableKernel {
  const [m, inputs] = g.shape;
  const phi = (x: L.Tensor): L.Tensor => L.arcCosineFeatures(x, g, { scale: 1 / Math.sqrt(m) });
  return { inputs, features: m, phi, psi: phi };
}

const near = (x: L.Tensor, expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(x.dataSync()[i]).toBeCloseTo(value, 5));

const G1 = [[1, -0.5], [0.2, 0.8], [-1, 0.3]]; // prettier-ignore
const G2 = [[0.5, -1, 0.3], [1, 0.2, -0.4]]; // prettier-ignore
const X = [[0.6, 0.8], [-0.3, 0.9], [1, -0.2]]; // prettier-ignore

describe("Bundle", () => {
  const layers = (): L.features.Dense[] => [
    { weight: rows([[0.5, 0.2], [-0.1, 0.4]]) }, // prettier-ignore
    { weight: rows([[1, -0.3]]) },
  ];

  test("bundles two layers as the paper does", () => {
    L.scope(() => {
      const [first, second] = [relu(rows(G1)), relu(rows(G2))];
      near(first.phi(rows(X)), [0.1154701, 0.4387862, 0]);
      using bundle = new features.Bundle(layers(), [first, second]);
      near(bundle.tower(rows(X)), [0, 0.1437034, 0, 0, 0.2082066, 0.4523391]);
      near(bundle.weight, [0.0041641, 0.1879575]);
      near(bundle.forward(rows(X)), [0.0270101, 0, 0.0858875]);
    });
  });

  test("a last layer without activation becomes part of Ψ and the bias", () => {
    L.scope(() => {
      const kernels = [relu(rows(G1)), relu(rows(G2))];
      using bundle = new features.Bundle(layers(), kernels);
      const last = { weight: rows([[2], [-1]]), bias: rows([[0.5, 1]]) }; // prettier-ignore
      const head = { weight: last.weight, bias: L.reshape(last.bias, [2]) };
      using whole = new features.Bundle([...layers(), head], kernels);
      const expected = L.linear(bundle.forward(rows(X)), head.weight, head.bias);
      near(whole.forward(rows(X)), [...expected.dataSync()]);
    });
  });

  test("one step at a time: a bundle of the first layer, and the others behind it", () => {
    L.scope(() => {
      const key = L.random.key(3);
      const kernel = relu(L.random.normal(key, [4096, 6]));
      const [first, second] = L.random.split(key);
      using dense = new nn.Linear(6, 5, { key: first, bias: false });
      using head = new nn.Linear(5, 2, { key: second });
      using bundle = new features.Bundle([dense], [kernel]);
      const x = random([7, 6]);
      // The kernel of the layer is |x| |w| (sin θ + (π − θ) cos θ) / 2π.
      const exact = L.tensor(
        (x.toArray() as number[][]).flatMap((row) =>
          (dense.weight.toArray() as number[][]).map((w) => {
            const lengths = Math.hypot(...row) * Math.hypot(...w);
            const theta = Math.acos(row.reduce((sum, v, i) => sum + v * w[i], 0) / lengths);
            return (lengths * (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta))) / (2 * Math.PI);
          }),
        ),
        [7, 5],
      );
      const difference = L.sub(head.forward(bundle.forward(x)), head.forward(exact));
      expect(L.max(L.abs(difference)).item()).toBeLessThan(0.05);
    });
  });

  test("fits in closed form, which no step of a gradient betters", () => {
    L.scope(() => {
      const key = L.random.key(5);
      const [a, b, c, d] = L.random.split(key, 4);
      using bundle = new features.Bundle(
        [new nn.Linear(4, 8, { key: a }), new nn.Linear(8, 2, { key: b })],
        [relu(L.random.normal(c, [16, 4])), relu(L.random.normal(d, [12, 16]))],
      );
      const [x, y] = [random([200, 4]), random([200, 2], 2)];
      bundle.fit(x, y, { ridge: 1e-6 });
      expect(Object.keys(bundle.parameters())).toEqual(["weight", "bias"]);
      const loss = (): L.Tensor => {
        const error = L.mul(L.sum(L.square(L.sub(bundle.forward(x), y))), 1 / 200);
        return L.add(error, L.mul(L.sum(L.square(bundle.weight)), 1e-6));
      };
      const best = loss().item();
      const step = L.valueAndGrad(loss, bundle.parameters());
      const optimizer = new L.optim.SGD(bundle.parameters(), { learningRate: 0.1 });
      for (let i = 0; i < 50; i++) {
        const [value, gradients] = step();
        expect(value.item()).toBeGreaterThan(best * (1 - 1e-5));
        optimizer.step(gradients);
      }
      optimizer.dispose();
    });
  });

  test("says what does not fit", () => {
    L.scope(() => {
      const [first, second] = [relu(rows(G1)), relu(rows(G2))];
      expect(() => new features.Bundle([], [])).toThrow(
        new OptionError(
          "Bundle: has 0 layers and 0 kernels, expected a kernel for each layer, or all but the last",
        ),
      );
      expect(() => new features.Bundle(layers(), [first, first])).toThrow(
        new OptionError(
          "Bundle: kernel 1 has 2 inputs, expected 3, the features of kernel 0, or one more for a bias",
        ),
      );
      expect(() => new features.Bundle([{ weight: L.zeros([2, 3]) }], [first])).toThrow(
        new L.ShapeError(
          "Bundle: weight is [2, 3], expected [outputs, 2], the inputs of the kernel, or one less",
        ),
      );
      expect(() => new features.Bundle([layers()[0], { weight: L.zeros([1, 3]) }], [first, second])).toThrow(
        new L.ShapeError("Bundle: weight 1 is [1, 3], expected 2 inputs, the outputs of layer 0"),
      );
    });
  });
});

describe("SNNKLinear", () => {
  test("is Φ(x) Ψᵀ, and Ψ alone is trained", () => {
    L.scope(() => {
      const kernel = relu(L.random.normal(L.random.key(1), [5, 3]));
      using layer = new features.SNNKLinear(3, 4, { kernel, key: L.random.key(2) });
      expect(Object.entries(layer.parameters()).map(([name, { shape }]) => [name, shape])).toEqual([["weight", [4, 5]]]); // prettier-ignore
      const x = random([6, 3]);
      const expected = L.matmul(kernel.phi(x), layer.weight, { transposeB: true });
      expect(layer.forward(x).toArray()).toEqual(expected.toArray());
      const gradient = L.grad(() => L.sum(layer.forward(x)), layer.parameters())();
      expect(gradient.weight.shape).toEqual([4, 5]);
    });
  });

  test("with one input more takes the bias for the last weight, and for x a 1", () => {
    L.scope(() => {
      const kernel = relu(L.random.normal(L.random.key(1), [5, 4]));
      const dense = { weight: random([2, 3]), bias: random([2], 2) };
      using layer = features.SNNKLinear.from(dense, kernel);
      const wide = L.concat([dense.weight, L.reshape(dense.bias, [2, 1])], { axis: 1 });
      expect(layer.weight.toArray()).toEqual(kernel.psi(wide).toArray());
      const x = random([6, 3], 3);
      const expected = L.matmul(kernel.phi(L.concat([x, L.ones([6, 1])], { axis: 1 })), layer.weight, { transposeB: true }); // prettier-ignore
      expect(layer.forward(x).toArray()).toEqual(expected.toArray());
    });
  });

  test("stands for a trained layer, and of a kernel with a bias is near it", () => {
    L.scope(() => {
      using dense = new nn.Linear(3, 4, { key: L.random.key(2) });
      const options = { spectrum: features.cosSpectrum, key: L.random.key(1), a: -0.05 };
      using kernel = new features.UniversalRandomFeatures(3, 8192, options);
      const weight = L.mul(dense.weight, 0.5);
      const bias = random([4]);
      using layer = features.SNNKLinear.from({ weight, bias }, kernel);
      const x = L.mul(random([6, 3]), 0.5);
      const difference = L.sub(layer.forward(x), L.cos(L.linear(x, weight, bias)));
      expect(L.max(L.abs(difference)).item()).toBeLessThan(0.1);
    });
  });

  test("has the Ψ of a trained layer", () => {
    L.scope(() => {
      const kernel = relu(L.random.normal(L.random.key(1), [5, 3]));
      using dense = new nn.Linear(3, 4, { key: L.random.key(2) });
      using layer = features.SNNKLinear.from(dense, kernel);
      expect(layer.weight.toArray()).toEqual(kernel.psi(dense.weight, dense.bias).toArray());
    });
  });

  test("says what does not fit", () => {
    L.scope(() => {
      const kernel = relu(rows(G1));
      expect(() => new features.SNNKLinear(3, 4, { kernel, key: L.random.key(1) })).toThrow(
        new OptionError("SNNKLinear: kernel has 2 inputs, expected 3, or one more for a bias"),
      );
      expect(() => new features.SNNKLinear(2, 4, { kernel })).toThrow(
        new OptionError("SNNKLinear: key is undefined, expected two 32-bit words (random.key makes one)"),
      );
      expect(() => features.SNNKLinear.from({ weight: L.zeros([4, 3]) }, kernel)).toThrow(OptionError);
    });
  });
});

describe("snnkKernel", () => {
  const functions: Record<string, (z: number) => number> = {
    cos: Math.cos,
    sin: Math.sin,
    exp: Math.exp,
    gaussian: (z) => Math.exp((-z * z) / 2),
    cauchy: (z) => 1 / (1 + z * z),
    sech: (z) => 1 / Math.cosh(z),
    sechSquared: (z) => 1 / Math.cosh(z) ** 2,
    tanh: Math.tanh,
    sigmoid: (z) => 1 / (1 + Math.exp(-z)),
    softplus: (z) => Math.log1p(Math.exp(z)),
    gelu: (z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
  };

  test.each(Object.entries(functions))("%s is that of its activation", (name, f) => {
    L.scope(() => {
      using kernel = features.snnkKernel(name as L.features.SNNKActivation, 3, 2 ** 16, {
        key: L.random.key(1),
      });
      const [x, w, b] = [L.mul(random([5, 3]), 0.3), L.mul(random([4, 3], 2), 0.3), random([4], 3)];
      const estimate = L.matmul(kernel.phi(x), kernel.psi(w, b), { transposeB: true }).dataSync();
      const z = L.linear(x, w, b).dataSync();
      estimate.forEach((value, i) => expect(Math.abs(value - f(z[i]))).toBeLessThan(0.05));
    });
  });

  test("relu and step are arc-cosine kernels; others are refused", () => {
    L.scope(() => {
      using kernel = features.snnkKernel("step", 3, 4, { key: L.random.key(1) });
      expect(kernel).toMatchObject({ order: 0, inputs: 3, features: 4 });
      expect(() => features.snnkKernel("swish" as "relu", 3, 4, { key: L.random.key(1) })).toThrow(
        'snnkKernel: activation is "swish", expected one of cos, sin, exp, gaussian, cauchy, sech, sechSquared, tanh, sigmoid, softplus, gelu, step, relu',
      );
    });
  });
});

test("linear attention by positive features is near attention", () => {
  L.scope(() => {
    const [q, k, v] = [1, 2, 3].map((seed) => random([2, 20, 8], seed));
    using map = new features.PositiveExponential(8, 8192, { key: L.random.key(1) });
    const root = (x: L.Tensor): L.Tensor => L.mul(x, 8 ** -0.25);
    for (const causal of [false, true]) {
      const linear = L.linearAttention(map.queries(root(q)), map.keys(root(k)), v, { causal });
      const exact = L.attention(q, k, v, { causal });
      expect(L.max(L.abs(L.sub(linear, exact))).item()).toBeLessThan(0.06);
    }
  });
});

describe("SNNKAdapter", () => {
  const kernel = (): L.features.ScalableKernel => relu(L.random.normal(L.random.key(1), [6, 8]));
  const count = (module: L.nn.Module): number =>
    Object.values(module.parameters()).reduce((sum, { size }) => sum + size, 0);

  test.each([undefined, 3])("changes nothing at first, and learns (bottleneck %p)", (bottleneck) => {
    L.scope(() => {
      using adapter = new features.SNNKAdapter(8, { kernel: kernel(), key: L.random.key(2), bottleneck });
      expect(count(adapter)).toBe(bottleneck === undefined ? 8 * 6 + 8 : 3 * 6 + 3 * 8 + 8);
      const [x, y] = [random([20, 8]), random([20, 8], 2)];
      expect(adapter.forward(x).toArray()).toEqual(x.toArray());
      const loss = (): L.Tensor => L.mean(L.square(L.sub(adapter.forward(x), y)));
      const first = loss().item();
      const step = L.valueAndGrad(loss, adapter.parameters());
      using optimizer = new L.optim.Adam(adapter.parameters(), { learningRate: 0.02 });
      for (let i = 0; i < 100; i++) optimizer.step(step()[1]);
      expect(loss().item()).toBeLessThan(0.9 * first);
    });
  });
});

test("layers leave nothing behind", () => {
  const before = L.memory().liveBlocks;
  L.scope(() => {
    const kernel = relu(L.random.normal(L.random.key(1), [8, 8]));
    const layer = new features.SNNKLinear(8, 8, { kernel, key: L.random.key(2) });
    const adapter = new features.SNNKAdapter(8, { kernel, key: L.random.key(2) });
    const bundle = new features.Bundle([layer, layer], [kernel, kernel]);
    bundle.fit(random([30, 8]), random([30, 8], 2));
    for (const module of [layer, adapter, bundle]) {
      module.forward(random([2, 8]));
      module.dispose();
    }
  });
  expect(L.memory().liveBlocks).toBe(before);
});
