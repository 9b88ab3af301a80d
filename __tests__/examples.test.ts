/** Every example at its small size, by the command that a reader runs: its claims must hold, its figures be drawn. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("..", import.meta.url));
const figures = join(root, "build/examples");
const require = createRequire(import.meta.url);
const tsx = join(dirname(require.resolve("tsx/package.json")), "dist/cli.mjs");

const names = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".ts") && !file.startsWith("mnist"))
  .map((file) => file.slice(0, -3));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [tsx, "examples/harness/run.ts", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
}

test.each(names)(
  "%s",
  (name) => {
    if (existsSync(figures))
      for (const file of readdirSync(figures)) if (file.startsWith(`${name}-`)) rmSync(join(figures, file));
    const { status, stdout, stderr } = run(name, "--small");
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
      example: string;
      small: boolean;
      figures: Record<string, number>;
      claims: { text: string; holds: boolean }[];
    };
    expect([stderr, report.claims.filter(({ holds }) => !holds)]).toEqual(["", []]);
    expect(status).toBe(0);
    expect(report).toMatchObject({ example: name, small: true });
    expect(report.claims.length).toBeGreaterThan(0);
    expect(Object.values(report.figures).every(Number.isFinite)).toBe(true);
    const drawn = readdirSync(figures).filter((file) => file.startsWith(`${name}-`));
    expect(drawn.length).toBeGreaterThan(0);
    for (const file of drawn) expect(readFileSync(join(figures, file), "utf8")).toMatch(/^<svg[^>]*><title>/);
  },
  300_000,
);

test("a name that is none is refused, with those that are", () => {
  const { status, stderr } = run("nothing");
  expect(status).toBe(2);
  expect(stderr).toContain(names.join(", "));
});
