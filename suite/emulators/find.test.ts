import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { carriedBy, findEmulators } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-find-"));
  for (const name of ["bao", "moto_server"]) {
    await writeFile(join(folder, name), "#!/bin/sh\n");
    await chmod(join(folder, name), 0o755);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noDocker = async (): Promise<string> => "its container needs Docker: no";
const docker = async (): Promise<true> => true;
const namesOf = ({ emulators }: Awaited<ReturnType<typeof findEmulators>>) =>
  emulators.map(({ name, source }) => `${name} ${source.how}`);

describe("emulators that can serve", () => {
  test("are the programs that are there, by PATH or by variable", async () => {
    expect(namesOf(await findEmulators("auto", noDocker, { PATH: folder }))).toEqual([
      "openbao program",
      "moto program",
    ]);
    const given = { PATH: "", MOUNTPROOF_VAULT: join(folder, "bao") };
    expect(namesOf(await findEmulators("programs", docker, given))).toEqual(["vault program"]);
  });

  test("run in containers for stores without a program, and all of them when that is asked for", async () => {
    const env = { PATH: folder };
    expect(namesOf(await findEmulators("auto", docker, { PATH: "" }))).toEqual([
      "vault container",
      "openbao container",
      "localstack container",
    ]);
    expect(namesOf(await findEmulators("containers", docker, env))).toEqual([
      "vault container",
      "openbao container",
      "localstack container",
    ]);
  });

  test("are missing with each reason", async () => {
    const { missing } = await findEmulators("auto", noDocker, { PATH: "" });
    expect(missing.find(({ name }) => name === "openbao")?.reason).toBe(
      'OpenBao cannot be run: there is no program "bao"; name one by MOUNTPROOF_BAO; its container needs Docker: no',
    );
    expect(missing.find(({ name }) => name === "moto")?.reason).toContain("it has no image");
  });

  test("a variable that names nothing is an error of its own, and an image can be named", async () => {
    await expect(findEmulators("auto", noDocker, { MOUNTPROOF_BAO: "/nowhere/bao" })).rejects.toThrow(
      'the bao of MOUNTPROOF_BAO "/nowhere/bao" is not there',
    );
    const named = await findEmulators("containers", docker, { MOUNTPROOF_VAULT_IMAGE: "mine:1" });
    expect(named.emulators[0]?.source).toEqual({ how: "container", image: "mine:1" });
  });
});

test("what checks no identity is not judged by cases about identity, and a Vault is", () => {
  expect(carriedBy("moto", { id: "AAUTH-07" })).toContain("checks no identity");
  expect(carriedBy("localstack", { id: "AAUTH-07" })).toContain("checks no identity");
  expect(carriedBy("openbao", { id: "VAUTH-02" })).toBeUndefined();
  expect(carriedBy("moto", { id: "A46" })).toBeUndefined();
});
