/** lanewise beside other libraries, all in one process, round by round: npm run bench:peers [FILTER…] [-- --quick] */
import { parseArgs } from "node:util";
import type { BinaryName } from "../src/index.js";
import { type Contestant, efforts, interleave, type Timing } from "./interleave.js";
import { Limits, type Work } from "./limits.js";
import { describe, machine } from "./machine.js";
import type { Peer, Prepared } from "./peers/peer.js";
import { duration, figure, giga, percent, save, table } from "./report.js";
import { type Array32, size, type Workload } from "./workload.js";
import { workloads } from "./workloads.js";

const { values: options, positionals: filters } = parseArgs({
  options: {
    quick: { type: "boolean" },
    /** Only these, separated by commas. */
    peers: { type: "string" },
    /** Another binary of lanewise beside the chosen one. */
    also: { type: "string" },
    budget: { type: "string" },
    name: { type: "string" },
  },
  allowPositionals: true,
});
const effort = {
  ...efforts[options.quick ? "quick" : "full"],
  ...(options.budget && { budget: Number(options.budget) }),
};

const OURS = "lanewise";

/** In the order in which they are loaded: LiteRT.js last, since it asks for a browser. */
const connections: Record<string, () => Promise<Peer>> = {
  [OURS]: async () => (await import("./peers/lanewise.js")).connect(),
  ...(options.also && {
    also: async () => (await import("./peers/lanewise.js")).connect(options.also as BinaryName),
  }),
  "tfjs-wasm": async () => (await import("./peers/tfjs.js")).connect(),
  "onnxruntime-web": async () => (await import("./peers/onnxruntime.js")).connect(),
  "numpy-ts": async () => (await import("./peers/numpy.js")).connect(),
  "jax-js": async () => (await import("./peers/jax.js")).connect(),
  litert: async () => (await import("./peers/litert.js")).connect(),
};

/** Libraries speak on the console of things that do not matter here. */
async function quietly<T>(f: () => Promise<T>): Promise<T> {
  const { log, warn, error, info } = console;
  Object.assign(console, { log() {}, warn() {}, error() {}, info() {} });
  try {
    return await f();
  } finally {
    Object.assign(console, { log, warn, error, info });
  }
}

/** Loads a library. Some would catch this process's errors: their listeners go. */
async function connected(connect: () => Promise<Peer>): Promise<Peer> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.rawListeners(event));
  const peer = await quietly(connect);
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event))
      if (!before[i].includes(listener)) process.removeListener(event, listener as () => void);
  });
  return peer;
}

/** Elements that are compared with their exact values: all, or so many spread over the result. */
const SAMPLES = 400;

/** Undefined, or what is wrong with a result. */
function mistake(
  result: ArrayLike<number>,
  workload: Workload,
  inputs: readonly Array32[],
): string | undefined {
  const elements = size(workload.shape);
  if (result.length !== elements) return `has ${result.length} elements, expected ${elements}`;
  const exact = workload.exact(inputs);
  const step = Math.max(1, Math.floor(elements / SAMPLES) | 1); // odd, so that every column is met
  for (let i = 0; i < elements; i += step) {
    const { value, tolerance } = exact(i);
    if (!(Math.abs(result[i] - value) <= tolerance)) return `element ${i} is ${result[i]}, expected ${value}`;
  }
  return undefined;
}

interface Row {
  readonly workload: string;
  readonly unit: string;
  /** What the amount is, and so what a figure means. */
  readonly amount: number;
  readonly limit: number;
  readonly tile?: number;
  readonly timings: Record<string, Timing>;
  readonly failures: Record<string, string>;
}

async function measure(workload: Workload, peers: readonly Peer[], limits: Limits): Promise<Row> {
  const inputs = workload.inputs();
  const prepared = new Map<string, Prepared>();
  const failures: Record<string, string> = {};
  for (const peer of peers) {
    try {
      await quietly(async () => {
        const ready = await peer.prepare(workload, inputs);
        if (ready === undefined) return void (failures[peer.name] = "does not have it");
        const wrong = mistake(await ready.result(), workload, inputs);
        if (wrong === undefined) prepared.set(peer.name, ready);
        else failures[peer.name] = `wrong: ${wrong}`;
      });
    } catch (error) {
      failures[peer.name] = String((error as Error).message ?? error).split("\n")[0];
    }
  }
  const bound: Work = workload.stream ? limits.stream(workload.stream, workload.bytes!) : limits.registers();
  const contestants: Contestant[] = [
    { name: "limit", run: bound.run },
    ...(workload.stream ? [] : [{ name: "tile", run: limits.tile().run }]),
    ...[...prepared].map(([name, { run }]) => ({ name, run })),
    ...[...prepared].flatMap(([name, { inside }]) =>
      inside
        ? [
            { name: `${name} inside`, run: inside.run },
            { name: `${name} besides`, run: inside.besides },
          ]
        : [],
    ),
  ];
  const timings = await quietly(() => interleave(contestants, effort));
  for (const { dispose } of prepared.values()) await quietly(async () => dispose());
  const amount = workload.stream ? workload.bytes! : workload.flops!;
  const rate = (of: number, name: string): number => giga(of, timings.get(name)!.median);
  return {
    workload: workload.name,
    unit: workload.stream ? "GB/s" : "GFLOP/s",
    amount,
    limit: rate((workload.stream ? bound.bytes : bound.flops)!, "limit"),
    tile: workload.stream ? undefined : rate(limits.tile().flops!, "tile"),
    timings: Object.fromEntries(timings),
    failures,
  };
}

const here = machine();
console.log(describe(here));
const limits = await Limits.create();
const peers: Peer[] = [];
const wanted = options.peers?.split(",");
for (const [name, connect] of Object.entries(connections)) {
  if (wanted && name !== OURS && name !== "also" && !wanted.includes(name)) continue;
  try {
    peers.push(await connected(connect));
  } catch (error) {
    console.log(`${name} does not start: ${String((error as Error).message ?? error).split("\n")[0]}`);
  }
}
console.log(peers.map(({ name, version }) => `${name} ${version}`).join(", ") + "\n");

const names = peers.map(({ name }) => name);
const header = ["", "limit", "tile", ...names, "of limit", "of tile", "± ours", "ours / best peer"];
const rows: Row[] = [];
const lines: string[][] = [];
const ratios: number[] = [];
for (const workload of workloads) {
  if (filters.length > 0 && !filters.some((filter) => workload.name.includes(filter))) continue;
  const row = await measure(workload, peers, limits);
  rows.push(row);
  const rate = (name: string): number => giga(row.amount, row.timings[name]?.median ?? NaN);
  const copies = (name: string): string => {
    const [inside, besides] = [row.timings[`${name} inside`], row.timings[`${name} besides`]];
    return inside ? ` (${duration(inside.median - besides.median)} without its copies)` : "";
  };
  const others = names.filter((name) => !name.startsWith(OURS) && row.timings[name] !== undefined);
  const best = Math.max(...others.map(rate));
  if (others.length > 0 && row.timings[OURS]) ratios.push(rate(OURS) / best);
  const cell = (name: string): string =>
    row.timings[name] === undefined
      ? row.failures[name]?.startsWith("wrong")
        ? "wrong"
        : "–"
      : `${figure(rate(name))}${row.timings[name].tooSlow ? "*" : ""}`;
  lines.push([
    `${row.workload}  ${row.unit}`,
    figure(row.limit),
    row.tile === undefined ? "" : figure(row.tile),
    ...names.map(cell),
    percent(rate(OURS) / row.limit),
    row.tile === undefined ? "" : percent(rate(OURS) / row.tile),
    percent(row.timings[OURS]?.spread ?? NaN),
    others.length > 0 ? `${figure(rate(OURS) / best)}×` : "",
  ]);
  console.log(
    `${row.workload}: ${names.map((name) => `${name} ${duration(row.timings[name]?.median ?? NaN)}${copies(name)}`).join(", ")}`,
  );
  for (const [name, why] of Object.entries(row.failures))
    if (why !== "does not have it") console.log(`  ${name}: ${why}`);
}
console.log("\n" + table(header, lines));
console.log("\nmedians, one thread; * a single repetition");
if (ratios.length > 0)
  console.log(
    `ours / best peer: geometric mean ${figure(Math.exp(ratios.reduce((sum, x) => sum + Math.log(x), 0) / ratios.length))}×`,
  );
save(options.name ?? "versus", here, {
  quick: options.quick ?? false,
  versions: Object.fromEntries(peers.map(({ name, version }) => [name, version])),
  rows,
});
process.exit(0);
