/** Sorting a million float32: ours beside Float32Array.prototype.sort, in turns; each sorts a fresh copy. */
import { init, sort, tensor } from "../src/index.js";
import { reals } from "./workload.js";

const ROUNDS = 15;
const SIZE = 1 << 20;

await init({ threads: 1 });
const { data } = reals(1, SIZE);
const x = tensor(data);
const times: Record<"ours" | "theirs", number[]> = { ours: [], theirs: [] };
for (let round = 0; round < ROUNDS; round++) {
  const copy = data.slice();
  let start = performance.now();
  copy.sort();
  times.theirs.push(performance.now() - start);
  start = performance.now();
  const y = sort(x);
  times.ours.push(performance.now() - start);
  if (round === 0 && y.dataSync().some((value, i) => value !== copy[i])) throw new Error("sort differs");
  y.dispose();
}
const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1];
const [ours, theirs] = [median(times.ours), median(times.theirs)];
console.log(
  `sort 1M: lanewise ${ours.toFixed(1)} ms, Float32Array.prototype.sort ${theirs.toFixed(1)} ms, ${(theirs / ours).toFixed(1)} ×`,
);
