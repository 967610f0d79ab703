import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reply, Script } from "../../wire/scripted-provider.ts";
import { files } from "../../wire/scripted-provider.ts";

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
  "PC-16 20 concurrent publishes": ({ attributes }) => versioned({ who: podNamed(attributes) }, { w: "1" }),
  "ROT-09 first publish, SPC lists a,b": listedObjects,
  "ROT-09 SPC gains c": listedObjects,
  "ROT-09 SPC loses a and b": listedObjects,
  "UPG-04 provider writes itself": ({ targetPath }) => {
    mkdirSync(join(targetPath, "d"), { mode: 0o755 });
    for (const path of ["a", "d/z", "gone"]) writeFileSync(join(targetPath, path), "old", { mode: 0o644 });
    return { objectVersion: [{ id: "a", version: "1" }] };
  },
  "UPG-04 then again no files from the provider: nothing touched": () => ({
    objectVersion: [{ id: "a", version: "3" }],
  }),
};

function podNamed(attributes: string): string {
  return (JSON.parse(attributes) as Record<string, string>)["csi.storage.k8s.io/pod.name"] ?? "";
}

/** A file and a version for each name that the class lists. */
function listedObjects({ attributes }: { readonly attributes: string }): Reply {
  const names = ((JSON.parse(attributes) as Record<string, string>)["objects"] ?? "").split(",");
  return versioned(
    Object.fromEntries(names.map((name) => [name, `v-${name}`])),
    Object.fromEntries(names.map((name) => [name, "1"])),
  );
}

/** Files by path and versions by id. */
export function versioned(
  contents: Readonly<Record<string, string>>,
  versions: Readonly<Record<string, string>>,
): Reply {
  return {
    files: Object.entries(contents).map(([path, text]) => ({ path, mode: 0o644, contents: Buffer.from(text) })),
    objectVersion: Object.entries(versions).map(([id, version]) => ({ id, version })),
  };
}
