/** This machine's own limits in WebAssembly: node scripts/node.mjs 24 --import tsx bench/peak.ts [--quick] */
import { parseArgs } from "node:util";
import { efforts, interleave } from "./interleave.js";
import { Limits, type Stream, type Work } from "./limits.js";
import { describe, machine } from "./machine.js";
import { figure, giga, percent, save, table } from "./report.js";

const { values: options } = parseArgs({ options: { quick: { type: "boolean" } } });
const effort = efforts[options.quick ? "quick" : "full"];
const here = machine();
console.log(describe(here));

const [limits, plain] = [await Limits.create(), await Limits.create(false)];
const fused = limits.fused();
const compute: Record<string, Work> = {
  "registers, mul + add": plain.unfused(),
  "tile in L1, mul + add": plain.tile(),
  ...(fused && { "registers, relaxed_madd": fused, "tile in L1, relaxed_madd": limits.tile() }),
};
const figures: Record<string, { median: number; best: number; unit: string }> = {};

async function measure(works: Record<string, Work>): Promise<string[][]> {
  const timings = await interleave(
    Object.entries(works).map(([name, { run }]) => ({ name, run })),
    effort,
  );
  return Object.entries(works).map(([name, { flops, bytes }]) => {
    const { median, min, spread } = timings.get(name)!;
    const amount = flops ?? bytes ?? NaN;
    figures[name] = {
      median: giga(amount, median),
      best: giga(amount, min),
      unit: flops === undefined ? "GB/s" : "GFLOP/s",
    };
    return [name, figure(figures[name].median), figure(figures[name].best), percent(spread)];
  });
}

console.log("\n" + table(["GFLOP/s, one thread", "median", "best", "±"], await measure(compute)));

const sizes = { "16 KB": 2 ** 14, "256 KB": 2 ** 18, "8 MB": 2 ** 23, "256 MB": 2 ** 28 };
const kinds: Stream[] = ["read", "fill", "copy", "triad"];
const rows: string[][] = [];
for (const [size, bytes] of Object.entries(sizes)) {
  // Two passes in a repetition would not do: large arrays must not stay in a cache between the kinds.
  const works = Object.fromEntries(kinds.map((kind) => [`${kind} ${size}`, limits.stream(kind, bytes)]));
  rows.push(...(await measure(works)));
}
console.log("\n" + table(["GB/s, one thread", "median", "best", "±"], rows));
save("peak", here, { figures });
