/** Runs the whole suite: the kernels as text, types, then every test on this Node, then again on a Node with relaxed SIMD. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { chromiumBinary } from "./chromium.mjs";
import { nodeBinary } from "./node.mjs";

/** The first long-term Node that runs relaxed SIMD without a flag. */
const RELAXED = 24;

function run(command, ...args) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  return status === 0;
}

function jest(node, name) {
  const report = `build/test-${name}.json`;
  const flags = ["--experimental-vm-modules", "--no-warnings", "--expose-gc"];
  const args = [
    "node_modules/jest/bin/jest.js",
    ...process.argv.slice(2),
    "--json",
    `--outputFile=${report}`,
  ];
  console.log(`\n# Node ${name}`);
  const { status } = spawnSync(node, [...flags, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  return { ok: status === 0, passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
}

mkdirSync("build", { recursive: true });
// What else tests run on, fetched before two of them do so at once; those that need it fail with the reason.
for (const fetch of [() => nodeBinary(26), chromiumBinary]) {
  try {
    fetch();
  } catch (error) {
    console.error(error.message);
  }
}
// What the tests read of the kernels, as text with names; the other targets were built by `npm ci`.
const inspect = run(process.execPath, "node_modules/assemblyscript/bin/asc.js", "--target", "inspect");
const types = run(process.execPath, "node_modules/typescript/bin/tsc", "--noEmit");
const results = [jest(process.execPath, process.versions.node), jest(nodeBinary(RELAXED), String(RELAXED))];
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, inspect && types ? 0 : 1);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = inspect && types && results.every((result) => result.ok) ? 0 : 1;
