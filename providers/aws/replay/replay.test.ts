import { describe, expect, test } from "vitest";
import { DIFFERING, NOT_MOUNTS, OTHER_WORDS } from "./differences.ts";
import { type Probe, type RecordedFile, readProbes } from "./probe.ts";
import { type Outcome, ReplayRig, type SeenFile, shownCall } from "./rig.ts";

type Judged = { readonly name: string; readonly differences: readonly string[]; readonly words: readonly string[] };

const nameOf = (probe: Probe): string => `${probe.case} ${probe.title}`;

function judge(probe: Probe, outcome: Outcome): Judged {
  const { response, written = [], calls = [] } = probe;
  const differences: string[] = [];
  const compare = (what: string, expected: unknown, got: unknown): void => {
    if (JSON.stringify(expected) !== JSON.stringify(got))
      differences.push(`${what}:\n    ${JSON.stringify(expected)}\n    ${JSON.stringify(got)}`);
  };
  const code = response.codeName ?? "OK";
  compare("code", code, outcome.code);
  compare("files", (response.files ?? []).map(seenFile), filesOf(outcome));
  compare("written", written.map(seenFile), outcome.written);
  // The real provider's map gives them in any order.
  compare("versions", versionsOf(response.object_version ?? []), versionsOf(outcome.mounted?.versions ?? []));
  compare("calls", calls.map(shownCall), outcome.calls);
  const isCrash = probe.died === true;
  const [expected, got] = [response.message ?? "", outcome.message].map(withoutRandom);
  return { name: nameOf(probe), differences, words: isCrash || expected === got ? [] : [`${expected}\n    ${got}`] };
}

function filesOf({ mounted }: Outcome): SeenFile[] {
  return (mounted?.files ?? []).map(({ path, mode, contents }) => [
    path,
    mode,
    Buffer.from(contents).toString("base64"),
  ]);
}

function seenFile({ path, mode, content }: RecordedFile): SeenFile {
  const base64 = typeof content === "string" ? Buffer.from(content).toString("base64") : content.base64;
  return [path, typeof mode === "number" ? mode : Number.parseInt(mode, 8), base64];
}

function versionsOf(versions: readonly { readonly id: string; readonly version: string }[]): string[] {
  return versions.map(({ id, version }) => `${id}=${version}`).sort();
}

/** The name of a file that was written first ends in drawn digits. */
function withoutRandom(text: string): string {
  return text.replace(/TestSecret1\d+:/, "TestSecret1<random>:");
}

describe("the recorded mounts of the real provider, replayed", () => {
  test("agree in code, files, modes, versions and calls, and in words", { timeout: 120_000 }, async () => {
    await using rig = await ReplayRig.start();
    const judged: Judged[] = [];
    const probes = readProbes();
    for (const probe of probes)
      if (NOT_MOUNTS[nameOf(probe)] === undefined) judged.push(judge(probe, await rig.play(probe)));
    const differing = judged.filter(({ differences }) => differences.length > 0);
    const otherWords = judged.filter(({ words }) => words.length > 0);
    if (process.env["SHOW_REPLAY"] !== undefined) {
      for (const { name, differences } of differing) console.log(name, "\n ", differences.join("\n  "));
      for (const { name, words } of otherWords) console.log("words", name, "\n   ", words.join("\n"));
      console.log(`${judged.length} played, ${differing.length} differ, ${otherWords.length} in words`);
    }
    expect(differing.map(({ name }) => name)).toEqual(Object.keys(DIFFERING));
    expect(otherWords.map(({ name }) => name)).toEqual(Object.keys(OTHER_WORDS));
    expect(judged.length + Object.keys(NOT_MOUNTS).length).toBe(156);
  });
});
