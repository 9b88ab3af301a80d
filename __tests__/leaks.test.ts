/** Nothing stays alive: ops with their gradients, a training loop, errors; and what a user forgets is found. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { call, differentiable, examined, tensorsOf } from "./exams.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Lets the collector run and the net do its work: finalizers are tasks of their own. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const live = (): number => L.memory().liveBytes;

describe("ops", () => {
  beforeAll(() => L.init());

  test.each(examined)("$name keeps nothing but its result", ({ op, exam }) => {
    for (const case_ of exam.cases) {
      const inputs = tensorsOf(case_);
      const before = L.memory().liveBlocks;
      const results = call(op, inputs, case_);
      const { definition } = op;
      const plan =
        "plan" in definition && definition.plan(inputs, { ...definition.defaults, ...case_.attributes });
      const isView = plan && "view" in plan;
      expect(L.memory().liveBlocks).toBe(before + (op.inPlace || isView ? 0 : results.length));
      for (const tensor of [...inputs, ...results]) tensor.dispose();
      expect(live()).toBe(0);
    }
  });

  test.each(differentiable)("the gradient of $name keeps nothing, without any scope", ({ op, exam }) => {
    for (const case_ of exam.gradients) {
      const inputs = tensorsOf(case_);
      const real = inputs.filter(({ dtype }) => dtype === "float32");
      const loss = (primals: readonly L.Tensor[]): L.Tensor => {
        let next = 0;
        const all = inputs.map((x) => (x.dtype === "float32" ? primals[next++] : x));
        return call(op, all, case_).map((y) => L.sum(y)).reduce((a, b) => L.add(a, b)); // prettier-ignore
      };
      const before = live();
      const [value, gradient] = L.valueAndGrad(loss)(real);
      for (const tensor of [value, ...gradient]) tensor.dispose();
      const [y, pullback] = L.vjp(loss, real);
      const one = L.ones([]);
      for (const tensor of pullback(one)) tensor.dispose();
      one.dispose();
      y.dispose();
      pullback.dispose();
      for (const tensor of L.jvp(loss, real, real)) tensor.dispose();
      expect(live()).toBe(before);
      for (const input of inputs) input.dispose();
    }
    expect(live()).toBe(0);
  });

  test("numbers as operands leave nothing, nor do calls that are refused", () => {
    const x = L.ones([3]);
    const before = live();
    L.add(2, L.keep(x)).dispose();
    for (const gradient of L.grad((x: L.Tensor[]) => L.sum(L.div(L.mul(x[0], 3), 2)))([x]))
      gradient.dispose();
    expect(() => L.matmul(x, 3)).toThrow(L.ShapeError);
    expect(live()).toBe(before);
    x.dispose();
  });

  test("and the net has found nothing of theirs", async () => {
    await collectGarbage();
    expect(L.memory().freedByNet).toBe(0);
  });
});

describe("what is left to scopes and to the net", () => {
  beforeEach(() => L.init());

  test("2000 steps of training end with the bytes of the first, and the net has found nothing", async () => {
    const model = new L.nn.Sequential(
      new L.nn.Linear(8, 16, { key: L.random.key(1) }),
      new L.nn.ReLU(),
      new L.nn.Dropout(0.1, { key: L.random.key(2) }),
      new L.nn.Linear(16, 3, { key: L.random.key(3) }),
    );
    const optimizer = new L.optim.SGD(model.parameters(), { learningRate: 0.1, momentum: 0.9 });
    const inputs = L.random.normal(L.random.key(4), [64, 8]);
    const labels = L.scope(() => L.argmax(L.slice(inputs, [0, 0], [64, 3]), { axis: 1 }));
    const step = L.valueAndGrad(
      (x: L.Tensor, y: L.Tensor) => L.nn.crossEntropy(model.forward(x), y),
      model.parameters(),
    );
    const losses: number[] = [];
    const sizes = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      L.scope(() => {
        const [loss, gradients] = step(inputs, labels);
        optimizer.step(gradients);
        losses.push(loss.item());
      });
      sizes.add(live());
    }
    expect([...sizes]).toEqual([live()]);
    expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
    await collectGarbage();
    expect(L.memory().freedByNet).toBe(0);
    model.dispose();
    optimizer.dispose();
    inputs.dispose();
    labels.dispose();
    expect(live()).toBe(0);
  });

  test("a dropped tensor is freed by the net, and counted", async () => {
    (() => void L.ones([1000]))();
    expect(live()).toBe(4032);
    await collectGarbage();
    expect(L.memory()).toMatchObject({ liveBytes: 0, freedByNet: 1 });
  });

  test("a tensor disposed of is not the net's business", async () => {
    (() => L.ones([1000]).dispose())();
    (() => L.scope(() => L.ones([3]) && undefined))();
    await collectGarbage();
    expect(L.memory()).toMatchObject({ liveBytes: 0, freedByNet: 0 });
  });
});
