/** Tables on the terminal and JSON in build/bench. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Machine, root } from "./machine.js";

/** Rows of text: the first column to the left, all others to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, i) => (i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width)))
      .join("  ");
  return [line(header), widths.map((width) => "─".repeat(width)).join("──"), ...rows.map(line)].join("\n");
}

/** Prints rows as they come, in columns of these widths; the first, and those of negative width, to the left. */
export function rowPrinter(widths: readonly number[]): (row: readonly string[]) => void {
  const cell = (text: string, i: number): string =>
    i === 0 || widths[i] < 0 ? text.padEnd(Math.abs(widths[i])) : text.padStart(widths[i]);
  return (row) => console.log(row.map(cell).join("  "));
}

/** Writes a report with the machine it was made on; says where. */
export function save(name: string, machine: Machine, results: object): void {
  const folder = join(root, "build/bench");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ machine, ...results }, null, 1) + "\n");
  console.log(`\nwritten to ${relative(process.cwd(), file)}`);
}

/** Three significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return value.toFixed(0);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Milliseconds in the unit that suits. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 1e-3) return `${figure(1e6 * ms)} ns`;
  return ms < 1 ? `${figure(1e3 * ms)} µs` : `${figure(ms)} ms`;
}

export function percent(part: number): string {
  return Number.isFinite(part) ? `${Math.round(100 * part)} %` : "–";
}

/** GFLOP/s, or GB/s, of work that took so many milliseconds. */
export const giga = (amount: number, ms: number): number => amount / ms / 1e6;
