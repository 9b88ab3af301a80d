/** The libraries, each loaded only when it is asked for. */
import type { Peer } from "./peer.js";

/** In the order in which they are loaded: LiteRT.js last, since it asks for a browser. */
export const connections: Record<string, () => Promise<Peer>> = {
  "tfjs-wasm": async () => (await import("./tfjs.js")).connect(),
  "onnxruntime-web": async () => (await import("./onnxruntime.js")).connect(),
  "numpy-ts": async () => (await import("./numpy.js")).connect(),
  "ml-matrix": async () => (await import("./mlmatrix.js")).connect(),
  "jax-js": async () => (await import("./jax.js")).connect(),
  litert: async () => (await import("./litert.js")).connect(),
};

/** Libraries speak on the console of things that do not matter here. */
export async function quietly<T>(f: () => Promise<T>): Promise<T> {
  const { log, warn, error, info } = console;
  Object.assign(console, { log() {}, warn() {}, error() {}, info() {} });
  try {
    return await f();
  } finally {
    Object.assign(console, { log, warn, error, info });
  }
}

/** Loads a library. Some would catch this process's errors: their listeners go. */
export async function connected(connect: () => Promise<Peer>): Promise<Peer> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.rawListeners(event));
  const peer = await quietly(connect);
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event))
      if (!before[i].includes(listener)) process.removeListener(event, listener as () => void);
  });
  return peer;
}
