import type { RecordedCall, RecordedPod, Recording } from "./recording.ts";

/** One thing that is not the same: where, what the real kubelet did, what the simulated one did. */
export type Difference = { readonly where: string; readonly real: string; readonly simulated: string };

/** What a moment may be off: ticks and machines differ. Beyond 30 s kubelet's own jitter (60 to 90 s) decides. */
const SLACK_SECONDS = 1.6;
const JITTER = 1.55;
const SLOWEST_SECONDS = 8.5;

type Entry = { readonly t: number; readonly text: string; readonly count: number };

/**
 * Compares a replay with its recording: the calls of each volume and driver in order, with code, state of the target
 * before and after, request and spacing; what each pod showed, in order; the events of each pod with their counts.
 */
export function compare(real: Recording, simulated: Recording): Difference[] {
  const [left, right] = [sequences(real), sequences(simulated)];
  const differences: Difference[] = [];
  for (const where of new Set([...left.keys(), ...right.keys()])) {
    const found = compareSequence(where, left.get(where) ?? [], right.get(where) ?? []);
    if (found !== undefined) differences.push(found);
  }
  return differences;
}

function compareSequence(where: string, real: readonly Entry[], simulated: readonly Entry[]): Difference | undefined {
  const isRepublished = where.startsWith("call ");
  const [a, b] = isRepublished ? [runs(real), runs(simulated)] : [single(real), single(simulated)];
  const show = (list: readonly Run[]): string =>
    list.map(({ text, count }) => `${text}${count > 1 ? ` x${count}` : ""}`).join(", ");
  const isSame =
    a.length === b.length && a.every((run, index) => run.text === b[index]?.text && isCount(run, b[index] as Run));
  if (!isSame) return { where, real: show(a), simulated: show(b) };
  if (!isRepublished) return undefined;
  for (const [index, run] of a.entries()) {
    const other = b[index] as Run;
    // What follows a deletion is measured from the start, which the two have in common; a retry from the try before.
    const isFirstOfKind = index === 0 || run.text.split(" ")[0] !== a[index - 1]?.text.split(" ")[0];
    const gap = (list: readonly Run[], at: Run): number =>
      at.first - (isFirstOfKind ? 0 : (list[index - 1]?.last ?? 0));
    const [g, h] = [gap(a, run), gap(b, other)];
    if (isFirstOfKind ? !isMoment(g, h) : !isGap(g, h))
      return {
        where: `${where} spacing`,
        real: `${run.text} at ${isFirstOfKind ? "" : "+"}${g.toFixed(1)} s`,
        simulated: `${h.toFixed(1)} s`,
      };
  }
  return undefined;
}

type Run = { readonly text: string; readonly first: number; readonly last: number; readonly count: number };

function single(entries: readonly Entry[]): Run[] {
  return entries.map(({ t, text, count }) => ({ text, first: t, last: t, count }));
}

/** Republishes that found all well are one run: how many fit in depends on kubelet's jitter. */
function runs(entries: readonly Entry[]): Run[] {
  const list: Run[] = [];
  for (const { t, text } of entries) {
    const last = list.at(-1);
    if (last?.text === text && text.includes("mount>mount"))
      list[list.length - 1] = { ...last, last: t, count: last.count + 1 };
    else list.push({ text, first: t, last: t, count: 1 });
  }
  return list;
}

function isCount(a: Run, b: Run): boolean {
  const most = Math.max(a.count, b.count);
  return Math.abs(a.count - b.count) <= Math.max(1, Math.ceil(most * (a.text.startsWith("Publish") ? 0.34 : 0.1)));
}

/** Starting and stopping containers takes the real kubelet time, all the more when it has many to do. */
function isMoment(real: number, simulated: number): boolean {
  return simulated <= real + SLACK_SECONDS && simulated >= real - SLOWEST_SECONDS;
}

function isGap(real: number, simulated: number): boolean {
  return simulated >= real / JITTER - SLACK_SECONDS && simulated <= real * JITTER + SLACK_SECONDS;
}

function sequences(recording: Recording): Map<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  const add = (where: string, t: number, text: string, count = 1): void => {
    found.set(where, [...(found.get(where) ?? []), { t, text, count }]);
  };
  const nth = instances(recording.pods);
  for (const call of recording.calls) {
    if (call.pod !== undefined) {
      const volume = `${nth(call.pod, call.uid ?? "")}/${call.volume}`;
      add(`call ${volume}`, call.t, volumeCall(call));
      if (call.request !== undefined) add(`request ${volume}`, call.t, canonical(call.request));
    } else if (!/Capabilities|Stats/.test(call.call))
      add(`registration ${call.driver}`, call.t, `${call.call} ${call.code} ${canonical(call.request ?? {})}`);
  }
  for (const pod of recording.pods) add(`pod ${nth(pod.pod, pod.uid)}`, pod.t, podText(pod));
  for (const [where, list] of found)
    if (where.startsWith("pod ") || where.startsWith("request ")) found.set(where, withoutRepeats(list));
  for (const { event, pod, uid, message, count, component, t } of recording.events)
    if (component === "kubelet") add(`events ${nth(pod, uid)}`, t, `${event} ${withoutUid(message)}`, count);
  for (const [where, list] of found) if (where.startsWith("events ")) found.set(where, combined(list));
  for (const [where, list] of found)
    if (where.startsWith("events "))
      found.set(
        where,
        list.toSorted((a, b) => (a.text < b.text ? -1 : 1)),
      );
  return found;
}

/** Where events were combined, which of many at one moment came first is chance: what was written in all is not. */
function combined(events: readonly Entry[]): Entry[] {
  const isCombined = (text: string): boolean => text.includes("(combined from similar events)");
  if (!events.some(({ text }) => isCombined(text))) return [...events];
  const reason = (text: string): string => text.split(" ")[0] ?? "";
  const reasons = new Set(events.filter(({ text }) => isCombined(text)).map(({ text }) => reason(text)));
  const others = events.filter(({ text }) => !reasons.has(reason(text)));
  const sums = [...reasons].map((name) => {
    const own = events.filter(({ text }) => reason(text) === name);
    const single = own.filter(({ text }) => !isCombined(text)).reduce((sum, { count }) => sum + count, 0);
    const most = Math.max(...own.filter(({ text }) => isCombined(text)).map(({ count }) => count));
    return { t: own[0]?.t ?? 0, text: `${name} in all`, count: single + most };
  });
  return [...others, ...sums];
}

function withoutUid(message: string): string {
  return message.replace(/\((<uid:\d+>|[0-9a-f]{8}-[0-9a-f-]{27})\)/g, "(uid)");
}

/** Pods of one name, one after the other, are told apart by their uids. */
function instances(pods: readonly RecordedPod[]): (pod: string, uid: string) => string {
  const seen = new Map<string, string[]>();
  for (const { pod, uid } of pods) {
    const uids = seen.get(pod) ?? [];
    if (!uids.includes(uid)) uids.push(uid);
    seen.set(pod, uids);
  }
  return (pod, uid) => {
    const index = (seen.get(pod) ?? []).indexOf(uid);
    return index > 0 ? `${pod} (${index + 1})` : pod;
  };
}

function volumeCall({ call, code, before, after }: RecordedCall): string {
  const what = call.replace(/^Node|Volume$/g, "");
  return `${what} ${code ?? "cut"} ${before ?? ""}>${after ?? ""}`;
}

function podText({ podState, phase, containers, ready, deleting }: RecordedPod): string {
  if (podState === "DELETED") return "gone";
  return `${phase} [${containers.join(" ")}] ready=${ready ?? "?"}${deleting ? " deleting" : ""}`;
}

function withoutRepeats(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ text }, index) => text !== entries[index - 1]?.text);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
