import { readFileSync } from "node:fs";

/** What the experimenter did. */
export type RecordedStep = {
  readonly t: number;
  readonly do: string;
  readonly driver?: string;
  readonly flags?: readonly string[];
  readonly signal?: string;
  readonly control?: Readonly<Record<string, string>>;
  readonly pod?: string;
  readonly gracePeriodSeconds?: number;
  readonly object?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
  readonly annotations?: Record<string, string>;
  readonly secret?: string;
  readonly status?: number;
};

/** A call on the driver's socket. */
export type RecordedCall = {
  readonly t: number;
  readonly driver: string;
  readonly call: string;
  readonly code?: string;
  readonly pod?: string;
  readonly uid?: string;
  readonly volume?: string;
  readonly before?: string;
  readonly after?: string;
  readonly step?: string;
  readonly took?: number;
  readonly request?: Record<string, unknown>;
};

/** An event of a pod with its last count. */
export type RecordedEvent = {
  readonly t: number;
  readonly event: string;
  readonly pod: string;
  readonly uid: string;
  readonly message: string;
  readonly count: number;
  readonly component: string;
};

/** A pod whenever what counts of it changed. */
export type RecordedPod = {
  readonly t: number;
  readonly podState: "ADDED" | "MODIFIED" | "DELETED";
  readonly pod: string;
  readonly uid: string;
  readonly phase: string;
  readonly containers: readonly string[];
  readonly ready?: string | null;
  readonly deleting: boolean;
};

export type RecordedCsiNode = { readonly t: number; readonly csinode: readonly string[] };
export type RecordedDirGone = { readonly t: number; readonly dirGone: string; readonly uid: string };
export type RecordedLine =
  | RecordedStep
  | RecordedCall
  | RecordedEvent
  | RecordedPod
  | RecordedCsiNode
  | RecordedDirGone;

/** One experiment, taken apart by kind; each in the order of time. */
export type Recording = {
  readonly steps: RecordedStep[];
  readonly calls: RecordedCall[];
  readonly events: RecordedEvent[];
  readonly pods: RecordedPod[];
  readonly csiNodes: RecordedCsiNode[];
  readonly dirsGone: RecordedDirGone[];
};

export function sortLines(lines: readonly RecordedLine[]): Recording {
  return {
    steps: lines.filter((line): line is RecordedStep => "do" in line),
    calls: lines.filter((line): line is RecordedCall => "call" in line),
    events: lines.filter((line): line is RecordedEvent => "event" in line),
    pods: lines.filter((line): line is RecordedPod => "podState" in line),
    csiNodes: lines.filter((line): line is RecordedCsiNode => "csinode" in line),
    dirsGone: lines.filter((line): line is RecordedDirGone => "dirGone" in line),
  };
}

export function readRecording(name: string, folder: URL = new URL("../fixtures/", import.meta.url)): Recording {
  const text = readFileSync(new URL(`${name}.ndjson`, folder), "utf8");
  return sortLines(
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RecordedLine),
  );
}
