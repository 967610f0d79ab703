import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../core/index.ts";
import { NodeUnpublishVolumeRequestSchema } from "../wire/gen/csi_pb.ts";
import { type Behaviour, rulesOf } from "./behaviour.ts";
import { Ledger } from "./ledger.ts";
import { loadMountCalls, type Mounter, markerOf, plainMounter, tmpfsMounter } from "./mounter/index.ts";
import { unmountBelow } from "./testing/rig.ts";
import { unpublish } from "./unpublish.ts";

const calls = await loadMountCalls();
const mounters: readonly [string, Mounter | undefined][] = [
  ["plain directories", plainMounter()],
  ["tmpfs", typeof calls === "string" ? undefined : tmpfsMounter(calls)],
];

describe.each(mounters)("unpublishing from %s", (_, maybe) => {
  const mounter = maybe ?? plainMounter();
  const testIf = maybe === undefined ? test.skip : test;
  let folder: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mp-unp-"));
    target = join(folder, "mount");
  });
  afterEach(() => {
    unmountBelow(folder, mounter);
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (targetPath = target, behaviour: Behaviour = "hardened", volumeId = "v"): void =>
    unpublish(create(NodeUnpublishVolumeRequestSchema, { volumeId, targetPath }), {
      mounter,
      ledger: new Ledger(),
      log: silentLog,
      rules: rulesOf(behaviour),
      secrets: { forget: () => undefined },
    });
  const fill = (path: string): void => {
    mkdirSync(path);
    mounter.mount(path);
    mkdirSync(join(path, "..ts"));
    writeFileSync(join(path, "..ts", "a"), "x");
    writeFileSync(join(path, ".dot"), "x");
  };

  testIf("takes away mount, content and directory", () => {
    fill(target);
    expect(mounter.inspect(target)).toMatchObject({ kind: "mounted", names: expect.arrayContaining(["..ts", ".dot"]) });
    run();
    expect(existsSync(target)).toBe(false);
    expect(existsSync(markerOf(target))).toBe(false);
  });

  testIf("succeeds for what is not there, twice, and for a directory that is no mount", () => {
    run();
    run();
    mkdirSync(target);
    writeFileSync(join(target, ".h"), "x");
    run();
    expect(existsSync(target)).toBe(false);
  });

  testIf("says what is missing, the id first", () => {
    expect(() => run("", "hardened", "")).toThrow("Volume ID missing in request");
    expect(() => run("")).toThrow("Target path missing in request");
  });

  testIf("reads a target as itself, whatever is in it; upstream stumbles over a pattern (B17)", () => {
    const odd = join(folder, "a[b");
    fill(odd);
    expect(() => run(odd, "upstream-1.6")).toThrow("syntax error in pattern");
    run(odd);
    expect(existsSync(odd)).toBe(false);
    const closed = join(folder, "a[1]");
    fill(closed);
    run(closed, "upstream-1.6");
    expect(existsSync(closed)).toBe(false);
  });
});

describe.skipIf(typeof calls === "string")("of mounts on top of each other", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mp-unp-"));
  });
  afterEach(() => {
    if (typeof calls !== "string") unmountBelow(folder, tmpfsMounter(calls));
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ["hardened", undefined],
    ["upstream-1.6", /remove .*: device or resource busy/],
  ] as const)("%s", (behaviour, refusal) => {
    if (typeof calls === "string") return;
    const mounter = tmpfsMounter(calls);
    const target = join(folder, "mount");
    mkdirSync(target);
    mounter.mount(target);
    mounter.mount(target);
    const work = (): void =>
      unpublish(create(NodeUnpublishVolumeRequestSchema, { volumeId: "v", targetPath: target }), {
        mounter,
        ledger: new Ledger(),
        log: silentLog,
        rules: rulesOf(behaviour),
        secrets: { forget: () => undefined },
      });
    if (refusal === undefined) work();
    else expect(work).toThrow(refusal);
    expect(existsSync(target)).toBe(refusal !== undefined);
  });
});
