/** The functions of one number whose errors are known: exact values, and what must come out bit by bit. */
import { readdirSync, readFileSync } from "node:fs";
import { erf, erfc, normalCdf } from "../src/special.exam.js";

export interface Exact {
  readonly exact: (x: number) => number;
  /** Arguments and results. */
  readonly specials: readonly (readonly [x: number, y: number])[];
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const mishGate = (w: number): number => (w * (w + 2)) / (w * (w + 2) + 2);

/** x · f(x), which tends to 0 below. */
const gate = (f: (x: number) => number) => (x: number): number => (x === -Infinity ? -0 : x * f(x)); // prettier-ignore

/** What all gates have in common. */
const gated = [[0, 0], [-0, -0], [Infinity, Infinity], [-Infinity, -0], [3e38, Math.fround(3e38)], [-3e38, -0], [NaN, NaN]] as const; // prettier-ignore

/** f(±0) = ±0, f(±tiny) = ±tiny: functions that begin as x. */
const odd = [[0, 0], [-0, -0], [NaN, NaN], [1e-45, 1e-45], [-1e-45, -1e-45]] as const; // prettier-ignore

/** By the names of their ops. */
export const functions: Readonly<Record<string, Exact>> = {
  exp: { exact: Math.exp, specials: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [1e-45, 1], [89, Infinity], [-104, 0], [3e38, Infinity], [-3e38, 0]] },
  log: { exact: Math.log, specials: [[1, 0], [0, -Infinity], [-0, -Infinity], [Infinity, Infinity], [-1, NaN], [-Infinity, NaN], [-1e-45, NaN], [NaN, NaN]] },
  tanh: { exact: Math.tanh, specials: [...odd, [Infinity, 1], [-Infinity, -1], [20, 1], [-20, -1]] },
  sigmoid: { exact: sigmoid, specials: [[0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [NaN, NaN], [1e-45, 0.5], [40, 1], [-110, 0]] },
  expm1: { exact: Math.expm1, specials: [...odd, [Infinity, Infinity], [-Infinity, -1], [89, Infinity], [-30, -1]] },
  exp2: { exact: (x) => 2 ** x, specials: [[0, 1], [10, 1024], [-149, 2 ** -149], [-151, 0], [127, 2 ** 127], [128, Infinity], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN]] },
  log1p: { exact: Math.log1p, specials: [...odd, [-1, -Infinity], [-1.5, NaN], [Infinity, Infinity], [-Infinity, NaN]] },
  log2: { exact: Math.log2, specials: [[1, 0], [8, 3], [2 ** -149, -149], [2 ** 127, 127], [0, -Infinity], [-0, -Infinity], [Infinity, Infinity], [-1, NaN], [NaN, NaN]] },
  sin: { exact: Math.sin, specials: [...odd, [Infinity, NaN], [-Infinity, NaN]] },
  cos: { exact: Math.cos, specials: [[0, 1], [-0, 1], [1e-45, 1], [Infinity, NaN], [-Infinity, NaN], [NaN, NaN]] },
  tan: { exact: Math.tan, specials: [...odd, [Infinity, NaN], [-Infinity, NaN]] },
  asin: { exact: Math.asin, specials: [...odd, [1, Math.PI / 2], [-1, -Math.PI / 2], [1.5, NaN], [-Infinity, NaN]] },
  acos: { exact: Math.acos, specials: [[1, 0], [-1, Math.PI], [0, Math.PI / 2], [1.5, NaN], [-Infinity, NaN], [NaN, NaN]] },
  atan: { exact: Math.atan, specials: [...odd, [Infinity, Math.PI / 2], [-Infinity, -Math.PI / 2], [1, Math.PI / 4]] },
  sinh: { exact: Math.sinh, specials: [...odd, [Infinity, Infinity], [-Infinity, -Infinity], [90, Infinity]] },
  cosh: { exact: Math.cosh, specials: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, Infinity], [90, Infinity], [NaN, NaN]] },
  asinh: { exact: Math.asinh, specials: [...odd, [Infinity, Infinity], [-Infinity, -Infinity]] },
  acosh: { exact: Math.acosh, specials: [[1, 0], [0.5, NaN], [-2944, NaN], [Infinity, Infinity], [-Infinity, NaN], [NaN, NaN]] },
  atanh: { exact: Math.atanh, specials: [...odd, [1, Infinity], [-1, -Infinity], [1.5, NaN], [Infinity, NaN]] },
  erf: { exact: erf, specials: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [NaN, NaN], [5, 1]] },
  erfc: { exact: erfc, specials: [[0, 1], [-0, 1], [Infinity, 0], [-Infinity, 2], [11, 0], [-5, 2], [NaN, NaN]] },
  softplus: { exact: softplus, specials: [[0, Math.LN2], [-0, Math.LN2], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [100, 100]] },
  selu: { exact: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), specials: [[0, 0], [Infinity, Infinity], [-Infinity, -1.7580993408473766], [NaN, NaN]] },
  silu: { exact: gate(sigmoid), specials: [...gated] },
  gelu: { exact: gate(normalCdf), specials: [...gated] },
  geluTanh: { exact: gate((x) => sigmoid(Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3))), specials: [...gated] },
  mish: { exact: gate((x) => mishGate(Math.exp(Math.min(x, 99)))), specials: [...gated] },
}; // prettier-ignore

/** A function of two numbers, and how to draw them where its result is a number that is neither 0 nor infinite. */
export interface ExactOfTwo {
  readonly exact: (x: number, y: number) => number;
  /** From 32 random bits each. */
  readonly draw: (first: number, second: number) => readonly [x: number, y: number];
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Any float32, by its bits. */
function floatOf(word: number): number {
  bits[0] = word;
  return float[0];
}

/** A positive float32, all exponents alike, whose logarithm the power is spread over. */
function powerPair(first: number, second: number): [x: number, y: number] {
  const x = floatOf(first & 0x7f7fffff);
  return [x, Math.fround(((second / 2 ** 32) * 280 - 150) / Math.log2(x))];
}

export const functionsOfTwo: Readonly<Record<string, ExactOfTwo>> = {
  pow: { exact: (x, y) => x ** y, draw: powerPair },
  atan2: { exact: Math.atan2, draw: (first, second) => [floatOf(first), floatOf(second)] },
};

/** |value − exact| in units in the last place of a float32 of exact's size, subnormals included. */
export function ulps(value: number, exact: number): number {
  if (value === exact || (Number.isNaN(value) && Number.isNaN(exact))) return 0;
  if (!Number.isFinite(value) || !Number.isFinite(exact)) {
    if (Number.isFinite(exact) && Math.abs(value) === Infinity)
      return Math.fround(exact) === value ? 0 : ulps(Math.sign(value) * 2 ** 128, exact);
    return Infinity;
  }
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126);
  return Math.abs(value - exact) / 2 ** (exponent - 23);
}

const folder = new URL("../assembly/", import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(new URL(file, folder), "utf8"))
  .join("\n")
  .replaceAll(/\n\s*\*\//g, " */")
  .replaceAll(/\n\s*\*/g, ""); // comments, each on one line

/** The largest error that a kernel's comment names: "error ≤ 1.00 ULP plain, 1.03 fused", or "… ULP plain and fused". */
export function documentedError(name: string): { plain: number; fused: number } {
  const { plain, fused = plain } = new RegExp(
    `error ≤ (?<plain>[\\d.]+) ULP plain(?:, (?<fused>[\\d.]+) fused| and fused)[^\n]*\nexport (?:function|class) ${name}\\b`,
    "i",
  ).exec(sources)!.groups!;
  return { plain: Number(plain), fused: Number(fused) };
}
