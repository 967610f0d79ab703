import type { JournalEntry } from "../net/journal.ts";

/**
 * The calls of a journal, per seam and server, in rounds: the first login, read and read of whoever came first, then
 * the second of each. Pods that mount at the same time interleave differently each time, yet each goes through the same
 * calls in the same order, so that the k-th calls of each kind make up the same round. Pure.
 *
 * Kubelet's calls are told volume by volume, each once for as long as it repeats it: how often it publishes again is a
 * matter of time. So is who watches and reads what at the API server: there the driver's changes count.
 */
export function roundsOf(entries: readonly JournalEntry[]): ReadonlyMap<string, readonly string[][]> {
  const seams = new Map<string, JournalEntry[]>();
  for (const entry of entries) {
    const name = seamOf(entry);
    if (name !== undefined) seams.set(name, [...(seams.get(name) ?? []), entry]);
  }
  return new Map(
    [...seams]
      .sort(byName)
      .map(([name, calls]) => [name, name.startsWith("csi ") ? byVolume(calls) : inRounds(calls.map(shown))]),
  );
}

/** Parts of the cluster under examination that change objects, by their accounts. */
const WRITERS = /^system:serviceaccount:kube-system:secrets-store-csi-driver$/;

function seamOf({ seam, server, detail }: JournalEntry): string | undefined {
  // The way through a proxy is not there where the parts share a process.
  if (seam === "egress" || seam === "control") return undefined;
  if (seam !== "kube-api") return `${seam} at ${server}`;
  const { caller, verb, subresource, resource } = detail;
  const isChange = ["create", "update", "patch", "delete"].includes(String(verb));
  if (!isChange || !WRITERS.test(String(caller)) || subresource === "token" || resource === "events") return undefined;
  return `changes at ${server} by ${caller}`;
}

/** `GET /v1/secret/data/app 200`, pods and nodes by their kind alone. */
function shown({ operation, status }: JournalEntry): string {
  const path = operation
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
    .replace(/-[0-9a-z]{9,10}-[0-9a-z]{5}(?=[-/ ]|$)/g, "-POD");
  return `${path} ${status}`;
}

function byVolume(calls: readonly JournalEntry[]): string[][] {
  const volumes = new Map<unknown, string[]>();
  for (const call of calls) {
    const volume = call.detail["volumeId"];
    const sequence = volumes.get(volume) ?? [];
    volumes.set(volume, sequence);
    if (sequence.at(-1) !== shown(call)) sequence.push(shown(call));
  }
  return [...volumes.values()].sort();
}

function inRounds(calls: readonly string[]): string[][] {
  const seen = new Map<string, number>();
  const rounds: string[][] = [];
  for (const call of calls) {
    const round = seen.get(call) ?? 0;
    seen.set(call, round + 1);
    rounds[round] = [...(rounds[round] ?? []), call];
  }
  return rounds;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
