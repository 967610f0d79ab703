import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "../../kube/index.ts";
import type { ScriptedProvider } from "../../wire/scripted-provider.ts";
import type { RecordedEntry, RecordedEvent, RecordedSecret, RecordedStatus } from "./probe.ts";

/** Data directories are named after the time and a random number. */
export function withoutTime(text: string): string {
  return text.replace(/\.\.\d{4}_[\d_]+\.\d+/g, "..<ts>");
}

export function shownCall(call: ScriptedProvider["calls"][number]): unknown {
  const { method } = call;
  const authority = decodeURIComponent(call.authority); // a socket's path, before v1.6
  if (call.method === "Version") return { method, authority, version: call.request.version };
  const { attributes, secrets, permission, targetPath, currentObjectVersion } = call.request;
  return {
    method,
    authority,
    attributes: JSON.parse(attributes),
    secrets,
    permission,
    target_path: targetPath,
    current_object_version: currentObjectVersion.map(({ id, version }) => ({ id, version })),
    deadlinePropagated: call.hasDeadline,
  };
}

export function shownStatus(object: KubeObject): RecordedStatus {
  const { name = "", labels, ownerReferences } = object.metadata;
  return { name, labels: labels ?? null, ownerReferences, status: object["status"] };
}

export function shownEvent(event: KubeObject): RecordedEvent {
  const { source, involvedObject, count } = event as unknown as {
    readonly source: { readonly component: string };
    readonly involvedObject: { readonly kind: string; readonly name: string };
    readonly count: number;
  };
  return {
    type: String(event["type"]),
    reason: String(event["reason"]),
    message: String(event["message"]),
    source: source.component,
    involved: `${involvedObject.kind}/${involvedObject.name}`,
    repeated: count > 1,
  };
}

export function shownSecret(secret: KubeObject): RecordedSecret {
  const { name = "", labels = null, annotations = null, ownerReferences = null } = secret.metadata;
  const data = Object.entries((secret["data"] ?? {}) as Record<string, string>);
  return {
    name,
    type: String(secret["type"]),
    labels,
    annotations,
    ownerReferences,
    data: Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, "base64").toString()])),
  };
}

export function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8).padStart(4, "0");
}

export function entriesOf(target: string): RecordedEntry[] {
  const entries: RecordedEntry[] = [];
  const walk = (folder: string): void => {
    for (const name of readdirSync(join(target, folder)).sort()) {
      const relative = folder === "" ? name : `${folder}/${name}`;
      const real = join(target, relative);
      const path = withoutTime(relative);
      const stats = lstatSync(real);
      if (stats.isSymbolicLink()) entries.push({ path, type: "link", link: withoutTime(readlinkSync(real)) });
      else if (stats.isDirectory()) {
        entries.push({ path, type: "dir", mode: modeOf(real) });
        walk(relative);
      } else {
        const bytes = readFileSync(real);
        const isShort = bytes.length <= 200;
        entries.push({
          path,
          type: "file",
          mode: modeOf(real),
          size: bytes.length,
          ...(isShort
            ? { content: bytes.toString("utf8") }
            : { sha256: createHash("sha256").update(bytes).digest("hex").slice(0, 16) }),
        });
      }
    }
  };
  walk("");
  return entries;
}
