import { readFileSync } from "node:fs";

export type RecordedCall = {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly token?: string;
  readonly namespace?: string;
  readonly body?: string;
  /** null: no answer was sent. */
  readonly status: number | null;
  readonly response?: string;
  readonly via?: string;
};

/** One recorded Mount of the real provider: what it was asked, what it asked, what it answered. */
export type Probe = {
  readonly case: string;
  readonly title: string;
  readonly setup?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly attributes: string;
  readonly permission: string;
  readonly target: string;
  readonly calls: readonly RecordedCall[];
  readonly api: readonly { readonly method: string; readonly path: string; readonly status: number | null }[];
  readonly response: {
    readonly code?: string;
    readonly message?: string;
    readonly files?: readonly {
      readonly path: string;
      readonly mode: number;
      readonly content?: string;
      readonly contentBase64?: string;
    }[];
    readonly object_version?: readonly { readonly id: string; readonly version: string }[];
  };
  readonly died?: boolean;
  readonly outcomes?: number;
};

export function readProbes(): Probe[] {
  const text = readFileSync(new URL("../fixtures/mounts.ndjson", import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(withoutSigns(line)) as Probe);
}

/** Go escapes `<` and `>` in JSON, which the real values behind these placeholders do not have. */
function withoutSigns(line: string): string {
  return line
    .replaceAll("<unix-time>", "1700000000")
    .replace(
      /<((?:uuid|vault-token|accessor|jwt|hmac|time|pem|lease|serial|random|ciphertext|pod-uid)[^<>]*)>/g,
      "[$1]",
    );
}
