/** Bundles of the built package, as an application's build makes them. */
import { build } from "esbuild";
import { root } from "./machine.js";

/** The minified bundle of a module's source; `lanewise` is this package as it was built. */
export async function bundle(source: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}
