/** The README's first program does what its comments say. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The first ```js block. */
function program(): string {
  const [, code] = /^```js\n(.*?)^```/ms.exec(readFileSync(`${root}/README.md`, "utf8"))!;
  return code;
}

/** What each `console.log(…); // → text` promises. */
function promised(code: string): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\);? *\/\/ (?:→ )?(.*)$/gm)].map(([, text]) => text);
}

test("the first example prints what it says", () => {
  const code = program();
  expect(code).toContain('from "lanewise"');
  expect(promised(code).length).toBeGreaterThan(0);
  // In the package's folder "lanewise" means this package: dist, by the exports of package.json.
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout.trimEnd().split("\n")).toEqual(promised(code));
});
