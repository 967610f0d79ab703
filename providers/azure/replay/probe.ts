import { readFileSync } from "node:fs";

export type RecordedCall = {
  /** Which stand-in it reached: keyvault, aad, nmi, imds, app-service, token-proxy. */
  readonly to: string;
  readonly method: string;
  readonly host: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly answer: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
};

type Content = string | { readonly base64: string };

/** One recorded probe of the real provider, trimmed: what it was asked, what it asked, what it answered. */
export type Probe = {
  readonly case: string;
  readonly title: string;
  readonly setup?: string;
  /** The recording began a new process here. */
  readonly fresh?: true;
  readonly request?: {
    readonly attributes?: Readonly<Record<string, string>> & { readonly raw?: string };
    readonly secrets?: string;
    readonly permission?: string;
  };
  readonly calls: readonly RecordedCall[];
  readonly response: {
    readonly codeName?: string;
    readonly message?: string;
    readonly files?: readonly { readonly path: string; readonly mode: number; readonly content: Content }[];
    readonly object_version?: readonly { readonly id: string; readonly version: string }[];
  } & Readonly<Record<string, unknown>>;
  /** The call ended the process. */
  readonly died?: true;
};

export function readProbes(): Probe[] {
  return readFileSync(new URL("../fixtures/mounts.ndjson", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Probe);
}
