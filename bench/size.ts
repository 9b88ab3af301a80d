/** Bytes of minified bundles, raw and by gzip: node --import tsx bench/size.ts, after npm run build */
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.js";
import { machine } from "./machine.js";
import { save, table } from "./report.js";

const imports: Record<string, string> = {
  "the whole package": `export * from "lanewise"`,
  "init, tensor, add": `export { init, tensor, add } from "lanewise"`,
  "init, tensor, matmul": `export { init, tensor, matmul } from "lanewise"`,
  "init, tensor, matmul, relu, softmax, valueAndGrad": `export { init, tensor, matmul, relu, softmax, valueAndGrad } from "lanewise"`,
  "init, tensor, valueAndGrad, and a perceptron with SGD": `
    export { init, tensor, valueAndGrad } from "lanewise";
    export { Linear, Sequential } from "lanewise/nn";
    export { SGD } from "lanewise/optim";`,
  "the same by the namespaces of lanewise": `
    import { init, nn, optim, tensor, valueAndGrad } from "lanewise";
    export { init, tensor, valueAndGrad };
    export const { Linear, Sequential } = nn, { SGD } = optim;`,
};

const results: { imports: string; bytes: number; gzip: number }[] = [];
for (const [name, source] of Object.entries(imports)) {
  const code = await bundle(source);
  results.push({ imports: name, bytes: code.length, gzip: gzipSync(code, { level: 9 }).length });
}
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
const rows = results.map(({ imports, bytes, gzip }) => [imports, kilobytes(bytes), kilobytes(gzip)]);
console.log(table(["minified bundle, kB", "raw", "gzip"], rows));
save("size", machine(), { results });
