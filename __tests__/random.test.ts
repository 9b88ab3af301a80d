/** The generator: known answers, the same bits everywhere, and that they look random. */
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { threefry } from "../src/random.js";
import { runnable } from "./binaries.js";
import { bitsOf } from "./compare.js";

type Key = L.random.Key;

/** Threefry-2x32 with 20 rounds: kat_vectors of Random123 (Salmon, Moraes, Dror, Shaw, 2011). */
const knownAnswers = [
  { counter: [0, 0], key: [0, 0], words: [0x6b200159, 0x99ba4efe] },
  { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], words: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], words: [0xc4923a9c, 0x483df7a0] },
];

test.each(knownAnswers)("threefry: counter $counter", ({ counter, key, words }) => {
  const signed = ([a, b]: readonly number[]): Key => [a | 0, b | 0];
  expect(threefry(signed(key), signed(counter))).toEqual(signed(words));
});

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => L.init({ prefer: [binary] }));

  test("the kernel's stream begins with the known answer", () => {
    expect(
      [...L.random.randomBits([0, 0], [8]).dataSync()].map((x) => x >>> 0).filter((_, i) => i % 4 === 0),
    ).toEqual(knownAnswers[0].words);
  });

  test("the kernel's stream is the scalar one", () => {
    for (const key of [L.random.key(7), L.random.key(2 ** 53 - 1), [-1, -1] as const]) {
      const expected = Array.from(
        { length: 1003 },
        (_, i) => threefry(key, [4 * (i >> 3) + (i & 3), 0])[(i >> 2) & 1],
      );
      expect([...L.random.randomBits(key, [1003]).dataSync()]).toEqual(expected);
    }
  });
});

/** FNV-1a, 32 bits. */
function checksum(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}

/** What a seed gives is part of the interface: the same bits on every machine, binary and version. */
const checksums = {
  uniform: "ecbad6b2",
  normal: "1ed03a55",
  bernoulli: "6623bf58",
  permutation: "1f903d47",
  exponential: "d09dee6c",
  gumbel: "3586d9ca",
  truncatedNormal: "6ed910f1",
  tail: "43daa05a",
  gamma: "18610c3c",
  smallGamma: "454a5d31",
  categorical: "a8349fa6",
  multivariateNormal: "6361abd0",
};

test.each(runnable)("a key gives the bits that it always gave on %s", async (binary) => {
  await L.init({ prefer: [binary] });
  const key = L.random.key(3);
  const made = {
    uniform: L.random.uniform(key, [10007], { low: -1, high: 3 }),
    normal: L.random.normal(key, [10007], { mean: 1, deviation: 2 }),
    bernoulli: L.random.bernoulli(key, [10007], 0.3),
    permutation: L.random.permutation(key, 10007),
    exponential: L.random.exponential(key, [10007]),
    gumbel: L.random.gumbel(key, [10007]),
    truncatedNormal: L.random.truncatedNormal(key, [10007]),
    tail: L.random.truncatedNormal(key, [10007], { low: 3, high: 4 }),
    gamma: L.random.gamma(key, [10007], { concentration: 3 }),
    smallGamma: L.random.gamma(key, [10007], { concentration: 0.25 }),
    categorical: L.random.categorical(L.tensor([0, 1, 2]), key, [10007]),
    multivariateNormal: L.random.multivariateNormal(key, [1007], L.tensor([1, 2]), L.tensor([[2, 1], [1, 3]])), // prettier-ignore
  };
  const found = Object.entries(made).map(([name, x]) => [name, checksum(bitsOf(x.dataSync()))]);
  expect(Object.fromEntries(found)).toEqual(checksums);
});

describe("distributions", () => {
  beforeEach(() => L.init());
  const n = 1 << 18;
  const moments = (x: L.Tensor): number[] => {
    const data = Float64Array.from(x.dataSync());
    const mean = data.reduce((sum, value) => sum + value, 0) / n;
    return [
      mean,
      ...[2, 3, 4].map((power) => data.reduce((sum, value) => sum + (value - mean) ** power, 0) / n),
    ];
  };

  /** Five standard deviations of each estimate; the key is fixed, so that this does not fail by chance. */
  const within = (value: number, expected: number, variance: number): void =>
    expect(Math.abs(value - expected)).toBeLessThan(5 * Math.sqrt(variance / n));

  test("uniform: moments, range", () => {
    const x = L.random.uniform(L.random.key(1), [n]);
    const [mean, variance] = moments(x);
    within(mean, 1 / 2, 1 / 12);
    within(variance, 1 / 12, 1 / 180);
    expect(x.dataSync().every((value) => value >= 0 && value < 1)).toBe(true);
    const narrow = L.random.uniform(L.random.key(1), [n], { low: 1, high: 1 + 2 ** -22 }).dataSync();
    expect(narrow.every((value) => value >= 1 && value < 1 + 2 ** -22)).toBe(true); // rounding never reaches high
  });

  test("normal: moments, tails", () => {
    const x = L.random.normal(L.random.key(2), [n]);
    const [mean, variance, third, fourth] = moments(x);
    within(mean, 0, 1);
    within(variance, 1, 2);
    within(third, 0, 15 - 9);
    within(fourth, 3, 105 - 9);
    const beyond = x.dataSync().filter((value) => Math.abs(value) > 3).length / n;
    within(beyond, 0.0026998, 0.0026998);
    expect(x.dataSync().every(Number.isFinite)).toBe(true);
  });

  test("exponential, gumbel: moments, tails", () => {
    const x = L.random.exponential(L.random.key(12), [n], { rate: 2 });
    const [mean, variance] = moments(x);
    within(mean, 1 / 2, 1 / 4);
    within(variance, 1 / 4, 8 / 16);
    expect(x.dataSync().every((value) => value > 0 && value < 30)).toBe(true);
    const small = x.dataSync().filter((value) => value < 2 ** -12 / 2).length / n;
    within(small, 2 ** -12, 2 ** -12);
    const euler = 0.5772156649;
    const g = L.random.gumbel(L.random.key(13), [n], { location: 1, scale: 2 });
    const [location, spread] = moments(g);
    within(location, 1 + 2 * euler, (4 * Math.PI ** 2) / 6);
    within(spread, (4 * Math.PI ** 2) / 6, 4.4 * ((4 * Math.PI ** 2) / 6) ** 2);
  });

  test("truncatedNormal: moments of the body and of a tail, bounds", () => {
    const x = L.random.truncatedNormal(L.random.key(14), [n], { mean: 10, deviation: 3 });
    const [mean, variance] = moments(x);
    within(mean, 10, 9 * 0.774);
    within(variance, 9 * 0.7737413, 81 * 2);
    expect(x.dataSync().every((value) => value >= 4 && value <= 16)).toBe(true);
    // Beyond 5 deviations the mean is φ(5) / Φ(−5).
    const tail = L.random.truncatedNormal(L.random.key(15), [n], { low: -Infinity, high: -5 });
    const [far, width] = moments(tail);
    within(far, -5.1865036, 0.0337);
    within(width, 0.0326, 0.01);
    expect(tail.dataSync().every((value) => value <= -5)).toBe(true);
  });

  test.each([0.2, 1, 4.5])("gamma with concentration %d: moments", (concentration) => {
    const x = L.random.gamma(L.random.key(16), [n], { concentration, rate: 0.5 });
    const [mean, variance, third] = moments(x);
    within(mean, 2 * concentration, 4 * concentration);
    within(variance, 4 * concentration, 16 * (2 * concentration ** 2 + 6 * concentration));
    within(third, 16 * concentration, 64 * (15 * concentration ** 3 + 130 * concentration ** 2 + 120 * concentration)); // prettier-ignore
    expect(x.dataSync().every((value) => value >= 0 && value < Infinity)).toBe(true);
  });

  test("categorical: each class by its probability", () => {
    const logits = L.tensor([Math.log(0.1), Math.log(0.6), -Infinity, Math.log(0.3)]);
    const drawn = L.random.categorical(logits, L.random.key(17), [n]).dataSync();
    [0.1, 0.6, 0, 0.3].forEach((p, c) =>
      within(drawn.filter((value) => value === c).length / n, p, Math.max(p * (1 - p), 1e-9)),
    );
  });

  test("multivariateNormal: mean and covariance, and what it refuses", () => {
    const covariance = L.tensor([[4, 1.2, 0], [1.2, 1, -0.3], [0, -0.3, 0.5]]); // prettier-ignore
    const mean = L.tensor([1, -2, 3]);
    const x = L.random.multivariateNormal(L.random.key(18), [n], mean, covariance);
    expect(x.shape).toEqual([n, 3]);
    const centred = L.sub(x, mean);
    L.mean(centred, { axis: 0 })
      .dataSync()
      .forEach((value, i) => within(value, 0, covariance.dataSync()[4 * i]));
    const found = L.matmul(L.mul(centred, 1 / n), centred, { transposeA: true }).dataSync();
    covariance.dataSync().forEach((value, i) => within(found[i], value, 32));
    const draw = (c: L.Tensor) => (): unknown => L.random.multivariateNormal([0, 0], [2], L.ones([2]), c);
    expect(draw(L.tensor([[1, 2], [2, 1]]))).toThrow("multivariateNormal: covariance is not positive definite (row 1)"); // prettier-ignore
    expect(draw(L.tensor([[1, 2], [0, 1]]))).toThrow("multivariateNormal: covariance is not symmetric at [1, 0]"); // prettier-ignore
    expect(draw(L.ones([3, 3]))).toThrow(
      new L.ShapeError("multivariateNormal: covariance is [3, 3], expected [2, 2] (mean [2])"),
    );
  });

  test("neighbours, the two halves of a pair, and streams of neighbouring keys are uncorrelated", () => {
    const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += (a[i] - 0.5) * (b[i] - 0.5) * 12;
      return sum / a.length;
    };
    const x = L.random.uniform(L.random.key(5), [n]).dataSync();
    const y = L.random.uniform(L.random.key(6), [n]).dataSync();
    for (const lag of [1, 4, 8]) within(correlation(x.subarray(0, n - lag), x.subarray(lag)), 0, 1);
    within(correlation(x, y), 0, 1);
  });

  test("bernoulli: its share", () => {
    within(L.mean(L.random.bernoulli(L.random.key(4), [n], 0.3)).item(), 0.3, 0.21);
  });

  test("permutation: each number once, each place equally likely", () => {
    const shuffled = [...L.random.permutation(L.random.key(8), 1000).dataSync()];
    const ordered = Array.from({ length: 1000 }, (_, i) => i);
    expect(shuffled).not.toEqual(ordered);
    expect(shuffled.sort((a, b) => a - b)).toEqual(ordered);
    const counts = new Map<string, number>();
    for (const key of L.random.split(L.random.key(9), 2400)) {
      const order = String(L.random.permutation(key, 4).dataSync());
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    expect(chiSquared).toBeLessThan(52); // 23 degrees of freedom: exceeded once in 2000 keys
  });

  test("dropout: the share, the scale, and the same mask for the gradient", () => {
    const key = L.random.key(11);
    const x = L.full([n], 2);
    const y = L.random.dropout(x, key, 0.25);
    const kept = y.dataSync().filter((value) => value !== 0);
    within(kept.length / n, 0.75, 0.1875);
    expect(kept.every((value) => Math.abs(value - 2 / 0.75) < 1e-6)).toBe(true);
    const gradient = L.grad((x: L.Tensor) => L.sum(L.random.dropout(x, key, 0.25)))(x).dataSync();
    expect(y.dataSync().every((value, i) => (value === 0) === (gradient[i] === 0))).toBe(true);
    expect(bitsOf(L.random.dropout(x, key, 0).dataSync()).equals(bitsOf(x.dataSync()))).toBe(true);
  });
});

describe("keys", () => {
  test("are a function of the seed", () => {
    expect(L.random.key(1)).toEqual(L.random.key(1));
    expect(L.random.key(2 ** 32 + 1)).not.toEqual(L.random.key(1));
    for (const seed of [-1, 1.5, NaN, 2 ** 53])
      expect(() => L.random.key(seed)).toThrow(
        new L.OptionError(`random.key: seed is ${seed}, expected a whole number in [0, 2 ** 53)`),
      );
  });

  test("split and foldIn give keys that differ from each other, from their parent, and from the stream", () => {
    const parent = L.random.key(5);
    const made = [
      parent,
      ...L.random.split(parent, 50),
      ...Array.from({ length: 50 }, (_, i) => L.random.foldIn(parent, i)),
    ];
    made.push(...Array.from({ length: 50 }, (_, i) => threefry(parent, [i, 0])));
    expect(new Set(made.map(String)).size).toBe(151);
    expect(L.random.foldIn(parent, 3)).toEqual(L.random.foldIn(parent, 3));
    expect(L.random.split(parent)).toHaveLength(2);
  });
});
