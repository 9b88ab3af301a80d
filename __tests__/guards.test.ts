/** No kernel writes outside its outputs and scratch, leaves a word of them unwritten, or reads what it was not given. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { scope, setDevice } from "../src/index.js";
import { runnable } from "./binaries.js";
import { bitsOf, disagreement, scalesOf } from "./compare.js";
import { arraysOf, call, describeCase, examined, referencesOf, tensorsOf, valuesOf } from "./exams.js";
import { GuardedDevice } from "./guarded.js";

const sizes = [0, 1, 3, 5, 17, 129];

describe.each(runnable)("on %s", (binary) => {
  let device: GuardedDevice;
  beforeEach(() => setDevice((device = new GuardedDevice(binary))));
  afterEach(() => expect(device.memory().liveBytes).toBe(0));

  test.each(examined)("$name", ({ op, exam }) => {
    for (const case_ of [...sizes.map(exam.sized), ...exam.cases])
      scope(() => {
        const arrays = arraysOf(case_);
        const inputs = tensorsOf(case_, arrays);
        const before = inputs.map((input) => input.dataSync());
        const results = call(op, inputs, case_);
        if (op.inPlace) return;
        inputs.forEach((input, i) => expect(bitsOf(input.dataSync()).equals(bitsOf(before[i]))).toBe(true));
        // What was read from beside an input is poison: it cannot give the right result.
        const expected = referencesOf(op, exam, case_, arrays);
        const scale = scalesOf(op, exam, case_, arrays);
        results.forEach((result, i) => {
          const actual = valuesOf(result.dataSync(), result.dtype);
          const wrong = disagreement(actual, expected[i].data, exam.ulps ?? 4, scale(i));
          expect([describeCase(case_), i, wrong]).toEqual([describeCase(case_), i, undefined]);
        });
      });
  });
});

describe("the guard itself", () => {
  test("sees a byte written outside", () => {
    const device = new GuardedDevice("wasm-simd");
    const x = device.alloc(16, "x");
    const run = (grid: number): number => device.run({ kernel: "fill", numbers: [1], grid }, [x], "fill");
    expect(run(4)).toBe(0);
    expect(() => run(5)).toThrow("fill: wrote byte 16 of a block of 16 (x)");
  });

  test("sees a word left unwritten", () => {
    const device = new GuardedDevice("wasm-simd");
    const x = device.alloc(16, "x");
    expect(() => device.run({ kernel: "fill", numbers: [1], grid: 3 }, [x], "fill")).toThrow(
      "fill: argument 0 of 1: word 3 was not written",
    );
  });
});
