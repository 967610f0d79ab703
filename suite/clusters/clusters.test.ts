import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { obtainConsent, type Question, readClusterSettings } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-settings-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const production: Question = {
  context: "prod-eu",
  server: "https://api.prod.example.com",
  owner: "somebody",
  yes: false,
  isNamed: false,
};

describe("a context that is somebody's", () => {
  test("is not touched where there is nobody to ask", async () => {
    await expect(obtainConsent(production, undefined)).rejects.toMatchObject({
      code: "environment",
      message: expect.stringMatching(/"prod-eu" at https:\/\/api.prod.example.com is neither kind's .* not touched/),
      hint: expect.stringContaining("--context prod-eu --yes"),
    });
  });

  test("is not touched by --yes alone, for the current context may be any", async () => {
    await expect(obtainConsent({ ...production, yes: true }, undefined)).rejects.toThrow("does not say which cluster");
    await expect(obtainConsent({ ...production, yes: true, isNamed: true }, undefined)).resolves.toBeUndefined();
  });

  test("is touched when its name is typed, and by no other answer", async () => {
    let asked = "";
    const answering = (text: string) => async (question: string) => {
      asked = question;
      return text;
    };
    await expect(obtainConsent(production, answering("prod-eu\n"))).resolves.toBeUndefined();
    expect(asked).toContain("namespaces, the driver, a provider");
    for (const text of ["y", "yes", "", "prod"])
      await expect(obtainConsent(production, answering(text))).rejects.toThrow(
        'nothing was done to the context "prod-eu"',
      );
  });

  test("is not asked about when it is kind's or our own", async () => {
    for (const owner of ["kind", "mountproof"] as const)
      await expect(obtainConsent({ ...production, owner }, undefined)).resolves.toBeUndefined();
  });
});

describe("the cluster's settings", () => {
  test("stand for themselves where there is no file, and add to that where there is", async () => {
    expect((await readClusterSettings(undefined)).images["myapp:latest"]).toBe("busybox:1.36");
    const path = join(folder, "good.yaml");
    await writeFile(path, "vault: { admin: 'http://127.0.0.1:8200', token: root }\nimages: { a: b }\n");
    expect(await readClusterSettings(path)).toEqual({
      vault: { admin: "http://127.0.0.1:8200", token: "root" },
      images: { "myapp:latest": "busybox:1.36", a: "b" },
      command: ["sleep", "86400"],
    });
  });

  test("that cannot be read are told with file and field", async () => {
    const path = join(folder, "bad.yaml");
    await writeFile(path, "vault: { admin: nowhere }\n");
    await expect(readClusterSettings(path)).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringMatching(/bad\.yaml.*\n?.*vault/s),
    });
    await expect(readClusterSettings(join(folder, "none"))).rejects.toMatchObject({ code: "invalid_config" });
  });

  test("name the user's own stores, each by a command and by names that the examples have", async () => {
    const path = join(folder, "own.yaml");
    const aws = (text: string): Promise<void> => writeFile(path, `stores: { aws: ${text} }\n`);
    await aws("{ setup: ./setup.sh, names: { my-app-role: team-role } }");
    expect((await readClusterSettings(path)).stores).toEqual({
      aws: { setup: "./setup.sh", names: { "my-app-role": "team-role" }, folder },
    });
    const refusals: [string, RegExp][] = [
      ["{ names: {} }", /stores\.aws\.setup/],
      ["{ setup: ' ' }", /stores\.aws\.setup/],
      ["{ setup: x, names: { no-such-role: team-role } }", /"no-such-role" is no name of anything in examples\/aws/],
      ["{ setup: x, secret: y }", /secret/],
    ];
    for (const [text, message] of refusals) {
      await aws(text);
      await expect(readClusterSettings(path), text).rejects.toMatchObject({
        code: "invalid_config",
        message: expect.stringMatching(message),
      });
    }
    await writeFile(path, "stores: { aws: { setup: x } }\nclouds: { trustedCaPem: pem, aws: 'http://127.0.0.1:1' }\n");
    await expect(readClusterSettings(path)).rejects.toThrow("stores.aws and clouds.aws are two stores of one name");
  });
});
