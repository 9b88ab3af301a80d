/** lanewise beside other libraries, all in one process, round by round: npm run bench:peers [FILTER…] [-- --quick] */
import { parseArgs } from "node:util";
import type { BinaryName } from "../src/index.js";
import { mistake } from "./equal.js";
import { type Contestant, efforts, interleave, type Timing } from "./interleave.js";
import { Limits, type Work } from "./limits.js";
import { describe, machine } from "./machine.js";
import { connected, connections, quietly } from "./peers/index.js";
import { connect as lanewise } from "./peers/lanewise.js";
import type { Peer, Prepared } from "./peers/peer.js";
import { duration, figure, giga, percent, save, table } from "./report.js";
import type { Workload } from "./workload.js";
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

/** Why a library has no figure, where it simply lacks the operation. */
const ABSENT = "does not have it";

interface Rates {
  readonly median: number;
  readonly best: number;
}

interface Row {
  readonly workload: string;
  readonly unit: string;
  /** What the amount is, and so what a figure means. */
  readonly amount: number;
  /** The machine's own limit for this, and the bare microkernel: medians, and at best. */
  readonly limit: Rates;
  readonly tile?: Rates;
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
        if (ready === undefined) return void (failures[peer.name] = ABSENT);
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
  const rates = (of: number, name: string): Rates => {
    const { median, min } = timings.get(name)!;
    return { median: giga(of, median), best: giga(of, min) };
  };
  return {
    workload: workload.name,
    unit: workload.stream ? "GB/s" : "GFLOP/s",
    amount,
    limit: rates((workload.stream ? bound.bytes : bound.flops)!, "limit"),
    tile: workload.stream ? undefined : rates(limits.tile().flops!, "tile"),
    timings: Object.fromEntries(timings),
    failures,
  };
}

const here = machine();
console.log(describe(here));
const limits = await Limits.create();
const peers: Peer[] = [await lanewise()];
if (options.also) peers.push(await lanewise(options.also as BinaryName));
const wanted = options.peers?.split(",");
for (const [name, connect] of Object.entries(connections)) {
  if (wanted && !wanted.includes(name)) continue;
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
/** Of medians, and of the best rounds. */
const tables: Record<keyof Rates, string[][]> = { median: [], best: [] };
const ratios: number[] = [];
for (const workload of workloads) {
  if (filters.length > 0 && !filters.some((filter) => workload.name.includes(filter))) continue;
  const row = await measure(workload, peers, limits);
  rows.push(row);
  const { timings, failures, limit, tile } = row;
  const took = (name: string): string => {
    const [inside, besides] = [timings[`${name} inside`], timings[`${name} besides`]];
    const copies = inside ? ` (${duration(inside.median - besides.median)} without its copies)` : "";
    return `${name} ${duration(timings[name]?.median ?? NaN)}${copies}`;
  };
  console.log(`${row.workload}: ${names.map(took).join(", ")}`);
  for (const [name, why] of Object.entries(failures)) if (why !== ABSENT) console.log(`  ${name}: ${why}`);
  for (const kind of ["median", "best"] as const) {
    const rate = (name: string): number =>
      giga(row.amount, timings[name]?.[kind === "best" ? "min" : "median"] ?? NaN);
    const others = names.filter((name) => !name.startsWith(OURS) && timings[name] !== undefined);
    const ratio = others.length > 0 ? rate(OURS) / Math.max(...others.map(rate)) : NaN;
    if (kind === "median" && ratio > 0) ratios.push(ratio);
    const cell = (name: string): string =>
      timings[name] === undefined
        ? failures[name]?.startsWith("wrong")
          ? "wrong"
          : "–"
        : `${figure(rate(name))}${timings[name].tooSlow ? "*" : ""}`;
    tables[kind].push([
      `${row.workload}  ${row.unit}`,
      figure(limit[kind]),
      tile === undefined ? "" : figure(tile[kind]),
      ...names.map(cell),
      percent(rate(OURS) / limit[kind]),
      tile === undefined ? "" : percent(rate(OURS) / tile[kind]),
      kind === "median" ? percent(timings[OURS]?.spread ?? NaN) : "",
      Number.isNaN(ratio) ? "" : `${figure(ratio)}×`,
    ]);
  }
}
console.log("\nmedians, one thread; * a single repetition\n" + table(header, tables.median));
console.log("\nthe best rounds\n" + table(header, tables.best));
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
