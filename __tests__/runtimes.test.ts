/** Threads in other runtimes, in pages and behind bundlers: `program.js` in each, which ends though it ends no worker. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { install, nodeBinary, runtimeBinary } from "../scripts/node.mjs";
import { withPage } from "./browser.js";

/** For a machine that is busy, or installs a runtime first, in ms. */
const PATIENCE = 300_000;

const dist = new URL("../dist/", import.meta.url);
const source = readFileSync(new URL("program.js", import.meta.url), "utf8");
const program = (lanewise: string): string => source.replace('"lanewise"', JSON.stringify(lanewise));

const shared = { same: true, threads: 3, threading: "workers run" };

/** A folder of this test's own. */
function folder(name: string): string {
  const path = fileURLToPath(new URL(`../build/runtimes/${name}/`, import.meta.url));
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

describe("threads in", () => {
  test.each<[string, () => string[]]>([
    ["Node 20", () => [nodeBinary(20)]],
    ["Node 26", () => [nodeBinary(26)]],
    ["Deno", () => [runtimeBinary("deno"), "run", "-A"]],
    ["Bun", () => [runtimeBinary("bun")]],
  ])(
    "%s",
    (name, command) => {
      const [binary, ...args] = command();
      const file = join(folder(name.replace(" ", "")), "main.mjs");
      writeFileSync(
        file,
        `${program(new URL("index.js", dist).href)}\nconsole.log(JSON.stringify(await run()));`,
      );
      const { status, stdout, stderr } = spawnSync(binary, [...args, file], {
        encoding: "utf8",
        timeout: 60_000,
      });
      expect([status, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout)).toEqual(shared);
    },
    PATIENCE,
  );

  const site = {
    "/lanewise/": dist,
    "/program.js": program("/lanewise/index.js"),
    "/worker.js": 'import { run } from "/program.js"; run().then(postMessage);',
  };
  const onPage = (path: string): Promise<unknown> =>
    import(path).then(({ run }: { run: () => unknown }) => run());

  test(
    "a page, whose thread may not sleep",
    async () => {
      expect(await withPage(site, (page) => page.evaluate(onPage, "/program.js"))).toEqual(shared);
    },
    PATIENCE,
  );

  test(
    "a page's worker",
    async () => {
      const inWorker = (): Promise<unknown> =>
        new Promise((resolve) => {
          new Worker("/worker.js", { type: "module" }).onmessage = ({ data }) => resolve(data);
        });
      expect(await withPage(site, (page) => page.evaluate(inWorker))).toEqual(shared);
    },
    PATIENCE,
  );

  test(
    "a page that is not isolated are off, and info() says why",
    async () => {
      const found = await withPage(site, (page) => page.evaluate(onPage, "/program.js"), { isolated: false });
      expect(found).toEqual({
        same: true,
        threads: 1,
        threading:
          "SharedArrayBuffer is missing; in a page it needs the headers Cross-Origin-Opener-Policy: same-origin and " +
          "Cross-Origin-Embedder-Policy: require-corp",
      });
    },
    PATIENCE,
  );
});

/** Scripts that bundle main.js, or index.html, of a folder into its `out`, served as /out/. */
const bundlers: Record<string, { packages: string[]; build: string }> = {
  vite: {
    packages: ["vite@7.3.8"],
    build: `
      const { build } = await import(tools + "node_modules/vite/dist/node/index.js");
      await build({ root: folder, base: "/out/", configFile: false, logLevel: "error", worker: { format: "es" },
        build: { outDir: "out", target: "es2022" } });`,
  },
  webpack: {
    packages: ["webpack@5.113.0"],
    build: `
      const { default: webpack } = await import(tools + "node_modules/webpack/lib/index.js");
      webpack({ context: folder, entry: "./main.js", mode: "production",
        output: { path: folder + "out", filename: "main.js", publicPath: "/out/" } },
        (error, stats) => { if (error ?? stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); } });`,
  },
};

test.each(Object.entries(bundlers))(
  "%s finds the file of the workers",
  async (name, { packages, build }) => {
    const at = folder(name);
    const page = (script: string): string =>
      `<!doctype html><html lang="en"><title>test</title><script type="module" src="${script}"></script></html>`;
    writeFileSync(
      join(at, "main.js"),
      `${program(fileURLToPath(new URL("index.js", dist)))}\nglobalThis.run = run;`,
    );
    writeFileSync(join(at, "index.html"), page("/main.js"));
    writeFileSync(join(at, "package.json"), "{}"); // or it would be a file of lanewise, which says that its files have no side effects
    const [folderName, tools] = [at, `${pathToFileURL(install(name, packages)).href}/`].map((x) =>
      JSON.stringify(x),
    );
    const input = `const folder = ${folderName}, tools = ${tools};${build}`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module"], {
      input,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    const out = pathToFileURL(join(at, "out/"));
    const html = name === "vite" ? readFileSync(new URL("index.html", out), "utf8") : page("/out/main.js");
    const found = await withPage({ "/": html, "/out/": out }, async (page) => {
      await page.waitForFunction("globalThis.run");
      return page.evaluate("run()");
    });
    expect(found).toEqual(shared);
  },
  PATIENCE,
);
