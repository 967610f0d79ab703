import { expect, test } from "vitest";
import { silentLog } from "../../../core/index.ts";
import { openMounter } from "../../index.ts";
import { CLASS_ANNOTATION } from "../../sync/wanted.ts";
import { DIFFERENT_IN_HARDENED, LEFT_OUT } from "./differences.ts";
import { playProbe } from "./play.ts";
import { type ClusterProbe, readClusterProbes } from "./probe.ts";
import { type ClusterReplayOptions, ClusterRig } from "./rig.ts";

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

type Played = Awaited<ReturnType<typeof playProbe>>;

/** `hardened` gives owners with the first write, marks the class a Secret comes from, and tries again more slowly. */
function inHardened(probe: ClusterProbe | Played): ClusterProbe | Played {
  return {
    ...probe,
    ...(probe.secrets && {
      secrets: probe.secrets.map((secret) => ({
        ...secret,
        annotations: withoutClass(secret.annotations),
        ownerReferences: null,
      })),
    }),
    ...(probe.events && { events: probe.events.map((event) => ({ ...event, repeated: false })) }),
  };
}

function withoutClass(annotations: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> | null {
  const rest = Object.entries(annotations ?? {}).filter(([name]) => name !== CLASS_ANNOTATION);
  return rest.length === 0 ? null : Object.fromEntries(rest);
}

function differencesOf(probe: ClusterProbe, played: Played): string[] {
  const differences: string[] = [];
  const compare = (what: string, recorded: unknown, got: unknown): void => {
    if (sorted(recorded) !== sorted(got)) differences.push(`${what}:\n    ${sorted(recorded)}\n    ${sorted(got)}`);
  };
  compare("response", probe.response, played.response);
  if (probe.calls !== undefined) compare("provider's calls", probe.calls, played.calls);
  if (probe.target !== undefined) compare("target", probe.target, played.target);
  for (const status of probe.statuses ?? [])
    compare(
      `status ${status.name}`,
      status,
      played.statuses?.find(({ name }) => name === status.name),
    );
  if (probe.secrets !== undefined)
    compare(
      "secrets",
      [...probe.secrets].sort(byName).map(withSortedOwners),
      [...(played.secrets ?? [])].sort(byName).map(withSortedOwners),
    );
  if (probe.events !== undefined) compare("events", probe.events, played.events);
  return differences;
}

function withSortedOwners(secret: NonNullable<ClusterProbe["secrets"]>[number]): unknown {
  return { ...secret, ownerReferences: secret.ownerReferences && [...secret.ownerReferences].sort(byName) };
}

async function replay(recording: "sync" | "security", options: ClusterReplayOptions) {
  const different: string[] = [];
  let equal = 0;
  await using rig = await ClusterRig.start(options);
  for (const probe of readClusterProbes(recording)) {
    const name = `${probe.case} ${probe.title}`;
    if (LEFT_OUT[name] !== undefined) continue;
    const played = await playProbe(rig, probe);
    const differences =
      options.behaviour === "hardened"
        ? differencesOf(inHardened(probe) as ClusterProbe, inHardened(played) as Played)
        : differencesOf(probe, played);
    if (differences.length === 0) equal++;
    else different.push(name);
    if (process.env["SHOW_REPLAY"] !== undefined && differences.length > 0)
      console.log(name, "\n ", differences.join("\n  "));
  }
  return { equal, different };
}

test("the recorded sync of the real driver v1.6.0 agrees", { timeout: 120_000 }, async () => {
  const mounter = await openMounter(silentLog);
  expect(await replay("sync", { behaviour: "upstream-1.6", mounter })).toEqual({ equal: 77, different: [] });
});

test("the recorded security probes of the real driver v1.6.0 agree", { timeout: 120_000 }, async () => {
  const mounter = await openMounter(silentLog);
  expect(await replay("security", { behaviour: "upstream-1.6", mounter })).toEqual({ equal: 26, different: [] });
});

test("hardened differs where hardened means to", { timeout: 120_000 }, async () => {
  const mounter = await openMounter(silentLog);
  const sync = await replay("sync", { behaviour: "hardened", mounter });
  const security = await replay("security", { behaviour: "hardened", mounter });
  expect([...sync.different, ...security.different]).toEqual(Object.keys(DIFFERENT_IN_HARDENED));
});
