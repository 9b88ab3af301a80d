/** What kernels ran, and how: `profile`. */
import type { KernelName } from "./generated/kernels.js";
import type { Shape } from "./shape.js";

/** What a plan says of its kernel. */
interface Work {
  /** None: the op was made of others, which follow. */
  readonly kernel?: KernelName;
  /** Where there are several ways to compute it. */
  readonly algorithm?: string;
  /** Useful floating-point operations, bytes that must be read and written, and bytes of scratch, where they are known. */
  readonly flops?: number;
  readonly bytes?: number;
  readonly scratch?: number;
}

/** One run of a kernel, or of an op by its fallback. */
export interface Profiled extends Work {
  readonly op: string;
  /** Shapes of the inputs. */
  readonly inputs: readonly Shape[];
  readonly milliseconds: number;
}

let profiles: Profiled[] | undefined;

/**
 * `profile(() => …)`: the result of the function, and every kernel that it ran, in order. Of an op that has no kernel for its
 * inputs its name comes first, then the ops that it was made of.
 */
export function profile<T>(body: () => T): { result: T; calls: Profiled[] } {
  const before = profiles;
  const calls: Profiled[] = (profiles = []);
  try {
    return { result: body(), calls };
  } finally {
    profiles = before;
    before?.push(...calls);
  }
}

/** Runs a kernel, or a fallback, and tells it to `profile`. */
export function watched<T>(
  op: string,
  inputs: readonly { readonly shape: Shape }[],
  { kernel, algorithm, flops, bytes, scratch }: Work,
  run: () => T,
): T {
  if (profiles === undefined) return run();
  const at = profiles.length;
  const start = performance.now();
  const result = run();
  const milliseconds = performance.now() - start;
  const shapes = inputs.map(({ shape }) => shape);
  profiles.splice(at, 0, { op, kernel, algorithm, inputs: shapes, milliseconds, flops, bytes, scratch });
  return result;
}
