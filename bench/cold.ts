/** Cold start: CPU time of import, init and a first product of two 64×64 matrices, beyond what Node itself takes. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.js";
import { describe, machine, root } from "./machine.js";
import { duration, save, table } from "./report.js";

const { values: options } = parseArgs({
  options: { processes: { type: "string", default: "20" }, peers: { type: "boolean" } },
});

const folder = join(root, "build/bench");
const [whole, used] = ["lanewise.mjs", "lanewise-used.mjs"].map((name) => join(folder, name));
mkdirSync(folder, { recursive: true });
writeFileSync(whole, await bundle(`export * from "lanewise"`));
writeFileSync(used, await bundle(`export { init, matmul, tensor } from "lanewise"`));

const first = (from: string): string => `
  import { init, matmul, tensor } from ${JSON.stringify(from)};
  await init();
  const a = tensor(new Float32Array(4096).fill(0.5), [64, 64]);
  const check = matmul(a, a).dataSync()[0];`;

const programs: Record<string, { source: string; cwd: string }> = {
  node: { source: "const check = 16;", cwd: root },
  "lanewise, package": { source: first("lanewise"), cwd: root },
  "lanewise, bundle of all of it": { source: first(whole), cwd: root },
  "lanewise, bundle of what is used": { source: first(used), cwd: root },
};
if (options.peers && existsSync(join(root, "bench/node_modules"))) {
  const peer = (source: string) => ({
    source: `const half = new Float32Array(4096).fill(0.5);${source}`,
    cwd: join(root, "bench"),
  });
  programs["tfjs-wasm"] = peer(`
    import tf from "@tensorflow/tfjs-core";
    import "@tensorflow/tfjs-backend-wasm";
    await tf.setBackend("wasm");
    const a = tf.tensor(half, [64, 64]);
    const check = tf.matMul(a, a).dataSync()[0];`);
  programs["numpy-ts"] = peer(`
    import * as np from "numpy-ts";
    const a = np.full([64, 64], 0.5, "float32");
    const check = np.matmul(a, a).get([0, 0]);`);
  programs["jax-js"] = peer(`
    import { defaultDevice, init, numpy as np } from "@jax-js/jax";
    await init("wasm");
    defaultDevice("wasm");
    const a = np.array(half).reshape([64, 64]);
    const check = (await np.matmul(a.ref, a).data())[0];`);
}

/** Milliseconds of user and system time of one fresh process. */
function cpuTime({ source, cwd }: { source: string; cwd: string }): number {
  const report = `
    if (check !== 16) throw new Error("the product is " + check);
    const { user, system } = process.cpuUsage();
    console.log("CPU", user + system);
    process.exit(0);`;
  const args = ["--input-type=module", "-e", source + report];
  const output = execFileSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return Number(/CPU (\d+)/.exec(output)![1]) / 1000;
}

const here = machine();
console.log(describe(here) + "\n");
const samples: Record<string, number[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let round = 0; round < Number(options.processes); round++)
  for (const [name, program] of Object.entries(programs)) {
    try {
      samples[name].push(cpuTime(program));
    } catch (error) {
      if (samples[name].length === 0)
        console.log(`${name}: ${String((error as Error).message).split("\n")[0]}`);
      delete programs[name];
    }
  }

const sorted = (name: string): number[] => samples[name].sort((x, y) => x - y);
const [bare] = [sorted("node")];
const middle = (list: number[]): number => list[list.length >> 1];
const results = Object.keys(programs).map((name) => {
  const all = sorted(name);
  const beyond = name === "node" ? 0 : 1;
  return {
    name,
    median: middle(all) - beyond * middle(bare),
    min: all[0] - beyond * bare[0],
    processes: all.length,
  };
});
const label = (name: string): string => (name === "node" ? "node alone (not in the others)" : name);
console.log(
  table(
    ["CPU time", "median", "best"],
    results.map(({ name, median, min }) => [label(name), duration(median), duration(min)]),
  ),
);
save("cold", here, { results });
