import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deployFiles } from "../cli/up/deploy-files.ts";

/** Writes the files of `deploy/` that are made from code: node scripts/deploy-files.ts */
const root = fileURLToPath(new URL("..", import.meta.url));
for (const [path, text] of await deployFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
