import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Script } from "../../suite/parts/scripted-provider.ts";
import { files } from "../../suite/parts/scripted-provider.ts";

/** What the recording's provider did where it made its answer from the request, told from what was found afterwards. */
export const COMPUTED: Readonly<Record<string, Script>> = {
  "PC-18 encoding of attributes": () => files({ a: "one" }),
  "PC-31 no files; provider wrote into the target": ({ targetPath }) => {
    mkdirSync(join(targetPath, "odd..dir"), { mode: 0o755 });
    writeFileSync(join(targetPath, "own"), "self", { mode: 0o644 });
    return { objectVersion: [{ id: "own", version: "1" }] };
  },
  "MNT-11 plain file and directory of the same top names pre-exist in the mount (written before the reply); unrelated file and dir too":
    ({ targetPath }) => {
      for (const folder of ["d", "odir"]) mkdirSync(join(targetPath, folder), { mode: 0o755 });
      for (const [path, text] of [
        ["a", "old"],
        ["d/b", "old"],
        ["other", "keep"],
        ["odir/f", "keep"],
      ] as const)
        writeFileSync(join(targetPath, path), text, { mode: 0o644 });
      return files({ a: "new", "d/b": "new" });
    },
};
