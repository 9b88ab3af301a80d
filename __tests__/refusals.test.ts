/** What the functions made of ops refuse, and in which words; ops themselves have it in their exams. */
import { beforeAll, expect, test } from "@jest/globals";
import * as L from "../src/index.js";

beforeAll(() => L.init());

const { ShapeError, OptionError, IndexError } = L;
const zeros = (...shape: number[]): L.Tensor => L.zeros(shape);
const whole = (...list: number[]): L.Tensor => L.tensor(Int32Array.from(list));

const cases: [call: () => unknown, error: new (message: string) => Error, message: string][] = [
  [() => L.concat([]), ShapeError, "concat: tensors is empty, expected at least one"],
  [
    () => L.concat([zeros(2, 3), zeros(2, 4)]),
    ShapeError,
    "concat: x0 is [2, 3] and x1 is [2, 4], expected the same but for axis 0",
  ],
  [
    () => L.concat([zeros(2), zeros(2)], { axis: 1 }),
    ShapeError,
    "concat: axis is 1, expected a whole number in [-1, 1)",
  ],
  [() => L.stack([zeros(2), zeros(3)]), ShapeError, "stack: x0 is [2] and x1 is [3], expected the same"],
  [() => L.split(zeros(5), 2), ShapeError, "split: 2 equal parts do not make up axis 0 of x [5]"],
  [() => L.split(zeros(5), [2, 2]), ShapeError, "split: sizes [2, 2] do not make up axis 0 of x [5]"],
  [() => L.roll(zeros(5), 0.5), OptionError, "roll: shift is 0.5, expected a whole number"],
  [() => L.tile(zeros(5), [2, 2]), ShapeError, "tile: counts [2, 2] do not fit x [5]"],
  [() => L.repeat(zeros(5), -1), OptionError, "repeat: count is -1, expected a whole number ≥ 0"],
  [
    () => L.pad(zeros(3), [3], [0], { mode: "reflect" }),
    ShapeError,
    "pad: 3 elements of axis 0 of x [3] cannot be added by mode reflect",
  ],
  [
    () => L.pad(zeros(3), [1], [0], { mode: "mirror" as "reflect" }),
    OptionError,
    "pad: mode is mirror, expected one of constant, reflect, replicate, circular",
  ],
  [
    () => L.depthwiseConv2d(zeros(1, 5, 5, 3), zeros(3, 3, 4, 1)),
    ShapeError,
    "depthwiseConv2d: filter is [3, 3, 4, 1], expected [height, width, 3, multiplier] (channels of x [1, 5, 5, 3])",
  ],
  [
    () => L.depthwiseConv2d(zeros(5, 5, 3), zeros(3, 3, 3, 1)),
    ShapeError,
    "depthwiseConv2d: x is [5, 5, 3], expected [batch, height, width, channels]",
  ],
  [
    () => L.separableConv2d(zeros(1, 5, 5, 3), zeros(3, 3, 3, 2), zeros(1, 1, 5, 4)),
    ShapeError,
    "separableConv2d: pointwise is [1, 1, 5, 4], expected [1, 1, 6, outputs]",
  ],
  [
    () => L.prepack(zeros(3, 4)),
    ShapeError,
    "prepack: filter is [3, 4], expected one, two or three axes, channels / groups, outputs",
  ],
  [
    () => L.prepack(zeros(3, 3, 4, 5)).apply(zeros(1, 5, 5, 3)),
    ShapeError,
    "conv2d: filter is [3, 3, 4, 5] in 1 group, for 4 channels, and x [1, 5, 5, 3] has 3",
  ],
  [
    () => L.avgPool(zeros(1, 2, 2, 3), 3),
    ShapeError,
    "avgPool: a window of 3 taps reaches over 3 pixels along axis 1, and x has 2, with its padding 2",
  ],
  [
    () => L.avgPool(zeros(1, 4, 4, 3), [2, 0]),
    OptionError,
    "avgPool: kernel is [2, 0], expected whole numbers ≥ 1",
  ],
  [
    () => L.adaptiveAvgPool(zeros(1, 0, 4, 3), 2),
    ShapeError,
    "adaptiveAvgPool: x is [1, 0, 4, 3], which has no pixels",
  ],
  [
    () => L.globalAvgPool(zeros(4, 3)),
    ShapeError,
    "globalAvgPool: x is [4, 3], expected a batch of images of one, two or three axes",
  ],
  [
    () => L.resizeBilinear(zeros(1, 4, 4, 3), 2, { coordinates: "corners" as never }),
    OptionError,
    'resizeBilinear: coordinates is "corners", expected one of halfPixel, alignCorners, asymmetric',
  ],
  [
    () => L.resizeNearest(zeros(1, 4, 4, 3), [2]),
    OptionError,
    "resizeNearest: size is [2], expected 2 numbers or one",
  ],
  [
    () => L.pixelShuffle(zeros(1, 4, 4, 6), 2),
    ShapeError,
    "pixelShuffle: x is [1, 4, 4, 6], whose 6 channels do not divide by 2²",
  ],
  [
    () => L.pixelUnshuffle(zeros(1, 5, 4, 6), 2),
    ShapeError,
    "pixelUnshuffle: x is [1, 5, 4, 6], whose 5 × 4 pixels do not divide by 2",
  ],
  [
    () => new L.nn.Conv2d(3, 4, 3, { key: L.random.key(1), groups: 2 }),
    OptionError,
    "Conv2d: groups is 2, expected a whole number that divides 3 channels and 4 outputs",
  ],
  [
    () => new L.nn.Conv2d(3, 4, [3, 3, 3], { key: L.random.key(1) }),
    OptionError,
    "Conv2d: kernel is [3, 3, 3], expected 2 numbers or one",
  ],
  [
    () => L.topk(zeros(3), 4),
    ShapeError,
    "topk: k is 4, expected a whole number in [0, 3] (axis -1 of x [3])",
  ],
  [() => L.arange(0, 1, 0), OptionError, "arange: start 0, stop 1 and step 0 make no range"],
  [() => L.linspace(0, 1, 1.5), OptionError, "linspace: count is 1.5, expected a whole number ≥ 0"],
  [() => L.tril(zeros(3)), ShapeError, "tril: x is [3], expected at least two axes"],
  [() => L.diag(zeros(1, 2, 3)), ShapeError, "diag: x is [1, 2, 3], expected one or two axes"],
  [() => L.meshgrid(zeros(2), zeros(2, 2)), ShapeError, "meshgrid: vector 1 is [2, 2], expected one axis"],
  [
    () => L.outer(zeros(2), zeros(2, 2)),
    ShapeError,
    "outer: x is [2] and y is [2, 2], expected one axis each",
  ],
  [
    () => L.dot(zeros(2), zeros(3)),
    ShapeError,
    "dot: x is [2] and y is [3], expected one axis of one length",
  ],
  [
    () => L.cross(zeros(2), zeros(3)),
    ShapeError,
    "cross: x is [2] and y is [3], expected 3 along the last axis",
  ],
  [() => L.kron(zeros(2), zeros(3, 1)), ShapeError, "kron: x is [2] and y is [3, 1], expected two axes each"],
  [
    () => L.einsum("i;j", zeros(2)),
    OptionError,
    'einsum: formula is "i;j", expected letters like "ij,jk->ik"',
  ],
  [() => L.einsum("ij,jk->ik", zeros(2, 3)), OptionError, 'einsum: "ij,jk->ik" has 2 operands, got 1'],
  [() => L.einsum("ij->i", zeros(2)), ShapeError, 'einsum: operand 0 is [2], "ij" names 2 axes'],
  [
    () => L.einsum("ij,jk->ik", zeros(2, 3), zeros(4, 2)),
    ShapeError,
    "einsum: axis j is 3 and, in operand 1 [4, 2], 4",
  ],
  [() => L.einsum("ij->k", zeros(2, 3)), OptionError, 'einsum: "k" is no choice of the axes in "ij"'],
  [() => L.gather(zeros(2, 3), whole(3), { axis: 1 }), IndexError, "gather: indices[0] is not in [0, 3)"],
  [
    () => L.gather(zeros(2, 3), whole(3), { axis: 2 }),
    ShapeError,
    "gather: axis is 2, expected a whole number in [-2, 2)",
  ],
  [
    () => L.gatherND(zeros(2), L.reshape(whole(0, 0), [1, 2])),
    ShapeError,
    "gatherND: indices is [1, 2], expected 1 to 1 coordinates along its last axis",
  ],
  [
    () => L.gatherND(zeros(2, 3), L.reshape(whole(0, 0, 0, 3), [2, 2])),
    IndexError,
    "gatherND: coordinates 1 of indices [2, 2] lie outside [2, 3]",
  ],
  [
    () => L.scatterND(L.reshape(whole(0, 1), [2, 1]), zeros(3), [4]),
    ShapeError,
    "scatterND: updates is [3], expected [2]",
  ],
  [
    () => L.softmax(zeros(2, 3), { axis: 5 }),
    ShapeError,
    "softmax: axis is 5, expected a whole number in [-2, 2)",
  ],
];

test.each(cases.map(([call, error, message]) => ({ call, error, message })))(
  "$message",
  ({ call, error, message }) => {
    const before = L.memory().liveBytes;
    expect(() => L.scope(() => call() as L.Tensor)).toThrow(new error(message));
    expect(L.memory().liveBytes).toBe(before);
  },
);
