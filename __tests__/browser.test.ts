/** The harness of tests in a page. */
import { expect, test } from "@jest/globals";
import { withPage } from "./browser.js";

/** For a machine that installs a Chromium first, in ms. */
const PATIENCE = 300_000;

const dist = new URL("../dist/", import.meta.url);

test(
  "a page takes the package from a folder, cross-origin isolated or not",
  async () => {
    const seen = (isolated: boolean): Promise<unknown> =>
      withPage(
        { "/lanewise/": dist },
        (page) =>
          page.evaluate(async (path) => {
            const { init, info, matmul, tensor } = (await import(path)) as typeof import("../src/index.js");
            await init();
            const y = matmul(tensor([[1, 2]]), tensor([[3], [4]]));
            return [crossOriginIsolated, info().device.startsWith("wasm-"), y.item()];
          }, "/lanewise/index.js"),
        { isolated },
      );
    expect(await seen(true)).toEqual([true, true, 11]);
    expect(await seen(false)).toEqual([false, true, 11]);
  },
  PATIENCE,
);

test(
  "what a page throws or calls an error fails it; nothing outside a site is served",
  async () => {
    await expect(withPage({}, (page) => page.evaluate(() => console.error("no")))).rejects.toThrow(/^no$/);
    await expect(
      withPage({}, (page) =>
        page.evaluate(() => {
          throw new TypeError("bad");
        }),
      ),
    ).rejects.toThrow("TypeError: bad");
    const paths = ["/lanewise/index.js", "/lanewise/none.js", "/lanewise/..%2fpackage.json", "/other"];
    const statuses = (page: Parameters<Parameters<typeof withPage>[1]>[0]): Promise<number[]> =>
      page.evaluate(
        (paths) => Promise.all(paths.map((path) => fetch(path).then(({ status }) => status))),
        paths,
      );
    await expect(withPage({ "/lanewise/": dist }, statuses)).rejects.toThrow("404");
    let found: number[] = [];
    await withPage({ "/lanewise/": dist }, async (page) => {
      found = await statuses(page);
    }).catch(() => undefined);
    expect(found).toEqual([200, 404, 404, 404]);
  },
  PATIENCE,
);
