/** What a report must say about where it was made. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly flags: readonly string[];
  readonly commit: string;
  readonly date: string;
  /** Runnable processes, averaged over a minute, before the measurements: the machine was alone if this is about 0. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    cpu: `${cpus()[0].model.trim()}${family()}`,
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    flags: process.execArgv.filter(
      (flag, i, all) => flag !== "--import" && all[i - 1] !== "--import" && !/tsx/.test(flag),
    ),
    commit: commit(),
    date: new Date().toISOString(),
    load: Math.round(10 * loadavg()[0]) / 10,
  };
}

/** Virtual machines often hide the model: its family and number remain. */
function family(): string {
  try {
    const info = readFileSync("/proc/cpuinfo", "utf8");
    const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(info)?.[1] ?? "?";
    return ` (family ${field("cpu family")} model ${field("model")} stepping ${field("stepping")})`;
  } catch {
    return "";
  }
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " and changes");
  } catch {
    return "none";
  }
}

export function describe({ cpu, cores, system, node, v8, flags, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${system}; Node ${node} (V8 ${v8})${flags.map((flag) => ` ${flag}`).join("")}; load ${load}`;
}
