/** Convolutions and poolings as a whole: which algorithm is taken, what is packed, how much memory it takes, layers, formats. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import * as L from "../src/index.js";
import { convFilter } from "../src/ops/convolution.js";
import { randomNumbers, sizeOf } from "./exams.js";

beforeAll(() => L.init());

const filled = (shape: readonly number[], seed: number): L.Tensor => {
  const random = randomNumbers(seed);
  return L.tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    shape,
  );
};

/** The largest difference of two tensors. */
const apart = (a: L.Tensor, b: L.Tensor): number => {
  const [x, y] = [[...a.dataSync()], b.dataSync()];
  expect(a.shape).toEqual(b.shape);
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
};

/** The algorithms of the kernels that f ran. */
const taken = (f: () => L.Tensor): (string | undefined)[] =>
  L.profile(() => f().dispose()).calls.map(({ algorithm }) => algorithm);

describe("the algorithm", () => {
  test("is told by profile, with shapes, work and scratch", () => {
    const x = filled([1, 28, 28, 32], 1);
    const filter = filled([3, 3, 32, 32], 2);
    const { result, calls } = L.profile(() => L.conv2d(x, filter, { padding: "same" }));
    expect(result.shape).toEqual([1, 28, 28, 32]);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      op: "conv2d",
      kernel: "winograd",
      algorithm: "winograd4",
      inputs: [[1, 28, 28, 32], [3, 3, 32, 32], []], // prettier-ignore
      flops: 2 * 28 * 28 * 9 * 32 * 32,
    });
    expect(calls[0].scratch).toBeGreaterThan(0);
    for (const tensor of [x, filter, result]) tensor.dispose();
  });

  test("suits the window", () => {
    L.scope(() => {
      const x = filled([1, 16, 16, 8], 1);
      const conv = (filter: number[], options: L.ConvOptions) => (): L.Tensor =>
        L.conv2d(x, filled(filter, 2), options);
      expect(taken(conv([1, 1, 8, 8], {}))).toEqual(["GEMM"]);
      expect(taken(conv([5, 5, 8, 8], {}))).toEqual(["implicit GEMM"]);
      expect(taken(conv([3, 3, 8, 8], { strides: 2 }))).toEqual(["implicit GEMM"]);
      expect(taken(conv([3, 3, 1, 8], { groups: 8 }))).toEqual(["direct"]);
      expect(taken(conv([3, 3, 8, 8], { algorithm: "winograd2" }))).toEqual(["winograd2"]);
    });
  });

  test("of a gradient is asked for along with the convolution's", () => {
    L.scope(() => {
      const [x, filter] = [filled([1, 9, 9, 8], 1), filled([3, 3, 8, 8], 2)];
      for (const algorithm of ["gemm", "winograd4"] as const) {
        const { calls } = L.profile(() =>
          L.grad((x: L.Tensor, w: L.Tensor) => L.sum(L.square(L.conv2d(x, w, { algorithm }))))(x, filter),
        );
        const own = calls.filter(({ op }) => op.startsWith("conv")).map(({ algorithm }) => algorithm);
        expect(own).toEqual(new Array(own.length).fill(algorithm === "gemm" ? "implicit GEMM" : "winograd4"));
      }
    });
  });

  test("is the plain one where precision is asked for", async () => {
    await L.init({ precise: true });
    expect(L.info().precise).toBe(true);
    L.scope(() => {
      const [x, filter] = [filled([1, 28, 28, 32], 1), filled([3, 3, 32, 32], 2)];
      expect(taken(() => L.conv2d(x, filter))).toEqual(["implicit GEMM"]);
      using layer = L.prepack(filter);
      expect(taken(() => layer.apply(x)).at(-1)).toBe("implicit GEMM");
    });
    await L.init();
    expect(L.info().precise).toBe(false);
  });

  test("makes no difference beyond rounding, and gemm none for what stands beside an infinity", () => {
    L.scope(() => {
      const data = Float32Array.from({ length: 8 * 8 * 4 }, (_, i) => (i === 0 ? Infinity : 1));
      const x = L.tensor(data, [1, 8, 8, 4]);
      const filter = L.ones([3, 3, 4, 4]);
      const y = L.conv2d(x, filter, { padding: "same", algorithm: "gemm" }).dataSync();
      expect([...y].filter((value) => !Number.isFinite(value)).length).toBe(4 * 4);
      const w = filled([3, 3, 4, 4], 3);
      const z = filled([2, 11, 10, 4], 4);
      const [exact, ...others] = (["gemm", "winograd2", "winograd4"] as const).map((algorithm) =>
        L.conv2d(z, w, { algorithm }),
      );
      for (const other of others) expect(apart(other, exact)).toBeLessThan(2e-5);
    });
  });
});

describe("packed filters", () => {
  test.each([
    ["3 × 3", [2, 9, 8, 12], [3, 3, 12, 20], { padding: "same" as const, activation: "relu" as const }],
    ["groups", [1, 9, 8, 12], [3, 2, 4, 9], { groups: 3, strides: 2 }],
    ["of each channel", [1, 9, 8, 12], [3, 3, 1, 12], { groups: 12 }],
    ["one tap", [1, 9, 8, 12], [1, 1, 12, 5], {}],
    ["channels first", [1, 12, 8, 9], [3, 3, 12, 20], { dataFormat: "NCHW" as const }],
    ["one axis", [2, 20, 6], [4, 6, 7], { dilations: 2 }],
  ])("do the same: %s", (_, shape, filter, options) => {
    L.scope(() => {
      const [x, w, bias] = [filled(shape, 1), filled(filter, 2), filled([filter[filter.length - 1]], 3)];
      const ops = [L.conv1d, L.conv2d];
      const expected = ops[filter.length - 3](x, w, bias, options);
      using layer = L.prepack(w, bias, options);
      for (let call = 0; call < 2; call++) expect(apart(layer.apply(x), expected)).toBeLessThan(3e-5);
    });
  });

  test("are packed once, and freed", () => {
    const before = L.memory().liveBlocks;
    const [x, w] = [filled([1, 12, 12, 16], 1), filled([3, 3, 16, 16], 2)];
    const layer = L.prepack(w, 0, { padding: "same" });
    const packs = (): number =>
      L.profile(() => layer.apply(x).dispose()).calls.filter(({ op }) => op === "packFilter").length;
    expect([packs(), packs(), packs()]).toEqual([1, 0, 0]);
    for (const each of [x, w, layer]) each.dispose();
    expect(L.memory().liveBlocks).toBe(before);
  });

  test("have no gradient, and say so", () => {
    L.scope(() => {
      const [x, w] = [filled([1, 6, 6, 8], 1), filled([3, 3, 8, 8], 2)];
      using layer = L.prepack(w);
      expect(() => L.grad((x: L.Tensor) => L.sum(layer.apply(x)))(x)).toThrow(L.GradientError);
    });
  });
});

/** Shapes from small to large, of every kind. */
const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  extent: fc.integer({ min: 3, max: 40 }),
  channels: fc.constantFrom(1, 3, 8, 32, 130, 512),
  outputs: fc.constantFrom(1, 5, 16, 64, 256, 512),
  kernel: fc.constantFrom(1, 3, 5),
  stride: fc.integer({ min: 1, max: 3 }),
});

test("scratch is at most what the input and the output take, and 4 MiB", () => {
  /** The bytes of scratch of an op, and at most those of these images and 4 MiB. */
  const limit = (
    op: { definition: object },
    inputs: readonly number[][],
    options: object,
    images: readonly number[][],
  ): void => {
    const { plan, defaults } = op.definition as {
      plan: (inputs: readonly object[], options: object) => { scratch?: number };
      defaults: object;
    };
    const specs = inputs.map((shape) => ({ shape, dtype: "float32" }));
    const { scratch = 0 } = plan(specs, { ...defaults, ...options });
    expect(scratch).toBeLessThanOrEqual(4 * images.reduce((sum, shape) => sum + sizeOf(shape), 0) + 2 ** 22);
  };
  fc.assert(
    fc.property(sizes, ({ batch, extent, channels, outputs, kernel, stride }) => {
      const x = [batch, extent, extent, channels];
      const places = Math.ceil(extent / stride);
      const y = [batch, places, places, outputs];
      const options = { padding: "same", strides: stride };
      limit(L.conv2d, [x, [kernel, kernel, channels, outputs], [outputs]], options, [x, y]);
      limit(L.convTranspose2d, [y, [kernel, kernel, channels, outputs], [channels]], options, [x, y]);
      limit(convFilter, [x, y], { ...options, kernel: [kernel, kernel] }, [x, y]);
    }),
    { numRuns: 300 },
  );
});

test("depthwise and separable convolutions are grouped ones and a mixture", () => {
  L.scope(() => {
    const x = filled([1, 7, 6, 3], 1);
    const [each, mix, bias] = [filled([3, 3, 3, 2], 2), filled([1, 1, 6, 5], 3), filled([5], 4)];
    const apartment = L.conv2d(x, L.reshape(each, [3, 3, 1, 6]), { groups: 3, padding: "same" });
    expect(apart(L.depthwiseConv2d(x, each, 0, { padding: "same" }), apartment)).toBe(0);
    const mixed = L.conv2d(apartment, mix, bias, { activation: "relu" });
    expect(apart(L.separableConv2d(x, each, mix, bias, { padding: "same", activation: "relu" }), mixed)).toBe(
      0,
    );
    const first = L.permuteDims(x, [0, 3, 1, 2]);
    const turned = L.separableConv2d(first, each, mix, bias, { padding: "same", activation: "relu", dataFormat: "NCHW" }); // prettier-ignore
    expect(apart(L.permuteDims(turned, [0, 2, 3, 1]), mixed)).toBe(0);
  });
});

test("poolings and resizings take images with the channels first", () => {
  L.scope(() => {
    const x = filled([2, 6, 5, 3], 1);
    const first = L.permuteDims(x, [0, 3, 1, 2]);
    const dataFormat = "NCHW";
    const pairs: [L.Tensor, L.Tensor][] = [
      [L.avgPool(x, 2, { padding: "same" }), L.avgPool(first, 2, { padding: "same", dataFormat })],
      [L.adaptiveAvgPool(x, [4, 2]), L.adaptiveAvgPool(first, [4, 2], { dataFormat })],
      [L.resizeBilinear(x, 9), L.resizeBilinear(first, 9, { dataFormat })],
      [L.resizeNearest(x, 4), L.resizeNearest(first, 4, { dataFormat })],
    ];
    for (const [y, turned] of pairs) expect(apart(L.permuteDims(turned, [0, 2, 3, 1]), y)).toBe(0);
    expect(apart(L.globalAvgPool(first, { dataFormat }), L.globalAvgPool(x))).toBeLessThan(1e-6);
    expect(
      apart(L.pixelUnshuffle(L.pixelShuffle(filled([1, 2, 3, 8], 2), 2), 2), filled([1, 2, 3, 8], 2)),
    ).toBe(0);
  });
});

describe("layers", () => {
  const key = L.random.key(5);

  test("have the shapes and the results of the ops", () => {
    L.scope(() => {
      const x = filled([2, 8, 9, 6], 1);
      const conv = new L.nn.Conv2d(6, 10, [3, 2], {
        key,
        strides: 2,
        padding: 1,
        groups: 2,
        activation: "relu",
      });
      expect(conv.weight.shape).toEqual([3, 2, 3, 10]);
      const options = { strides: 2, padding: 1, groups: 2, activation: "relu" } as const;
      expect(apart(conv.forward(x), L.conv2d(x, conv.weight, conv.bias!, options))).toBe(0);
      const back = new L.nn.ConvTranspose2d(6, 10, 3, { key, strides: 2, outputPadding: 1, bias: false });
      expect(back.weight.shape).toEqual([3, 3, 10, 6]);
      expect(back.bias).toBeUndefined();
      expect(
        apart(back.forward(x), L.convTranspose2d(x, back.weight, { strides: 2, outputPadding: 1 })),
      ).toBe(0);
      const each = new L.nn.DepthwiseConv2d(6, 3, { key, multiplier: 2, padding: "same" });
      expect(each.weight.shape).toEqual([3, 3, 6, 2]);
      expect(apart(each.forward(x), L.depthwiseConv2d(x, each.weight, each.bias!, { padding: "same" }))).toBe(
        0,
      );
      expect(new L.nn.Conv1d(3, 4, 5, { key }).weight.shape).toEqual([5, 3, 4]);
      expect(new L.nn.Conv3d(3, 4, 2, { key }).weight.shape).toEqual([2, 2, 2, 3, 4]);
      expect(new L.nn.ConvTranspose1d(3, 4, 5, { key }).weight.shape).toEqual([5, 4, 3]);
      expect(new L.nn.ConvTranspose3d(4, 6, 2, { key, groups: 2 }).weight.shape).toEqual([2, 2, 2, 3, 4]);
      expect(new L.nn.Flatten().forward(x).shape).toEqual([2, 8 * 9 * 6]);
      expect(new L.nn.GlobalAvgPool().forward(x).shape).toEqual([2, 6]);
      expect(new L.nn.AdaptiveAvgPool(3).forward(x).shape).toEqual([2, 3, 3, 6]);
      expect(new L.nn.AvgPool(2, { padding: "same" }).forward(x).shape).toEqual([2, 4, 5, 6]);
      expect(new L.nn.MaxPool(3, { strides: 1 }).forward(x).shape).toEqual([2, 6, 7, 6]);
    });
  });

  test("Sequential lets a convolution do the activation that follows", () => {
    L.scope(() => {
      const conv = new L.nn.Conv2d(3, 8, 3, { key });
      const model = new L.nn.Sequential(conv, new L.nn.ReLU(), new L.nn.MaxPool(2));
      const x = filled([1, 6, 6, 3], 1);
      const { result, calls } = L.profile(() => model.forward(x));
      expect(calls.map(({ op }) => op)).toEqual(["conv2d", "maxPool"]);
      expect(apart(result, L.maxPool(L.relu(conv.forward(x)), 2))).toBe(0);
    });
  });

  test("packed weights are used after eval() alone", () => {
    const before = L.memory().liveBlocks;
    const x = filled([1, 6, 6, 8], 1);
    const conv = new L.nn.Conv2d(8, 8, 3, { key }).prepack();
    const op = (): string => {
      const { calls } = L.profile(() => conv.forward(x).dispose());
      return calls.at(-1)!.op;
    };
    expect(op()).toBe("conv2d");
    conv.eval();
    expect(op()).toBe("convPacked");
    conv.train();
    expect(op()).toBe("conv2d");
    for (const each of [x, conv]) each.dispose();
    expect(L.memory().liveBlocks).toBe(before);
  });

  test("a small network learns to tell stripes from columns", () => {
    L.scope(() => {
      const x = L.tensor(
        Float32Array.from({ length: 32 * 64 }, (_, i) => ((i >> 6) % 2 ? (i >> 3) % 2 : i % 2)),
        [32, 8, 8, 1],
      );
      const y = L.tensor(Int32Array.from({ length: 32 }, (_, i) => i % 2));
      const [a, b] = L.random.split(key);
      const model = new L.nn.Sequential(
        new L.nn.Conv2d(1, 4, 3, { key: a, padding: "same" }),
        new L.nn.ReLU(),
        new L.nn.GlobalAvgPool(),
        new L.nn.Linear(4, 2, { key: b }),
      );
      const step = L.valueAndGrad(() => L.nn.crossEntropy(model.forward(x), y), model.parameters());
      const optimizer = new L.optim.Adam(model.parameters(), { learningRate: 0.05 });
      let loss = Infinity;
      for (let i = 0; i < 60; i++)
        L.scope(() => {
          const [value, gradients] = step();
          optimizer.step(gradients);
          loss = value.item();
        });
      expect(loss).toBeLessThan(0.01);
      optimizer.dispose();
    });
  });
});
