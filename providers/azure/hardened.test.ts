import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { seededRandom, silentLog, VirtualClock } from "../../core/index.ts";
import { AzureRig, TENANT } from "../../fakes/azure/testing/rig.ts";
import type { Mounted } from "../kit/index.ts";
import { AzureProvider } from "./index.ts";
import { parseObjects } from "./objects.ts";

const clock = new VirtualClock();
let rig: AzureRig;
let provider: AzureProvider;

beforeAll(async () => {
  rig = await AzureRig.start(clock);
  provider = rig.scope.use(
    new AzureProvider({ clock, log: silentLog, random: seededRandom(1), dialer: rig.dialer, caPem: rig.caPem }),
  );
  for (let at = 0; at < 30; at++) rig.azure.vault("app-kv").setSecret(`s${at}`, `value ${at}`);
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(() => rig.azure.faults.clear());

type Item = Readonly<Record<string, string>>;
const secret = (name: string, more: Item = {}): Item => ({ objectName: name, objectType: "secret", ...more });
const classOf = (objects: readonly Item[]): string =>
  stringify({ array: objects.map((object) => stringify(object, { schema: "failsafe" })) });

async function mount(objects: readonly Item[]): Promise<Mounted> {
  let outcome: Mounted | Error | undefined;
  const attributes = {
    "csi.storage.k8s.io/pod.name": "p",
    "csi.storage.k8s.io/pod.namespace": "n",
    keyvaultName: "app-kv",
    tenantId: TENANT,
    objects: classOf(objects),
  };
  const work = provider
    .mount(
      {
        attributes: JSON.stringify(attributes),
        secrets: JSON.stringify({ clientid: "app", clientsecret: "s3cret" }),
        permission: "420",
        targetPath: "/t",
        currentVersions: new Map(),
      },
      { signal: new AbortController().signal, log: silentLog },
    )
    .then(
      (mounted) => {
        outcome = mounted;
      },
      (error: Error) => {
        outcome = error;
      },
    );
  await clock.advanceUntil(() => outcome !== undefined, 600_000);
  await work;
  if (outcome instanceof Error) throw outcome;
  return outcome as unknown as Mounted;
}

const textOf = ({ files }: Mounted): string[] => files.map(({ contents }) => Buffer.from(contents).toString("utf8"));

describe("many objects, hardened", () => {
  test("thirty take at most three times as long as one where each request takes 20 ms, with one read each", async () => {
    rig.azure.faults.add({ effect: { kind: "latency", ms: 20 } });
    const took = async (count: number): Promise<number> => {
      const before = clock.now();
      const objects = Array.from({ length: count }, (_, at) => secret(`s${at}`));
      expect(textOf(await mount(objects))).toEqual(objects.map((_, at) => `value ${at}`));
      return clock.now() - before;
    };
    const one = await took(1);
    const since = rig.azure.journal.mark();
    expect(await took(30)).toBeLessThanOrEqual(3 * one);
    const reads = rig.azure.journal.entries({ since, operation: /^GET \/secrets\// });
    // One of them was sent without a token first, and told where to get one.
    expect(reads.map(({ status }) => status).sort()).toEqual([...Array(30).fill("200"), "401"]);
  });

  test("the first in the list that fails is the one that is named", async () => {
    rig.azure.faults.add({ match: { path: "/secrets/absent-b/*" }, effect: { kind: "latency", ms: 500 } });
    await expect(mount([secret("s1"), secret("absent-b"), secret("s2"), secret("absent-a")])).rejects.toThrow(
      /objectName:absent-b, .*SecretNotFound/s,
    );
  });

  test("ten thousand are read as they stand", () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `- "{objectName: n${at}, objectType: secret}"`);
    const parsed = parseObjects(`array:\n${lines.join("\n")}\n`, 0o644, "hardened");
    expect([parsed.length, parsed[9_999]?.objectName]).toEqual([10_000, "n9999"]);
  });
});

describe("a clear error or the right bytes", () => {
  test.each([
    ["a mebibyte", "x".repeat(2 ** 20)],
    ["nothing", ""],
    ["what is no text", "\u0000\u0001\ufffd\ud83d\ude00\n"],
  ])("a value of %s", async (_, value) => {
    rig.azure.vault("app-kv").setSecret("odd", value);
    expect(textOf(await mount([secret("odd")]))).toEqual([value]);
  });

  test.each(["with space", "ünï-çødé", "😀", "deep/er/file"])("a file named %j", async (objectAlias) => {
    expect((await mount([secret("s1", { objectAlias })])).files.map(({ path }) => path)).toEqual([objectAlias]);
  });

  test.each([
    ["..", "file name must not contain '..'"],
    ["a/../../b", "file name must not contain '..'"],
    ["/etc/passwd", "file name must be a relative path"],
  ])("a file named %j is refused with its object", async (objectAlias, why) => {
    await expect(mount([secret("s1", { objectAlias })])).rejects.toThrow(`objectName:s1, objectVersion:: ${why}`);
  });

  test.each(["with space", "ünï", "a/b", "a?b=c", "s1/"])("an object named %j, which no vault has", async (name) => {
    await expect(mount([secret(name, { objectAlias: "f" })])).rejects.toThrow(`objectName:${name}, `);
  });
});

describe("answers that kill the real provider are errors", () => {
  test.each([
    ["secret", "secrets", { value: "v", id: "https://kv.vault.azure.net/secrets/o/1", kid: "k" }],
    ["key", "keys", { key: { kid: "https://kv.vault.azure.net/keys/o/1" } }],
    ["key", "keys", { key: { kid: "https://kv.vault.azure.net/keys/o/1", kty: "EC" } }],
  ])("a %s of %s: %j", async (objectType, collection, body) => {
    rig.azure.faults.add({
      match: { path: `/${collection}/o/` },
      effect: {
        kind: "status",
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      },
    });
    await expect(mount([{ objectName: "o", objectType }])).rejects.toThrow(`objectType:${objectType}, objectName:o, `);
  });
});
