/** Finds a Chromium for tests in a browser, or installs Debian's: node scripts/chromium.mjs prints its path. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const elsewhere = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A file of that name in one of the folders where programs lie. */
function onPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => resolve(folder, name)).find((file) => existsSync(file));
}

function installed() {
  return names.map(onPath).find(Boolean) ?? elsewhere.find((file) => existsSync(file));
}

/** The path of a Chromium: what CHROMIUM says, one that is installed, or, for root on Debian, one that apt installs. Throws if there is none. */
export function chromiumBinary() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM is ${named}, but there is no such file`);
  }
  const found = installed();
  if (found) return found;
  if (process.getuid?.() !== 0 || !onPath("apt-get"))
    throw new Error("no Chromium is installed: install one, or name it in CHROMIUM; tests in a page need it");
  console.error("installing chromium by apt-get");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update", "-qq"], { env, stdio: ["ignore", "ignore", "inherit"] });
    const install = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
    execFileSync("apt-get", install, { env, stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    throw new Error("apt-get could not install chromium: install one, or name it in CHROMIUM", {
      cause: error,
    });
  }
  return installed() ?? "chromium";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(chromiumBinary());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
