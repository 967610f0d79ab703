import type { Digester } from "../../../core/index.ts";
import type { MountResponse } from "../../../wire/gen/provider_pb.ts";
import { codeName } from "../../../wire/grpc/index.ts";

/** What came of one Mount, as the driver reads it (spec "How the driver reads the Mount result"). */
export type MountOutcome = {
  /** `OK`, a gRPC code name, or `error.code <code>` for an error inside of the response. */
  readonly code: string;
  readonly message: string;
  readonly files: readonly MountedFile[];
  readonly versions: readonly { readonly id: string; readonly version: string }[];
  /** How the provider ended on this mount; undefined when it runs on. */
  readonly ended?: string;
};

export type MountedFile = { readonly path: string; readonly mode: number; readonly contents: Uint8Array };

export function outcomeOfResponse(response: MountResponse): MountOutcome {
  const code = response.error?.code ?? "";
  return {
    code: code === "" ? "OK" : `error.code ${code}`,
    message: "",
    files: response.files.map(({ path, mode, contents }) => ({ path, mode, contents })),
    versions: response.objectVersion.map(({ id, version }) => ({ id, version })),
  };
}

export function outcomeOfError(code: number, message: string): MountOutcome {
  return { code: codeName(code), message, files: [], versions: [] };
}

export function isOk(outcome: MountOutcome): boolean {
  return outcome.code === "OK";
}

/** The outcome as a report may show it: digests for contents, and no order where the wire promises none. */
export type ShownOutcome = {
  readonly code: string;
  readonly message?: string;
  readonly versions?: readonly string[];
  readonly files?: readonly string[];
};

export function shownOutcome(outcome: MountOutcome, digester: Digester): ShownOutcome {
  return {
    code: outcome.code,
    ...(outcome.message !== "" && { message: outcome.message }),
    ...(outcome.versions.length > 0 && {
      versions: outcome.versions.map(({ id, version }) => `${id} = ${version}`).sort(),
    }),
    ...(outcome.files.length > 0 && { files: outcome.files.map((file) => shownFile(file, digester)).sort() }),
  };
}

/** `db/password 0644, 12 bytes, hmac:1f…` */
export function shownFile(file: MountedFile, digester: Digester): string {
  return `${file.path} ${shownMode(file.mode)}, ${file.contents.length} bytes, ${digester.digest(file.contents)}`;
}

/** `0644` */
export function shownMode(mode: number): string {
  return mode < 0 ? String(mode) : `0${mode.toString(8).padStart(3, "0")}`;
}

/** Two answers agree when code, versions and files do. Messages may name a request or a time. */
export function comparable(outcome: MountOutcome, digester: Digester): Omit<ShownOutcome, "message"> {
  const { message: _message, ...rest } = shownOutcome(outcome, digester);
  return rest;
}
