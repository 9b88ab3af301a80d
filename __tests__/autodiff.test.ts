/** Derivatives of functions: every way to ask for one, what comes out, and that nothing stays behind. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";

const { add, div, exp, grad, jvp, matmul, mul, sub, sum, tanh, tensor, valueAndGrad, vjp } = L;

beforeEach(() => L.init());

/** The elements, rounded to what float32 shows. */
const list = (x: L.Tensor): number[] => Array.from(x.dataSync(), (value) => Number(value.toPrecision(5)));

/** Σ x³ / 3, whose gradient is x². */
const cubes = (x: L.Tensor): L.Tensor => div(sum(mul(mul(x, x), x)), 3);

describe("grad and valueAndGrad", () => {
  test("of the first argument, which may be a tree; others are constants", () => {
    const f = (p: { w: L.Tensor; more: L.Tensor[] }, x: L.Tensor): L.Tensor =>
      sum(mul(mul(p.w, p.more[0]), x));
    const point = { w: tensor([1, 2]), more: [tensor([3, 4]), tensor([5])] };
    const [value, gradient] = valueAndGrad(f)(point, tensor([10, 100]));
    expect(value.item()).toBe(830);
    expect(list(gradient.w)).toEqual([30, 400]);
    expect(list(gradient.more[0])).toEqual([10, 200]);
    expect(list(gradient.more[1])).toEqual([0]); // f does not depend on it
  });

  test("of parameters that the function closes over", () => {
    const parameters = { w: tensor([1, 2]), b: tensor([3, 4]) };
    const step = valueAndGrad(
      (x: L.Tensor) => sum(mul(add(mul(parameters.w, x), parameters.b), x)),
      parameters,
    );
    const [value, gradient] = step(tensor([2, 3]));
    expect(value.item()).toBe(2 * 5 + 3 * 10);
    expect(list(gradient.w)).toEqual([4, 9]);
    expect(list(gradient.b)).toEqual([2, 3]);
  });

  test("one tensor used twice, a number as operand", () => {
    expect(list(grad((x: L.Tensor) => sum(mul(x, x)))(tensor([1, 2, 3])))).toEqual([2, 4, 6]);
    expect(list(grad((x: L.Tensor) => sum(div(1, sub(2, x))))(tensor([0, 1])))).toEqual([0.25, 1]);
    expect(list(grad((x: L.Tensor) => add(x, x))(tensor(3)))).toEqual([2]);
  });

  test("the function that returns its argument, or a constant", () => {
    const x = tensor([2]);
    const [value, gradient] = valueAndGrad((x: L.Tensor) => x)(x);
    expect([value.item(), gradient.item()]).toEqual([2, 1]);
    expect(gradient).not.toBe(value);
    expect(list(grad(() => tensor(5), x)())).toEqual([0]);
    const both = grad((p: L.Tensor[]) => sum(add(p[0], p[1])))([tensor([1]), tensor([1])]);
    both[0].dispose();
    expect(list(both[1])).toEqual([1]); // each gradient is a tensor of its own
  });

  test("through a scope and through using", () => {
    const f = (x: L.Tensor): L.Tensor =>
      L.scope(() => {
        using y = exp(x);
        const z = L.scope(() => mul(y, x));
        y.dispose();
        return sum(z);
      });
    const [x, e] = [1.5, Math.exp(1.5)];
    expect(list(grad(f)(tensor([x])))).toEqual([Number((e * (1 + x)).toPrecision(5))]);
  });

  test("stopGradient", () => {
    expect(list(grad((x: L.Tensor) => sum(mul(L.stopGradient(x), x)))(tensor([3, 4])))).toEqual([3, 4]);
  });

  test("through results that have no derivative", () => {
    const f = (x: L.Tensor): L.Tensor => sum(L.gather(x, L.reshape(L.argmax(x), [1])));
    expect(list(grad(f)(tensor([1, 5, 2])))).toEqual([0, 1, 0]);
  });

  test("errors", () => {
    const x = tensor([1, 2]);
    expect(() => grad((x: L.Tensor) => x)(x)).toThrow(
      new L.GradientError("grad: the function returned [2], expected one element (sum it, or use vjp)"),
    );
    expect(() => grad((x: L.Tensor) => L.argmax(x) as never)(x)).toThrow(
      new L.GradientError("grad: the function returned int32, expected real numbers"),
    );
    expect(() => grad((() => 3) as never)(x as never)).toThrow(
      "grad: the function returned number, expected a tensor",
    );
    expect(() => grad((x: L.Tensor) => sum(x))(tensor(Int32Array.of(1)))).toThrow(L.GradientError);
    expect(() => grad((x: L.Tensor) => sum(x))(3 as never)).toThrow(
      new L.OptionError("grad is 3, expected a tensor, an array or an object of them"),
    );
  });

  test("a function that throws leaves nothing behind", () => {
    const x = tensor([1, 2]);
    const before = L.memory().liveBytes;
    const throws = (x: L.Tensor): L.Tensor => matmul(exp(x), x);
    expect(() => grad(throws)(x)).toThrow(L.ShapeError);
    expect(() => vjp(throws, x)).toThrow(L.ShapeError);
    expect(() => jvp(throws, x, x)).toThrow(L.ShapeError);
    expect(() => grad((x: L.Tensor) => grad(throws)(x))(x)).toThrow(L.ShapeError);
    expect(() => grad((x: L.Tensor) => exp(x))(x)).toThrow(L.GradientError);
    expect(() => vjp((x: L.Tensor) => L.argmax(exp(x)), x)).toThrow(L.GradientError);
    expect(L.memory().liveBytes).toBe(before);
    exp(x).dispose(); // and no trace is left active
    expect(L.memory().liveBytes).toBe(before);
  });

  test("frees all but the value and the gradients", () => {
    const x = tensor([1, 2]);
    const before = L.memory().liveBlocks;
    const [value, gradient] = valueAndGrad((x: L.Tensor) => sum(exp(tanh(mul(x, x)))))(x);
    expect(L.memory().liveBlocks).toBe(before + 2);
    value.dispose();
    gradient.dispose();
    expect(L.memory().liveBlocks).toBe(before);
  });
});

describe("vjp", () => {
  test("pulls back several cotangents", () => {
    const [y, pullback] = vjp((x: L.Tensor) => mul(x, x), tensor([1, 2, 3]));
    expect(list(y)).toEqual([1, 4, 9]);
    expect(list(pullback(tensor([1, 0, 0])))).toEqual([2, 0, 0]);
    expect(list(pullback(tensor([1, 1, 1])))).toEqual([2, 4, 6]);
    expect(() => pullback(tensor([1]))).toThrow(new L.ShapeError("pullback: dy is [1], expected [3]"));
  });

  test("a pullback that leaves a scope keeps what it needs, until it is disposed of", () => {
    const x = tensor([1, 2, 3]);
    const before = L.memory().liveBytes;
    const pullback = L.scope(() => vjp((x: L.Tensor) => exp(mul(x, x)), x)[1]);
    expect(L.memory().liveBytes).toBeGreaterThan(before);
    const gradient = pullback(tensor([0, 1, 0]));
    expect(list(gradient)).toEqual([0, Number((4 * Math.exp(4)).toPrecision(5)), 0]);
    gradient.dispose();
    pullback.dispose();
    expect(L.memory().liveBytes).toBe(before + 64); // the cotangent above
  });

  test("a scope frees a pullback that stays inside", () => {
    const before = L.memory().liveBytes;
    L.scope(() => void vjp((x: L.Tensor) => exp(x), tensor([1, 2, 3])));
    expect(L.memory().liveBytes).toBe(before);
  });
});

describe("jvp", () => {
  test("value and directional derivative, over trees", () => {
    const f = ([x, y]: L.Tensor[]): L.Tensor => mul(exp(x), y);
    const [value, tangent] = jvp(f, [tensor([0, 1]), tensor([3, 4])], [tensor([1, 0]), tensor([0, 1])]);
    expect(list(value)).toEqual([3, Number((4 * Math.E).toPrecision(5))]);
    expect(list(tangent)).toEqual([3, Number(Math.E.toPrecision(5))]);
  });

  test("zero where the value does not depend on it; errors", () => {
    expect(list(jvp(() => tensor([7]), tensor([1]), tensor([1]))[1])).toEqual([0]);
    expect(() => jvp((x: L.Tensor) => x, tensor([1]), tensor([1, 2]))).toThrow(
      new L.ShapeError("jvp: tangent 0 is [2], expected [1]"),
    );
  });
});

describe("derivatives of derivatives", () => {
  const x = (): L.Tensor => tensor([1, 2, -3]);

  test("grad of grad", () => {
    const second = grad((x: L.Tensor) => sum(grad(cubes)(x)));
    expect(list(second(x()))).toEqual([2, 4, -6]);
    const third = grad((x: L.Tensor) => sum(second(x)));
    expect(list(third(x()))).toEqual([2, 2, 2]);
  });

  test("jvp of grad and grad of jvp: a Hessian times a vector", () => {
    const f = (x: L.Tensor): L.Tensor => sum(tanh(matmul(L.reshape(x, [1, 3]), L.reshape(x, [3, 1]))));
    const v = tensor([1, -1, 0.5]);
    const forward = jvp((x: L.Tensor) => grad(f)(x), x(), v)[1];
    const backward = grad((x: L.Tensor) => sum(mul(grad(f)(x), v)))(x());
    const mixed = grad((x: L.Tensor) => sum(jvp(f, x, v)[1]))(x());
    expect(list(backward)).toEqual(list(forward));
    expect(list(mixed)).toEqual(list(forward));
  });

  test("jvp of jvp", () => {
    const one = tensor([1, 1, 1]);
    const [, second] = jvp((x: L.Tensor) => jvp(cubes, x, one)[1], x(), one);
    expect(list(second)).toEqual([2 + 4 - 6]);
  });

  test("an inner gradient does not see the outer one's variable", () => {
    // d/dx [x · d/dy (x + y)] = 1: perturbations must not be confused
    const f = (x: L.Tensor): L.Tensor => mul(x, grad((y: L.Tensor) => sum(add(x, y)))(tensor([1])));
    expect(list(grad((x: L.Tensor) => sum(f(x)))(tensor([5])))).toEqual([1]);
    expect(list(jvp(f, tensor([5]), tensor([1]))[1])).toEqual([1]);
  });
});

describe("ops of the user", () => {
  test("forward and vjp: a straight-through estimator", () => {
    const sign = L.op<[x: L.Tensor]>()({
      name: "sign",
      inputs: { x: "float32" },
      forward: ([x]) => sub(mul(L.relu(L.div(x, add(L.relu(x), L.relu(L.neg(x))))), 2), 1),
      vjp: (dy) => [dy],
    });
    const x = tensor([-2, 3, -0.5]);
    expect(list(sign(x))).toEqual([-1, 1, -1]);
    expect(list(grad((x: L.Tensor) => sum(mul(sign(x), tensor([1, 2, 3]))))(x))).toEqual([1, 2, 3]);
    expect(list(jvp((x: L.Tensor) => sign(x), x, tensor([4, 5, 6]))[1])).toEqual([4, 5, 6]);
  });

  test("forward and vjp: a fixed point, differentiated implicitly", () => {
    // z = tanh(z / 2 + x): dz/dx = s / (1 − s / 2), s = 1 − z²
    const solve = L.op<[x: L.Tensor]>()({
      name: "solve",
      inputs: { x: "float32" },
      forward([x]) {
        let z = L.zeros(x.shape);
        for (let i = 0; i < 60; i++) z = tanh(add(mul(z, 0.5), x));
        return z;
      },
      vjp(dy, [z]) {
        const s = sub(1, mul(z, z));
        return [div(mul(dy, s), sub(1, mul(s, 0.5)))];
      },
    });
    const at = tensor([0.1, 0.4]);
    const before = L.memory().liveBlocks;
    const gradient = grad((x: L.Tensor) => sum(solve(x)))(at);
    expect(L.memory().liveBlocks).toBe(before + 1);
    const [minus, plus] = [-1e-2, 1e-2].map((h) => solve(add(at, h)).dataSync());
    gradient.dataSync().forEach((slope, i) => expect(slope).toBeCloseTo((plus[i] - minus[i]) / 2e-2, 3));
  });

  test("an op that returns its input as it is", () => {
    const same = L.op<[x: L.Tensor]>()({
      name: "same",
      inputs: { x: "float32" },
      forward: ([x]) => x,
      vjp: (dy) => [mul(dy, 2)],
    });
    expect(list(grad((x: L.Tensor) => sum(same(x)))(tensor([1, 2])))).toEqual([2, 2]);
  });

  test("errors: no rule, too few gradients, a gradient of another shape", () => {
    const make = (vjp?: () => never): ((x: L.Tensor) => L.Tensor) =>
      L.op<[x: L.Tensor]>()({ name: "mine", inputs: { x: "float32" }, forward: ([x]) => exp(x), vjp });
    const x = tensor([1, 2]);
    const derive = (f: (x: L.Tensor) => L.Tensor) => () => grad((x: L.Tensor) => sum(f(x)))(x);
    expect(derive(make())).toThrow(new L.GradientError("mine: has no gradient"));
    expect(derive(make(() => [] as never))).toThrow(
      new L.GradientError("mine: the backward rule gave 0 gradients, expected 1"),
    );
    expect(derive(make(() => [L.ones([3])] as never))).toThrow(
      new L.GradientError("mine: the backward rule's gradient for x is [3], expected [2]"),
    );
  });
});

describe("ops in place", () => {
  afterEach(() => expect(L.memory().freedByNet).toBe(0));

  test("refuse a tensor that is being differentiated", async () => {
    const { sgdUpdate } = await import("../src/ops/update.js");
    const x = tensor([1, 2]);
    const f = (x: L.Tensor): L.Tensor => {
      sgdUpdate(x, L.ones([2]), L.zeros([2]), { learningRate: 1 });
      return sum(x);
    };
    expect(() => grad(f)(x)).toThrow(
      new L.GradientError("sgdUpdate: parameter is being differentiated and cannot change in place"),
    );
    expect(list(x)).toEqual([1, 2]);
    sgdUpdate(x, L.ones([2]), L.zeros([2]), { learningRate: 1 });
    expect(list(x)).toEqual([0, 1]);
  });
});

describe("checkpoint", () => {
  const key = L.random.key(3);

  test("has the gradients of the plain function, of its inputs and its parameters, to second order", () => {
    const x = L.random.normal(key, [4, 3]);
    const w = L.random.normal(L.random.key(4), [3, 3]);
    const f = (x: L.Tensor): L.Tensor => L.tanh(L.matmul(L.tanh(L.matmul(x, w)), w));
    const saved = L.checkpoint(f, { w });
    const results = [f, saved].map((f) => {
      const loss = (p: { x: L.Tensor; w: L.Tensor }): L.Tensor => L.sum(L.square(f(p.x)));
      const slope = (p: { x: L.Tensor; w: L.Tensor }): L.Tensor => {
        const gradient = L.grad(loss)(p);
        return L.add(L.sum(L.square(gradient.x)), L.sum(L.square(gradient.w)));
      };
      const first = L.grad(loss)({ x, w });
      const second = L.grad(slope)({ x, w });
      return [first.x, first.w, second.x, second.w].flatMap((t) => Array.from(t.dataSync()));
    });
    results[1].forEach((value, i) => expect(value).toBeCloseTo(results[0][i], 3));
  });

  test("keeps less: the activations of one block, not of all", () => {
    const layers = Array.from({ length: 8 }, (_, i) => new L.nn.Linear(64, 64, { key: L.random.key(i) }));
    const x = L.random.normal(key, [512, 64]);
    const peakOf = (block: (layer: L.nn.Linear) => (x: L.Tensor) => L.Tensor): number =>
      L.scope(() => {
        const parameters = layers.map((layer) => layer.parameters());
        let most = 0;
        L.grad(() => {
          const y = layers.reduce((h, layer) => block(layer)(h), x);
          most = L.memory().liveBytes;
          return L.mean(y);
        }, parameters)();
        return most;
      });
    const body = (layer: L.nn.Linear) => (x: L.Tensor) => L.tanh(L.tanh(L.tanh(L.tanh(layer.forward(x)))));
    const plain = peakOf(body);
    const saved = peakOf((layer) => L.checkpoint(body(layer), layer.parameters()));
    expect(saved).toBeLessThan(plain / 3);
    for (const layer of layers) layer.dispose();
  });

  test("draws the same dropout mask again", () => {
    const dropout = new L.nn.Dropout(0.5, { key });
    const x = L.ones([1000]);
    const [y, pullback] = L.vjp(
      L.checkpoint((x: L.Tensor) => L.square(dropout.forward(x))),
      x,
    );
    const kept = Array.from(y.dataSync(), (value) => value / 4);
    expect(kept.filter((one) => one === 1).length).toBeGreaterThan(400);
    expect(Array.from(pullback(L.ones([1000])).dataSync())).toEqual(kept.map((one) => 8 * one));
    expect(dropout.forward(x).toArray()).not.toEqual(L.sqrt(y).toArray()); // a third run draws anew
    dropout.dispose();
  });
});
