/** Runs examples: npm run example -- NAME [--seed N] [--small]; without a name, all of them. The last line of each is JSON. */
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Example, perform } from "./example.js";
import { say } from "./terminal.js";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string", default: "0" }, small: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** Files beside the harness whose default export is an example. */
const names = readdirSync(new URL("..", import.meta.url))
  .filter((file) => file.endsWith(".ts") && !file.startsWith("mnist"))
  .map((file) => file.slice(0, -3));

const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`there is no example ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(2);
}

let failed = false;
for (const name of positionals.length > 0 ? positionals : names) {
  const { default: example } = (await import(`../${name}.ts`)) as { default: Example };
  const report = await perform(name, example, { seed: Number(values.seed), small: values.small });
  say(`\n${JSON.stringify(report)}\n`);
  failed ||= report.claims.some(({ holds }) => !holds);
}
process.exitCode = failed ? 1 : 0;
