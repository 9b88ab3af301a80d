/** The few things that runtimes name differently. */

/** What this library uses of Node's modules, which Deno and Bun have too. */
interface Builtins {
  readonly "node:os": { availableParallelism(): number };
  readonly "node:worker_threads": {
    readonly parentPort: MessagePort | null;
    readonly Worker: new (file: URL, options: object) => Worker;
  };
}

/** A module of Node's; undefined elsewhere. Not by `import`, which a bundler for browsers could not resolve. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => unknown };
  };
  return process?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
}

/** How many threads run at a time on this machine, as far as the runtime says. */
export function processors(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return builtin("node:os")?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}

/** Why threads cannot share a memory here, in one line; undefined if they can. */
export function obstacleToThreads(): string | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === "undefined" || crossOriginIsolated === false)
    return (
      "SharedArrayBuffer is missing; in a page it needs the headers Cross-Origin-Opener-Policy: same-origin and " +
      "Cross-Origin-Embedder-Policy: require-corp"
    );
  if (builtin("node:worker_threads") === undefined && typeof Worker === "undefined")
    return "this runtime has no workers (Node has from 20.16)";
  return undefined;
}

/** Whether this thread may sleep until another wakes it: that of a page may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
