import { describe, expect, test } from "vitest";
import { bytesOf, type Probe, readProbes } from "./probe.ts";
import { type Outcome, ReplayRig, shownCall } from "./rig.ts";

/** Probes of the process rather than of a mount, and where they are tested instead. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "connections opened at start, before any Mount":
    "the reference provider opens a connection when it needs one: how many stand ready is the library's habit",
  SIGTERM: "cli/parts.test.ts",
  "PROVIDER_NAME=x": "providers/gcp/main.test.ts",
};

type Judged = {
  readonly probe: Probe;
  readonly differences: readonly string[];
  readonly message: string;
  readonly messageDiffers: boolean;
};

function judge(probe: Probe, outcome: Outcome): Judged {
  const { response } = probe;
  const differences: string[] = [];
  const compare = (what: string, expected: unknown, got: unknown): void => {
    const [a, b] = [JSON.stringify(expected), JSON.stringify(got)];
    if (a !== b) differences.push(`${what}: expected ${a}, got ${b}`);
  };
  compare("code", response.code ?? 0, outcome.code);
  compare(
    "files",
    (response.files ?? []).map(({ path, mode, content }) => [path, mode, bytesOf(content).toString("base64")]),
    (outcome.mounted?.files ?? []).map(({ path, mode, contents }) => [
      path,
      mode,
      Buffer.from(contents).toString("base64"),
    ]),
  );
  compare(
    "versions",
    (response.object_version ?? []).map(({ id, version }) => [id, version]),
    (outcome.mounted?.versions ?? []).map(({ id, version }) => [id, version]),
  );
  compare("calls", probe.calls.map(shownCall), outcome.calls);
  compare("status details", response.statusDetailsBase64, outcome.statusDetails);
  return {
    probe,
    differences,
    message: outcome.message,
    messageDiffers: (response.message ?? "") !== outcome.message,
  };
}

describe("the recorded mounts of the real provider, replayed", () => {
  test("agree in code, files, modes, versions, calls, status details and words", { timeout: 60_000 }, async () => {
    await using rig = await ReplayRig.start();
    const judged: Judged[] = [];
    for (const probe of readProbes()) {
      if (probe.title in LEFT_OUT) continue;
      if (probe.case === "G01") {
        const { runtime_name: name, runtime_version: version } = probe.response;
        expect(await rig.version(probe)).toEqual([name, version]);
        continue;
      }
      if (probe.case === "G53") {
        // What it counted over all the probes before is what the real one counted.
        const counted = rig.metrics.split("\n").filter((line) => line.startsWith("outbound_rpc_count{"));
        expect(counted).toEqual(probe.response.outbound_rpc_count);
        continue;
      }
      judged.push(judge(probe, await rig.play(probe)));
    }
    const differing = judged.filter(({ differences }) => differences.length > 0);
    const otherWords = judged.filter(({ messageDiffers }) => messageDiffers);
    if (process.env["SHOW_REPLAY"] !== undefined) {
      for (const { probe, differences } of differing)
        console.log(probe.case, probe.title, "\n ", differences.join("\n  "));
      for (const { probe, message } of otherWords)
        console.log("words", probe.case, probe.title, JSON.stringify(probe.response.message), JSON.stringify(message));
      console.log(`${judged.length} played, ${differing.length} differ, ${otherWords.length} in words`);
    }
    expect(differing.map(({ probe }) => `${probe.case} ${probe.title}`)).toEqual([]);
    expect(otherWords.map(({ probe }) => `${probe.case} ${probe.title}`)).toEqual([]);
    expect(judged.length).toBe(107);
  });
});
