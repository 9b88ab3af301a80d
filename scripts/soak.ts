/**
 * Ten minutes of ops drawn at random on sizes drawn at random, with threads and without, each result beside its float64 reference, while other
 * tensors come and go: npm run soak [-- --minutes 10] [--threads 3] [--seed 1]. In the end nothing may be left.
 */
import { parseArgs } from "node:util";
import { runnable } from "../__tests__/binaries.js";
import { disagreement, scalesOf } from "../__tests__/compare.js";
import {
  arraysOf,
  call,
  casesOf,
  describeCase,
  examined,
  randomNumbers,
  referencesOf,
  tensorsOf,
  valuesOf,
} from "../__tests__/exams.js";
import { teamOf } from "../__tests__/teams.js";
import { full, scope, setDevice, type Tensor } from "../src/index.js";

const { values: options } = parseArgs({
  options: { minutes: { type: "string" }, threads: { type: "string" }, seed: { type: "string" } },
});
const seconds = 60 * Number(options.minutes ?? 10);
const threads = Number(options.threads ?? 3);
const random = randomNumbers(Number(options.seed ?? 1));
const below = (n: number): number => Math.floor(n * random());

/** Times the errors that parity allows: that is held for its own numbers, and these are any. */
const LENIENCE = 64;

/** The largest size of a case; a few are smaller. */
const LARGEST = 200;
/** Tensors that live on between the ops, and the most elements of each. */
const BYSTANDERS = 40;
const ELEMENTS = 300_000;

// One that splits all it can, and one as users have it, which splits what is worth it.
const devices = await Promise.all(
  runnable.flatMap((binary) => [teamOf(binary, threads), teamOf(binary, 2, { grain: undefined })]),
);
const bystanders = devices.map((): { tensor: Tensor; value: number }[] => []);

/** Drops a tensor that nobody uses: it must still hold what it was made of. */
function drop(at: number): void {
  const [{ tensor, value }] = bystanders[at].splice(below(bystanders[at].length), 1);
  const found = tensor.dataSync().findIndex((element) => element !== value);
  if (found >= 0) throw new Error(`a tensor of ${value}s has another number at ${found}`);
  tensor.dispose();
}

/** Makes or drops such a tensor. */
function jostle(at: number): void {
  const all = bystanders[at];
  if (all.length === BYSTANDERS || (all.length > 0 && random() < 0.45)) return drop(at);
  const value = below(1000);
  all.push({ tensor: full([below(ELEMENTS)], value), value });
}

const counts = { ops: 0, results: 0 };

/** One op on one case on one device; throws if a result is wrong. */
function examine(at: number): void {
  setDevice(devices[at]);
  jostle(at);
  const { name, op, exam } = examined[below(examined.length)];
  const cases = casesOf(exam);
  const size = below(random() < 0.1 ? LARGEST : 40);
  const case_ = random() < 0.5 ? exam.sized(size) : cases[below(cases.length)];
  const arrays = arraysOf(case_, 1 + below(1e6));
  const expected = referencesOf(op, exam, case_, arrays);
  const scale = scalesOf(op, exam, case_, arrays);
  scope(() =>
    call(op, tensorsOf(case_, arrays), case_).forEach((y, i) => {
      const wrong = disagreement(
        valuesOf(y.dataSync(), y.dtype),
        expected[i].data,
        LENIENCE * (exam.ulps ?? 4),
        scale(i),
      );
      if (wrong !== undefined) throw new Error(`${name} ${describeCase(case_)}: result ${i}: ${wrong}`);
      counts.results++;
    }),
  );
  counts.ops++;
}

const start = performance.now();
let reported = 0;
for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1000) {
  for (let i = 0; i < 20; i++) examine(below(devices.length));
  await new Promise((resolve) => setImmediate(resolve)); // what workers report arrives
  if (elapsed - reported < 30) continue;
  reported = elapsed;
  const rss = Math.round(process.memoryUsage.rss() / 1e6);
  console.log(`${Math.round(elapsed)} s: ${counts.ops} ops, ${rss} MB`);
}
devices.forEach((device, at) => {
  setDevice(device);
  while (bystanders[at].length > 0) drop(at);
  const { liveBytes, liveBlocks, owners, freedByNet } = device.memory();
  if (liveBytes + liveBlocks + freedByNet !== 0)
    throw new Error(`${device.name}: ${liveBytes} bytes are left: ${JSON.stringify(owners)}`);
  if (!device.team!.ready) throw new Error(`${device.name}: ${device.team!.failure?.message}`);
});
console.log(`${counts.ops} ops, ${counts.results} results, all as they should be; nothing is left`);
