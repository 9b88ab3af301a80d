/** What goes with optimisers: schedules, groups, clipping, accumulation, averages, L-BFGS. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import * as L from "../src/index.js";

const { schedules } = L.optim;

beforeAll(() => L.init());

/** A test whose tensors are freed. */
const test = (name: string, body: () => void): void => it(name, () => L.scope(body));

const live = (): number => L.memory().liveBytes;
const numbers = (x: L.Tensor): number[] => Array.from(x.dataSync());

describe("schedules", () => {
  const at = (schedule: L.optim.schedules.Schedule, ...steps: number[]): number[] => steps.map(schedule);

  test("steps", () => expect(at(schedules.steps(1, 10, 0.5), 0, 9, 10, 25)).toEqual([1, 1, 0.5, 0.25]));
  test("exponential", () => expect(at(schedules.exponential(8, 0.5), 0, 1, 3)).toEqual([8, 4, 1]));
  test("linear", () => expect(at(schedules.linear(1, 3, 4), 0, 1, 4, 9)).toEqual([1, 1.5, 3, 3]));

  test("cosine", () => {
    const [first, middle, end, after] = at(schedules.cosine(1, 10, { least: 0.2 }), 0, 5, 10, 11);
    expect([first, end, after]).toEqual([1, 0.2, 0.2]);
    expect(middle).toBeCloseTo(0.6, 12);
    expect(schedules.cosine(1, 10, { restarts: true })(10)).toBe(1);
  });

  test("oneCycle", () => {
    const cycle = schedules.oneCycle(1, 100, { rise: 0.5, start: 10, end: 100 });
    const [first, half, top, last] = at(cycle, 0, 25, 50, 100);
    expect(first).toBeCloseTo(0.1, 12);
    expect(half).toBeCloseTo(0.55, 12);
    expect(top).toBe(1);
    expect(last).toBeCloseTo(0.001, 12);
  });

  test("warmUp", () => {
    expect(at(schedules.warmUp(4, 1), 0, 1, 3, 4)).toEqual([0.25, 0.5, 1, 1]);
    expect(at(schedules.warmUp(2, schedules.steps(1, 2, 0.5)), 0, 1, 2)).toEqual([0.5, 1, 0.5]);
  });

  test("Plateau", () => {
    const plateau = new schedules.Plateau(1, { patience: 2, factor: 0.5, least: 0.2 });
    const rates = [5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3].map((metric) => {
      plateau.observe(metric);
      return plateau.schedule(0);
    });
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2]);
    const up = new schedules.Plateau(1, { patience: 0, maximize: true });
    for (const metric of [1, 2, 3]) up.observe(metric);
    expect(up.rate).toBe(1);
    up.observe(3);
    expect(up.rate).toBe(0.1);
    expect(() => up.observe(NaN)).toThrow(L.OptionError);
  });

  test("an optimiser follows one, by the steps it has taken", () => {
    const w = L.zeros([1]);
    const optimizer = new L.optim.SGD({ w }, { learningRate: (step) => 10 ** -step });
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      seen.push(optimizer.learningRate);
      optimizer.step({ w: L.ones([1]) });
    }
    expect(seen).toEqual([1, 0.1, 0.01]);
    expect(w.item()).toBeCloseTo(-1.11, 6);
    optimizer.learningRate = () => -1;
    expect(() => optimizer.step({ w: L.ones([1]) })).toThrow(
      new L.OptionError("SGD: learningRate is -1, expected a number in [0, Infinity)"),
    );
    optimizer.dispose();
  });
});

test("clipByValue bounds each element and frees what it was given", () => {
  const gradients = { a: L.tensor([-3, 0.5, 2]), b: L.tensor([NaN, Infinity]) };
  const clipped = L.optim.clipByValue(gradients, 1);
  expect([...clipped.a.dataSync()]).toEqual([-1, 0.5, 1]);
  expect([...clipped.b.dataSync()]).toEqual([NaN, 1]);
  expect(gradients.a.disposed).toBe(true);
  expect(() => L.optim.clipByValue(clipped, 0)).toThrow(
    "clipByValue: largest is 0, expected a number above 0",
  );
  for (const tensor of Object.values(clipped)) tensor.dispose();
});

test("clipByNorm shortens gradients that are too long together, and no others", () => {
  const gradients = { a: L.tensor([3, 0]), b: L.tensor([[4]]) };
  const [same, norm] = L.optim.clipByNorm(gradients, 5);
  expect([norm, same === gradients]).toEqual([5, true]);
  const [clipped] = L.optim.clipByNorm(gradients, 1);
  expect(numbers(clipped.a)[0]).toBeCloseTo(0.6, 6);
  expect(numbers(clipped.b)[0]).toBeCloseTo(0.8, 6);
  expect([gradients.a.disposed, gradients.b.disposed]).toEqual([true, true]);
  const broken = { a: L.tensor([NaN]) };
  expect(L.optim.clipByNorm(broken, 1)).toEqual([broken, NaN]);
  expect(() => L.optim.clipByNorm(broken, 0)).toThrow(L.OptionError);
});

test("an Accumulator's mean is that of one large batch, and leaves nothing", () => {
  const w = L.tensor([[1, -2], [3, 4]]); // prettier-ignore
  const x = L.random.normal(L.random.key(1), [6, 2]);
  const loss = L.grad((p: { w: L.Tensor }, rows: L.Tensor) => L.mean(L.square(L.matmul(rows, p.w))));
  const whole = loss({ w }, x);
  const accumulator = new L.optim.Accumulator({ w });
  const before = live();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3; i++) L.scope(() => accumulator.add(loss({ w }, L.slice(x, [2 * i, 0], [2, 2]))));
    expect(accumulator.count).toBe(3);
    const mean = accumulator.mean();
    numbers(mean.w).forEach((value, i) => expect(value).toBeCloseTo(numbers(whole.w)[i], 5));
    mean.w.dispose();
    expect([accumulator.count, live()]).toEqual([0, before]);
  }
  expect(() => accumulator.mean()).toThrow(new L.OptionError("Accumulator.mean: nothing was added"));
  expect(() => accumulator.add({ w: L.ones([3]) })).toThrow(L.ShapeError);
});

test("a MovingAverage follows its parameters", () => {
  const w = L.tensor([1, 2]);
  const average = new L.optim.MovingAverage({ w }, { decay: 0.75 });
  w.device.write(w.block("test"), Float32Array.of(5, -2));
  average.update();
  expect(numbers(average.parameters.w)).toEqual([2, 1]);
  average.update();
  expect(numbers(average.parameters.w)).toEqual([2.75, 0.25]);
  expect(() => new L.optim.MovingAverage({ w }, { decay: 1 })).toThrow(L.OptionError);
  average.dispose();
});

describe("Groups", () => {
  test("each group takes its own step, and the state can be saved", () => {
    const make = (): [Record<string, L.Tensor>, L.optim.Groups] => {
      const p = { a: L.ones([2]), b: L.ones([3]) };
      return [
        p,
        new L.optim.Groups({
          slow: new L.optim.SGD({ a: p.a }, { learningRate: 0.1 }),
          fast: new L.optim.Adam({ b: p.b }, { learningRate: 1 }),
        }),
      ];
    };
    const [p, groups] = make();
    groups.step({ a: L.ones([2]), b: L.ones([3]) });
    expect(p.a.toArray()).toEqual([Math.fround(0.9), Math.fround(0.9)]);
    expect(numbers(p.b)[0]).toBeCloseTo(0, 5);
    expect(Object.keys(groups.state())).toEqual(["slow.steps", "fast.steps", "fast.m.b", "fast.v.b"]);
    const [, other] = make();
    other.load(groups.state());
    expect(other.groups.fast.steps).toBe(1);
    expect(numbers(other.state()["fast.m.b"])).toEqual(numbers(groups.state()["fast.m.b"]));
    groups.dispose();
    other.dispose();
  });

  test("errors", () => {
    const w = L.ones([2]);
    const sgd = (): L.optim.SGD => new L.optim.SGD({ w }, { learningRate: 1 });
    expect(() => new L.optim.Groups({ a: sgd(), b: sgd() })).toThrow(
      new L.OptionError('Groups: "b" has "w", which another group has too'),
    );
    expect(() => new L.optim.Groups({ a: sgd() }).step({ v: L.ones([2]) })).toThrow(L.OptionError);
  });
});

describe("LBFGS", () => {
  test("finds the least of Rosenbrock's function", () => {
    const p = { x: L.tensor(-1.2), y: L.tensor(1) };
    const rosenbrock = L.valueAndGrad(({ x, y }: typeof p) =>
      L.add(L.square(L.sub(1, x)), L.mul(100, L.square(L.sub(y, L.square(x))))),
    );
    const before = live();
    const optimizer = new L.optim.LBFGS(p, { iterations: 60 });
    let calls = 0;
    const loss = optimizer.step(() => (calls++, rosenbrock(p)));
    expect(loss).toBeLessThan(1e-9);
    expect(p.x.item()).toBeCloseTo(1, 3);
    expect(p.y.item()).toBeCloseTo(1, 3);
    expect(calls).toBeLessThan(120);
    optimizer.dispose();
    expect(live()).toBe(before);
  });

  test("solves least squares of 8 unknowns in a few iterations", () => {
    const a = L.random.normal(L.random.key(1), [30, 8]);
    const exact = L.random.normal(L.random.key(2), [8, 1]);
    const b = L.matmul(a, exact);
    const p = { w: L.zeros([8, 1]) };
    const step = L.valueAndGrad(({ w }: typeof p) => L.mean(L.square(L.sub(L.matmul(a, w), b))));
    const optimizer = new L.optim.LBFGS(p, { iterations: 40, history: 5 });
    expect(optimizer.step(() => step(p))).toBeLessThan(1e-9);
    numbers(p.w).forEach((value, i) => expect(value).toBeCloseTo(numbers(exact)[i], 3));
    optimizer.dispose();
  });

  test("a loss that cannot fall leaves the parameters where they are", () => {
    const p = { w: L.tensor([1, 2]) };
    const optimizer = new L.optim.LBFGS(p);
    const loss = optimizer.step(() => [L.tensor(3), { w: L.ones([2]) }]); // a gradient that lies
    expect(loss).toBe(3);
    numbers(p.w).forEach((value, i) => expect(value).toBeCloseTo(i + 1, 6));
    expect(() => optimizer.step(() => [L.tensor(3), { v: L.ones([2]) }])).toThrow(L.OptionError);
    expect(() => new L.optim.LBFGS(p, { history: 0 })).toThrow(L.OptionError);
    optimizer.dispose();
  });
});
