import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seconds, VirtualClock } from "../../../../core/index.ts";
import { Processes } from "./processes.ts";
import type { Changeable, Rights } from "./rights.ts";
import { openViews, type Views } from "./views.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-processes-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("virtual time waits for the end of what it has killed", async () => {
  const clock = new VirtualClock();
  const views = await openViews({ folder: join(folder, "root") });
  const processes = new Processes({ clock, views: async () => views, logFolder: folder });
  const log = processes.openLog({ namespace: "n", podName: "p", podUid: "u", container: "c" }, 0);
  // A shell that ignores SIGTERM, as the first process of a container does without asking for it.
  const command = ["/bin/sh", "-c", "trap '' TERM; echo ready; sleep 1000 & wait"];
  await using started = await processes.start({ command, env: new Map(), mounts: [], log });
  await new Promise<void>((resolve) => {
    started.onOutput((_stream, text) => text.includes("ready") && resolve());
  });
  let isOver = false;
  void started.exited.then(() => {
    isOver = true;
  });
  const stopped = started.stop(seconds(30));
  await clock.advance(seconds(29));
  expect(isOver).toBe(false);
  await clock.advance(seconds(2));
  expect(isOver).toBe(true);
  await stopped;
});

const nobody = (): never => {
  throw new Error("nothing is started here");
};
const asking: Rights = { uid: 0, gid: 0, groups: [5], capabilities: [], gainsNone: false };

async function reasons(kind: Views["kind"], can: Partial<Changeable>): Promise<string[]> {
  const views: Views = {
    kind,
    can: { groups: true, capabilities: true, setpriv: "setpriv", ...can },
    spawn: nobody,
    enter: nobody,
    shows: nobody,
  };
  const processes = new Processes({ clock: new VirtualClock(), views: async () => views, logFolder: "/nowhere" });
  return (await processes.notes({ rights: asking, readOnlyRoot: true })).map(({ reason }) => reason);
}

test("a pod is told what of its securityContext this machine does not allow", async () => {
  expect(await reasons("namespaces", {})).toEqual([]);
  expect(await reasons("namespaces", { groups: false })).toEqual(["GroupsLeftOut"]);
  expect(await reasons("paths", {})).toEqual(["PathsRewritten", "RootWritable"]);
});
