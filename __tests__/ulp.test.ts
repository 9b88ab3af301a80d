/** The largest errors of the transcendental kernels over samples of all floats; `npm run ulp` tries each of them. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as ops from "../src/ops/index.js";
import { fourierFeatures, init, scope, type Tensor, tensor } from "../src/index.js";
import { runnable } from "./binaries.js";
import { randomNumbers } from "./exams.js";
import { documentedError, functions, functionsOfTwo, ulps } from "./functions.js";

/** Every 16381st float: 2³² / 16381 numbers of both signs and all exponents, NaNs and infinities among them. */
function sample(): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(Math.floor(2 ** 32 / 16381));
  for (let i = 0; i < bits.length; i++) bits[i] = i * 16381;
  return new Float32Array(bits.buffer);
}

const x = sample();
const table = Object.entries(functions).map(([name, { exact, specials }]) => ({
  name,
  op: (ops as unknown as Record<string, (x: Tensor) => Tensor>)[name],
  specials,
  /** The exact values at the sample, computed once for all binaries. */
  values: Float64Array.from(x, exact),
}));

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => init({ prefer: [binary] }));

  test.each(table)("$name is within the error it documents", ({ name, op, values }) =>
    scope(() => {
      const y = op(tensor(x)).dataSync();
      const worst = { error: 0, at: NaN };
      for (let i = 0; i < x.length; i++) {
        if (y[i] === values[i]) continue;
        const error = ulps(y[i], values[i]);
        if (!(error <= worst.error)) [worst.error, worst.at] = [error, x[i]];
      }
      const bound = documentedError(name)[binary === "wasm-relaxed" ? "fused" : "plain"];
      expect(worst.error).toBeLessThanOrEqual(bound + 0.005); // it is rounded
    }),
  );

  test("cosines and sines of features are within the error that they document", () =>
    scope(() => {
      const y = fourierFeatures(tensor(x, [x.length, 1]), 1).dataSync();
      const errors = Array.from(x, (angle, i) => [
        ulps(y[2 * i], Math.cos(angle)),
        ulps(y[2 * i + 1], Math.sin(angle)),
      ]).flat();
      const worst = errors.reduce((a, b) => Math.max(a, b), 0);
      const bound = documentedError("waves")[binary === "wasm-relaxed" ? "fused" : "plain"];
      expect(worst).toBeLessThanOrEqual(bound + 0.005);
      expect(worst).toBeGreaterThan(0.7);
    }));

  test.each(Object.entries(functionsOfTwo))(
    "%s of pairs is within the error it documents",
    (name, { exact, draw }) =>
      scope(() => {
        const random = randomNumbers(1);
        const word = (): number => random() * 2 ** 32;
        const pairs = Array.from({ length: 1 << 18 }, () => draw(word(), word()));
        const op = ops[name as "pow" | "atan2"];
        const z = op(
          tensor(pairs.map(([first]) => first)),
          tensor(pairs.map(([, second]) => second)),
        ).dataSync();
        const errors = pairs.map(([first, second], i) => ulps(z[i], exact(first, second)));
        const worst = errors.reduce((a, b) => Math.max(a, b), 0);
        const bound = documentedError(name)[binary === "wasm-relaxed" ? "fused" : "plain"];
        expect(worst).toBeLessThanOrEqual(bound + 0.005);
        expect(worst).toBeGreaterThan(0.4);
      }),
  );

  test.each(table)("$name of special values", ({ op, specials }) =>
    scope(() => {
      const y = op(tensor(specials.map(([argument]) => argument))).dataSync();
      expect(Array.from(specials, ([argument], i) => [argument, y[i]])).toEqual(
        specials.map(([argument, value]) => [argument, Math.fround(value)]),
      );
    }),
  );
});
