/** Every op on every shape of its exam's `bench`: npm run bench [FILTER…] [-- --quick] [--device wasm-simd] [--float64] */
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import { type BinaryName, DTypeError, init } from "../src/index.js";
import { bytesOf } from "../src/dtype.js";
import { type AnyExam, type Case, inDouble } from "../src/exam.js";
import { float64 } from "../src/float64.js";
import type { AnyOp, Plan } from "../src/op.js";
import * as exams from "../src/ops/index.exam.js";
import * as ops from "../src/ops/index.js";
import { sizeOf } from "../src/shape.js";
import { tensor, type Tensor } from "../src/tensor.js";
import { startClock } from "./clock.js";
import { Limits, type Stream } from "./limits.js";
import { describe, machine } from "./machine.js";
import { duration, figure, giga, percent, rowPrinter, save } from "./report.js";
import { uniform } from "./workload.js";

const { values: options, positionals: filters } = parseArgs({
  options: { quick: { type: "boolean" }, device: { type: "string" }, float64: { type: "boolean" } },
  allowPositionals: true,
});
const time = options.quick ? { time: 30, warmupTime: 30 } : { time: 300, warmupTime: 200 };
const effort = { ...time, iterations: 5, warmupIterations: 3 };

/** Shorter calls are timed several at once: the clock itself takes a microsecond or two. */
const SHORTEST = 0.2;

/** A call of an op, with its plan where it has a kernel. */
function prepare(op: AnyOp, { inputs: samples, attributes: given }: Case) {
  const { definition } = op;
  const random = uniform(1);
  const inputs = samples.map(({ shape, dtype, element }) =>
    tensor(
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => element(i, random())),
      shape,
      dtype,
    ),
  );
  const positional = (definition.positional ?? []) as readonly string[];
  const attributes: Record<string, unknown> = { ...definition.defaults, ...given };
  const rest = Object.fromEntries(Object.entries(attributes).filter(([name]) => !positional.includes(name)));
  const args = [
    ...inputs,
    ...positional.map((name) => attributes[name]),
    ...(Object.keys(rest).length ? [rest] : []),
  ];
  const plan: Plan | undefined = "plan" in definition ? definition.plan(inputs, attributes) : undefined;
  return {
    run: () => [op(...args) ?? []].flat().forEach((result: Tensor) => result.dispose()),
    plan,
    dispose: () => inputs.forEach((input) => input.dispose()),
  };
}

/** The stream that moves memory as the plan does. */
function streamOf(op: AnyOp, plan: Plan): { kind: Stream; bytes: number } | undefined {
  if ("view" in plan || !plan.bytes) return undefined;
  const written = op.inPlace
    ? plan.bytes / 2
    : plan.outputs.reduce((sum, { shape, dtype }) => sum + bytesOf(dtype) * sizeOf(shape), 0);
  const part = written / plan.bytes;
  return {
    kind: part < 1 / 8 ? "read" : part > 7 / 8 ? "fill" : part < 0.4 ? "triad" : "copy",
    bytes: plan.bytes,
  };
}

/** Milliseconds of each of these, one after the other, in the median and at best. */
function measure(works: Record<string, () => unknown>): Record<string, { median: number; min: number }> {
  const bench = new Bench(effort);
  const batches = new Map<string, number>();
  for (const [name, run] of Object.entries(works)) {
    let each = Infinity;
    for (const start = performance.now(); performance.now() - start < effort.warmupTime;) {
      const elapsed = startClock();
      run();
      each = Math.min(each, elapsed());
    }
    const batch = Math.min(1e6, Math.ceil(SHORTEST / each));
    batches.set(name, batch);
    bench.add(name, () => {
      const elapsed = startClock();
      for (let i = 0; i < batch; i++) run();
      return { overriddenDuration: elapsed() };
    });
  }
  bench.runSync();
  return Object.fromEntries(
    bench.tasks.map(({ name, result }) => {
      if (!("latency" in result)) throw new Error(`${name} was not measured`, { cause: result });
      const batch = batches.get(name)!;
      return [name, { median: result.latency.p50 / batch, min: result.latency.min / batch }];
    }),
  );
}

/** Whether a call is not refused for its dtypes. */
function works(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}

const device = await init({
  threads: 1,
  ...(options.device && { prefer: [options.device as BinaryName] }),
  modules: options.float64 ? [float64] : [],
});
const limits = await Limits.create(device.name !== "wasm-simd");
const here = machine();
console.log(`${describe(here)}; ${device.name}\n`);

const print = rowPrinter([18, -22, 8, 8, 8, 6, 12, 6]);
print(["op", "shapes", "median", "best", "GFLOP/s", "GB/s", "limit", "of it"]);
const results: object[] = [];
for (const [name, op] of Object.entries(ops) as [string, AnyOp][]) {
  const exam = (exams as unknown as Record<string, AnyExam | undefined>)[name];
  for (const [shapes, examined] of Object.entries(exam?.bench ?? {})) {
    if (filters.length > 0 && !filters.some((filter) => `${name} ${shapes}`.includes(filter))) continue;
    const { run, plan, dispose } = prepare(op, options.float64 ? inDouble(examined) : examined);
    if (options.float64 && !works(run)) {
      dispose(); // there is no such op of float64
      continue;
    }
    const { flops = 0, bytes = 0 } = plan === undefined || "view" in plan ? {} : plan;
    const stream = plan && streamOf(op, plan);
    const registers = limits.registers();
    const memory = stream && limits.stream(stream.kind, stream.bytes);
    const timing = measure({ op: run, registers: registers.run, ...(memory && { memory: memory.run }) });
    dispose();
    const { median, min } = timing.op;
    // The time that it must take at least: the arithmetic's or the traffic's, whichever is longer.
    const lanes = options.float64 ? 2 : 1; // half as many of float64 in a vector
    const arithmetic = ((lanes * flops) / registers.flops!) * timing.registers.median;
    const traffic = memory ? (bytes / memory.bytes!) * timing.memory.median : 0;
    const least = Math.max(arithmetic, traffic);
    const limit = least === 0 ? "" : arithmetic > traffic ? "multiply-add" : stream!.kind;
    print([
      name,
      shapes,
      duration(median),
      duration(min),
      figure(flops ? giga(flops, median) : NaN),
      figure(bytes ? giga(bytes, median) : NaN),
      limit,
      percent(least > 0 ? least / median : NaN),
    ]);
    results.push({ op: name, shapes, median, min, flops, bytes, limit, least });
  }
}
save("ops", here, { device: device.name, quick: options.quick ?? false, results });
