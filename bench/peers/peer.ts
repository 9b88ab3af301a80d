/** What `versus.ts` needs of a library. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Array32, Workload } from "../workload.js";

export const require = createRequire(import.meta.url);

/** A workload as one library does it. */
export interface Prepared {
  /** One repetition, its result thrown away. A promise is waited for. */
  readonly run: () => unknown;
  /** The result, once more, as numbers. */
  readonly result: () => ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly dispose: () => unknown;
  /** For a library that copies inputs and results with every run: a run that does not, and what it does besides the work. */
  readonly inside?: { readonly run: () => unknown; readonly besides: () => unknown };
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** Undefined where the library has no such operation. */
  prepare(
    workload: Workload,
    inputs: readonly Array32[],
  ): Promise<Prepared | undefined> | Prepared | undefined;
}

/** A package that is installed in bench/ only, so that nothing here needs its types. */
export async function load<T>(name: string): Promise<T> {
  const module = (await import(name)) as { default?: T };
  return module.default ?? (module as T);
}

export function versionOf(name: string): string {
  const file = require.resolve.paths(name)!.map((folder) => `${folder}/${name}/package.json`);
  for (const path of file) {
    try {
      return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
    } catch {
      continue;
    }
  }
  throw new Error(`${name} is not installed: npm install --prefix bench`);
}
