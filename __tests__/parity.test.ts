/** Every op, on every case of its exam, every binary and 1, 2 and 3 threads, beside its float64 reference; and what it must refuse. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { memory, scope, setDevice, tensor, type Tensor } from "../src/index.js";
import type { WasmDevice } from "../src/devices/wasm.js";
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
import { teamOf } from "./teams.js";

test.each(Object.keys(ops))("%s has an exam", (name) => {
  expect(exams[name]).toBeDefined();
  expect(ops[name].definition.name).toBe(name);
});

test("every exam is of an op", () => {
  expect(Object.keys(ops)).toEqual(expect.arrayContaining(Object.keys(exams)));
});

/** What is wrong with the results of a case on some devices, in words. */
function mistakes(op: AnyOp, exam: AnyExam, case_: Case, devices: readonly WasmDevice[]): string[] {
  const arrays = arraysOf(case_);
  const expected = referencesOf(op, exam, case_, arrays);
  const scale = scalesOf(op, exam, case_, arrays);
  const onOne = (): string[] => {
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
  };
  return devices.flatMap((device) => {
    setDevice(device);
    return scope(onOne).map((mistake) => `${device.team?.threads ?? 1} threads: ${mistake}`);
  });
}

describe.each(runnable)("on %s", (binary) => {
  const devices: WasmDevice[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) devices.push(await teamOf(binary, threads));
  });
  afterAll(() => Promise.all(devices.map((device) => device.destroy())));

  test.each(examined)("$name is as its reference", ({ op, exam }) => {
    expect(casesOf(exam).flatMap((case_) => mistakes(op, exam, case_, devices))).toEqual([]);
    for (const device of devices) expect(device.memory().liveBytes).toBe(0);
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
