/** The form of all examples: what one is given, and how it is run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PlotOptions } from "@observablehq/plot";
import { info, init, random, scope } from "lanewise";
import { float64 } from "lanewise/float64";
import { svg } from "./figure.js";
import { bold, dim, green, Progress, red, say, table } from "./terminal.js";

/** Where figures go; git ignores it. */
const FIGURES = fileURLToPath(new URL("../../build/examples/", import.meta.url));

type Key = ReturnType<typeof random.key>;

/** The bound that a claim sets; what the paper has is only shown beside. */
export type Bounds = (
  | { readonly atLeast: number; readonly atMost?: undefined }
  | { readonly atMost: number; readonly atLeast?: undefined }
) & { readonly paper?: number | string };

/** What an example works with. */
export interface Lab {
  readonly seed: number;
  /** The same as a key of random numbers. */
  readonly key: Key;
  /** Whether it is to be done within seconds. */
  readonly small: boolean;
  /** Says what is done next. */
  heading(text: string): void;
  /** Runs `body` so many times behind a progress bar, which shows the last text it returned. What it makes is freed each time. */
  repeat(count: number, unit: string, body: (index: number) => string | void): void;
  table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
  /** Shows a text as it is. */
  text(text: string): void;
  /** Draws a figure (Observable Plot) into build/examples/. */
  figure(name: string, options: PlotOptions): void;
  /** Notes a number for the JSON line. */
  record(name: string, value: number): void;
  /** What the example shows: fails it, at its end, where the value is out of bounds. */
  claim(text: string, value: number, bounds: Bounds): void;
}

export interface Example {
  /** What it reproduces: authors, title, year. */
  readonly source: string;
  readonly run: (lab: Lab) => void;
}

/** An example, typed. */
export function example(source: string, run: Example["run"]): Example {
  return { source, run };
}

type Claim = Bounds & { readonly text: string; readonly value: number; readonly holds: boolean };

export interface Report {
  readonly example: string;
  readonly seed: number;
  readonly small: boolean;
  readonly device: string;
  readonly seconds: number;
  readonly figures: Record<string, number>;
  readonly claims: readonly Claim[];
}

/** At most five digits that count. */
const number = (value: string | number): string =>
  typeof value === "string" ? value : String(Number(value.toPrecision(5)));

const bound = ({ atLeast, atMost }: Bounds): string =>
  atLeast !== undefined ? `≥ ${number(atLeast)}` : `≤ ${number(atMost!)}`;

/** Runs an example, shows its claims, and returns what its JSON line says. */
export async function perform(
  name: string,
  { source, run }: Example,
  { seed = 0, small = false }: { seed?: number; small?: boolean } = {},
): Promise<Report> {
  await init({ modules: [float64] });
  const { device } = info();
  const start = performance.now();
  const figures: Record<string, number> = {};
  const claims: Claim[] = [];
  say(`${bold(name)}  ${source}`);
  say(dim(`seed ${seed}, ${small ? "small" : "full"} size, ${device}`));
  scope(() =>
    run({
      seed,
      small,
      key: random.key(seed),
      heading: (text) => say(`\n${bold(text)}`),
      repeat(count, unit, body) {
        const progress = new Progress(count, unit);
        let note = "";
        for (let i = 0; i < count; i++) {
          note = scope(() => body(i) ?? note);
          progress.update(i + 1, note);
        }
      },
      table: (header, rows) => table(header, rows.map((row) => row.map(number))), // prettier-ignore
      text: (text) => say(text),
      figure(title, options) {
        const file = join(FIGURES, `${name}-${title}.svg`);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, svg(options));
        say(dim(`drew ${file}`));
      },
      record: (title, value) => void (figures[title] = value),
      claim(text, value, bounds) {
        const { atLeast = -Infinity, atMost = Infinity } = bounds;
        claims.push({ text, value, holds: value >= atLeast && value <= atMost, ...bounds });
      },
    }),
  );
  say();
  table(
    ["claim", "here", "asked", "paper", ""],
    claims.map((claim) => [
      claim.text,
      number(claim.value),
      bound(claim),
      number(claim.paper ?? "–"),
      claim.holds ? green("holds") : red("FAILS"),
    ]),
  );
  const seconds = (performance.now() - start) / 1000;
  return { example: name, seed, small, device, seconds, figures, claims };
}
