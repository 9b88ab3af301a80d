/** A page of headless Chromium that a server of its own answers, cross-origin isolated or not. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { afterAll } from "@jest/globals";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumBinary } from "../scripts/chromium.mjs";

/**
 * What a server has, by the path of its address: a text or bytes, a file, or, where the path ends in "/", a folder. There is an empty page
 * at "/" and a response for everything else that was not named: 404.
 */
export type Site = Readonly<Record<string, string | Uint8Array | URL>>;

export interface PageOptions {
  /** Whether the page is cross-origin isolated, without which it has no shared memory. Default true. */
  isolated?: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const standard: Site = {
  "/": '<!doctype html><html lang="en"><title>test</title></html>',
  "/favicon.ico": "",
};

/** What lies at a path, or undefined. */
async function contentOf(site: Site, path: string): Promise<string | Uint8Array | undefined> {
  const content = site[path];
  if (content !== undefined) return content instanceof URL ? readFile(content) : content;
  for (const [prefix, folder] of Object.entries(site)) {
    if (!(folder instanceof URL && prefix.endsWith("/") && path.startsWith(prefix))) continue;
    const file = new URL(`./${path.slice(prefix.length)}`, folder);
    if (!file.href.startsWith(folder.href)) return undefined;
    return readFile(file).catch(() => undefined);
  }
}

/** A server of these files, on a port of its own. */
async function serve(site: Site, isolated: boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    contentOf({ ...standard, ...site }, pathname).then(
      (content) => {
        const type = types[extname(pathname) || ".html"] ?? "application/octet-stream";
        response.writeHead(content === undefined ? 404 : 200, {
          "Content-Type": type,
          "Cache-Control": "no-store",
          ...(isolated ? isolation : {}),
        });
        response.end(content);
      },
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref(); // or a test that ran out of time would hold the process
  return server;
}

let browser: Promise<Browser> | undefined;

/** One for all pages of a test file. */
function started(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: chromiumBinary(), args: ["--disable-gpu"] });
  return browser;
}

afterAll(async () => (await browser?.catch(() => undefined))?.close());

/** Runs `body` with a page at "/" of the site. Throws what the page wrote to its console as an error, or threw and nobody caught. */
export async function withPage<T>(
  site: Site,
  body: (page: Page) => Promise<T>,
  { isolated = true }: PageOptions = {},
): Promise<T> {
  const server = await serve(site, isolated);
  const context = await (await started()).newContext();
  try {
    const errors: string[] = [];
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    let result: T;
    try {
      result = await body(page);
    } catch (error) {
      throw new Error([String(error), ...errors].join("\n"), { cause: error });
    }
    if (errors.length > 0) throw new Error(errors.join("\n"));
    return result;
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}
