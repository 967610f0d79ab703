import type { Digester } from "../../../core/index.ts";
import type { SecretValues } from "../../../suite/index.ts";
import { check, checkSame } from "../../check.ts";
import { comparable, isOk, type MountOutcome, shownFile, shownMode, shownOutcome } from "./outcome.ts";
import { brokenPathRule } from "./path-rules.ts";

/** Each throws what the report shows, expected and got, when an outcome is not as the contract asks. Pure. */

export function verifyComplete(outcome: MountOutcome, digester: Digester): void {
  const got = shownOutcome(outcome, digester);
  const requirement = "PC-04";
  check(isOk(outcome), "the mount succeeds", { expected: "OK", got, hint: whyNot(outcome), requirement });
  check(outcome.versions.length > 0, "the mount names at least one object version", {
    expected: "at least one object_version",
    got,
    hint: "the driver refuses a response without versions: missing object versions",
    requirement,
  });
  check(outcome.files.length > 0, "the mount holds at least one file", {
    expected: "at least one file",
    got,
    requirement,
  });
}

/** What a failed mount most likely comes from. */
function whyNot({ code, message, ended }: MountOutcome): string {
  if (ended !== undefined) return `the provider ended with ${ended} while it was asked`;
  if (code === "DeadlineExceeded") return "a provider whose store is slow gets more time by --answer-within SECONDS";
  if (code === "ResourceExhausted" && message.includes("larger than max"))
    return "the driver takes answers of at most 4 MiB, unless its --max-call-recv-msg-size says more";
  return "are the --parameters valid?";
}

export function verifySame(got: MountOutcome, expected: MountOutcome, digester: Digester, message: string): void {
  checkSame(comparable(got, digester), comparable(expected, digester), message, undefined, "PC-08");
}

export function verifyPaths(outcome: MountOutcome): void {
  const broken = outcome.files.flatMap(({ path }) => {
    const rule = brokenPathRule(path);
    return rule === undefined ? [] : [`"${path.slice(0, 100)}" ${rule}`];
  });
  check(broken.length === 0, "the driver can write every path", {
    expected: "relative, clean paths",
    got: broken,
    hint: "the driver refuses the whole response for one bad path",
  });
}

/** @returns the paths that nobody but root could read */
export function verifyModes(outcome: MountOutcome): string[] {
  const wrong = outcome.files.filter(({ mode }) => mode < 0 || mode > 0o777);
  check(wrong.length === 0, "every mode is within 0 and 511", {
    expected: "0 to 511 (0777)",
    got: wrong.map(({ path, mode }) => `${path}: ${mode} (${shownMode(mode)})`),
  });
  return outcome.files.filter(({ mode }) => mode === 0).map(({ path }) => path);
}

/** 420 is 0644; whoever reads its digits as octal makes it 0420, which is 272. */
export function verifyDecimalPermission(outcome: MountOutcome): void {
  const octal = outcome.files.filter(({ mode }) => mode === 0o420);
  check(octal.length === 0, 'the permission "420" is read as decimal', {
    expected: "420 (0644) for files that take the permission",
    got: octal.map(({ path, mode }) => `${path}: ${mode} (${shownMode(mode)})`),
  });
}

export function verifyUniqueIds(outcome: MountOutcome): void {
  const ids = outcome.versions.map(({ id }) => id);
  checkSame(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
    "no object id appears twice",
    "of two entries with one id the driver keeps the last",
  );
}

/** @returns the paths whose content changed; a path that came or went counts as changed */
export function verifyContentChanged(before: MountOutcome, after: MountOutcome, digester: Digester): string[] {
  const old = new Map(before.files.map((file) => [file.path, digester.digest(file.contents)]));
  const now = new Map(after.files.map((file) => [file.path, digester.digest(file.contents)]));
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  check(changed.length > 0, "a file has other content after the value changed", {
    expected: "at least one changed file",
    got: after.files.map((file) => shownFile(file, digester)),
    hint: "does the --rotate command change a value that the parameters name?",
  });
  return changed;
}

/** An object that is called like a changed file must have another version; else, some object must. */
export function verifyVersionChanged(before: MountOutcome, after: MountOutcome, changed: readonly string[]): void {
  const versionIn = (outcome: MountOutcome, id: string) => outcome.versions.find((one) => one.id === id)?.version;
  const ids = [...new Set([...before.versions, ...after.versions].map(({ id }) => id))];
  const moved = ids.filter((id) => versionIn(before, id) !== versionIn(after, id));
  const namesakes = ids.filter((id) => changed.includes(id));
  const stuck = namesakes.filter((id) => !moved.includes(id));
  check(moved.length > 0 && stuck.length === 0, "what changed has another version", {
    expected: `another version than ${JSON.stringify(before.versions)}`,
    got: after.versions,
    hint: "without a new version the driver does not update synced Secrets",
  });
}

export function verifyRefused(outcome: MountOutcome, digester: Digester): void {
  const got = shownOutcome(outcome, digester);
  check(!isOk(outcome), "the mount fails", { expected: "a gRPC status other than OK, or an error code", got });
  check(outcome.code !== "DeadlineExceeded", "the mount fails by an answer", { expected: "an answer", got });
  check(outcome.files.length === 0, "a failed mount holds no files", { expected: "no files", got });
}

export function verifyShowsNone(message: string, secrets: readonly string[]): void {
  const shown = secrets.filter((secret) => message.includes(secret));
  const longestFirst = [...shown].sort((a, b) => b.length - a.length);
  check(shown.length === 0, "the message shows no secret", {
    expected: "a message without the value of a secret",
    got: longestFirst.reduce((text, secret) => text.replaceAll(secret, "***"), message),
    hint: "the text of an error reaches the events of the pod",
  });
}

export function verifyValues(outcomes: readonly MountOutcome[], secrets: SecretValues, digester: Digester): void {
  const files = outcomes.flatMap((outcome) => outcome.files);
  const holds = (value: string, path?: string): boolean =>
    files.some((file) => (path === undefined || file.path === path) && Buffer.from(value).equals(file.contents));
  const wanted: readonly (readonly [string, string | undefined])[] =
    secrets.byPath.size > 0
      ? [...secrets.byPath].map(([path, value]) => [value, path] as const)
      : secrets.values.map((value) => [value, undefined] as const);
  const absent = wanted.filter(([value, path]) => !holds(value, path));
  check(absent.length === 0, "every secret value is the content of a file, byte for byte", {
    expected: absent.map(
      ([value, path]) => `${path ?? "a file"} with ${Buffer.byteLength(value)} bytes, ${digester.digest(value)}`,
    ),
    got: files.map((file) => shownFile(file, digester)),
    hint: "--secret-values are those at the start of this run: has an earlier --rotate left others in the store?",
  });
}
