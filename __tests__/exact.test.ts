/** Functions of numbers with the same bits on every engine, beside this one's Math. */
import { expect, test } from "@jest/globals";
import * as exact from "../src/exact.js";
import { randomNumbers } from "./exams.js";

/** Units of the last place between two numbers. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const unit = 2 ** Math.max(Math.floor(Math.log2(Math.abs(b))) - 52, -1074);
  return Math.abs(a - b) / unit;
}

const special = [0, -0, NaN, Infinity, -Infinity, 1, -1, 5e-324, 1e-310, 1e-160, 999999];
const random = randomNumbers(1);
const numbers = (low: number, high: number): number[] =>
  Array.from({ length: 2000 }, () => low + (high - low) * random());
const magnitudes = numbers(-300, 300).map((exponent) => 10 ** exponent);

const table = {
  exp: [...special, ...numbers(-1, 1), ...numbers(-750, 712), 709.782712893384, 709.7827128933841, -745.2],
  log: [
    ...special,
    ...numbers(0.5, 2),
    ...magnitudes,
    Number.MAX_VALUE,
    2 ** -1022,
    Math.SQRT2,
    1 - 2 ** -53,
  ],
  sin: [...special, ...numbers(-10, 10), ...numbers(-1e5, 1e5), Math.PI, Math.PI / 2, 1e-9],
  cos: [...special, ...numbers(-10, 10), ...numbers(-1e5, 1e5), Math.PI, Math.PI / 2, 1e-9],
  sinh: [...special, ...numbers(-2, 2), ...numbers(-700, 700)],
  cosh: [...special, ...numbers(-2, 2), ...numbers(-700, 700)],
  tan: [...special, ...numbers(-10, 10), Math.PI / 2],
  tanh: [...special, ...numbers(-2, 2), ...numbers(-30, 30)],
} as const;

test.each(Object.keys(table) as (keyof typeof table)[])("%s is Math's within few units", (name) => {
  const most = { sinh: 3, cosh: 3, tan: 4, tanh: 5 }[name as string] ?? 2;
  const wrong = table[name]
    .map((x) => [x, exact[name](x), Math[name](x)])
    .filter(([, found, expected]) => !(distance(found, expected) <= most));
  expect(wrong).toEqual([]);
});

test("far out, a wave is one of about the same place", () => {
  for (const x of [1e7, -3e9, 1e15]) {
    expect(Math.abs(exact.sin(x) - Math.sin(x))).toBeLessThan(2 ** -51 * Math.abs(x));
    expect(Math.abs(exact.cos(1e300))).toBeLessThanOrEqual(1);
  }
});

test("atan2 is Math's, signs of zero included", () => {
  const values = [...numbers(-2, 2).slice(0, 60), 0, -0, 1, -1, 1e-300, 1e300];
  const pairs = values.flatMap((y) => values.map((x) => [y, x] as const));
  const wrong = pairs
    .map(([y, x]) => [y, x, exact.atan2(y, x), Math.atan2(y, x)])
    .filter(([, , found, expected]) => !(distance(found, expected) <= 4));
  expect(wrong).toEqual([]);
});

test("hypot neither overflows nor vanishes", () => {
  expect([exact.hypot(3, -4), exact.hypot(0, 0), exact.hypot(-0, 2)]).toEqual([5, 0, 2]);
  expect(exact.hypot(3e-200, 4e-200)).toBeCloseTo(5e-200, 210);
  expect(exact.hypot(3e200, 4e200) / 5e200).toBeCloseTo(1, 14);
});

test("power is a product", () => {
  expect(exact.power(3, 4)).toBe(81);
  expect(exact.power(0.5, -3)).toBe(8);
  expect(exact.power(-2, 5)).toBe(-32);
  expect([exact.power(0, 0), exact.power(7, 1), exact.power(1, 1e15)]).toEqual([1, 7, 1]);
  for (const [x, n] of [
    [0.9, 7],
    [0.999, 1000],
    [1.001, -300],
  ])
    // prettier-ignore
    expect(Math.abs(exact.power(x, n) / x ** n - 1)).toBeLessThan(Math.abs(n) * 2 ** -53);
});
