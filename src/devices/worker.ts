/** The script of a worker: links the modules that it is sent, and meanwhile computes what the board of its team offers. */
import { Board } from "./board.js";
import { instantiate } from "./instance.js";
import { builtin } from "./platform.js";

/** What a worker is sent: first its place, then modules as they come. */
export interface Message {
  readonly place?: {
    readonly thread: number;
    readonly board: SharedArrayBuffer;
    readonly memory: WebAssembly.Memory;
  };
  readonly modules: readonly WebAssembly.Module[];
}

const port = builtin("node:worker_threads")?.parentPort ?? (globalThis as unknown as MessagePort);
let place: Message["place"];
let board: Board | undefined;
let later = 0;

port.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.place === undefined) later++;
  else {
    place = data.place;
    board = new Board(place.board);
  }
  for (const module of data.modules) {
    board!.kernels.push(...Object.values(instantiate(module, place!.memory)));
    board!.linked();
  }
  port.postMessage("ready");
  board!.serve(place!.thread, later);
};
