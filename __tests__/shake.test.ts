/** What a bundler leaves of the package when only some of it is used. */
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { build } from "esbuild";
import * as registry from "../src/ops/index.js";

/** The JavaScript of a program that uses these names of the package as it is shipped. */
async function bundle(imported: string, file = "index"): Promise<string> {
  const contents = `import ${imported} from "./dist/${file}.js"; console.log(${imported.replace("* as", "")});`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  return outputFiles[0].text;
}

const names = Object.keys(registry);
const namesIn = (code: string): string[] => names.filter((name) => new RegExp(`"${name}"`).test(code));

test("one op brings the ops of its gradient, and no other", async () => {
  const code = await bundle("{ init, tensor, add }");
  // add's rule sums broadcast cotangents: sum, reshape, and what their rules are made of
  expect(namesIn(code)).toEqual(expect.arrayContaining(["add", "reshape", "sum"]));
  const unused = [
    "matmul",
    "linear",
    "softmax",
    "crossEntropy",
    "gather",
    "dropout",
    "normal",
    "argmax",
    "max",
    "exp",
    "log",
  ];
  expect(namesIn(code).filter((name) => unused.includes(name))).toEqual([]);
  for (const word of ["Sequential", "Adam", "safetensors", "threefry", "learningRate", "transposeA"])
    expect([word, code.includes(word)]).toEqual([word, false]);
});

test("without ops there are none", async () => {
  expect(namesIn(await bundle("{ init, tensor, memory, scope }"))).toEqual([]);
});

test("matmul and a gradient need no network, no optimiser, no file format", async () => {
  const code = await bundle("{ init, tensor, matmul, grad }");
  expect(namesIn(code)).toContain("matmul");
  expect(
    namesIn(code).filter((name) =>
      ["softmax", "crossEntropy", "gather", "dropout", "adamUpdate"].includes(name),
    ),
  ).toEqual([]);
});

test("a layer needs no other one, an optimiser no other", async () => {
  const layer = namesIn(await bundle("{ Linear, Sequential, ReLU }", "nn"));
  expect(layer).toContain("linear");
  expect(layer.filter((name) => ["conv2d", "attention", "channelNorm", "lstmCell"].includes(name))).toEqual(
    [],
  );
  const optimizer = namesIn(await bundle("{ SGD }", "optim"));
  expect(optimizer).toContain("sgdUpdate");
  expect(optimizer).not.toContain("adamUpdate");
});

test("the namespaces are the same as modules of their own", async () => {
  const file = (name: string): string => new URL(`../dist/${name}.js`, import.meta.url).href;
  const lanewise = (await import(file("index"))) as Record<string, Record<string, unknown>>;
  for (const name of ["features", "nn", "optim", "random"]) {
    const own = (await import(file(name))) as Record<string, unknown>;
    expect({ ...own }).toEqual({ ...lanewise[name] });
  }
});

test("the whole package has every op", async () => {
  expect(namesIn(await bundle("* as lanewise"))).toEqual(names);
});
