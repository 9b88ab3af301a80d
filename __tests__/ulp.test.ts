/** The largest errors of the transcendental kernels over samples of all floats; `npm run ulp` tries each of them. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { exp, init, log, scope, sigmoid, tanh, tensor, type Tensor } from "../src/index.js";
import { runnable } from "./binaries.js";

interface Exact {
  name: string;
  op: (x: Tensor) => Tensor;
  exact: (x: number) => number;
  /** Arguments and what must come out, bit by bit. */
  specials: readonly (readonly [x: number, y: number])[];
}

const functions: readonly Exact[] = [
  {
    name: "exp",
    op: exp,
    exact: Math.exp,
    specials: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [1e-45, 1], [89, Infinity], [-104, 0], [3e38, Infinity], [-3e38, 0]], // prettier-ignore
  },
  {
    name: "log",
    op: log,
    exact: Math.log,
    specials: [[1, 0], [0, -Infinity], [-0, -Infinity], [Infinity, Infinity], [-1, NaN], [-Infinity, NaN], [-1e-45, NaN], [NaN, NaN]], // prettier-ignore
  },
  {
    name: "tanh",
    op: tanh,
    exact: Math.tanh,
    specials: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [NaN, NaN], [1e-45, 1e-45], [-1e-45, -1e-45], [20, 1], [-20, -1]], // prettier-ignore
  },
  {
    name: "sigmoid",
    op: sigmoid,
    exact: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    specials: [[0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [NaN, NaN], [1e-45, 0.5], [40, 1], [-110, 0]], // prettier-ignore
  },
];

const sources = ["exponential", "logarithm"].map((file) =>
  readFileSync(new URL(`../assembly/${file}.ts`, import.meta.url), "utf8"),
);

/** The bound that the kernel's comment names: "error ≤ 1.00 ULP plain, 1.03 fused", or "… ULP plain and fused". */
function documentedBound(name: string, binary: string): number {
  const comment = new RegExp(
    `error ≤ (?<plain>[\\d.]+) ULP plain(?:, (?<fused>[\\d.]+) fused| and fused)[^\n]*\nexport function ${name}\\(`,
  ).exec(sources.join())!;
  const { plain, fused = plain } = comment.groups!;
  return Number(binary === "wasm-relaxed" ? fused : plain);
}

/** Every 4099th float: 2³² / 4099 numbers of both signs and all exponents, NaNs and infinities among them. */
function sample(): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(Math.floor(2 ** 32 / 4099));
  for (let i = 0; i < bits.length; i++) bits[i] = i * 4099;
  return new Float32Array(bits.buffer);
}

/** |value − exact| in units in the last place of a float32 of exact's size, subnormals included. */
function ulps(value: number, exact: number): number {
  if (Object.is(value, Math.fround(exact)) || value === exact) return 0;
  if (!Number.isFinite(value) || !Number.isFinite(exact)) {
    if (Number.isFinite(exact) && Math.abs(value) === Infinity)
      return ulps(Math.sign(value) * 2 ** 128, exact);
    return Infinity;
  }
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126);
  return Math.abs(value - exact) / 2 ** (exponent - 23);
}

const x = sample();

/** The exact values at the sample, computed once for all binaries. */
const values = new Map<string, Float64Array>();

function exactValues({ name, exact }: Exact): Float64Array {
  if (!values.has(name)) values.set(name, Float64Array.from(x, exact));
  return values.get(name)!;
}

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => init({ prefer: [binary] }));

  test.each(functions)("$name is within the error it documents", (each) =>
    scope(() => {
      const exact = exactValues(each);
      const y = each.op(tensor(x)).dataSync();
      const worst = { error: 0, at: NaN };
      for (let i = 0; i < x.length; i++) {
        if (y[i] === exact[i]) continue;
        const error = ulps(y[i], exact[i]);
        if (!(error <= worst.error)) [worst.error, worst.at] = [error, x[i]];
      }
      expect(worst.error).toBeLessThanOrEqual(documentedBound(each.name, binary) + 0.005); // it is rounded
    }),
  );

  test.each(functions)("$name of special values", ({ op, specials }) =>
    scope(() => {
      const y = op(tensor(specials.map(([argument]) => argument))).dataSync();
      expect(Array.from(specials, ([argument], i) => [argument, y[i]])).toEqual(
        specials.map(([argument, value]) => [argument, Math.fround(value)]),
      );
    }),
  );
});
