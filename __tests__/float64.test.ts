/** Every op that takes float64, on every case of its exam and every binary, beside its reference; canaries; gradients. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import { float64 } from "../src/float64.js";
import type { AnyExam, Case, Reference } from "../src/exam.js";
import type { AnyOp } from "../src/op.js";
import { runnable } from "./binaries.js";
import { bitsOf, disagreement64, scalesOf } from "./compare.js";
import {
  arraysOf,
  call,
  casesOf,
  describeCase,
  doubled,
  joinedReferences,
  joinedResults,
  randomNumbers,
} from "./exams.js";
import { referencesOf, tensorsOf, widened } from "./exams.js";
import { GuardedDevice } from "./guarded.js";

/**
 * What the reference and the compiler's library of functions add to an exam's bound, in units of 2⁻⁵³; more where an error of an
 * exponent counts, which is as many units as the exponent is large.
 */
const SLACK = 8;
const slack: Record<string, number> = { geluGrad: 1024, geluTanh: 2048 };

function mistakes(op: AnyOp, exam: AnyExam, case_: Case): string[] {
  const arrays = arraysOf(case_);
  const expected = referencesOf(op, exam, case_, arrays);
  const scale = scalesOf(op, exam, case_, arrays);
  return L.scope(() => {
    const inputs = tensorsOf(case_, arrays);
    return call(op, inputs, case_).flatMap((tensor, i) => {
      const { shape, data } = expected[i];
      const ulps = (exam.ulps ?? 4) + (slack[op.definition.name] ?? SLACK);
      const wrong =
        String(tensor.shape) === String(shape)
          ? disagreement64(tensor.dataSync(), data, exam.ulps === 0 ? 0 : ulps, scale(i))
          : `shape [${tensor.shape}], expected [${shape}]`;
      return wrong === undefined ? [] : [`${describeCase(case_)}: ${tensor.dtype}: ${wrong}`];
    });
  });
}

describe.each(runnable)("on %s", (binary) => {
  beforeAll(() => L.init({ prefer: [binary], modules: [float64] }));

  test.each(widened)("$name is as its reference", ({ op, exam }) => {
    expect(doubled(casesOf(exam)).flatMap((case_) => mistakes(op, exam, case_))).toEqual([]);
  });

  test("what has no kernel for float64 says so", () => {
    L.scope(() => {
      const x = L.tensor([3, 1, 2], [3], "float64");
      expect(() => L.sort(x)).toThrow(
        new L.DTypeError("sortRows: has no kernel for float64 (cast converts)"),
      );
    });
    expect(L.memory().liveBlocks).toBe(0);
  });
});

describe.each(runnable)("guarded, on %s", (binary) => {
  test.each(widened)("$name stays inside, however its grid is split", ({ op, exam }) => {
    const device = new GuardedDevice(binary);
    L.setDevice(device);
    for (const case_ of doubled(casesOf(exam))) {
      const run = (cuts: (grid: number) => number[]): Buffer =>
        L.scope(() => {
          device.cuts = cuts;
          const inputs = tensorsOf(case_);
          return Buffer.concat(call(op, inputs, case_).map((x) => bitsOf(x.dataSync())));
        });
      const whole = run(() => []);
      const parts = run((grid) =>
        [1, 2, 3, Math.floor(grid / 2)].filter((at) => at < grid).sort((a, b) => a - b),
      );
      expect([describeCase(case_), parts.equals(whole)]).toEqual([describeCase(case_), true]);
    }
    expect(device.memory().liveBytes).toBe(0);
  });
});

describe("gradients", () => {
  beforeAll(() => L.init({ modules: [float64] }));

  /** That of a central difference of step 10⁻⁵ in float64. */
  const TOLERANCE = 1e-7;
  const STEP = 1e-5;

  const real = widened.filter(({ exam }) => exam.gradients.length > 0);

  test.each(real)("$name: ⟨gradient, direction⟩ is the slope of the reference", ({ op, exam }) => {
    doubled(exam.gradients).forEach((case_, i) =>
      L.scope(() => {
        const x = arraysOf(case_, 10 * i + 1);
        const random = randomNumbers(10 * i + 2);
        const v = x.map(({ data }) => data.map(() => 2 * random() - 1));
        const moved = (step: number): Reference[] =>
          x.map(({ data, ...rest }, j) => ({
            ...rest,
            data: data.map((value, k) =>
              case_.inputs[j].dtype === "float64" ? value + step * v[j][k] : value,
            ),
          }));
        const reference = (inputs: Reference[]): Reference =>
          joinedReferences(referencesOf(op, exam, case_, inputs));
        const y = reference(x);
        const dy = y.data.map(() => 2 * random() - 1);
        const value = (step: number): number =>
          reference(moved(step)).data.reduce((sum, z, k) => sum + z * dy[k], 0);
        const expected = (value(STEP) - value(-STEP)) / (2 * STEP);
        const inputs = tensorsOf(case_, x);
        const at = inputs.flatMap(({ dtype }, j) => (dtype === "float64" ? [j] : []));
        const [, pullback] = L.vjp(
          (primals: readonly L.Tensor[]) =>
            joinedResults(
              call(
                op,
                inputs.map((input, j) => primals[at.indexOf(j)] ?? input),
                case_,
              ),
            ),
          at.map((j) => inputs[j]),
        );
        const gradients = pullback(L.tensor(dy, y.shape, "float64"));
        expect(gradients.map(({ dtype }) => dtype)).toEqual(at.map(() => "float64"));
        let slope = 0;
        let size = 1e-2;
        gradients.forEach((gradient, j) =>
          gradient.dataSync().forEach((g, k) => {
            slope += g * v[at[j]][k];
            size += Math.abs(g * v[at[j]][k]);
          }),
        );
        expect(Math.abs(slope - expected) / size).toBeLessThan(TOLERANCE);
      }),
    );
  });
});

test("without its module, float64 says what to load", async () => {
  await L.init();
  L.scope(() => {
    const x = L.tensor([1, 2], [2], "float64");
    expect(x.toArray()).toEqual([1, 2]);
    expect(() => L.add(x, x)).toThrow(
      new L.DeviceError(
        'add: the kernels for float64 are not loaded: init({ modules: [float64] }), float64 from "lanewise/float64"',
      ),
    );
  });
  expect(L.memory().liveBlocks).toBe(0);
});
