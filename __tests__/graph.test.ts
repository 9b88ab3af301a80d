/** The layers of the source: imports point downward only. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The .ts files below a folder, as paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => normalize(join(folder, file)));
}

/** What a file imports, types included, as paths from the root; packages by their names. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const targets = [...text.matchAll(/^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"/gm)].map(
    ([, target]) => target,
  );
  return targets.map((target) =>
    target.startsWith(".") ? normalize(join(dirname(file), target)).replace(/(\.js)?$/, ".ts") : target,
  );
}

const isExam = (file: string): boolean => /(^|\.|\/)exam\.ts$/.test(file);
const shipped = filesIn("src").filter((file) => !isExam(file));

/** Each layer may import itself where it says so, and those below it. `grad` differentiates by ops, so it lies above them. */
const layers: readonly (readonly RegExp[])[] = [
  [/^src\/(index|float64|wide)\.ts$/],
  [/^src\/features\//],
  [/^src\/(nn|optim)\//],
  [/^src\/(checkpoint|metrics)\.ts$/],
  [/^src\/io\//, /^src\/grad\.ts$/, /^src\/init\.ts$/, /^src\/random\.ts$/],
  [/^src\/ops\//],
  [/^src\/op\.ts$/],
  [
    /^src\/(tape|tree|arguments|profile)\.ts$/,
    /^src\/devices\/(wasm|workers?|board|cost|platform|binaries|instance)\.ts$/,
  ],
  [/^src\/tensor\.ts$/],
  [/^src\/devices\/device\.ts$/],
  [/^src\/(memory|shape)\.ts$/],
  [/^src\/(errors|dtype|draws|exact|precision)\.ts$/, /^src\/generated\//],
];

const layerOf = (file: string): number =>
  layers.findIndex((layer) => layer.some((pattern) => pattern.test(file)));

test.each(shipped)("%s imports nothing from a layer above", (file) => {
  expect(layerOf(file)).toBeGreaterThanOrEqual(0);
  const upward = importsOf(file)
    .filter((target) => target.startsWith("src/"))
    .filter((target) => layerOf(target) < layerOf(file));
  expect(upward).toEqual([]);
});

test("files find what they import", () => {
  const all = new Set([...filesIn("src"), ...filesIn("assembly")]);
  const missing = [...all].flatMap((file) =>
    importsOf(file).filter((target) => /^(src|assembly)\//.test(target) && !all.has(target)),
  );
  expect(missing).toEqual([]);
  expect([...all].flatMap(importsOf).length).toBeGreaterThan(100);
});

test("ops import no implementation of a device, devices no op", () => {
  for (const file of filesIn("src/ops")) {
    const devices = importsOf(file).filter((target) => target.startsWith("src/devices/"));
    expect(devices.filter((target) => target !== "src/devices/device.ts")).toEqual([]);
  }
  for (const file of filesIn("src/devices"))
    expect(importsOf(file).filter((target) => /^src\/(ops\/|op\.ts|tape|grad)/.test(target))).toEqual([]);
});

test("nothing shipped imports an exam", () => {
  expect(shipped.flatMap((file) => importsOf(file).filter(isExam))).toEqual([]);
});

test("the one package imported is the loader", () => {
  const packages = shipped.flatMap((file) =>
    importsOf(file).filter((target) => !/^(src|assembly)\//.test(target)),
  );
  expect([...new Set(packages)]).toEqual(["@assemblyscript/loader"]);
});

test("examples use the package as its users do", () => {
  const inside = filesIn("examples").flatMap((file) =>
    importsOf(file).filter((target) => target.startsWith("src/")),
  );
  expect(inside).toEqual([]);
});

describe("assembly", () => {
  /** What is shared by the families of kernels; all else is a family, one file or folder each. */
  const shared = [
    "simd",
    "gemm",
    "geometry",
    "storage",
    "loops",
    "broadcast",
    "layout",
    "fold",
    "exponential",
    "functions",
    "logarithm",
    "transposition",
    "turn",
    "slopes",
  ];
  const familyOf = (file: string): string => file.split("/")[1].replace(".ts", "");

  const lists = /^assembly\/(index|float64|wide|parts\/\w+)\.ts$/;

  test.each(filesIn("assembly").filter((file) => !lists.test(file)))("%s imports no other family", (file) => {
    const families = importsOf(file).map(familyOf);
    expect(families.filter((family) => family !== familyOf(file) && !shared.includes(family))).toEqual([]);
  });

  test("one file reads which instruction set it is built for", () => {
    const readers = filesIn("assembly").filter((file) =>
      readFileSync(join(root, file), "utf8").includes("ASC_FEATURE"),
    );
    expect(readers).toEqual(["assembly/simd.ts"]);
  });
});
