/** Several threads beside one: npm run bench:threads [FILTER…] [-- --quick] [--threads 2] */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import * as L from "../src/index.js";
import { Cost } from "../src/devices/cost.js";
import { instantiate } from "../src/devices/instance.js";
import type { WasmDevice } from "../src/devices/wasm.js";
import { describe, machine } from "./machine.js";
import { middle, type Pair, pair } from "./pairs.js";
import { duration, save, table } from "./report.js";
import { reals } from "./workload.js";

const { values: options, positionals: filters } = parseArgs({
  options: { quick: { type: "boolean" }, threads: { type: "string" } },
  allowPositionals: true,
});
const effort = options.quick ? "quick" : "full";

const random = (seed: number, ...shape: number[]): L.Tensor => L.tensor(reals(seed, ...shape).data, shape);
const product = (m: number, n: number, k: number) => (): (() => void) => {
  const [a, b] = [random(1, m, k), random(2, k, n)];
  return () => L.matmul(a, b).dispose();
};

/** A training step of a perceptron with Adam. */
function training(): () => void {
  const key = L.random.key(1);
  const model = new L.nn.Sequential(
    new L.nn.Linear(784, 256, { key }),
    new L.nn.ReLU(),
    new L.nn.Linear(256, 10, { key }),
  );
  const optimizer = new L.optim.Adam(model.parameters());
  const [x, y] = [random(1, 128, 784), L.tensor(Int32Array.from({ length: 128 }, (_, i) => i % 10))];
  const step = L.valueAndGrad(() => L.nn.crossEntropy(model.forward(x), y), model.parameters());
  return () =>
    L.scope(() => {
      optimizer.step(step()[1]);
    });
}

/** What is made on the current device, and run. */
const works: Record<string, () => () => void> = {
  "matmul 128": product(128, 128, 128),
  "matmul 256": product(256, 256, 256),
  "matmul 512": product(512, 512, 512),
  "matmul 1024": product(1024, 1024, 1024),
  "3 × 3 convolution 28² × 128": () => {
    const [x, w] = [random(1, 1, 28, 28, 128), random(2, 3, 3, 128, 128)];
    return () => L.conv2d(x, w, { padding: "same" }).dispose();
  },
  "layerNorm 1024 × 1024": () => {
    const [x, gain, bias] = [random(1, 1024, 1024), L.ones([1024]), L.zeros([1024])];
    return () => L.layerNorm(x, gain, bias).dispose();
  },
  "softmax 1024 × 1024": () => {
    const x = random(1, 1024, 1024);
    return () => L.softmax(x).dispose();
  },
  "exp, 1 M elements": () => {
    const x = random(1, 2 ** 20);
    return () => L.exp(x).dispose();
  },
  "add, 1 M elements": () => {
    const [x, y] = [random(1, 2 ** 20), random(2, 2 ** 20)];
    return () => L.add(x, y).dispose();
  },
  "attention of 12 heads, 512 × 64": () => {
    const [q, k, v] = [1, 2, 3].map((seed) => random(seed, 12, 512, 64));
    return () => L.attention(q, k, v).dispose();
  },
  "training step 784-256-10, batch 128, Adam": training,
  "add, 16 elements": () => {
    const x = random(1, 16);
    return () => L.add(x, x).dispose();
  },
};

/** (func (export "busy") (param $n i32) (param i32 i32) …): counts down from n, a cycle or so for each. */
const busy = Uint8Array.from([
  ...[
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 3, 127, 127, 127, 0, 3, 2, 1, 0, 7, 8, 1, 4, 98, 117, 115, 121,
    0, 0,
  ],
  ...[10, 24, 1, 22, 0, 2, 64, 3, 64, 32, 0, 69, 13, 1, 32, 0, 65, 1, 107, 33, 0, 12, 0, 11, 11, 11],
]);

/**
 * Microseconds to fork and join, workers awake: of a kernel that does nothing, and, for that is over before a worker is there, of one in as
 * many parts of 20 µs as there are threads, beyond what one such part takes. Median and quartiles.
 */
function forkJoin(device: WasmDevice) {
  const team = device.team!;
  const module = new WebAssembly.Module(busy);
  const functions = instantiate(module, new WebAssembly.Memory({ initial: 1 }));
  const kernel = {
    run: functions.busy,
    index: team.link(module, Object.values(functions)),
    cost: new Cost(),
  };
  while (!team.ready) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  const measure = (n: number, parts: number): number[] => {
    const launch = { args: [n], grid: parts, parts, scratchAt: -1, stride: 0 };
    const times = Array.from({ length: 5000 }, () => {
      const start = performance.now();
      team.run(kernel, launch, 1, "busy");
      return 1000 * (performance.now() - start);
    });
    return times.slice(1000);
  };
  const alone = middle(measure(50_000, 1)).median;
  const n = Math.round((50_000 * 20) / alone);
  const one = middle(measure(n, 1)).median;
  return {
    empty: middle(measure(0, team.threads)),
    busy: middle(measure(n, team.threads).map((time) => time - one)),
  };
}

const threads = Number(options.threads ?? 2);
const here = machine();
console.log(describe(here) + "\n");
const one = (await L.init({ threads: 1 })) as WasmDevice;
const several = (await L.init({ threads })) as WasmDevice;

const results: ({ work: string } & Pair)[] = [];
for (const [work, make] of Object.entries(works)) {
  if (filters.length > 0 && !filters.some((filter) => work.includes(filter))) continue;
  const [first, second] = [one, several].map((device) => {
    L.setDevice(device);
    const run = make();
    return (): void => {
      L.setDevice(device);
      run();
    };
  });
  results.push({ work, ...(await pair(first, second, effort)) });
}
const rows = results.map(({ work, first, second, ratio, quartiles }) => [
  work,
  duration(first),
  duration(second),
  `${ratio.toFixed(2)} ×`,
  quartiles.map((q) => q.toFixed(2)).join("–"),
]);
console.log(table(["", "1 thread", `${threads} threads`, "faster", "quartiles"], rows));
const join = forkJoin(several);
const spread = ({ median, quartiles }: ReturnType<typeof middle>): string =>
  `${median.toFixed(1)} µs (quartiles ${quartiles.map((q) => q.toFixed(1)).join("–")})`;
console.log(
  `\nfork and join of an empty kernel: ${spread(join.empty)}; beyond 20 µs of work on each thread: ${spread(join.busy)}`,
);
console.log(
  `load ${here.load} before, ${loadavg()[0].toFixed(1)} after, of which ${threads} or fewer are this benchmark's`,
);
save("threads", here, { threads, results, forkJoin: join });
await L.shutdown();
