/** Chains of ops around dropout, each in one pass over memory: what feeds a transformer's next product, or its next norm. */
import { OptionError, ShapeError } from "../errors.js";
import { chains as part } from "../generated/chains.js";
import type { KernelName } from "../generated/kernels.js";
import { type Launch, op } from "../op.js";
import { show, sizeOf } from "../shape.js";
import type { Cotangent } from "../tape.js";
import type { Spec, Tensor } from "../tensor.js";
import { geluGrad } from "./activations.js";
import { add, mul, sameShapes, unbroadcast } from "./binary.js";
import { checkDropout, dropout, type Key, noKey } from "./random.js";
import { relu, reluGrad } from "./unary.js";

/** What `biasActivationDropout` may apply. The kernel knows them by their place in this list. */
export type ChainActivation = "none" | "relu" | "gelu";

const activations: readonly ChainActivation[] = ["none", "relu", "gelu"];

interface Chain {
  key: Key;
  rate: number;
  activation?: ChainActivation;
}

/** One pass over x, a bias for its last axis, and `others` of x's shape. */
function pass(
  kernel: KernelName & (`biasActivationDropout${"" | "Grad"}` | "biasDropoutAdd"),
  x: Spec,
  bias: Spec,
  { key, rate }: Chain,
  others: number,
  ...numbers: number[]
): Launch {
  checkDropout(kernel, key, rate);
  const cols = x.shape[x.shape.length - 1];
  if (bias.shape.length !== 1 || bias.shape[0] !== cols)
    throw new ShapeError(
      `${kernel}: bias is ${show(bias.shape)}, expected [${cols ?? "cols"}] (last axis of x ${show(x.shape)})`,
    );
  const grid = sizeOf(x.shape);
  const bytes = 4 * (grid * (2 + others) + cols);
  return { kernel, outputs: [x], grid, numbers: [...key, cols, rate, ...numbers], bytes };
}

function indexOf(name: string, activation: ChainActivation = "none"): number {
  const index = activations.indexOf(activation);
  if (index < 0)
    throw new OptionError(
      `${name}: activation is "${activation}", expected one of ${activations.join(", ")}`,
    );
  return index;
}

/**
 * `biasActivationDropout(x, bias, key, rate, { activation })`: y = dropout(activation(x + bias), key, rate): x [..., cols], bias [cols].
 * Option `activation`: "none" (default), "relu" or "gelu".
 */
export const biasActivationDropout = /* @__PURE__ */ op<[x: Tensor, bias: Tensor], Chain, ["key", "rate"]>()({
  name: "biasActivationDropout",
  part,
  inputs: { x: "float32", bias: "float32" },
  defaults: { key: noKey, rate: 0.5, activation: "none" },
  positional: ["key", "rate"],
  plan: ([x, bias], chain) =>
    pass("biasActivationDropout", x, bias, chain, 0, indexOf("biasActivationDropout", chain.activation)),
  vjp(dy, _, [x, bias], { key, rate, activation }): [Cotangent, Cotangent] {
    let shared: Tensor | undefined;
    const dx = (): Tensor => (shared ??= biasActivationDropoutGrad(dy, x, bias, key, rate, { activation }));
    return [dx, () => unbroadcast(dx(), bias.shape)];
  },
});

/** dx = dropout(dy) · activation′(x + bias): the gradient of biasActivationDropout. */
export const biasActivationDropoutGrad = /* @__PURE__ */ op<
  [dy: Tensor, x: Tensor, bias: Tensor],
  Chain,
  ["key", "rate"]
>()({
  name: "biasActivationDropoutGrad",
  part,
  inputs: { dy: "float32", x: "float32", bias: "float32" },
  defaults: { key: noKey, rate: 0.5, activation: "none" },
  positional: ["key", "rate"],
  plan([dy, x, bias], chain) {
    sameShapes("biasActivationDropoutGrad", dy, x, ["dy", "x"]);
    const index = indexOf("biasActivationDropoutGrad", chain.activation);
    return pass("biasActivationDropoutGrad", x, bias, chain, 1, index);
  },
  fallback([dy, x, bias], { key, rate, activation }) {
    const kept = dropout(dy, key, rate);
    if (activation === "relu") return reluGrad(kept, relu(add(x, bias)));
    return activation === "gelu" ? geluGrad(kept, add(x, bias)) : mul(kept, 1);
  },
});

/** `biasDropoutAdd(x, bias, residual, key, rate)`: y = residual + dropout(x + bias, key, rate): x, residual [..., cols], bias [cols]. */
export const biasDropoutAdd = /* @__PURE__ */ op<
  [x: Tensor, bias: Tensor, residual: Tensor],
  Omit<Chain, "activation">,
  ["key", "rate"]
>()({
  name: "biasDropoutAdd",
  part,
  inputs: { x: "float32", bias: "float32", residual: "float32" },
  defaults: { key: noKey, rate: 0.5 },
  positional: ["key", "rate"],
  plan([x, bias, residual], chain) {
    sameShapes("biasDropoutAdd", x, residual, ["x", "residual"]);
    return pass("biasDropoutAdd", x, bias, chain, 1);
  },
  vjp(dy, _, [, bias], { key, rate }): [Cotangent, Cotangent, Cotangent] {
    let shared: Tensor | undefined;
    const dx = (): Tensor => (shared ??= dropout(dy, key, rate));
    return [dx, () => unbroadcast(dx(), bias.shape), dy];
  },
});
