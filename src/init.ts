/** Which device: the first one that works, and why not the others. */
import { checkOptions } from "./arguments.js";
import { type BinaryName, unpack } from "./devices/binaries.js";
import { MOST_PARTS } from "./devices/board.js";
import { currentDevice, type Device, type Part, setDevice } from "./devices/device.js";
import { obstacleToThreads, processors } from "./devices/platform.js";
import { WasmDevice } from "./devices/wasm.js";
import type { WorkerFactory } from "./devices/workers.js";
import { DeviceError, OptionError } from "./errors.js";
import { setPrecise } from "./precision.js";

export interface InitOptions {
  /** The devices to try, in order. Default: every one that this package knows, the fastest first. */
  prefer?: readonly BinaryName[];
  /** A module compiled beforehand, for runtimes that compile none from bytes: one of `lanewise/wasm/*.wasm`. */
  module?: WebAssembly.Module;
  /**
   * More kernels for the device: `float64` of "lanewise/float64", or modules that import a memory as `env.memory`, for ops of your
   * own. A module that was not built for a shared memory keeps the device to one thread.
   */
  modules?: readonly (Part | WebAssembly.Module)[];
  /** Take no algorithm that rounds more than the plain one, though it be faster: convolutions without Winograd's. Default false. */
  precise?: boolean;
  /**
   * Take only kernels that give the same bits on every engine and machine (but for the sign and payload of a NaN): those without relaxed
   * SIMD, which may be rounded once or twice. A `module` must then be `lanewise/wasm/simd.wasm` or `simd-threads.wasm`; nothing tells
   * which one it is. Default false.
   */
  deterministic?: boolean;
  /** The largest size of the memory, in bytes: what would need more throws an OutOfMemoryError. Default 4 GiB. */
  maxBytes?: number;
  /**
   * How many threads share the work of a kernel that is long enough to gain by it, the calling one among them. Default: as many as the
   * machine has processors, 8 at most, whose workers start once there was enough work for them. If a number is given, `init` waits until
   * they have started. Results do not depend on it in any bit.
   */
  threads?: number;
  /** Starts a worker of a team, where `lanewise/worker.js` is not beside the file that this code is in. */
  workerFactory?: WorkerFactory;
}

export interface Info {
  /** The device that new tensors live on. */
  device: string;
  /** Why it was chosen, in one line. */
  reason: string;
  /** The devices that were preferred to it, and why each was not taken. */
  passedOver: readonly { device: string; reason: string }[];
  /** How many threads share the work of a kernel that is long enough, and why not more, or since when, in one line. */
  threads: number;
  threading: string;
  /** Whether algorithms that round more are left out. */
  precise: boolean;
  /** Whether kernels whose rounding is the engine's choice are left out. */
  deterministic: boolean;
}

/** A function with one instruction of a feature: an engine that accepts it has the feature. */
function probe(...instructions: number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...instructions, 0x0b];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
  return Uint8Array.from([...header, 10, body.length + 2, 1, body.length, ...body]);
}

const splat = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat

/** What an engine must accept for a binary to run, with its name. */
const needs: Record<BinaryName, { feature: string; probe: Uint8Array<ArrayBuffer> }> = {
  "wasm-relaxed": {
    feature: "relaxed SIMD",
    probe: probe(...splat, ...splat, ...splat, 0xfd, 0x85, 2), // f32x4.relaxed_madd
  },
  "wasm-simd": { feature: "WebAssembly SIMD", probe: probe(...splat) },
};

/** What gives the same bits on every engine. */
const fixed: readonly BinaryName[] = ["wasm-simd"];

const everyDevice: readonly BinaryName[] = ["wasm-relaxed", "wasm-simd"];

const known: readonly (keyof InitOptions)[] = [
  "prefer",
  "module",
  "modules",
  "precise",
  "deterministic",
  "maxBytes",
  "threads",
  "workerFactory",
];

/** More threads than this are only taken if asked for. */
const MOST_THREADS = 8;

let chosen:
  (Omit<Info, "threads" | "threading"> & { readonly on: WasmDevice; readonly obstacle: string }) | undefined;

/**
 * Chooses the device that new tensors live on: the first of `prefer` that this engine can run. May be called again;
 * tensors made before stay where they are. Throws DeviceError if none works, with every reason; WorkerError if `threads` were asked for
 * and did not start: the device is there all the same, with one thread.
 */
export async function init(options: InitOptions = {}): Promise<Device> {
  checkOptions("init", options, known);
  const { prefer = everyDevice, module, precise = false, deterministic = false } = options;
  const { maxBytes = 2 ** 32, threads } = options;
  for (const name of prefer)
    if (!everyDevice.includes(name))
      throw new OptionError(`init: prefer has "${String(name)}", expected ${everyDevice.join(", ")}`);
  if (deterministic && !prefer.some((name) => fixed.includes(name)))
    throw new OptionError(
      `init: prefer is [${prefer.join(", ")}], expected ${fixed.join(" or ")} in it (deterministic)`,
    );
  if (!(maxBytes > 0 && maxBytes <= 2 ** 32))
    throw new OptionError(`init: maxBytes is ${maxBytes}, expected bytes in (0, 2 ** 32]`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_PARTS))
    throw new OptionError(`init: threads is ${threads}, expected a whole number in [1, ${MOST_PARTS}]`);
  const { name, reason, passedOver } = module === undefined ? choose(prefer, deterministic) : given;
  const binary = module === undefined ? (name as BinaryName) : "wasm-simd";
  const { device, obstacle } = await build(name, binary, maxBytes, options);
  chosen = { device: name, reason, passedOver, precise, deterministic, on: device, obstacle };
  setPrecise(precise);
  setDevice(device);
  if (threads !== undefined) await device.team?.start();
  return device;
}

const given = { name: "wasm", reason: "its module was given", passedOver: [] };

/** The first that this engine can run. */
function choose(
  prefer: readonly BinaryName[],
  deterministic: boolean,
): Pick<Info, "reason" | "passedOver"> & { name: string } {
  const passedOver: { device: string; reason: string }[] = [];
  for (const name of prefer) {
    const { feature, probe } = needs[name];
    const inexact = deterministic && !fixed.includes(name);
    if (!inexact && WebAssembly.validate(probe))
      return { name, reason: `this engine has ${feature}`, passedOver };
    const reason = inexact
      ? `deterministic: each engine rounds ${feature} as it likes`
      : `this engine has no ${feature}`;
    passedOver.push({ device: name, reason });
  }
  const reasons = passedOver.map(({ device, reason }) => `${device}: ${reason}`);
  throw new DeviceError(`init: no device works (${reasons.join("; ")})`);
}

/** A device whose memory threads can share, or, for the reason it gives, one whose memory is its own. */
async function build(
  name: string,
  binary: BinaryName,
  maxBytes: number,
  { module, modules = [], threads = Math.min(processors(), MOST_THREADS), workerFactory }: InitOptions,
): Promise<{ device: WasmDevice; obstacle: string }> {
  const make = async (threads: number, shared: boolean): Promise<WasmDevice> => {
    const device = new WasmDevice(name, { binary, maxBytes, threads, shared, workerFactory });
    const compile = (part?: Part): Promise<WebAssembly.Module> =>
      WebAssembly.compile(unpack(binary, part, shared));
    device.link(module ?? (await compile()));
    for (const more of modules) device.link(more instanceof WebAssembly.Module ? more : await compile(more));
    return device;
  };
  let obstacle = threads > 1 ? obstacleToThreads() : "no more were asked for, or this machine has no more";
  if (obstacle === undefined)
    try {
      return { device: await make(threads, true), obstacle: "" };
    } catch (error) {
      obstacle = `a memory cannot be shared: ${String((error as Error).message)}`;
    }
  try {
    return { device: await make(1, false), obstacle };
  } catch (error) {
    if (module === undefined || !(error instanceof WebAssembly.LinkError)) throw error;
    return { device: await make(1, true), obstacle }; // a module that was built for a memory to be shared
  }
}

/** What `init` chose, and why. */
export function info(): Info {
  currentDevice();
  const { on, obstacle, ...rest } = chosen!;
  return { ...rest, ...threading(on, obstacle) };
}

function threading({ team }: WasmDevice, obstacle: string): Pick<Info, "threads" | "threading"> {
  if (team === undefined) return { threads: 1, threading: obstacle };
  if (team.ended) return { threads: 1, threading: team.failure?.message ?? "its workers were ended" };
  const { threads } = team;
  if (!team.started) return { threads, threading: "workers start once there is enough work for them" };
  return { threads, threading: team.ready ? "workers run" : "workers are starting" };
}

/** Ends the workers of the current device, which goes on with one thread. A program that does not call this can end, too. */
export async function shutdown(): Promise<void> {
  const device = currentDevice();
  if (device instanceof WasmDevice) await device.team?.end();
}
