/** Threads: that they share the work, that nothing depends on their number, and what happens when one fails. */
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import * as L from "../src/index.js";
import type { WasmDevice } from "../src/devices/wasm.js";
import type { WorkerFactory } from "../src/devices/workers.js";
import { runnable } from "./binaries.js";
import { bitsOf } from "./compare.js";
import { randomNumbers } from "./exams.js";
import { teamOf } from "./teams.js";

jest.setTimeout(120_000);

const script = new URL("../src/generated/worker.js", import.meta.url);

/** Workers whose matmul first does something else; `kernel` is the true one, `args` end in begin and end, `word` is theirs and the test's. */
const workersThat =
  (does: string, word = new Int32Array(new SharedArrayBuffer(4))): WorkerFactory =>
  () =>
    new Worker(
      `const word = require("node:worker_threads").workerData;
      const { Instance } = WebAssembly;
      const wrap = (kernel, memory) => (...args) => { ${does}; return kernel(...args); };
      WebAssembly.Instance = function (module, imports) {
        const { exports } = new Instance(module, imports);
        const entries = Object.entries(exports).map(([name, kernel]) => [name, name === "matmul" ? wrap(kernel, imports.env.memory) : kernel]);
        return { exports: Object.fromEntries(entries) };
      };
      import(${JSON.stringify(script.href)});`,
      { eval: true, workerData: word },
    );

const devices: WasmDevice[] = [];
async function use(threads: number, options?: Parameters<typeof teamOf>[2]): Promise<WasmDevice> {
  const device = await teamOf(runnable.at(-1)!, threads, options);
  devices.push(device);
  L.setDevice(device);
  return device;
}
afterEach(() => Promise.all(devices.splice(0).map((device) => device.destroy())));

const filled = (shape: number[], seed = 1): L.Tensor => {
  const random = randomNumbers(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return L.tensor(
    Float32Array.from({ length: size }, () => 2 * random() - 1),
    shape,
  );
};

/** The bits of a product, which every thread has a part of: workers that are slow get theirs, for there are more parts than threads. */
const product = (n = 300): Buffer =>
  L.scope(() => bitsOf(L.matmul(filled([n, n]), filled([n, n], 2)).dataSync()));

/** What is thrown first; a worker may come too late for the first calls. */
function firstError(call: () => void): unknown {
  for (let i = 0; i < 1000; i++)
    try {
      call();
    } catch (error) {
      return error;
    }
  return undefined;
}

describe("a training", () => {
  /** The parameters after some steps of a small network. */
  const trained = (): Buffer => {
    const key = L.random.key(1);
    const model = new L.nn.Sequential(
      new L.nn.Conv2d(3, 8, 3, { key }),
      new L.nn.ReLU(),
      new L.nn.Flatten(),
      new L.nn.Linear(8 * 14 * 14, 10, { key }),
    );
    const optimizer = new L.optim.Adam(model.parameters(), { learningRate: 1e-3 });
    const step = L.valueAndGrad(
      (x: L.Tensor, y: L.Tensor) => L.nn.crossEntropy(model.forward(x), y),
      model.parameters(),
    );
    const [x, y] = [filled([20, 16, 16, 3]), L.tensor(Int32Array.from({ length: 20 }, (_, i) => i % 10))];
    for (let i = 0; i < 5; i++) L.scope(() => optimizer.step(step(x, y)[1]));
    return Buffer.concat(Object.values(model.parameters()).map((p) => bitsOf(p.dataSync())));
  };

  test("has the same bits with 1, 2, 3 and 5 threads", async () => {
    await use(1);
    const alone = trained();
    for (const threads of [2, 3, 5]) {
      await use(threads);
      expect([threads, trained().equals(alone)]).toEqual([threads, true]);
    }
  });
});

describe("init", () => {
  test("starts as many threads as are asked for, and tells", async () => {
    const device = await L.init({ threads: 3 });
    expect(L.info()).toMatchObject({ threads: 3, threading: "workers run" });
    await L.shutdown();
    expect(L.info()).toMatchObject({ threads: 1, threading: "its workers were ended" });
    expect(product()).toEqual(product());
    await device.destroy();
  });

  test("starts none of itself until there was work for them", async () => {
    const device = await L.init();
    expect(L.info().threading).toBe("workers start once there is enough work for them");
    expect(L.memory().heapBytes).toBeLessThan(2 ** 20);
    L.scope(() => L.add(filled([16]), 1));
    expect(L.info().threading).toBe("workers start once there is enough work for them");
    const before = product();
    for (
      let i = 0;
      i < 1000 && L.info().threading === "workers start once there is enough work for them";
      i++
    )
      product();
    expect(L.info().threading).not.toBe("workers start once there is enough work for them");
    for (let i = 0; i < 500 && L.info().threading !== "workers run"; i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(L.info().threading).toBe("workers run");
    expect(product().equals(before)).toBe(true);
    await device.destroy();
  });

  test("fails if its workers are ended before they have started", async () => {
    const silent = (): Worker => new Worker("setTimeout(() => {}, 60_000)", { eval: true });
    const failed = expect(L.init({ threads: 2, workerFactory: silent })).rejects.toThrow(
      /^init: its workers were ended before they had started$/,
    );
    while (L.info().threading !== "workers are starting")
      await new Promise((resolve) => setTimeout(resolve, 5));
    await L.shutdown();
    await failed;
    product();
  });

  test("says why there is one thread", async () => {
    await L.init({ threads: 1 });
    expect(L.info()).toMatchObject({ threads: 1, threading: expect.stringMatching(/asked for/) });
    const saved = globalThis.SharedArrayBuffer;
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    try {
      await L.init({ threads: 2 });
    } finally {
      globalThis.SharedArrayBuffer = saved;
    }
    expect(L.info()).toMatchObject({
      threads: 1,
      threading: expect.stringMatching(/^SharedArrayBuffer is missing/),
    });
    product();
  });

  test.each([
    ["less than it wants", 2 ** 28, 2],
    ["none to share", 0, 1],
  ])("takes what memory the system lets it have: %s", async (_, most, threads) => {
    const { Memory } = WebAssembly;
    const asked: number[] = [];
    WebAssembly.Memory = class extends Memory {
      constructor(options: WebAssembly.MemoryDescriptor) {
        if (options.shared) {
          asked.push(2 ** 16 * options.maximum!);
          if (asked.at(-1)! > most) throw new RangeError("could not allocate memory");
        }
        super(options);
      }
    };
    try {
      await L.init({ threads: 2 });
    } finally {
      WebAssembly.Memory = Memory;
    }
    expect(asked.slice(0, 5)).toEqual([2 ** 32, 2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28]);
    expect(asked.at(-1)).toBe(Math.max(most, 2 ** 24));
    expect(L.info().threads).toBe(threads);
    if (threads === 1)
      expect(L.info().threading).toBe("a memory cannot be shared: could not allocate memory");
    product();
  });

  test("refuses numbers of threads that mean nothing", async () => {
    for (const threads of [0, -1, 1.5, 65, NaN])
      await expect(L.init({ threads })).rejects.toThrow(L.OptionError);
  });

  test.each([
    [
      "a script that is missing",
      () => new Worker(new URL("./nowhere.js", import.meta.url)),
      /worker 1 of 1: .*nowhere/,
    ],
    [
      "a script that fails",
      () => new Worker("throw new Error('no luck')", { eval: true }),
      /worker 1 of 1: no luck/,
    ],
    [
      "a script that ends",
      () => new Worker("process.exit(7)", { eval: true }),
      /worker 1 of 1: it ended, code 7/,
    ],
    ["a factory that throws", () => { throw new Error("no workers today"); }, /worker 1 of 1: no workers today/], // prettier-ignore
  ] as const)(
    "%s is an error that names the worker, and leaves one thread",
    async (_, workerFactory, message) => {
      await expect(L.init({ threads: 2, workerFactory })).rejects.toThrow(message);
      await expect(L.init({ threads: 2, workerFactory })).rejects.toThrow(L.WorkerError);
      expect(L.info()).toMatchObject({ threads: 1, threading: expect.stringMatching(message) });
      product();
    },
  );
});

describe("a worker", () => {
  test("computes parts of kernels", async () => {
    await use(1);
    const right = product();
    const parts = new Int32Array(new SharedArrayBuffer(4));
    await use(3, { workerFactory: workersThat("Atomics.add(word, 0, 1)", parts) });
    for (let i = 0; i < 50; i++) expect(product().equals(right)).toBe(true);
    expect(parts[0]).toBeGreaterThan(10);
  });

  test("that dies in mid-kernel is an error that names it; the device goes on alone, its memory intact", async () => {
    await use(1);
    const right = product();
    const half =
      "const [begin, end] = args.slice(-2); kernel(...args.slice(0, -1), (begin + end) >> 1); process.exit(3)";
    const device = await use(2, { workerFactory: workersThat(half) });
    const [a, b] = [filled([300, 300]), filled([300, 300], 2)];
    const before = L.memory().liveBytes;
    const error = firstError(() => L.matmul(a, b).dispose());
    expect(error).toBeInstanceOf(L.WorkerError);
    expect(String((error as Error).message)).toMatch(
      /^matmul: worker 1 of 1: it did not finish its part within 1\d s; the device goes on with one thread$/,
    );
    expect(device.team!.failure).toBeDefined();
    expect(bitsOf(L.matmul(a, b).dataSync()).equals(right)).toBe(true);
    await device.team!.end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(L.memory().liveBytes).toBe(before + 300 * 300 * 4);
  });

  test("that dies between kernels is an error of the next one only", async () => {
    const workers: Worker[] = [];
    const device = await use(2, {
      workerFactory: () => {
        workers.push(new Worker(script));
        return workers.at(-1)!;
      },
    });
    const right = product();
    await workers[0].terminate();
    expect(() => product()).toThrow(
      /^matmul: worker 1 of 1: it ended, code 1; the device goes on with one thread$/,
    );
    expect(product().equals(right)).toBe(true);
    expect(device.team!.ready).toBe(false);
  });

  test("whose kernel traps is an error of that op, and works on", async () => {
    await use(2, {
      workerFactory: workersThat(
        "if (Atomics.add(word, 0, 1) === 0) new WebAssembly.Memory({ initial: 70000 });",
      ),
    });
    const [a, b] = [filled([300, 300]), filled([300, 300], 2)];
    const before = L.memory().liveBytes;
    const error = firstError(() => L.matmul(a, b).dispose());
    expect(error).toBeInstanceOf(L.DeviceError);
    expect(error).not.toBeInstanceOf(L.WorkerError);
    expect(String(error)).toMatch(/matmul: .*WebAssembly.Memory/);
    expect(L.memory().liveBytes).toBe(before);
    expect(product()).toEqual(product());
  });

  test("may grow the memory while others compute", async () => {
    await use(1);
    const right = product(700);
    await use(3, { workerFactory: workersThat("memory.grow(3)") });
    const before = L.memory().heapBytes;
    for (let i = 0; i < 20; i++) expect(product(700).equals(right)).toBe(true);
    expect(L.memory().heapBytes).toBeGreaterThan(before + 4 * 3 * 2 ** 16);
  });

  test("learns kernels that come later", async () => {
    const device = await use(3);
    const [x, y] = [filled([64, 64]), filled([1, 32, 32, 8])];
    const run = (): Buffer =>
      L.scope(() =>
        Buffer.concat(
          [L.softmax(x), L.layerNorm(x, L.ones([64]), L.zeros([64])), L.conv2d(y, filled([3, 3, 8, 8]))].map(
            (z) => bitsOf(z.dataSync()),
          ),
        ),
      );
    const first = run();
    for (let i = 0; i < 500 && !device.team!.ready; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(device.team!.ready).toBe(true);
    expect(run().equals(first)).toBe(true);
  });
});

describe("many devices", () => {
  /** Counts the workers that have ended. */
  function counted(): { ended: number; workerFactory: WorkerFactory } {
    const count = {
      ended: 0,
      workerFactory: () => new Worker(script).on("exit", () => void count.ended++),
    };
    return count;
  }

  test("50 start one after another, and no worker is left", async () => {
    const count = counted();
    for (let i = 0; i < 50; i++) {
      const device = await L.init({ threads: 3, workerFactory: count.workerFactory });
      if (i % 10 === 0) product();
      await device.destroy();
      expect(count.ended).toBe(2 * (i + 1));
    }
  });

  test("one that nobody has any more ends its workers", async () => {
    const count = counted();
    await L.init({ threads: 2, workerFactory: count.workerFactory });
    product();
    await L.init({ threads: 1 });
    for (let i = 0; i < 100 && count.ended === 0; i++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(count.ended).toBe(1);
  });

  test.each([1, 2])("200 of 17 MB and %d threads, destroyed, leave their memory", (threads) => {
    const program = `
      import { init, zeros } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
      const rss = () => process.memoryUsage.rss() / 1e6;
      const before = rss();
      let most = 0;
      for (let i = 0; i < 200; i++) {
        const device = await init({ threads: ${threads} });
        zeros([4, 2 ** 20]);
        await device.destroy();
        most = Math.max(most, rss());
      }
      for (let i = 0; i < 5; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      console.log(JSON.stringify({ most, left: rss() - before }));`;
    const args = ["--expose-gc", "--input-type=module"];
    const { stdout, stderr } = spawnSync(process.execPath, args, { input: program, encoding: "utf8" });
    expect(stderr).toBe("");
    const { most, left } = JSON.parse(stdout) as { most: number; left: number };
    // All together had 3500 MB. The engine collects what is garbage when it likes: Node 20 has let 890 MB stand, Node 24 190.
    expect(most).toBeGreaterThan(30);
    expect(most).toBeLessThan(1400);
    expect(left).toBeLessThan(120);
  });
});

test("what uses a destroyed device says so; disposal does not", async () => {
  const device = await L.init();
  const x = L.ones([3]);
  await device.destroy();
  expect(() => L.add(x, 1)).toThrow(new L.DeviceError(`add: ${device.name} was destroyed`));
  expect(() => x.dataSync()).toThrow(/^data: .* was destroyed$/);
  expect(() => L.ones([3])).toThrow(/^full: .* was destroyed$/);
  expect(L.memory()).toMatchObject({ liveBytes: 0, heapBytes: 0, owners: [] });
  x.dispose();
  await L.init();
  L.ones([3]).dispose();
});
