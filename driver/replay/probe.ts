import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";

/** One answer of the recording's provider; content that was long or binary was not kept, its size was. */
export type RecordedReply = {
  readonly status?: string;
  readonly message?: string;
  readonly delay?: number;
  readonly error?: { readonly code: string };
  readonly files?: readonly {
    readonly path: string;
    readonly mode?: number;
    readonly size: number;
    readonly content?: string;
  }[];
  readonly object_version?: readonly { readonly id: string; readonly version: string }[];
};

export type RecordedEntry = {
  readonly path: string;
  readonly type: string;
  readonly mode?: string;
  readonly link?: string;
  readonly size?: number;
  readonly content?: string;
  readonly sha256?: string;
};

export type RecordedTarget = {
  readonly exists: boolean;
  readonly mounted: boolean;
  readonly mode?: string;
  readonly entries?: readonly RecordedEntry[];
};

export type RecordedStatus = {
  readonly name: string;
  readonly labels: unknown;
  readonly ownerReferences: unknown;
  readonly status: unknown;
};

export type RecordedSecret = {
  readonly name: string;
  readonly type: string;
  readonly labels: unknown;
  readonly annotations: unknown;
  readonly ownerReferences: unknown;
  readonly data: unknown;
};

export type RecordedEvent = {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: string;
  /** `Pod/web` */
  readonly involved: string;
  readonly repeated: boolean;
};

export type SetupStep = {
  readonly action?: string;
  readonly rbac?: string;
  readonly flag?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: Record<string, string>;
  readonly volumes?: readonly { readonly name: string; readonly csi: Record<string, unknown> }[];
};

/** One recorded call of the real driver: what came before, what was asked, what it did and answered. */
export type Probe = {
  readonly case: string;
  readonly title: string;
  readonly driverFlags?: readonly string[];
  readonly setup?: readonly SetupStep[];
  /** In words where it was no single CSI call. */
  readonly request: JsonObject | string;
  /** `computed`: made from the request; see `computed.ts`. */
  readonly providerReplies?: readonly (RecordedReply | "computed")[];
  readonly providerCalls?: readonly JsonObject[];
  readonly response: { readonly code: string; readonly message: string; readonly value?: JsonObject };
  readonly target?: RecordedTarget;
  readonly spcps?: readonly RecordedStatus[];
  readonly secrets?: readonly RecordedSecret[];
  readonly events?: readonly RecordedEvent[];
  /** Series that changed, without scope labels, buckets and sums. */
  readonly metricsDelta?: Readonly<Record<string, number>>;
  readonly observed?: { readonly lines?: readonly string[]; readonly exit?: number };
};

/** Of the real driver v1.6.0; the last with a node of its own. */
export const RECORDINGS = [
  "driver-csi",
  "auth",
  "provider-contract",
  "mount",
  "rotation",
  "recovery",
  "recoveryx",
] as const;
/** Of v1.5.6. */
export const LEGACY_RECORDINGS = ["legacyx"] as const;
export type Recording = (typeof RECORDINGS)[number] | (typeof LEGACY_RECORDINGS)[number];

export function readProbes(recording: Recording): Probe[] {
  return readFileSync(new URL(`./fixtures/${recording}.ndjson`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Probe);
}

export function nameOf(probe: Probe): string {
  return `${probe.case} ${probe.title}`;
}
