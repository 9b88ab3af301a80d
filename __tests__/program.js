/** A program with threads, as every runtime and bundler takes it. */
import { info, init, layerNorm, matmul, ones, scope, tensor, zeros } from "lanewise";

const filled = (rows, cols, step) =>
  tensor(
    Float32Array.from({ length: rows * cols }, (_, i) => ((i * step) % 1009) / 1009 - 0.5),
    [rows, cols],
  );

const compute = () =>
  scope(() => {
    const y = matmul(filled(400, 300, 7), filled(300, 500, 11));
    return layerNorm(y, ones([500]), zeros([500])).dataSync();
  });

/** Whether several threads find the bits that one finds, and what `info` says of them. It ends no worker. */
export async function run() {
  await init({ threads: 1 });
  const alone = compute();
  await init({ threads: 3 });
  let same = true;
  for (let i = 0; i < 20; i++) same &&= compute().every((value, at) => value === alone[at]);
  const { threads, threading } = info();
  return { same, threads, threading };
}
