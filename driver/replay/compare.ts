import { createHash } from "node:crypto";
import type { Probe, RecordedEntry, RecordedTarget } from "./probe.ts";
import type { Played } from "./rig.ts";

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Longer content was kept by its hash. */
const SHORT_BYTES = 200;

/** Content that the recording kept by hash alone is other content here: its size stands for it. */
function comparable(target: RecordedTarget, probe: Probe, tellsModes: boolean): unknown {
  const { exists, mounted, mode, entries = [] } = target;
  const isTmpfs = tellsModes || !mounted;
  const sent = (probe.providerReplies ?? []).flatMap((reply) => (reply === "computed" ? [] : (reply.files ?? [])));
  const entry = ({ sha256, content, ...rest }: RecordedEntry): unknown => {
    const path = rest.path.replace(/^\.\.<ts>\//, "");
    const isMadeUp = probe.providerReplies?.includes("computed") === true && (rest.size ?? 0) > SHORT_BYTES;
    if (isMadeUp || sent.some((file) => file.path === path && file.content === undefined)) return rest;
    const hash = content === undefined ? sha256 : createHash("sha256").update(content).digest("hex").slice(0, 16);
    return { ...rest, ...(hash !== undefined && { hash }) };
  };
  // Data directories are named at random: of two with files of one name either may come first.
  const shown = entries.map(entry).map(sorted).sort();
  return { exists, mounted, ...(isTmpfs && { mode }), entries: shown };
}

/** In what a probe came out otherwise; the words of a refusal are judged apart. */
export function differencesOf(probe: Probe, played: Played, tellsModes: boolean): string[] {
  const differences: string[] = [];
  const compare = (what: string, recorded: unknown, got: unknown): void => {
    if (sorted(recorded) !== sorted(got)) differences.push(`${what}:\n    ${sorted(recorded)}\n    ${sorted(got)}`);
  };
  const { code, value } = probe.response;
  compare("code", code, played.code);
  compare("value", ready(value), ready(played.value));
  if (!isSampled(probe)) compare("provider's calls", probe.providerCalls ?? [], played.calls);
  for (const call of isSampled(probe) ? (probe.providerCalls ?? []) : [])
    if (!played.calls.some((one) => sorted(one) === sorted(call))) differences.push(`no call ${sorted(call)}`);
  if (probe.target !== undefined)
    compare("target", comparable(probe.target, probe, tellsModes), comparable(played.target, probe, tellsModes));
  for (const status of probe.spcps ?? [])
    compare(
      `status ${status.name}`,
      status,
      played.statuses.find(({ name }) => name === status.name),
    );
  if (probe.spcps?.length === 0) compare("statuses of this pod", [], statusesOfPod(probe, played));
  for (const secret of probe.secrets ?? [])
    compare(
      `Secret ${secret.name}`,
      secret,
      played.secrets.find(({ name }) => name === secret.name),
    );
  if (probe.events !== undefined) {
    const { involved } = probe.events[0] ?? {};
    const told = played.events.filter((event) => event.involved === involved);
    compare("events", probe.events.map(sorted).sort(), told.map(sorted).sort());
  }
  if (probe.metricsDelta !== undefined) compare("metrics", probe.metricsDelta, played.counted);
  const { lines, exit } = probe.observed ?? {};
  if (exit !== undefined) compare("exit code", exit, played.exit);
  if (lines !== undefined) compare("metrics page", lines, played.lines.map(withoutBucket));
  return differences;
}

/** Of many calls at once the recording kept one, or none. */
function isSampled({ request }: Probe): boolean {
  return typeof request === "string" && /^\d+ NodePublishVolume/.test(request);
}

/** How long things took is not fixed. */
function withoutBucket(line: string): string {
  return line.replace(/^(\w+_(?:bucket|sum)\{.*\}) \S+$/, "$1 <n>");
}

function statusesOfPod({ request }: Probe, { statuses }: Played): unknown[] {
  const context = typeof request === "string" ? {} : request["volume_context"];
  const { "csi.storage.k8s.io/pod.name": pod } = (context ?? {}) as Record<string, string>;
  return statuses.filter(({ name }) => pod !== undefined && name.startsWith(`${pod}-drvrec-`));
}

/** Protobuf's JSON has no wrapper around a BoolValue; the recording shows one. */
function ready(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? {}).replace('"ready":true', '"ready":{"value":true}'));
}
