/**
 * What `init({ deterministic: true })` promises, as hashes: of the results of every op on every case of its exam, of its gradients, of
 * whole workloads. `hashes.json` holds them, and every engine must find the same: determinism.test.ts. There is no Node in here, for a
 * page runs this file as well.
 */
import * as L from "../src/index.js";
import { valueOf } from "../src/dtype.js";
import type { Case } from "../src/exam.js";
import { float64 } from "../src/float64.js";
import type { AnyOp } from "../src/op.js";
import { call, casesOf, differentiable, doubled, examined, functionOf, randomNumbers } from "./exams.js";
import { tensorsOf, widened } from "./exams.js";
import { workloads } from "./workloads.js";

/** SHA-256, of which the first 64 bits will do, of the tensors it is given. */
class Hash {
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];

  /** Each NaN counts as one and the same: which sign and payload arithmetic gives it, WebAssembly leaves open. */
  add({ dtype, shape, ...x }: { dtype: L.DType; shape: L.Shape; data: L.Numbers }): void {
    const data = x.data.slice();
    const bytes = new Uint8Array(data.buffer as ArrayBuffer);
    for (let i = 0; i < data.length; i++)
      if (Number.isNaN(valueOf(dtype, data[i])))
        bytes.fill(0xff, i * data.BYTES_PER_ELEMENT, (i + 1) * data.BYTES_PER_ELEMENT);
    this.#chunks.push(new TextEncoder().encode(`${dtype} [${shape}] `), bytes);
  }

  addAll(tensors: readonly L.Tensor[]): void {
    for (const x of tensors) this.add({ dtype: x.dtype, shape: x.shape, data: x.dataSync() });
  }

  async digest(): Promise<string> {
    const digest = await crypto.subtle.digest("SHA-256", await new Blob(this.#chunks).arrayBuffer());
    return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** The hash of what a function adds. */
export async function hashOf(add: (hash: Hash) => void): Promise<string> {
  const hash = new Hash();
  add(hash);
  return hash.digest();
}

function addResults(hash: Hash, op: AnyOp, cases: readonly Case[]): void {
  for (const case_ of cases) L.scope(() => hash.addAll(call(op, tensorsOf(case_), case_)));
}

function addGradients(hash: Hash, op: AnyOp, cases: readonly Case[]): void {
  for (const case_ of cases)
    L.scope(() => {
      const { f, primals } = functionOf(op, case_, tensorsOf(case_));
      const [y, pullback] = L.vjp(f, primals);
      const random = randomNumbers(7);
      const dy = Float32Array.from({ length: y.size }, () => 2 * random() - 1);
      hash.addAll(pullback(L.tensor(dy, y.shape)));
    });
}

/** Every hash by what it is of, on the binary that gives the same everywhere. */
export async function hashes(): Promise<Record<string, string>> {
  await L.init({ deterministic: true, modules: [float64] });
  const found: Record<string, string> = {};
  // Some are made by the engine's own Math: where these differ, it is no kernel that does.
  found["inputs of the exams"] = await hashOf((hash) => {
    for (const { exam } of examined)
      for (const case_ of [...casesOf(exam), ...exam.gradients]) L.scope(() => hash.addAll(tensorsOf(case_)));
  });
  for (const { name, op, exam } of examined)
    found[name] = await hashOf((hash) => addResults(hash, op, casesOf(exam)));
  for (const { name, op, exam } of widened)
    found[`${name}, float64`] = await hashOf((hash) => addResults(hash, op, doubled(casesOf(exam))));
  for (const { name, op, exam } of differentiable)
    found[`${name}, gradient`] = await hashOf((hash) => addGradients(hash, op, exam.gradients));
  for (const [name, run] of Object.entries(workloads))
    found[name] = await hashOf((hash) => L.scope(() => hash.addAll(run())));
  return found;
}
