/** Writes docs/ops.md: every op of the registry, by its definition, its exam and the doc comment above it. `npm run docs` */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { examined } from "../__tests__/exams.js";
import { documentedError, functions } from "../__tests__/functions.js";
import type { AnyExam } from "../src/exam.js";
import type { AnyOp } from "../src/op.js";
import { show } from "../src/shape.js";

const folder = new URL("../src/ops/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.includes("exam"));
const sources = files.map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");

/** The first sentence of the doc comment above an op. */
function summaryOf(name: string): string {
  const before =
    new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*export const ${name}\\b`).exec(sources)?.[1] ?? "";
  const text = before.replaceAll(/\s*\n\s*\*\s?/g, " ").trim();
  return (/^.*?[^.]\.(?= [A-Z`]|$)/.exec(text)?.[0] ?? text).replaceAll("|", "\\|");
}

/** What the op makes of the shapes of its exam's first case with an axis. */
function exampleOf(op: AnyOp, { cases, sized, reference }: AnyExam): string {
  const example =
    cases.find(({ inputs }) => inputs.some(({ shape }) => shape.length > 1)) ?? cases[0] ?? sized(4);
  const { definition, inPlace } = op;
  const inputs = example.inputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const from = inputs.map(({ shape }) => show(shape)).join(", ") || "–";
  if (inPlace) return `${from}, in place`;
  const attributes = { ...definition.defaults, ...example.attributes };
  if ("plan" in definition) {
    const plan = definition.plan(inputs, attributes)!;
    return `${from} → ${show("view" in plan ? plan.view.shape : plan.outputs[0].shape)}`;
  }
  const arrays = inputs.map(({ shape, dtype }) => ({
    shape,
    dtype,
    data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
  }));
  return `${from} → ${show([reference(arrays, attributes)].flat()[0].shape)}`;
}

/** How its derivative comes about. */
function backwardOf({ definition }: AnyOp): string {
  if (definition.vjp) return "own rule";
  return "fallback" in definition && definition.fallback ? "by its definition" : "–";
}

function errorOf(name: string): string {
  if (!(name in functions)) return "";
  const { plain, fused } = documentedError(name);
  return plain === fused ? plain.toFixed(2) : `${plain.toFixed(2)} / ${fused.toFixed(2)}`;
}

export function tableOfOps(): string {
  const rows = examined.map(({ name, op, exam }) => {
    const { definition } = op;
    const part = "plan" in definition ? (definition.part?.name ?? "core") : "made of ops";
    const dtypes = Object.entries(definition.inputs).map(([input, accepted]) => `${input}: ${accepted}`);
    const second = exam.gradients.length > 0 ? "tested" : "–";
    return `| \`${name}\` | ${summaryOf(name)} | ${dtypes.join(", ") || "–"} | ${exampleOf(op, exam)} | ${part} | ${backwardOf(op)} | ${second} | ${errorOf(name)} |`;
  });
  return [
    "# Ops",
    "",
    "Written by `npm run docs` from the definitions, exams and doc comments; a test holds it true. The example is a case of the exam. Every",
    "op runs on the Wasm device. `real` is float32 or float64, `number` also int32, `any` also bool, all of one call the same; `weight` is a real, also of 16",
    "bits, `stored` any dtype. The largest error is in units of the",
    "last place over all of float32, in the plain and the relaxed binary where they differ (`npm run ulp`); without one, the exam's bound holds.",
    "Second derivatives are tested in random directions wherever the first are.",
    "",
    "| op | what it computes | inputs | example | kernel in | backward | second order | error, ULP |",
    "| -- | -- | -- | -- | -- | -- | -- | -- |",
    ...rows,
    "",
  ].join("\n");
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  writeFileSync(new URL("../docs/ops.md", import.meta.url), tableOfOps());
