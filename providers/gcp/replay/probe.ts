import { readFileSync } from "node:fs";

type Bytes = { readonly utf8?: string; readonly base64?: string };

/** What a stand-in was asked, and what it answered. */
export type RecordedCall = {
  readonly to: string;
  readonly method: string;
  readonly url: string;
  /** Of a gRPC call. */
  readonly host?: string;
  readonly authorization?: string;
  readonly params?: string;
  readonly body?: string;
  readonly answer: {
    readonly status?: number;
    readonly body?: string;
    readonly code?: number;
    readonly message?: string;
    readonly name?: string;
    readonly payload?: { readonly data?: Bytes };
    readonly parameter_version?: string;
    readonly rendered_payload?: Bytes;
    readonly access_token?: string;
  };
};

/** One recorded call of the real provider: what it was asked, what it asked, what it answered. */
export type Probe = {
  readonly case: string;
  readonly title: string;
  readonly setup?: string;
  readonly attributes?: Readonly<Record<string, string>> | { readonly raw: string };
  readonly secrets?: string;
  readonly permission?: string;
  readonly calls: readonly RecordedCall[];
  readonly response: {
    readonly code?: number;
    readonly message?: string;
    readonly statusDetailsBase64?: string;
    readonly files?: readonly { readonly path: string; readonly mode: number; readonly content: string | Bytes }[];
    readonly object_version?: readonly { readonly id: string; readonly version: string }[];
    readonly runtime_name?: string;
    readonly runtime_version?: string;
    readonly outbound_rpc_count?: readonly string[];
  };
  readonly died?: boolean;
};

export function readProbes(): Probe[] {
  const text = readFileSync(new URL("../fixtures/mounts.ndjson", import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line.replaceAll("<jwt>", "[jwt]")) as Probe);
}

export function bytesOf(value: string | Bytes | undefined): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  return value?.base64 === undefined ? Buffer.from(value?.utf8 ?? "") : Buffer.from(value.base64, "base64");
}
