/** Losses and their gradients beside PyTorch's: its 1.13 in float64, on the same numbers. */
import { beforeAll, expect, test } from "@jest/globals";
import * as L from "../src/index.js";

beforeAll(() => L.init());

const x = [[0.5, -1.25, 2], [3, -0.75, 0]]; // prettier-ignore
const target = [[1, -1, -0.5], [0.25, -0.75, 0.5]]; // prettier-ignore
const chances = [[1, 0, 0.25], [0, 1, 0.5]]; // prettier-ignore
const signs = [[1, -1, 1], [-1, -1, 1]]; // prettier-ignore

/** By torch.nn.functional of that name (kl_div of log_softmax(x) and softmax(target), "batchmean"; triplet with eps 0). */
const cases: Record<string, [loss: (x: L.Tensor) => L.Tensor, value: number, gradient: number[]]> = {
  l1_loss: [
    (x) => L.nn.meanAbsoluteError(x, L.tensor(target)),
    1.0833333333333333,
    [-0.166666666667, -0.166666666667, 0.166666666667, 0.166666666667, 0, -0.166666666667],
  ],
  "huber_loss, delta 0.5": [
    (x) => L.nn.huber(x, L.tensor(target), { delta: 0.5 }),
    0.4427083333333333,
    [-0.083333333333, -0.041666666667, 0.083333333333, 0.083333333333, 0, -0.083333333333],
  ],
  binary_cross_entropy_with_logits: [
    (x) => L.nn.binaryCrossEntropy(x, L.tensor(chances)),
    1.2052566024695066,
    [-0.0629234448, 0.037116689804, 0.10513284633, 0.15876235447, -0.113196449863, 0],
  ],
  kl_div: [
    (x) => L.nn.klDivergence(L.logSoftmax(x), L.softmax(L.tensor(target))),
    0.9795871298007417,
    [-0.279652271103, -0.034448453868, 0.314100724971, 0.277307169888, -0.058405594608, -0.218901575281],
  ],
  "clamp(1 − s · x, min=0)": [
    (x) => L.nn.hinge(x, L.tensor(signs)),
    0.9583333333333334,
    [-0.166666666667, 0, 0, 0.166666666667, 0.166666666667, -0.166666666667],
  ],
  "1 − cosine_similarity": [
    (x) => L.nn.cosineDistance(x, L.tensor(target)),
    0.6694335272836999,
    [-0.129340211386, 0.115960189518, 0.104810171295, 0.027961729251, 0.111846917005, -0.08642716314],
  ],
  "triplet_margin_loss, margin 2": [
    (x) => L.nn.tripletMargin(x, L.tensor(target), L.neg(L.tensor(target)), { margin: 2 }),
    1.3251426852255754,
    [-0.340125632331, 0.315008433907, 0.245414411438, 0.042320553537, 0.20751433916, -0.158614165487],
  ],
};

test.each(Object.entries(cases))("%s", (_, [loss, value, gradient]) =>
  L.scope(() => {
    const [y, dx] = L.valueAndGrad(loss)(L.tensor(x));
    expect(y.item()).toBeCloseTo(value, 6);
    Array.from(dx.dataSync()).forEach((d, i) => expect(d).toBeCloseTo(gradient[i], 6));
  }),
);

test("extremes: no overflow, nothing lost", () =>
  L.scope(() => {
    const large = L.nn.binaryCrossEntropy(L.tensor([1000, -1000]), L.tensor([1, 0]));
    expect(large.item()).toBe(0);
    expect(L.nn.binaryCrossEntropy(L.tensor([1000]), L.tensor([0])).item()).toBe(1000);
    expect(L.nn.klDivergence(L.log(L.tensor([[0.5, 0.5]])), L.tensor([[0, 1]])).item()).toBeCloseTo(
      Math.LN2,
      6,
    );
  }));

test("errors", () =>
  L.scope(() => {
    const [two, three] = [L.ones([2]), L.ones([3])];
    for (const loss of [L.nn.meanAbsoluteError, L.nn.huber, L.nn.binaryCrossEntropy, L.nn.klDivergence, L.nn.hinge, L.nn.cosineDistance]) // prettier-ignore
      expect(() => loss(two, three)).toThrow(new RegExp(`^${loss.name}: .* is \\[2\\] and .* is \\[3\\], expected the same$`)); // prettier-ignore
    expect(() => L.nn.tripletMargin(two, two, three)).toThrow(
      new L.ShapeError("tripletMargin: anchor is [2] and negative is [3], expected the same"),
    );
    expect(() => L.nn.huber(two, two, { delta: 0 })).toThrow(
      new L.OptionError("huber: delta is 0, expected a number above 0"),
    );
  }));
