/** Numbers of 16 and 8 bits: what they hold, products with them, and derivatives that pass through them. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { elementOf, valueOf } from "../src/dtype.js";
import { runnable } from "./binaries.js";
import { randomNumbers } from "./exams.js";

const random = randomNumbers(7);
const reals = (...shape: number[]): L.Tensor =>
  L.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
    shape,
  );

/** The largest difference of corresponding elements. */
function distance(x: L.Tensor, y: L.Tensor): number {
  expect(x.shape).toEqual(y.shape);
  const [a, b] = [Array.from(x.dataSync()), y.dataSync()];
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => L.init({ prefer: [binary] }));

  test.each(["float16", "bfloat16"] as const)("every %s is read, and made again of what was read", (dtype) =>
    L.scope(() => {
      const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
      const read = L.cast(L.tensor(bits, [65536], dtype), "float32");
      const expected = Float32Array.from(bits, (element) => valueOf(dtype, element));
      expect(read.dataSync()).toEqual(expected);
      const back = L.cast(read, dtype).dataSync();
      bits.forEach((element, i) => {
        if (!Number.isNaN(expected[i])) expect(back[i]).toBe(element);
        else expect(valueOf(dtype, back[i])).toBeNaN();
      });
    }),
  );

  test.each(["float16", "bfloat16"] as const)("%s is the nearest, as in JavaScript", (dtype) =>
    L.scope(() => {
      const floats = new Float32Array(new Uint32Array(1 << 18).map((_, i) => i * 16381).buffer);
      const bits = L.cast(L.tensor(floats), dtype).dataSync();
      const wrong = [...bits].filter(
        (element, i) => !Object.is(valueOf(dtype, element), valueOf(dtype, elementOf(dtype, floats[i]))),
      );
      expect(wrong).toEqual([]);
    }),
  );

  /** Every way through the product: few rows, few columns, blocks, batches, each operand's transpose. */
  const shapes: readonly [a: number[], b: number[], options: object][] = [
    [[1, 70], [70, 33], {}], // prettier-ignore
    [[1, 70], [33, 70], { transposeB: true }], // prettier-ignore
    [[70, 64], [64, 3], {}], // prettier-ignore
    [[70, 64], [64, 1], {}], // prettier-ignore
    [[64, 70], [64, 1], { transposeA: true }], // prettier-ignore
    [[37, 41], [41, 43], {}], // prettier-ignore
    [[37, 300], [131, 300], { transposeB: true }], // prettier-ignore
    [[41, 37], [43, 41], { transposeA: true, transposeB: true }], // prettier-ignore
    [[3, 17, 19], [3, 19, 23], {}], // prettier-ignore
    [[2, 17, 19], [19, 23], {}], // prettier-ignore
    [[2, 3, 17, 19], [3, 23, 19], { transposeB: true }], // prettier-ignore
    [[0, 4], [4, 5], {}], // prettier-ignore
  ];

  test.each(["float16", "bfloat16"] as const)("a product with %s is that with what it means", (dtype) => {
    for (const [a, b, options] of shapes)
      L.scope(() => {
        const x = reals(...a);
        const w = L.cast(reals(...b), dtype);
        const y = L.matmul(x, w, options);
        expect(y.dtype).toBe("float32");
        const expected = L.matmul(x, L.cast(w, "float32"), options);
        expect([a, b, distance(y, expected) < 1e-5]).toEqual([a, b, true]);
      });
    expect(L.memory().liveBlocks).toBe(0);
  });
});

describe("derivatives", () => {
  beforeAll(() => L.init());

  test("pass through numbers of 16 bits as float32", () =>
    L.scope(() => {
      const [x, w, dy] = [reals(5, 7), reals(7, 3), reals(5, 3)];
      const loss = (weights: L.Tensor): L.Tensor => L.sum(L.mul(L.matmul(x, L.cast(weights, "float16")), dy));
      const gradient = L.grad(loss)(w);
      expect(gradient.dtype).toBe("float32");
      expect(distance(gradient, L.matmul(x, dy, { transposeA: true }))).toBe(0);
      const half = L.cast(w, "bfloat16");
      const own = L.grad((weights: L.Tensor) => L.sum(L.mul(L.matmul(x, weights), dy)))(half);
      expect(distance(own, gradient)).toBe(0);
    }));

  test("linear takes weights of 16 bits", () =>
    L.scope(() => {
      const [x, w, bias] = [reals(5, 7), L.cast(reals(3, 7), "float16"), reals(3)];
      const y = L.linear(x, w, bias, { activation: "relu" });
      expect(distance(y, L.linear(x, L.cast(w, "float32"), bias, { activation: "relu" }))).toBeLessThan(1e-6);
      const dx = L.grad((input: L.Tensor) => L.sum(L.linear(input, w, bias)))(x);
      expect(
        distance(dx, L.grad((input: L.Tensor) => L.sum(L.linear(input, L.cast(w, "float32"), bias)))(x)),
      ).toBe(0);
    }));

  test("fakeQuantize lets them pass in range, and stops them beyond", () =>
    L.scope(() => {
      const x = L.tensor([0.24, -0.26, 12.74, 12.76, -13, 0]);
      const y = L.fakeQuantize(x, 0.1);
      expect(distance(y, L.tensor([0.2, -0.3, 12.7, 12.7, -12.7, 0]))).toBeLessThan(1e-6);
      const gradient = L.grad((input: L.Tensor) => L.sum(L.mul(L.fakeQuantize(input, 0.1), 3)))(x);
      expect(gradient.toArray()).toEqual([3, 3, 3, 0, 0, 3]);
    }));
});

describe("quantization", () => {
  beforeAll(() => L.init());

  test.each([8, 7])("of %i bits keeps a product within its rounding", (bits) =>
    L.scope(() => {
      const [x, w] = [reals(33, 129), reals(50, 129)];
      const [xScale, wScale] = [L.scaleOf(x, { axis: -1, bits }), L.scaleOf(w, { axis: -1, bits })];
      expect([xScale.shape, wScale.shape]).toEqual([[33, 1], [50, 1]]); // prettier-ignore
      const [q, p] = [L.quantize(x, xScale, { bits }), L.quantize(w, wScale, { bits })];
      expect(distance(L.dequantize(q, xScale), x)).toBeLessThan(0.51 / (2 ** (bits - 1) - 1));
      expect(distance(L.fakeQuantize(x, xScale, { bits }), L.dequantize(q, xScale))).toBe(0);
      const y = L.matmulQuantized(q, p, xScale, wScale, { transposeB: true });
      const meant = L.matmul(L.dequantize(q, xScale), L.dequantize(p, wScale), { transposeB: true });
      expect(distance(y, meant)).toBeLessThan(1e-5);
      expect(distance(y, L.matmul(x, w, { transposeB: true }))).toBeLessThan(bits === 8 ? 0.15 : 0.3);
    }),
  );

  test("of zeros has scale 1", () =>
    L.scope(() => expect(L.scaleOf(L.zeros([2, 3]), { axis: -1 }).toArray()).toEqual([[1], [1]])));
});

test("typed arrays of numbers of 16 bits hold their bits, other data their values", async () => {
  await L.init();
  L.scope(() => {
    expect(L.tensor([1, -2, 65504, 1e9, NaN], [5], "float16").toArray()).toEqual([
      1,
      -2,
      65504,
      Infinity,
      NaN,
    ]);
    expect(L.tensor(Uint16Array.of(0x3c00, 0xc000), [2], "float16").toArray()).toEqual([1, -2]);
    expect([...L.tensor([1, -2], [2], "bfloat16").dataSync()]).toEqual([0x3f80, 0xc000]);
    expect(L.reshape(L.tensor([1, 2, 3, 4], [4], "float16"), [2, 2]).toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(() => L.add(L.tensor([1], [1], "float16"), 1)).toThrow(
      new L.DTypeError("add: x is float16, expected float32, float64 or int32"),
    );
    expect(() => L.full([2], 1, { dtype: "int8" })).toThrow(
      new L.DTypeError("full: dtype is int8, expected one of 4 or 8 bytes (cast converts)"),
    );
    expect(() => L.matmul(L.zeros([2, 2]), L.tensor([1, 2, 3, 4], [2, 2], "float64"))).toThrow(
      new L.DTypeError("matmul: b is float64, expected float32 (cast converts)"),
    );
  });
  expect(L.memory().liveBlocks).toBe(0);
});
