import { readFileSync } from "node:fs";
import type { RecordedEntry, RecordedReply } from "../probe.ts";

/** An object or an event before a probe, by its kind, or in words. */
export type ClusterStep = {
  readonly action?: string;
  readonly rbac?: string;
  readonly targetPath?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly phase?: string;
  readonly volumes?: readonly { readonly name: string; readonly class: string }[];
  readonly type?: string;
  readonly immutable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
};

/** A publish, shortened to what differs from one to the next. */
export type RecordedPublish = {
  readonly pod: string;
  readonly namespace: string;
  readonly volume: string;
  readonly class: string;
  readonly extra?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly readonly?: boolean;
};

/** Content in a Secret: text, or what was kept of it. */
export type RecordedValue =
  | string
  | { readonly sha256: string }
  | { readonly pem: readonly string[]; readonly size: number };

export type RecordedSecret = {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly annotations: Readonly<Record<string, string>> | null;
  readonly ownerReferences:
    | readonly { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string }[]
    | null;
  readonly data: Readonly<Record<string, RecordedValue>>;
};

export type RecordedEvent = {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: string;
  readonly involved: string;
  readonly repeated: boolean;
};

/** A recorded probe of the real driver against a whole API server with its controllers. */
export type ClusterProbe = {
  readonly case: string;
  readonly title: string;
  readonly flags?: readonly string[];
  readonly rotates?: true;
  readonly setup?: readonly ClusterStep[];
  readonly request: RecordedPublish | string;
  readonly replies?: readonly RecordedReply[];
  readonly calls?: readonly { readonly attributes: unknown; readonly secrets: string; readonly permission: string }[];
  readonly response: { readonly code: string; readonly message: string };
  readonly target?: { readonly mounted: boolean; readonly entries?: readonly RecordedEntry[] };
  readonly statuses?: readonly { readonly name: string; readonly objects: unknown; readonly targetPath: string }[];
  readonly secrets?: readonly RecordedSecret[];
  readonly events?: readonly RecordedEvent[];
  readonly observed?: Readonly<Record<string, unknown>>;
};

export function readClusterProbes(recording: "sync" | "security"): ClusterProbe[] {
  return readFileSync(new URL(`./fixtures/${recording}.ndjson`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ClusterProbe);
}
