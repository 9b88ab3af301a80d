/** Mistakes that the types must find: `tsc`, which `npm test` runs first, fails if one compiles. This file never runs. */
import * as L from "../src/index.js";
import type { ExamOf } from "../src/exam.js";
import { sgdUpdate } from "../src/ops/update.js";

declare const x: L.Tensor;
const spec = { shape: [2], dtype: "float32" } as const;

// @ts-expect-error an async body outlives its scope
L.scope(async () => x);
// @ts-expect-error so does a promise in disguise
L.scope(() => x.data());
// @ts-expect-error a differentiated function must have ended, too
L.grad(async (x: L.Tensor) => x);
// @ts-expect-error nor may one that is pulled back
L.vjp(async (x: L.Tensor) => x, x);

L.op<[x: L.Tensor]>()({
  name: "mine",
  inputs: { x: "float32" },
  // @ts-expect-error no such kernel
  plan: () => ({ kernel: "nothing", outputs: [spec], grid: 1 }),
});
L.op<[x: L.Tensor]>()({
  name: "mine",
  inputs: { x: "float32" },
  plan: () => ({ kernel: "exp", outputs: [spec], grid: 1 }), // this one there is
});
L.op<[x: L.Tensor]>()({
  name: "mine",
  // @ts-expect-error no such dtype
  inputs: { x: "complex64" },
  forward: ([x]) => x,
});
L.op<[x: L.Tensor, y: L.Tensor]>()({
  name: "mine",
  inputs: { x: "float32", y: "float32" },
  forward: ([x]) => x,
  // @ts-expect-error one gradient for each input
  vjp: (dy) => [dy],
});
// @ts-expect-error a definition has a plan or a forward
L.op<[x: L.Tensor]>()({ name: "mine", inputs: { x: "float32" } });

// @ts-expect-error an input is missing
L.add(x);
// @ts-expect-error an input too many
L.exp(x, x);
// @ts-expect-error not a tensor
L.exp("x");
// @ts-expect-error the shape is missing
L.reshape(x);
// @ts-expect-error no such option
L.sum(x, { axes: 0 });
// @ts-expect-error not an axis
L.sum(x, { axis: "0" });
// @ts-expect-error no such activation
L.linear(x, x, x, { activation: "gelu" });
// @ts-expect-error the learning rate is missing
sgdUpdate(x, x, x, { momentum: 0.9 });
// @ts-expect-error so are the options
sgdUpdate(x, x, x);
// @ts-expect-error the key is missing
L.random.normal([2, 3]);
// @ts-expect-error no such device
void L.init({ prefer: ["gpu"] });
// @ts-expect-error an op in place returns nothing
L.exp(sgdUpdate(x, x, x, { learningRate: 1 }));
// @ts-expect-error shapes do not change
x.shape[0] = 3;
// @ts-expect-error nor do whole ones
x.shape = [3];

// @ts-expect-error the gradient has the form of the first argument
const wrong: L.Tensor[] = L.grad((p: { w: L.Tensor }) => p.w)({ w: x });
const right: { w: L.Tensor } = L.grad((p: { w: L.Tensor }) => p.w)({ w: x });
void [wrong, right];

// @ts-expect-error an exam has cases, gradients, errors and bench
const exam: ExamOf<typeof L.exp> = { reference: ([x]) => x };
// @ts-expect-error an op of one input has one array
const two: ExamOf<typeof L.exp>["reference"] = ([x, y]) => y ?? x;
void [exam, two];

// What must compile: an optional default, a number as operand, one axis or several.
L.full([2], 1);
L.add(1, x);
L.sum(x, { axis: [0, 1], keepDims: true });
L.scope(() => undefined);
