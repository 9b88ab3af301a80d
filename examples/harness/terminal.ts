/** What examples show: a progress bar, pictures and tables; colours on a terminal, plain lines elsewhere. */
const out = process.stdout;
const onTerminal = out.isTTY === true;
const coloured = onTerminal && process.env["NO_COLOR"] === undefined;

const style = (code: string, text: string): string => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = (text: string): string => style("1", text);
export const dim = (text: string): string => style("2", text);
export const green = (text: string): string => style("32", text);
export const red = (text: string): string => style("31", text);

/** 12345.6 → "12,346" */
export const integer = (value: number): string => Math.round(value).toLocaleString("en");
/** 0.9812 → "98.12 %" */
export const percent = (value: number, digits = 2): string => `${(100 * value).toFixed(digits)} %`;

export function say(text = ""): void {
  out.write(`${text}\n`);
}

/** A mean that forgets: of the last hundred values, roughly. */
export class RunningMean {
  #weight = 0;
  #sum = 0;

  add(value: number): void {
    this.#weight = 0.99 * this.#weight + 1;
    this.#sum = 0.99 * this.#sum + value;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}

/** The bar's width, and the time between two drawings. */
const BAR = 24;
const EVERY_MS = 80;

/** A bar that is redrawn in place on a terminal; elsewhere a line for every tenth of the way. */
export class Progress {
  readonly #start = performance.now();
  #drawn = -Infinity;
  #tenths = 0;

  constructor(
    readonly total: number,
    private readonly unit: string,
  ) {}

  /** Seconds since the beginning. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** `note` stands between the bar and the speed. */
  update(done: number, note: string): void {
    const part = done / this.total;
    if (!onTerminal) {
      const tenths = Math.floor(10 * part + 1e-9);
      if (tenths > this.#tenths) say(this.#line(done, note));
      this.#tenths = tenths;
    } else if (part === 1 || performance.now() - this.#drawn > EVERY_MS) {
      const line = this.#line(done, note);
      const room = Math.min(BAR, (out.columns || 80) - line.length - 2); // a line that wraps could not be redrawn
      out.write(`\r${bar(part, Math.max(0, room))} ${line}\x1b[K${part === 1 ? "\n" : ""}`);
      this.#drawn = performance.now();
    }
  }

  #line(done: number, note: string): string {
    const part = done / this.total;
    const speed = `${integer(done / this.seconds)} ${this.unit}/s`;
    const left =
      part < 1 ? `${Math.ceil(this.seconds / part - this.seconds)} s left` : `${this.seconds.toFixed(1)} s`;
    return `${percent(Math.floor(100 * part) / 100, 0).padStart(5)}  ${note}  ${speed}  ${left}`;
  }
}

function bar(part: number, width: number): string {
  const filled = Math.round(width * part);
  return green("━".repeat(filled)) + dim("━".repeat(width - filled));
}

/** Ink on paper, from the least, where there are no colours. */
const INK = " .:-=+*#%@";

/** A square picture of values in [0, 1], two pixels to a character; `margin` pixels are left out on each side. */
export function picture(pixels: ArrayLike<number>, side: number, margin = 0): string[] {
  const lines: string[] = [];
  for (let row = margin; row < side - margin; row += 2) {
    let line = "";
    for (let col = margin; col < side - margin; col++) {
      const [upper, lower] = [pixels[row * side + col], pixels[(row + 1) * side + col]];
      line += coloured ? halves(upper, lower) : INK[Math.round(((INK.length - 1) * (upper + lower)) / 2)];
    }
    lines.push(coloured ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** Both pixels as one character: the upper half's colour, and the background's. */
function halves(upper: number, lower: number): string {
  const grey = (value: number): number => 232 + Math.round(23 * value);
  return `\x1b[38;5;${grey(upper)}m\x1b[48;5;${grey(lower)}m▀`;
}

/** Pictures of one height in a row as wide as the terminal allows, each under its caption. */
export function gallery(items: readonly { lines: string[]; caption: string }[], width: number): void {
  const room = Math.max(1, Math.floor(((out.columns ?? 80) + 2) / (width + 2)));
  const shown = items.slice(0, room);
  say(shown.map(({ caption }) => caption.padEnd(width)).join("  "));
  for (let i = 0; i < (shown[0]?.lines.length ?? 0); i++) say(shown.map(({ lines }) => lines[i]).join("  "));
}

/** The first column to the left, the others to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("   ");
  say(dim(line(header)));
  for (const row of rows) say(line(row));
}
