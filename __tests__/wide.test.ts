/** The kernels of `lanewise/wide` are the package's own in another order of tiles: no op may give another bit. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as L from "../src/index.js";
import type { Device } from "../src/devices/device.js";
import { wide } from "../src/wide.js";
import { runnable } from "./binaries.js";
import { bitsOf } from "./compare.js";
import { arraysOf, call, describeCase, examined, randomNumbers, sizeOf, tensorsOf } from "./exams.js";
import { GuardedDevice } from "./guarded.js";

/** What a function of new tensors gives on a device. */
function on(device: Device, run: () => readonly L.Tensor[]): Buffer {
  L.setDevice(device);
  return L.scope(() => Buffer.concat(run().map((y) => bitsOf(y.dataSync()))));
}

describe.each(runnable)("on %s", (binary) => {
  let plain: GuardedDevice, wider: GuardedDevice;
  beforeAll(() => {
    plain = new GuardedDevice(binary);
    wider = new GuardedDevice(binary, [wide]);
  });
  afterAll(() => expect([plain, wider].map((device) => device.memory().liveBytes)).toEqual([0, 0]));

  test.each(examined)("$name", ({ op, exam }) => {
    for (const case_ of [...[17, 129].map(exam.sized), ...exam.cases]) {
      const run = (): readonly L.Tensor[] => call(op, tensorsOf(case_, arraysOf(case_)), case_);
      const about = describeCase(case_);
      expect([about, on(wider, run).equals(on(plain, run))]).toEqual([about, true]);
    }
  });

  const filled = (...shape: number[]): L.Tensor => {
    const random = randomNumbers(sizeOf(shape));
    return L.tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
      shape,
    );
  };

  // Rows and columns about the sizes of tiles and blocks, sums of one block and of two.
  test.each([1, 7, 513])("products of %i terms", (k) => {
    for (const m of [16, 17, 19, 23, 120, 131])
      for (const n of [16, 24, 31, 33, 1040]) {
        const run = (): L.Tensor[] => [
          L.matmul(filled(m, k), filled(k, n)),
          L.matmul(filled(n, k), filled(k, m)),
        ];
        expect([m, n, on(wider, run).equals(on(plain, run))]).toEqual([m, n, true]);
      }
  });

  test("symmetric products", () => {
    for (const n of [16, 23, 40, 121, 250]) {
      const run = (): L.Tensor[] => [L.syrk(filled(n, 9)), L.syrk(filled(n, 520))];
      expect([n, on(wider, run).equals(on(plain, run))]).toEqual([n, true]);
    }
  });
});
