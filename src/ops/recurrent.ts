/** Cells of recurrent networks: one step of each. */
import { ShapeError } from "../errors.js";
import { recurrent as part } from "../generated/recurrent.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { sameShape, show } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add, mul, sub } from "./binary.js";
import { concat, split } from "./joining.js";
import { sigmoid, tanh } from "./unary.js";

/** The plan of a cell whose state is [batch, n]; each input is as wide as so many states. */
function cell(
  kernel: KernelName,
  state: Spec,
  widths: Record<string, readonly [Spec, number]>,
  outputs: readonly number[],
  rows: number,
): Launch | undefined {
  if (state.shape.length !== 2)
    throw new ShapeError(`${kernel}: the state is ${show(state.shape)}, expected [batch, n]`);
  const [batch, n] = state.shape;
  for (const [name, [spec, width]] of Object.entries(widths))
    if (!sameShape(spec.shape, [batch, width * n]))
      throw new ShapeError(
        `${kernel}: ${name} is ${show(spec.shape)}, expected [${batch}, ${width * n}] (the state is ${show(state.shape)})`,
      );
  if (state.dtype === "float64") return undefined;
  return {
    kernel,
    outputs: outputs.map((width) => ({ shape: [batch, width * n], dtype: state.dtype })),
    grid: n === 0 ? 0 : batch,
    numbers: [n],
    scratch: 4 * rows * n + 16,
    bytes:
      4 *
      batch *
      n *
      [...Object.values(widths).map(([, width]) => width), ...outputs].reduce((a, b) => a + b, 0),
  };
}

/**
 * `lstmCell(x, h, c)`: [y, state] of one step: i, f, g, o = the four parts of x + h, after sigmoid, sigmoid, tanh, sigmoid; state = f · c +
 * i · g; y = o · tanh(state). x, h [batch, 4 · n]: what input and hidden state add to the gates; c, y, state [batch, n]. Hochreiter,
 * Schmidhuber: "Long short-term memory", 1997; Gers, Schmidhuber, Cummins: "Learning to forget", 2000.
 */
export const lstmCell = /* @__PURE__ */ op<
  [x: Tensor, h: Tensor, c: Tensor],
  Record<never, never>,
  [],
  [x: Tensor, h: Tensor, c: Tensor],
  [y: Tensor, state: Tensor]
>()({
  name: "lstmCell",
  part,
  inputs: { x: "real", h: "real", c: "real" },
  results: 2,
  plan: ([x, h, c]) => cell("lstmCell", c, { x: [x, 4], h: [h, 4] }, [1, 1], 5),
  fallback([x, h, c]) {
    const [i, f, g, o] = split(add(x, h), 4, { axis: 1 });
    const state = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(state)), state];
  },
  vjp([dy, dstate], _, [x, h, c]) {
    const [dgates, dc] = lstmCellGrad(dy, dstate, x, h, c);
    return [dgates, dgates, dc];
  },
});

type LstmPull = [dy: Tensor, dstate: Tensor, x: Tensor, h: Tensor, c: Tensor];

/** The gradients of [y, state] = lstmCell(x, h, c): that of x and of h, which is one, and that of c. */
export const lstmCellGrad = /* @__PURE__ */ op<
  LstmPull,
  Record<never, never>,
  [],
  LstmPull,
  [dgates: Tensor, dc: Tensor]
>()({
  name: "lstmCellGrad",
  part,
  inputs: { dy: "real", dstate: "real", x: "real", h: "real", c: "real" },
  results: 2,
  plan: ([dy, dstate, x, h, c]) =>
    cell("lstmCellGrad", c, { dy: [dy, 1], dstate: [dstate, 1], x: [x, 4], h: [h, 4] }, [4, 1], 5),
  fallback([dy, dstate, x, h, c]) {
    const parts = split(add(x, h), 4, { axis: 1 });
    const [i, f, g, o] = parts.map((part, k) => (k === 2 ? tanh(part) : sigmoid(part)));
    const t = tanh(add(mul(f, c), mul(i, g)));
    const ds = add(mul(mul(dy, o), sub(1, mul(t, t))), dstate);
    const dgates = [
      mul(mul(ds, g), slope(i)),
      mul(mul(ds, c), slope(f)),
      mul(mul(ds, i), sub(1, mul(g, g))),
      mul(mul(dy, t), slope(o)),
    ];
    return [concat(dgates, { axis: 1 }), mul(ds, f)];
  },
});

/** s · (1 − s), the derivative of a sigmoid of value s. */
const slope = (s: Tensor): Tensor => mul(s, sub(1, s));

/**
 * `gruCell(x, h, state)`: y of one step: r, z = sigmoid of the first two parts of x + h, n = tanh(x₃ + r · h₃) of the third ones; y =
 * (1 − z) · n + z · state. x, h [batch, 3 · n]: what input and hidden state add to the gates; state, y [batch, n]. Cho et al.: "Learning
 * phrase representations using RNN encoder–decoder", 2014, with the reset gate behind the product, as in torch.
 */
export const gruCell = /* @__PURE__ */ op<[x: Tensor, h: Tensor, state: Tensor]>()({
  name: "gruCell",
  part,
  inputs: { x: "real", h: "real", state: "real" },
  plan: ([x, h, state]) => cell("gruCell", state, { x: [x, 3], h: [h, 3] }, [1], 3),
  fallback([x, h, state]) {
    const { z, n } = gruGates(x, h);
    return add(mul(sub(1, z), n), mul(z, state));
  },
  vjp: (dy, _, [x, h, state]) => gruCellGrad(dy, x, h, state),
});

function gruGates(x: Tensor, h: Tensor) {
  const [xr, xz, xn] = split(x, 3, { axis: 1 });
  const [hr, hz, hn] = split(h, 3, { axis: 1 });
  const r = sigmoid(add(xr, hr));
  return { r, z: sigmoid(add(xz, hz)), n: tanh(add(xn, mul(r, hn))), hn };
}

type GruPull = [dy: Tensor, x: Tensor, h: Tensor, state: Tensor];

/** The gradients of y = gruCell(x, h, state). */
export const gruCellGrad = /* @__PURE__ */ op<
  GruPull,
  Record<never, never>,
  [],
  GruPull,
  [dx: Tensor, dh: Tensor, dstate: Tensor]
>()({
  name: "gruCellGrad",
  part,
  inputs: { dy: "real", x: "real", h: "real", state: "real" },
  results: 3,
  plan: ([dy, x, h, state]) =>
    cell("gruCellGrad", state, { dy: [dy, 1], x: [x, 3], h: [h, 3] }, [3, 3, 1], 3),
  fallback([dy, x, h, state]) {
    const { r, z, n, hn } = gruGates(x, h);
    const dn = mul(mul(dy, sub(1, z)), sub(1, mul(n, n)));
    const dz = mul(mul(dy, sub(state, n)), slope(z));
    const dr = mul(mul(dn, hn), slope(r));
    return [concat([dr, dz, dn], { axis: 1 }), concat([dr, dz, mul(dn, r)], { axis: 1 }), mul(dy, z)];
  },
});
