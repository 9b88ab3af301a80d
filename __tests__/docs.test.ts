/** The generated documentation is that of the sources. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { tableOfOps } from "../scripts/table-of-ops.js";

test("docs/ops.md is what `npm run docs` writes", () => {
  expect(readFileSync(new URL("../docs/ops.md", import.meta.url), "utf8")).toBe(tableOfOps());
});
