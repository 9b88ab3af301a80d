/**
 * What V8's --experimental-wasm-revectorize is worth, with the package's own kernels and with those of lanewise/wide: processes in turns.
 * npm run bench:revectorize [-- --rounds N]
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as L from "../src/index.js";
import { wide } from "../src/wide.js";
import { efforts, interleave } from "./interleave.js";
import { describe, machine } from "./machine.js";
import { figure, giga, save, table } from "./report.js";
import { reals } from "./workload.js";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "11" }, child: { type: "string" } },
});
const FLAG = "--experimental-wasm-revectorize";

/** Contestants; each round of each is a process of its own, for the flag is one of a process. */
const contestants = {
  "without the flag": { flags: [], modules: [] },
  "with it": { flags: [FLAG], modules: [] },
  "with it, wide": { flags: [FLAG], modules: [wide] },
  "without it, wide": { flags: [], modules: [wide] },
};
type Name = keyof typeof contestants;
const names = Object.keys(contestants) as Name[];
const [plain] = names;

interface Row {
  readonly flops: number;
  readonly run: () => L.Tensor;
}

function workloads(): Record<string, Row> {
  const tensorOf = (seed: number, ...shape: number[]): L.Tensor =>
    L.tensor(reals(seed, ...shape).data, shape);
  const product = (n: number): Row => {
    const [a, b] = [tensorOf(1, n, n), tensorOf(2, n, n)];
    return { flops: 2 * n ** 3, run: () => L.matmul(a, b) };
  };
  const [image, filter] = [tensorOf(3, 1, 28, 28, 128), tensorOf(4, 3, 3, 128, 128)];
  const convolution = (algorithm?: "gemm"): Row => ({
    flops: 2 * 28 * 28 * 9 * 128 * 128,
    run: () => L.conv2d(image, filter, { padding: "same", algorithm }),
  });
  const [q, k, v] = [5, 6, 7].map((seed) => tensorOf(seed, 1024, 64));
  return {
    "matmul 256": product(256),
    "matmul 512": product(512),
    "matmul 1024": product(1024),
    "conv 3×3 28²×128, implicit product": convolution("gemm"),
    "conv 3×3 28²×128, Winograd": convolution(),
    "attention 1024 × 64": { flops: 4 * 1024 * 1024 * 64, run: () => L.attention(q, k, v) },
  };
}

/** The GFLOP/s of each workload here, and a sum of each result that tells whether it is the same to the bit. */
async function measure(): Promise<Record<string, { speed: number; check: number }>> {
  const rows = Object.entries(workloads());
  const lanes = rows.map(([name, { run }]) => ({ name, run: () => run().dispose() }));
  const timings = await interleave(lanes, { ...efforts.quick, budget: 1500, warmUp: 150 });
  return Object.fromEntries(
    rows.map(([name, { flops, run }]) => {
      const y = run();
      const check = (y.dataSync() as Float32Array).reduce((sum, x, i) => sum + x * ((i % 7) - 3), 0);
      return [name, { speed: giga(flops, timings.get(name)!.median), check }];
    }),
  );
}

if (options.child !== undefined) {
  await L.init({ modules: contestants[options.child as Name].modules });
  console.log(JSON.stringify(await measure()));
} else {
  const here = machine();
  console.log(describe(here) + "\n");
  const speeds: Record<string, Record<Name, number[]>> = {};
  const checks: Record<string, number> = {};
  const rounds = Number(options.rounds);
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      const args = [...contestants[name].flags, "--import", "tsx", fileURLToPath(import.meta.url)];
      const output = execFileSync(process.execPath, [...args, "--child", name], { encoding: "utf8" });
      const report = JSON.parse(output) as Awaited<ReturnType<typeof measure>>;
      for (const [row, { speed, check }] of Object.entries(report)) {
        if (check !== (checks[row] ??= check)) throw new Error(`${row}: another result ${name}`);
        speeds[row] ??= Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
          Name,
          number[]
        >;
        speeds[row][name].push(speed);
      }
    }

  const quartiles = (list: readonly number[]): number[] => {
    const sorted = [...list].sort((x, y) => x - y);
    return [0.25, 0.5, 0.75].map(
      (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))],
    );
  };
  const results = Object.entries(speeds).map(([row, byName]) => ({
    row,
    ...Object.fromEntries(
      names.map((name) => {
        const ratios = byName[name].map((speed, round) => speed / byName[plain][round]);
        return [name, { speed: quartiles(byName[name]), ratio: quartiles(ratios) }];
      }),
    ),
  })) as ({ row: string } & Record<Name, Record<"speed" | "ratio", number[]>>)[];
  const cells = results.map((result) => [
    result.row,
    ...names.map((name) => {
      const { speed, ratio } = result[name];
      const [low, middle, high] = ratio.map((x) => x.toFixed(2));
      return figure(speed[1]) + (name === plain ? "" : `, ${middle} × (${low}–${high})`);
    }),
  ]);
  console.log(table(["GFLOP/s, one thread", ...names], cells));
  console.log(
    `\nmedians of ${rounds} processes each; ratios of neighbouring processes, with their quartiles`,
  );
  save("revectorize", here, { rounds, results });
}
