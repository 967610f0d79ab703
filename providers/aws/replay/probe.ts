import { readFileSync } from "node:fs";

export type RecordedCall = {
  readonly to: "kubernetes" | "sts" | "secretsmanager" | "ssm" | "pod-identity-agent";
  readonly method: string;
  readonly url: string;
  readonly host?: string;
  /** X-Amz-Target */
  readonly target?: string;
  /** The scope that a signature names, or the agent's bare token. */
  readonly authorization?: string;
  readonly session?: string;
  readonly body?: string;
  /** null: the connection was cut. */
  readonly status: number | null;
  readonly answerHeaders?: Readonly<Record<string, string>>;
  readonly answer?: string;
};

export type RecordedFile = {
  readonly path: string;
  readonly mode: string | number;
  readonly content: string | { readonly base64: string };
};

/** One recorded Mount of the real provider: what it was asked, what it asked, what it answered. */
export type Probe = {
  readonly case: string;
  readonly title: string;
  readonly setup?: string;
  readonly attributes?: string;
  readonly secrets?: string;
  readonly permission?: string;
  readonly target?: string;
  readonly current?: readonly { readonly id: string; readonly version: string }[];
  readonly calls?: readonly RecordedCall[];
  readonly response: {
    readonly codeName?: string;
    readonly message?: string;
    readonly files?: readonly RecordedFile[];
    readonly object_version?: readonly { readonly id: string; readonly version: string }[];
    readonly runtime_name?: string;
    readonly runtime_version?: string;
  };
  /** What stood in the target folder afterwards. */
  readonly written?: readonly RecordedFile[];
  readonly died?: boolean;
};

export function readProbes(): Probe[] {
  const text = readFileSync(new URL("../fixtures/mounts.ndjson", import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Probe);
}
