import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../core/index.ts";
import { openMounter, plainMounter } from "../index.ts";
import {
  DIFFERENT,
  DIFFERENT_IN_HARDENED,
  LEFT_OUT,
  OTHER_WORDS_IN_HARDENED,
  OTHER_WORDS_WITHOUT_MOUNTS,
} from "./differences.ts";
import { nameOf, type Probe, RECORDINGS, type RecordedEntry, type RecordedTarget, readProbes } from "./probe.ts";
import { type Played, type ReplayOptions, ReplayRig } from "./rig.ts";

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Content that the recording kept by hash alone is other content here: its size stands for it. */
function comparable(target: RecordedTarget, probe: Probe, tellsModes: boolean): unknown {
  const { exists, mounted, mode, entries = [] } = target;
  const isTmpfs = tellsModes || !mounted;
  const sent = (probe.providerReplies ?? []).flatMap((reply) => (reply === "computed" ? [] : (reply.files ?? [])));
  const entry = ({ sha256, content, ...rest }: RecordedEntry): unknown => {
    const path = rest.path.replace(/^\.\.<ts>\//, "");
    if (sent.some((file) => file.path === path && file.content === undefined)) return rest;
    const hash = content === undefined ? sha256 : createHash("sha256").update(content).digest("hex").slice(0, 16);
    return { ...rest, ...(hash !== undefined && { hash }) };
  };
  return { exists, mounted, ...(isTmpfs && { mode }), entries: entries.map(entry) };
}

function differencesOf(probe: Probe, played: Played, tellsModes: boolean): string[] {
  const differences: string[] = [];
  const compare = (what: string, recorded: unknown, got: unknown): void => {
    if (sorted(recorded) !== sorted(got)) differences.push(`${what}:\n    ${sorted(recorded)}\n    ${sorted(got)}`);
  };
  const { code, value } = probe.response;
  compare("code", code, played.code);
  compare("value", ready(value), ready(played.value));
  compare("provider's calls", probe.providerCalls ?? [], played.calls);
  if (probe.target !== undefined)
    compare("target", comparable(probe.target, probe, tellsModes), comparable(played.target, probe, tellsModes));
  for (const status of probe.spcps ?? [])
    compare(
      `status ${status.name}`,
      status,
      played.statuses.find(({ name }) => name === status.name),
    );
  if (probe.spcps?.length === 0) compare("statuses of this pod", [], statusesOfPod(probe, played));
  return differences;
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

type Agreement = { different: string[]; otherWords: string[]; leftOut: string[]; equal: number };

async function replay(options: ReplayOptions): Promise<Agreement> {
  const agreement: Agreement = { different: [], otherWords: [], leftOut: [], equal: 0 };
  for (const recording of RECORDINGS) {
    await using rig = await ReplayRig.start(recording, options);
    for (const probe of readProbes(recording)) {
      const name = nameOf(probe);
      if (LEFT_OUT[name] !== undefined) {
        agreement.leftOut.push(name);
        continue;
      }
      const got = await rig.play(probe);
      const differences = differencesOf(probe, got, rig.tellsModes);
      const { message } = probe.response;
      const isOtherwise = !message.startsWith("(client deadline") && message !== got.message;
      if (differences.length > 0) agreement.different.push(name);
      else if (isOtherwise) agreement.otherWords.push(name);
      else agreement.equal++;
      if (process.env["SHOW_REPLAY"] === undefined) continue;
      if (differences.length > 0) console.log(recording, name, "\n ", differences.join("\n  "));
      if (isOtherwise) console.log("words", name, `\n    ${message}\n    ${got.message}`);
    }
  }
  return agreement;
}

describe("the recorded calls of the real driver v1.6.0, replayed", { timeout: 120_000 }, () => {
  test("on upstream-1.6 agree in code, provider's calls, target folder, status object and words", async () => {
    const mounter = await openMounter(silentLog);
    const isPlain = mounter.kind === "plain";
    expect(await replay({ behaviour: "upstream-1.6", mounter })).toEqual({
      different: Object.keys(DIFFERENT),
      otherWords: isPlain ? Object.keys(OTHER_WORDS_WITHOUT_MOUNTS) : [],
      leftOut: Object.keys(LEFT_OUT),
      equal: isPlain ? 181 : 182,
    });
  });

  test("where mount(2) is refused agree but for mount's own words", async () => {
    expect(await replay({ behaviour: "upstream-1.6", mounter: plainMounter() })).toEqual({
      different: Object.keys(DIFFERENT),
      otherWords: Object.keys(OTHER_WORDS_WITHOUT_MOUNTS),
      leftOut: Object.keys(LEFT_OUT),
      equal: 181,
    });
  });

  test("on hardened differ where hardened means to", async () => {
    const { different, otherWords, equal } = await replay({ behaviour: "hardened", mounter: plainMounter() });
    expect({ different, otherWords, equal }).toEqual({
      different: Object.keys(DIFFERENT_IN_HARDENED),
      otherWords: Object.keys(OTHER_WORDS_IN_HARDENED),
      equal: 166,
    });
  });
});
