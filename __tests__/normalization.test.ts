/** PowerNorm beside the known answers of its paper's rules; running statistics; folding. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { float64 } from "../src/float64.js";

beforeAll(() => L.init({ modules: [float64] }));

const numbers = (x: L.Tensor): number[] => Array.from(x.dataSync());
const close = (x: L.Tensor, expected: readonly number[], digits = 6): void => {
  expect(x.size).toBe(expected.length);
  numbers(x).forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));
};
const key = L.random.key(5);

describe("powerNorm", () => {
  const float = (list: readonly number[], shape = [list.length]): L.Tensor =>
    L.tensor(list, shape, "float64");
  const given = () => ({
    x: float([1, -2, 0.5, 1.5, -1.5, 0.25, 2, -0.5], [4, 2]),
    dy: float([0.1, -0.2, 0.3, 0.05, -0.25, 0.4, 0.2, 0.15], [4, 2]),
    gain: float([1.5, 0.5]),
    bias: float([0.1, -0.2]),
    psi2: float([1.2, 2]),
    nu: float([0.05, -0.02]),
  });

  test("goes forward by the running mean, back by the paper's rule, and moves both averages", () => {
    L.scope(() => {
      const { x, dy, gain, bias, psi2, nu } = given();
      const [y, pullback] = L.vjp(
        ([x, gain, bias]: readonly L.Tensor[]) => L.powerNorm(x, gain, bias, { psi2, nu }),
        [x, gain, bias],
      );
      close(y, [1.4693007, -0.907105, 0.7846503, 0.3303288, -1.953951, -0.1116119, 2.8386014, -0.3767763]);
      close(psi2, [1.2675, 1.9640625]);
      close(nu, [0.05, -0.02]);
      const [dx, dgain, dbias] = pullback(dy);
      close(dx, [0.0952637, -0.0907104, 0.389957, 0.0326776, -0.2798257, 0.143921, 0.1905275, 0.0480329]);
      close(dgain, [0.9356888, 0.3535525]);
      close(dbias, [0.35, 0.4]);
      close(nu, [0.0772759, -0.01394]);
      close(psi2, [1.2675, 1.9640625]);
    });
  });

  test("its rule is no gradient, but that of the vanilla form is one", () => {
    L.scope(() => {
      const { x, dy, gain, bias, psi2, nu } = given();
      const direction = float([0.3, -0.7, 0.2, 0.9, -0.4, 0.6, -0.8, 0.1], [4, 2]);
      const slope = (f: (x: L.Tensor) => L.Tensor): number => {
        const h = 1e-6;
        const [up, down] = [h, -h].map((step) =>
          L.sum(L.mul(f(L.add(x, L.mul(direction, step))), dy)).item(),
        );
        return (up - down) / (2 * h);
      };
      const along = (f: (x: L.Tensor) => L.Tensor): number => {
        const [, pullback] = L.vjp(([x]: readonly L.Tensor[]) => f(x), [x]);
        return L.sum(L.mul(pullback(dy)[0], direction)).item();
      };
      const vanilla = (x: L.Tensor): L.Tensor => L.powerNormVanilla(x, gain, bias);
      close(
        vanilla(x),
        [1.1954422, -0.9807177, 0.6477211, 0.3855383, -1.5431633, -0.1024103, 2.2908844, -0.3951794],
      );
      const [, pullback] = L.vjp(([x]: readonly L.Tensor[]) => vanilla(x), [x]);
      close(pullback(dy)[0], [-0.0401654, -0.0185889, 0.2537778, -0.0250942, -0.0492961, 0.1487082, -0.0803308, 0.0734245]); // prettier-ignore
      expect(along(vanilla)).toBeCloseTo(slope(vanilla), 8);
      const own = (x: L.Tensor): L.Tensor => L.powerNorm(x, gain, bias, { psi2, nu, alpha: 1 });
      expect(Math.abs(along(own) - slope(own))).toBeGreaterThan(1e-3);
      // In use there are no averages to follow: the gradient is exact.
      const used = (x: L.Tensor): L.Tensor => L.powerNorm(x, gain, bias, { psi2, nu, training: false });
      expect(along(used)).toBeCloseTo(slope(used), 8);
      close(psi2, [1.2, 2]);
    });
  });

  test("padding does not count", () => {
    L.scope(() => {
      const { x, dy, gain, bias, psi2, nu } = given();
      const [wide, wideDy] = [x, dy].map((t) => L.concat([t, float([9, -9, 7, 7], [2, 2])]));
      const mask = L.tensor([true, true, true, true, false, false]);
      const [y, pullback] = L.vjp(
        ([x]: readonly L.Tensor[]) => L.powerNorm(x, gain, bias, { psi2, nu, mask }),
        [wide],
      );
      close(psi2, [1.2675, 1.9640625]);
      close(L.slice(y, [0, 0], [1, 2]), [1.4693007, -0.907105]);
      close(L.slice(pullback(wideDy)[0], [0, 0], [1, 2]), [0.0952637, -0.0907104]);
      close(nu, [0.0772759, -0.01394]);
    });
  });

  test("as a layer scales groups, warms up with the batch's own mean, and in use touches nothing", () => {
    L.scope(() => {
      close(L.rmsNorm(L.tensor([1, 2, -2, 4], [2, 2])), [0.6324543, 1.2649085, -0.6324552, 1.2649104]);
      const layer = new L.nn.PowerNorm(4, { groups: 2, warmup: 2, alpha: 0.5 });
      const x = L.random.normal(key, [2, 8, 4]);
      const rows = L.reshape(L.rmsNorm(L.reshape(x, [16, 2, 2])), [16, 4]);
      const square = L.mean(L.square(rows), { axis: 0 });
      const scaled = (psi2: L.Tensor): number[] => numbers(L.div(rows, L.sqrt(L.add(psi2, 1e-5))));
      const first = layer.forward(x);
      close(first, scaled(square), 5); // the batch's own
      close(layer.psi2, numbers(square), 5); // (0 · 1 + square) / 1, then towards the same
      layer.forward(L.mul(x, 3)); // the same rows after scaling
      layer.forward(x);
      const before = numbers(layer.psi2);
      layer.eval();
      close(layer.forward(x), scaled(layer.psi2), 5);
      expect(numbers(layer.psi2)).toEqual(before);
      expect(Object.keys(layer.parameters())).toEqual(["gain", "bias"]);
      expect(Object.keys(layer.buffers())).toEqual(["psi2", "nu"]);
      layer.dispose();
    });
  });
});

describe("batchNorm", () => {
  test("in a layer: the batch in training, running averages in use, both saved and loaded", () => {
    L.scope(() => {
      const layer = new L.nn.BatchNorm(3, { momentum: 0.5 });
      const x = L.add(L.mul(L.random.normal(key, [6, 4, 5, 3]), L.tensor([1, 2, 3])), L.tensor([1, 0, -5]));
      const y = layer.forward(x);
      close(L.mean(y, { axis: [0, 1, 2] }), [0, 0, 0], 5);
      close(L.mean(L.square(y), { axis: [0, 1, 2] }), [1, 1, 1], 4);
      close(layer.mean, numbers(L.mul(L.mean(x, { axis: [0, 1, 2] }), 0.5)), 5);
      const unbiased = L.variance(L.reshape(x, [120, 3]), { axis: 0, correction: 1 });
      close(layer.variance, numbers(L.add(L.mul(unbiased, 0.5), 0.5)), 4);
      layer.eval();
      const used = layer.forward(x);
      const other = new L.nn.BatchNorm(3);
      other.load(L.safetensors.parse(L.safetensors.serialize(layer.state())).tensors);
      close(other.eval().forward(x), numbers(used));
      other.load(layer.parameters());
      expect(() => other.load({ mean: layer.mean })).toThrow(L.OptionError);
      layer.dispose();
      other.dispose();
    });
  });

  test("follows nothing when a checkpoint runs it again", () => {
    L.scope(() => {
      const layer = new L.nn.BatchNorm(3);
      const again = new L.nn.BatchNorm(3);
      const x = L.random.normal(key, [8, 3]);
      const square = (layer: L.nn.Module) => (x: L.Tensor) => L.square(layer.forward(x));
      const plain = L.grad((x: L.Tensor) => L.sum(square(layer)(x)))(x);
      const block = L.checkpoint(square(again), again.parameters());
      close(L.grad((x: L.Tensor) => L.sum(block(x)))(x), numbers(plain), 5);
      close(again.mean, numbers(layer.mean));
      layer.dispose();
      again.dispose();
    });
  });

  test("is folded into what comes right before it", () => {
    L.scope(() => {
      const network = new L.nn.Sequential(
        new L.nn.Conv2d(3, 4, 3, { key, bias: false, padding: "same" }),
        new L.nn.BatchNorm(4),
        new L.nn.ReLU(),
        new L.nn.DepthwiseConv2d(4, 3, { key, multiplier: 2 }),
        new L.nn.BatchNorm(8),
        new L.nn.Flatten(),
        new L.nn.BatchNorm(72),
        new L.nn.Sequential(new L.nn.Linear(72, 5, { key, bias: false }), new L.nn.BatchNorm(5)),
      );
      const x = L.random.normal(key, [6, 5, 5, 3]);
      for (let step = 0; step < 20; step++) L.scope(() => void network.forward(x));
      const expected = numbers(network.eval().forward(x));
      const folded = network.fold();
      close(folded.forward(x), expected, 4);
      expect(Object.keys(folded.buffers())).toEqual(["4.mean", "4.variance"]); // behind Flatten there is nothing
      network.dispose();
      folded.dispose();
    });
  });

  test("is left as it is where a subclass computes something else, or one is before it", () => {
    class Doubled extends L.nn.BatchNorm {
      override forward(x: L.Tensor): L.Tensor {
        return L.mul(super.forward(x), 2);
      }
    }
    class Halved extends L.nn.Linear {
      override forward(x: L.Tensor): L.Tensor {
        return L.mul(super.forward(x), 0.5);
      }
    }
    L.scope(() => {
      const x = L.random.normal(key, [6, 3]);
      for (const [layer, norm] of [
        [L.nn.Linear, Doubled],
        [Halved, L.nn.BatchNorm],
      ] as const) {
        const network = new L.nn.Sequential(new layer(3, 4, { key }), new norm(4));
        for (let step = 0; step < 5; step++) L.scope(() => void network.forward(x));
        const expected = numbers(network.eval().forward(x));
        const folded = network.fold();
        close(folded.forward(x), expected);
        expect(folded.layers).toHaveLength(2);
        network.dispose();
        folded.dispose();
      }
    });
  });

  test("names what does not fit", () => {
    L.scope(() => {
      const x = L.ones([2, 3, 4]);
      const statistics = { mean: L.zeros([3]), variance: L.ones([4]) };
      expect(() => L.batchNorm(x, 1, 0, statistics)).toThrow(
        new L.ShapeError("batchNorm: mean is [3], expected [4] (channels of x [2, 3, 4])"),
      );
      expect(() => L.batchNorm(x, 1, 0, { training: false })).toThrow(L.OptionError);
      expect(() => L.batchNorm(x, L.ones([2]))).toThrow(
        new L.ShapeError("batchNorm: gain is [2], expected [4] (channels of x [2, 3, 4])"),
      );
      expect(() => L.groupNorm(x, 3)).toThrow(
        new L.OptionError("groupNorm: groups is 3, expected a whole number that divides 4 channels"),
      );
      expect(() => L.instanceNorm(L.ones([3]))).toThrow(
        new L.ShapeError("instanceNorm: x is [3], expected [batch, …, channels]"),
      );
      expect(() => new L.nn.GroupNorm(3, 4)).toThrow(L.OptionError);
      expect(() => new L.nn.PowerNorm(4, { groups: 3 })).toThrow(L.OptionError);
      expect(() => L.weightNorm(x, L.ones([3]), { axis: -1 })).toThrow(
        new L.ShapeError("weightNorm: gain is [3], expected [4] (axis 2 of v [2, 3, 4])"),
      );
    });
  });

  test("takes channels first", () => {
    L.scope(() => {
      const x = L.random.normal(key, [2, 4, 5, 6]);
      const last = L.permuteDims(x, [0, 2, 3, 1]);
      const first = (y: L.Tensor): number[] => numbers(L.permuteDims(y, [0, 3, 1, 2]));
      const format = { dataFormat: "NCHW" } as const;
      close(L.batchNorm(x, 2, 1, format), first(L.batchNorm(last, 2, 1)));
      close(L.groupNorm(x, 2, 1, 0, format), first(L.groupNorm(last, 2)));
      close(L.instanceNorm(x, 1, 0, format), first(L.instanceNorm(last)));
    });
  });
});

test("one gain for all is one number with one gradient", () => {
  L.scope(() => {
    const x = L.random.normal(key, [3, 5]);
    const weights = L.random.normal(L.random.key(6), [3, 5]);
    const [gain, bias] = [L.tensor(1.5), L.tensor(0.5)];
    type Norm = (x: L.Tensor, gain: L.Tensor, bias: L.Tensor) => L.Tensor;
    for (const f of [L.layerNorm as Norm, ((x, gain) => L.rmsNorm(x, gain)) as Norm]) {
      const wide = (g: L.Tensor): L.Tensor => L.broadcastTo(g, [5]);
      const loss = (y: L.Tensor): L.Tensor => L.sum(L.mul(y, weights));
      const own = L.grad(([x, g, b]: readonly L.Tensor[]) => loss(f(x, g, b)))([x, gain, bias]);
      const same = L.grad(([x, g, b]: readonly L.Tensor[]) => loss(f(x, wide(g), wide(b))))([x, gain, bias]);
      own.forEach((gradient, i) => close(gradient, numbers(same[i]), 5));
    }
  });
});

test("masked softmax: rows that are masked throughout are 0, their logarithm −∞", () => {
  L.scope(() => {
    const x = L.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const mask = L.tensor([
      [true, false, true],
      [false, false, false],
    ]);
    const e = Math.exp(2);
    close(L.softmax(x, { mask }), [1 / (1 + e), 0, e / (1 + e), 0, 0, 0]);
    expect(numbers(L.logSoftmax(x, { mask })).slice(3)).toEqual([-Infinity, -Infinity, -Infinity]);
    const dx = L.grad((x: L.Tensor) => L.sum(L.square(L.softmax(x, { mask }))))(x);
    expect(numbers(dx).filter((value, i) => !mask.dataSync()[i] && value !== 0)).toEqual([]);
    close(L.softmax(x, { axis: 0, mask: L.tensor([[true], [false]]) }), [1, 1, 1, 0, 0, 0]);
    expect(numbers(L.logsumexp(L.full([1, 3], -Infinity), { axis: 1 }))).toEqual([-Infinity]);
  });
});
