/** Every op, on every case of its exam and every binary, beside its float64 reference; and what it must refuse. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { init, memory, scope, tensor, type Tensor } from "../src/index.js";
import type { AnyExam, Case, Sample } from "../src/exam.js";
import type { AnyOp } from "../src/op.js";
import { runnable } from "./binaries.js";
import { disagreement, scalesOf } from "./compare.js";
import {
  arraysOf,
  call,
  casesOf,
  describeCase,
  examined,
  exams,
  numbersOf,
  ops,
  randomNumbers,
} from "./exams.js";
import { referencesOf, tensorsOf, valuesOf } from "./exams.js";

test.each(Object.keys(ops))("%s has an exam", (name) => {
  expect(exams[name]).toBeDefined();
  expect(ops[name].definition.name).toBe(name);
});

test("every exam is of an op", () => {
  expect(Object.keys(ops)).toEqual(expect.arrayContaining(Object.keys(exams)));
});

/** What is wrong with the result of a case, in words. */
function mistakes(op: AnyOp, exam: AnyExam, case_: Case): string[] {
  const arrays = arraysOf(case_);
  const expected = referencesOf(op, exam, case_, arrays);
  const scale = scalesOf(op, exam, case_, arrays);
  return scope(() => {
    const inputs = tensorsOf(case_, arrays);
    return call(op, inputs, case_).flatMap((tensor, i) => {
      const name = op.inPlace ? Object.keys(op.definition.inputs)[i] : `result ${i}`;
      const { shape, data } = expected[i];
      const wrong =
        String(tensor.shape) === String(shape)
          ? disagreement(valuesOf(tensor.dataSync(), tensor.dtype), data, exam.ulps ?? 4, scale(i))
          : `shape [${tensor.shape}], expected [${shape}]`;
      return wrong === undefined ? [] : [`${describeCase(case_)}: ${name}: ${wrong}`];
    });
  });
}

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => init({ prefer: [binary] }));

  test.each(examined)("$name is as its reference", ({ op, exam }) => {
    expect(casesOf(exam).flatMap((case_) => mistakes(op, exam, case_))).toEqual([]);
  });

  test.each(examined)("$name refuses what it should", ({ name, op, exam }) => {
    expect(exam.errors.length).toBeGreaterThan(0);
    for (const { call, error, message } of exam.errors) {
      const before = memory().liveBytes;
      const made: Tensor[] = [];
      const make = (sample: Sample): Tensor => {
        made.push(tensor(numbersOf(sample, randomNumbers(1)), sample.shape, sample.dtype));
        return made.at(-1)!;
      };
      let thrown: unknown;
      try {
        call(op, make);
      } catch (error) {
        thrown = error;
      }
      for (const tensor of made) tensor.dispose();
      expect(memory().liveBytes).toBe(before);
      expect(String((thrown as Error | undefined)?.message)).toEqual(
        typeof message === "string" ? message : expect.stringMatching(message),
      );
      expect((thrown as Error).message.startsWith(`${name}: `)).toBe(true);
      expect(thrown).toBeInstanceOf(error);
    }
  });
});
