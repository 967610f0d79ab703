import { describe, expect, test } from "vitest";
import { NOT_A_MOUNT } from "./differences.ts";
import { type Probe, readProbes } from "./probe.ts";
import { type Outcome, ReplayRig, shownCall } from "./rig.ts";

type Judged = { readonly name: string; readonly differences: readonly string[]; readonly words: string | undefined };

function judge(probe: Probe, outcome: Outcome): Judged {
  const differences: string[] = [];
  const { response } = probe;
  const code = response.codeName ?? "OK";
  if (code !== outcome.code) differences.push(`code: expected ${code}, got ${outcome.code} ${outcome.message}`);
  const compare = (what: string, expected: unknown, got: unknown): void => {
    const [left, right] = [JSON.stringify(expected, null, 1), JSON.stringify(got, null, 1)];
    if (left !== right) differences.push(`${what}:\n${left}\n got\n${right}`);
  };
  compare(
    "files",
    (response.files ?? []).map(({ path, mode, content }) => [
      path,
      mode,
      typeof content === "string" ? content : Buffer.from(content.base64, "base64").toString("latin1"),
    ]),
    (outcome.mounted?.files ?? []).map(({ path, mode, contents }, index) => [
      path,
      mode,
      Buffer.from(contents).toString(typeof response.files?.[index]?.content === "string" ? "utf8" : "latin1"),
    ]),
  );
  compare("versions", response.object_version ?? [], outcome.mounted?.versions ?? []);
  compare("calls", probe.calls.map(shownCall), outcome.calls);
  const isSameText = code === "UNAVAILABLE" || (response.message ?? "") === outcome.message;
  return {
    name: `${probe.case} ${probe.title}`,
    differences,
    words: isSameText ? undefined : `${JSON.stringify(response.message)}\n${JSON.stringify(outcome.message)}`,
  };
}

describe("the recorded mounts of the real provider, replayed", () => {
  test("agree in code, files, modes, versions and calls, and in words", { timeout: 60_000 }, async () => {
    await using rig = await ReplayRig.start();
    const judged: Judged[] = [];
    let leftOut = 0;
    for (const probe of readProbes()) {
      if (probe.title === "GET /metrics")
        expect((await rig.counts()).sort()).toEqual([...(probe.response["countLines"] as string[])].sort());
      if (NOT_A_MOUNT.some(([applies]) => applies(probe))) leftOut++;
      else judged.push(judge(probe, await rig.play(probe)));
    }
    const differing = judged.filter(({ differences }) => differences.length > 0);
    const otherWords = judged.filter(({ words }) => words !== undefined);
    if (process.env["SHOW_REPLAY"] !== undefined) {
      for (const { name, differences } of differing) console.log(name, "\n ", differences.join("\n  "));
      for (const { name, words } of otherWords) console.log("words", name, `\n${words}`);
      console.log(
        `${judged.length} played, ${leftOut} left out, ${differing.length} differ, ${otherWords.length} in words`,
      );
    }
    expect(differing.map(({ name }) => name)).toEqual([]);
    expect(otherWords.map(({ name }) => name)).toEqual([]);
    expect([judged.length, leftOut]).toEqual([137, 7]);
  });
});
