/** The same bits everywhere: `init({ deterministic: true })` on this Node, on another one, and in a page. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { nodeBinary } from "../scripts/node.mjs";
import type { Case } from "../src/exam.js";
import * as L from "../src/index.js";
import { withPage } from "./browser.js";
import { call, casesOf, examined, sizeOf, tensorsOf } from "./exams.js";
import { type hashes, hashOf } from "./hashes.js";

const expected = JSON.parse(readFileSync(new URL("hashes.json", import.meta.url), "utf8")) as Record<
  string,
  string
>;

/** For a machine that is busy, or installs a Node or a Chromium first, in ms. Hashing takes 5 s. */
const PATIENCE = 300_000;

/** hashes.ts and all that it imports, as one module. */
const bundle = build({
  entryPoints: [fileURLToPath(new URL("hashes.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
}).then(({ outputFiles }) => outputFiles[0].text);

describe("every engine finds the hashes of hashes.json (`npm run hashes` writes it)", () => {
  const here = Number(process.versions.node.split(".")[0]);

  test.each([...new Set([here, 26])])(
    "Node %d",
    async (major) => {
      const input = `${await bundle}; console.log(process.version, JSON.stringify(await hashes()));`;
      const options = { input, encoding: "utf8" } as const;
      const { status, stdout, stderr } = spawnSync(nodeBinary(major), ["--input-type=module"], options);
      expect([status, stderr]).toEqual([0, ""]);
      const [version, found] = stdout.split(/ (.*)/);
      expect(version.startsWith(`v${major}.`)).toBe(true);
      expect(JSON.parse(found)).toEqual(expected);
    },
    PATIENCE,
  );

  test(
    "Chromium",
    async () => {
      const found = await withPage({ "/hashes.js": await bundle }, (page) =>
        page.evaluate(
          async (path) => ((await import(path)) as { hashes: typeof hashes }).hashes(),
          "/hashes.js",
        ),
      );
      expect(found).toEqual(expected);
    },
    PATIENCE,
  );
});

/** The same elements, each NaN with these bits. */
function withNaN(x: L.Tensor, bits: number): L.Tensor {
  const data = x.dataSync();
  const words = new Uint32Array(data.buffer);
  data.forEach((element, i) => Number.isNaN(element) && (words[i] = bits));
  return L.tensor(data, x.shape, x.dtype);
}

test("no result depends on which NaN it is given", async () => {
  await L.init({ deterministic: true });
  const hasNaN = ({ inputs }: Case): boolean =>
    inputs.some(({ shape, dtype, element }) => {
      const first = Array.from({ length: Math.min(sizeOf(shape), 32) }, (_, i) => element(i, 0.5));
      return dtype === "float32" && first.some(Number.isNaN);
    });
  const tried = examined
    .map(({ op, exam }) => ({ op, cases: casesOf(exam).filter(hasNaN) }))
    .filter(({ cases }) => cases.length > 0);
  expect(tried.length).toBeGreaterThan(50);
  const dependent: string[] = [];
  for (const { op, cases } of tried) {
    const run = (bits: number): Promise<string> =>
      hashOf((hash) => {
        for (const case_ of cases)
          L.scope(() => {
            const inputs = tensorsOf(case_).map((x) => (x.dtype === "float32" ? withNaN(x, bits) : x));
            hash.addAll(call(op, inputs, case_));
          });
      });
    if ((await run(0xffc00001)) !== (await run(0x7fc00000))) dependent.push(op.definition.name);
  }
  expect(dependent).toEqual([]);
});
