import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guard } from "../guard.ts";
import { logFindings } from "../runner/log-findings.ts";
import { KeptLog } from "./kept-log.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-log-"));
});
afterAll(() => rm(folder, { recursive: true }));

const guardOf = (value: string): Guard => {
  const guard = new Guard();
  guard.watch("secret value", value);
  return guard;
};

test("a secret in a program's log is one finding that names program, line and case", async () => {
  const file = join(folder, "logs", "..", "shown.log");
  let during = { id: "PC-01", subject: "mine" };
  const log = new KeptLog({ guard: guardOf("hunter2-hunter2"), file, during: () => during });
  log.add("the provider", "started");
  during = { id: "PC-04", subject: "mine" };
  expect(log.add("the provider", "got hunter2-hunter2")).toBe("got ***secret value***");
  during = { id: "PC-05", subject: "mine" };
  log.add("the provider", `got ${Buffer.from("hunter2-hunter2").toString("hex")}`);
  await log[Symbol.asyncDispose]();
  const findings = logFindings(log.sightings.map((one) => ({ ...one, file: "/out/logs/mine.log" })));
  expect(findings).toEqual([
    {
      kind: "secret-shown",
      message:
        "secret value (raw, hex) showed in the log of the provider: line 2 of logs/mine.log, while PC-04 ran, 2 lines in all",
      fails: true,
      subject: "mine",
      case: "PC-04",
      file: "logs/mine.log",
      line: 2,
    },
  ]);
  expect(await readFile(file, "utf8")).toBe("started\ngot ***secret value***\ngot ***secret value***\n");
});

test("what turns out to be secret later does not stay in the kept log", async () => {
  const file = join(folder, "later.log");
  const guard = new Guard();
  const log = new KeptLog({ guard, file });
  log.add("the provider", "mounting s3cr3t-of-somebody");
  guard.conceal("mounted value", "s3cr3t-of-somebody");
  for (let line = 0; line < 50_000; line++) log.add("the provider", `line ${line} of a long log`);
  await log[Symbol.asyncDispose]();
  const lines = (await readFile(file, "utf8")).split("\n");
  expect(lines[0]).toBe("mounting ***mounted value***");
  expect(lines.slice(1, -1)).toEqual(Array.from({ length: 50_000 }, (_, line) => `line ${line} of a long log`));
  expect(log.sightings).toEqual([]);
});
