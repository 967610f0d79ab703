import type { MountResponse } from "../../wire/gen/provider_pb.ts";
import type { Rules } from "../behaviour.ts";
import { fileMode, type Payload, type PayloadFile } from "../payload/index.ts";
import { ErrorType } from "../publish/failure.ts";
import { byBytes } from "../text/go-json.ts";

export type ObjectVersion = { readonly id: string; readonly version: string };

/** A provider's answer, judged. */
export type MountReply =
  | { readonly kind: "failed"; readonly message: string; readonly errorType: string }
  /** With an empty payload the provider wrote into the target itself, and nothing there is touched. */
  | {
      readonly kind: "content";
      readonly payload: Payload;
      /** Every path as it was sent, duplicates too: the first bad one is named. */
      readonly paths: readonly string[];
      readonly versions: readonly ObjectVersion[];
    };

/** Reads an answer as upstream does: an error's code first, then whether there are versions. Pure. */
export function judgeReply(response: MountResponse, rules: Rules): MountReply {
  const code = response.error?.code ?? "";
  if (code !== "")
    return { kind: "failed", message: `mount request failed with provider error code ${code}`, errorType: code };
  if (response.objectVersion.length === 0)
    return { kind: "failed", message: "missing object versions", errorType: ErrorType.provider };
  const payload = new Map<string, PayloadFile>();
  for (const { path, mode, contents } of response.files) payload.set(path, { mode: fileMode(mode, rules), contents });
  const paths = response.files.map(({ path }) => path);
  return { kind: "content", payload, paths, versions: sortedVersions(response.objectVersion) };
}

/** One entry an id, the last counts; ordered by id's bytes. */
export function sortedVersions(versions: Iterable<ObjectVersion>): ObjectVersion[] {
  const byId = new Map<string, string>();
  for (const { id, version } of versions) byId.set(id, version);
  return [...byId].map(([id, version]) => ({ id, version })).sort((a, b) => byBytes(a.id, b.id));
}

/** Bytes of file contents in an answer: what makes one large. */
export function contentBytes(response: MountResponse): number {
  return response.files.reduce((sum, { contents }) => sum + contents.length, 0);
}
