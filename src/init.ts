/** Which device: the first one that works, and why not the others. */
import { checkOptions } from "./arguments.js";
import { type BinaryName, unpack } from "./devices/binaries.js";
import { currentDevice, type Device, type Part, setDevice } from "./devices/device.js";
import { WasmDevice } from "./devices/wasm.js";
import { DeviceError, OptionError } from "./errors.js";
import { setPrecise } from "./precision.js";

export interface InitOptions {
  /** The devices to try, in order. Default: every one that this package knows, the fastest first. */
  prefer?: readonly BinaryName[];
  /** A module compiled beforehand, for runtimes that compile none from bytes: one of `lanewise/wasm/*.wasm`. */
  module?: WebAssembly.Module;
  /**
   * More kernels for the device: `float64` of "lanewise/float64", or modules that import a memory as `env.memory`, for ops of your
   * own.
   */
  modules?: readonly (Part | WebAssembly.Module)[];
  /** Take no algorithm that rounds more than the plain one, though it be faster: convolutions without Winograd's. Default false. */
  precise?: boolean;
  /**
   * Take only kernels that give the same bits on every engine and machine (but for the sign and payload of a NaN): those without relaxed
   * SIMD, which may be rounded once or twice. A `module` must then be `lanewise/wasm/simd.wasm`; nothing tells which one it is. Default
   * false.
   */
  deterministic?: boolean;
  /** The largest size of the memory, in bytes. Default 4 GiB. */
  maxMemory?: number;
}

export interface Info {
  /** The device that new tensors live on. */
  device: string;
  /** Why it was chosen, in one line. */
  reason: string;
  /** The devices that were preferred to it, and why each was not taken. */
  passedOver: readonly { device: string; reason: string }[];
  threads: number;
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

let chosen: Info | undefined;

/**
 * Chooses the device that new tensors live on: the first of `prefer` that this engine can run. May be called again;
 * tensors made before stay where they are. Throws DeviceError if none works, with every reason.
 */
export async function init(options: InitOptions = {}): Promise<Device> {
  checkOptions("init", options, ["prefer", "module", "modules", "precise", "deterministic", "maxMemory"]);
  const { prefer = everyDevice, module, modules = [], precise = false, maxMemory = 2 ** 32 } = options;
  const { deterministic = false } = options;
  for (const name of prefer)
    if (!everyDevice.includes(name))
      throw new OptionError(`init: prefer has "${String(name)}", expected ${everyDevice.join(", ")}`);
  if (deterministic && !prefer.some((name) => fixed.includes(name)))
    throw new OptionError(
      `init: prefer is [${prefer.join(", ")}], expected ${fixed.join(" or ")} in it (deterministic)`,
    );
  if (!(maxMemory > 0 && maxMemory <= 2 ** 32))
    throw new OptionError(`init: maxMemory is ${maxMemory}, expected bytes in (0, 2 ** 32]`);
  if (module !== undefined) return use("wasm", "wasm-simd", module, "its module was given", []);
  const passedOver: { device: string; reason: string }[] = [];
  for (const name of prefer) {
    const { feature, probe } = needs[name];
    if (deterministic && !fixed.includes(name)) {
      passedOver.push({ device: name, reason: `deterministic: each engine rounds ${feature} as it likes` });
      continue;
    }
    if (WebAssembly.validate(probe))
      return use(
        name,
        name,
        await WebAssembly.compile(unpack(name)),
        `this engine has ${feature}`,
        passedOver,
      );
    passedOver.push({ device: name, reason: `this engine has no ${feature}` });
  }
  const reasons = passedOver.map(({ device, reason }) => `${device}: ${reason}`);
  throw new DeviceError(`init: no device works (${reasons.join("; ")})`);

  async function use(
    name: string,
    binary: BinaryName,
    compiled: WebAssembly.Module,
    reason: string,
    passedOver: Info["passedOver"],
  ): Promise<Device> {
    const device = new WasmDevice(name, binary, maxMemory);
    device.link(compiled);
    for (const kernels of modules)
      device.link(
        kernels instanceof WebAssembly.Module ? kernels : await WebAssembly.compile(unpack(binary, kernels)),
      );
    chosen = { device: name, reason, passedOver, threads: 1, precise, deterministic };
    setPrecise(precise);
    setDevice(device);
    return device;
  }
}

/** What `init` chose, and why. */
export function info(): Info {
  currentDevice();
  return chosen!;
}
