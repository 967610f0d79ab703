import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunningFakeVault } from "../../fakes/vault/index.ts";
import { CANARY, countCalls, PodRig } from "./testing/pod-rig.ts";

let rig: PodRig;
let vault: RunningFakeVault;
beforeEach(async () => {
  rig = await PodRig.start();
  vault = await rig.vault();
});
afterEach(() => rig[Symbol.asyncDispose]());

const revokeAll = (): Promise<unknown> => vault.admin.write("sys/leases/revoke-prefix/auth/kubernetes/login");
const here = () => ({ vaultAddress: vault.url });
const OTHER = "- {objectName: f, secretPath: secret/data/other, secretKey: k}";

describe("a pod's token", () => {
  test("is kept for the next mount", async () => {
    const provider = rig.provider();
    for (const _ of [1, 2]) expect(await rig.outcome(provider, here())).toBe(CANARY);
    expect(countCalls(vault)).toEqual({ logins: 1, reads: 2 });
  });

  test("that Vault refuses is replaced by exactly one login, and the read is repeated", async () => {
    const provider = rig.provider();
    await rig.mount(provider, here());
    await revokeAll();
    const mark = vault.journal.mark();
    expect(await rig.outcome(provider, here())).toBe(CANARY);
    expect(countCalls(vault, mark)).toEqual({ logins: 1, reads: 2 });
  });

  test("given by VAULT_TOKEN is used without a login until it is refused", async () => {
    const good = rig.provider({ environment: { VAULT_TOKEN: vault.rootToken } });
    expect(await rig.outcome(good, here())).toBe(CANARY);
    expect(countCalls(vault)).toEqual({ logins: 0, reads: 1 });
    const mark = vault.journal.mark();
    const stale = rig.provider({ environment: { VAULT_TOKEN: "hvs.gone" } });
    expect(await rig.outcome(stale, here())).toBe(CANARY);
    expect(countCalls(vault, mark)).toEqual({ logins: 1, reads: 2 });
  });

  test.each(["hardened", "upstream"] as const)(
    "just obtained is not replaced when a read is refused (%s)",
    async (behaviour) => {
      const provider = rig.provider({ behaviour });
      expect(await rig.outcome(provider, { ...here(), objects: OTHER })).toContain(
        `couldn't read secret "f": error requesting secret: Error making API request.\n\nURL: GET ${vault.url}/v1/secret/data/other\nCode: 403.`,
      );
      expect(countCalls(vault)).toEqual({ logins: 1, reads: 1 });
    },
  );

  test("that stays refused after the new login leads to no third attempt", async () => {
    const provider = rig.provider();
    await rig.mount(provider, here());
    const mark = vault.journal.mark();
    expect(await rig.outcome(provider, { ...here(), objects: OTHER })).toContain("permission denied");
    expect(countCalls(vault, mark)).toEqual({ logins: 1, reads: 2 });
  });
});

describe("many mounts of one pod at once", () => {
  const twenty = (mount: () => Promise<string>) => Promise.all(Array.from({ length: 20 }, mount));

  test("share the first login", async () => {
    const provider = rig.provider();
    expect(new Set(await twenty(() => rig.outcome(provider, here())))).toEqual(new Set([CANARY]));
    expect(countCalls(vault)).toEqual({ logins: 1, reads: 20 });
  });

  test("share one login when their token was revoked", async () => {
    const provider = rig.provider();
    await rig.mount(provider, here());
    await revokeAll();
    const mark = vault.journal.mark();
    expect(new Set(await twenty(() => rig.outcome(provider, here())))).toEqual(new Set([CANARY]));
    const { logins, reads } = countCalls(vault, mark);
    expect(logins).toBe(1);
    // Each reads once with the new token, and up to once with the old one.
    expect(reads).toBeGreaterThan(20);
    expect(reads).toBeLessThanOrEqual(40);
  });

  test("each log in when no token is kept", async () => {
    const provider = rig.provider({ cacheSize: 0 });
    expect(new Set(await twenty(() => rig.outcome(provider, here())))).toEqual(new Set([CANARY]));
    expect(countCalls(vault)).toEqual({ logins: 20, reads: 20 });
  });

  test("outlive the one that logs in for them and gives up", async () => {
    const provider = rig.provider();
    const leaving = new AbortController();
    const first = rig.mount(provider, here(), leaving.signal).catch((error: Error) => error.message);
    const second = rig.outcome(provider, here());
    leaving.abort(new Error("gone"));
    expect(await first).toContain("gone");
    expect(await second).toBe(CANARY);
  });
});
