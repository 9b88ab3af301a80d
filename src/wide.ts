/**
 * The kernels of products (matrix products, convolutions, random features, linear algebra, of float32) for engines that join two neighbouring
 * vectors to one of 256 bits, as V8 does under `--experimental-wasm-revectorize`: `init({ modules: [wide] })`. Their results are those of the
 * package's own kernels to the bit. Elsewhere they are slower than these, by a third.
 */
export { wide } from "./generated/wide.js";
