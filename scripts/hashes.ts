/** Writes __tests__/hashes.json anew, and says what changed: npm run hashes */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hashes } from "../__tests__/hashes.js";

const file = new URL("../__tests__/hashes.json", import.meta.url);
const before = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}) as Record<string, string>;
const after = await hashes();
writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);

const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
const changed = names.filter((name) => before[name] !== after[name]);
for (const name of changed)
  console.log(`${name}: ${before[name] ?? "was not there"} → ${after[name] ?? "is gone"}`);
console.log(`${changed.length} of ${names.length} changed`);
