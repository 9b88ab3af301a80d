/** Time that this thread worked: what other processes take of its core does not count. */

/** `process.threadCpuUsage` is there from Node 23.9. */
const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };

/** CPU milliseconds of this thread, or, on older Nodes, of the process with its helpers. */
function cpu(): number {
  const { user, system } = process.cpuUsage(); // asked first: Linux then brings the thread's account up to date
  if (threadCpuUsage === undefined) return (user + system) / 1000;
  const thread = threadCpuUsage();
  return (thread.user + thread.system) / 1000;
}

/** Below so many milliseconds the CPU's account is too coarse; and nothing so short was interrupted, or it would be longer. */
const TRUSTED = 0.5;

/** Starts a clock; calling it gives milliseconds since: by the wall or by the CPU, whichever is less. */
export function startClock(): () => number {
  const work = cpu();
  const start = performance.now();
  return () => {
    const wall = performance.now() - start;
    return wall < TRUSTED ? wall : Math.min(wall, Math.max(cpu() - work, TRUSTED));
  };
}
