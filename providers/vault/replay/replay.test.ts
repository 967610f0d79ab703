import { describe, expect, test } from "vitest";
import { type Probe, readProbes } from "./probe.ts";
import { type Outcome, ReplayRig, shownCall } from "./rig.ts";

/** What cannot be played here, and why. */
const LEFT_OUT: readonly (readonly [(probe: Probe) => boolean, string])[] = [
  [(probe) => JSON.stringify(probe).includes("<tmp>"), "needs certificates and sockets in files: connection.test.ts"],
  [
    ({ calls }) => calls.some(({ via = "" }) => via.startsWith("https") || via === "unix"),
    "needs TLS or a Unix socket: connection.test.ts",
  ],
  [({ attributes }) => /<vault-tls|https:\/\/<vault>/.test(attributes), "needs TLS: connection.test.ts"],
  [
    ({ outcomes = 1 }) => outcomes > 1,
    "many calls at once: session.test.ts for VT-37 and VT-37b; VT-rate is not tested",
  ],
  [
    ({ case: id }) => id === "VT-slow-b" || id === "VT-slow-c" || id === "VT-slow-d",
    "the caller gives up: kit.test.ts",
  ],
  [
    ({ env = {} }) => env["VAULT_PROXY_ADDR"] !== undefined || env["VAULT_WRAP_TTL"] !== undefined,
    "a variable of the Go client that is not read",
  ],
  [
    ({ calls }) => calls.some(({ method }) => !/^[A-Z]+$/.test(method) || ["LIST", "FROB"].includes(method)),
    "a verb that Node's HTTP parser refuses",
  ],
  [({ case: id }) => id === "VT-36d" || id === "VT-36e", "the step before it was not recorded"],
  [({ case: id }) => id === "VT-51f", "the recording left a random value out"],
  [({ case: id }) => id === "VT-51e", "Go asks once more on a connection it had kept"],
  [({ attributes }) => attributes.includes("no-such-host.invalid"), "needs DNS"],
];

type Judged = {
  readonly probe: Probe;
  readonly differences: readonly string[];
  readonly messageDiffers: boolean;
  readonly message: string;
};

function judge(probe: Probe, outcome: Outcome, versions: Map<string, string>): Judged {
  const differences: string[] = [];
  const { response } = probe;
  const code = response.code ?? "OK";
  if (code !== outcome.code) differences.push(`code: expected ${code}, got ${outcome.code} ${outcome.message}`);
  const files = (response.files ?? []).map(({ path, mode, content, contentBase64 }) => [
    path,
    mode,
    contentBase64 ?? Buffer.from(content ?? "").toString("base64"),
  ]);
  const got = (outcome.mounted?.files ?? []).map(({ path, mode, contents }) => [
    path,
    mode,
    Buffer.from(contents).toString("base64"),
  ]);
  if (JSON.stringify(files) !== JSON.stringify(got))
    differences.push(`files: ${JSON.stringify(files)} / ${JSON.stringify(got)}`);
  for (const [index, { id, version }] of (response.object_version ?? []).entries()) {
    const mine = outcome.mounted?.versions[index];
    const known = versions.get(version);
    if (/^\[hmac/.test(version) && known === undefined && mine !== undefined) versions.set(version, mine.version);
    const wanted = /^\[hmac/.test(version) ? versions.get(version) : version;
    if (mine?.id !== id || mine.version !== wanted)
      differences.push(`version of ${id}: ${version} ${wanted} / ${mine?.version}`);
  }
  const calls = probe.calls.map(shownCall);
  if (JSON.stringify(calls) !== JSON.stringify(outcome.calls))
    differences.push(`calls:\n  ${calls.join("\n  ")}\n got\n  ${outcome.calls.join("\n  ")}`);
  const messageDiffers = code !== "UNAVAILABLE" && (response.message ?? "") !== outcome.message;
  return { probe, differences, messageDiffers, message: outcome.message };
}

describe("the recorded mounts of the real provider, replayed", () => {
  test("agree in code, files, modes, versions and calls, and in words", { timeout: 120_000 }, async () => {
    await using rig = await ReplayRig.start();
    const versions = new Map<string, string>();
    const judged: Judged[] = [];
    const probes = readProbes();
    let leftOut = 0;
    for (const probe of probes) {
      if (LEFT_OUT.some(([applies]) => applies(probe))) leftOut++;
      else judged.push(judge(probe, await rig.play(probe), versions));
    }
    const differing = judged.filter(({ differences }) => differences.length > 0);
    const otherWords = judged.filter(({ messageDiffers }) => messageDiffers);
    if (process.env["SHOW_REPLAY"] !== undefined) {
      for (const { probe, differences } of differing)
        console.log(probe.case, probe.title, "\n ", differences.join("\n  "));
      for (const { probe, message } of otherWords)
        console.log("words", probe.case, probe.title, JSON.stringify(probe.response.message), JSON.stringify(message));
      console.log(
        `${judged.length} played, ${leftOut} left out, ${differing.length} differ, ${otherWords.length} in words`,
      );
    }
    expect(differing.map(({ probe }) => `${probe.case} ${probe.title}`)).toEqual([]);
    // The YAML library finds this mistake elsewhere than Go's does.
    expect(otherWords.map(({ probe }) => `${probe.case} ${probe.title}`)).toEqual([
      "VT-08d objects bad YAML indentation",
    ]);
    expect(judged.length).toBe(357);
  });
});
