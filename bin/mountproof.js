#!/usr/bin/env node
// Starts the command line with a Node that can run it: the built files when they are there, else the sources.
// Kept to syntax that an old Node can read, so that it can say what it lacks.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = [22, 22];
const ENVIRONMENT_ERROR = 3;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const version = process.versions.node.split(".").map(Number);
const isRecent = version[0] > NEEDED[0] || (version[0] === NEEDED[0] && version[1] >= NEEDED[1]);
let isAnswered = false;
const pinned = join(root, "node_modules", ".bin", "node");

if (isRecent) run();
else if (existsSync(pinned) && process.env.MOUNTPROOF_NODE_CHOSEN === undefined) runWith(pinned);
else
  refuse(
    `mountproof needs Node ${NEEDED.join(".")} or newer, this is ${process.versions.node}`,
    "install a newer Node, or run npm ci in the checkout: it brings one along",
  );

function run() {
  const built = join(root, "dist", "cli", "index.js");
  const source = join(root, "cli", "index.ts");
  const entry = existsSync(built) ? built : source;
  if (!existsSync(entry))
    return refuse("mountproof is not complete: neither dist/ nor the sources are there", "install it again");
  // Nothing left to wait for and no answer yet: a mistake of ours, which must not look like success.
  process.once("exit", (code) => {
    if (isAnswered || code !== 0) return;
    process.stderr.write("error: mountproof ended before its work was done\n");
    process.exitCode = ENVIRONMENT_ERROR;
  });
  const nodeModule = createRequire(import.meta.url)("node:module");
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  import(pathToFileURL(entry).href)
    .then((cli) => cli.main(process.argv.slice(2)))
    .then(
      (code) => exit(code),
      (error) => {
        console.error(error);
        exit(ENVIRONMENT_ERROR);
      },
    );
  // Whoever reads along, as head does, may have seen enough.
  process.stdout.on("error", (error) => {
    isAnswered = true;
    process.exit(error.code === "EPIPE" ? 0 : ENVIRONMENT_ERROR);
  });
}

// A pipe takes what was written in pieces: leaving at once would lose all but the first.
function exit(code) {
  isAnswered = true;
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}

// The channel closes when this process dies, however: the other one then ends too.
function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: Object.assign({}, process.env, { MOUNTPROOF_NODE_CHOSEN: "1" }),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => refuse(`"${node}" cannot be started: ${error.message}`, "run npm ci again"));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse(message, hint) {
  process.stderr.write(`error: ${message}\n  hint: ${hint}\n`);
  process.exit(ENVIRONMENT_ERROR);
}
