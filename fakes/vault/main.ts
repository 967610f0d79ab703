import { readFileSync } from "node:fs";
import { MountproofError, messageOf, RealClock } from "../../core/index.ts";
import { Journal, processDialer } from "../../net/index.ts";
import { FakeVault } from "./fake-vault.ts";
import { seedVault } from "./seed.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** A server that runs for days must not grow with its requests. */
const KEPT_EXCHANGES = 10_000;

/**
 * The fake as a container that stands in for `vault server -dev`: it takes the official image's variables, says its key
 * and token in a dev server's words, and reviews tokens by its pod's own account. `MOUNTPROOF_SEED` names a seed file.
 */
export async function runFakeVault(
  _args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  try {
    await serve(env);
    return 0;
  } catch (error) {
    process.stderr.write(`error: ${error instanceof MountproofError ? error.describe() : messageOf(error)}\n`);
    return 1;
  }
}

async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const clock = new RealClock();
  const dialect = env["BAO_DEV_LISTEN_ADDRESS"] === undefined ? "vault" : "openbao";
  const address = env["BAO_DEV_LISTEN_ADDRESS"] ?? env["VAULT_DEV_LISTEN_ADDRESS"] ?? "0.0.0.0:8200";
  const rootToken = env["BAO_DEV_ROOT_TOKEN_ID"] ?? env["VAULT_DEV_ROOT_TOKEN_ID"];
  const [, host = "0.0.0.0", port = "8200"] = /^(.*):(\d+)$/.exec(address) ?? [];
  const caPem = readIfThere(`${ACCOUNT}/ca.crt`);
  await using vault = await new FakeVault({
    clock,
    dialect,
    listen: { host, port: Number(port) },
    control: true,
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    dialer: processDialer(env),
    inCluster: {
      // Kubelet renews the file.
      ...(caPem !== undefined && { caPem, token: async () => readFileSync(`${ACCOUNT}/token`, "utf8") }),
    },
    ...(rootToken !== undefined && { rootToken }),
  }).start();
  const seed = env["MOUNTPROOF_SEED"];
  if (seed !== undefined) await seedVault(vault.admin, (await import("yaml")).parse(readFileSync(seed, "utf8")));
  process.stdout.write(`Unseal Key: ${vault.unsealKeys[0]}\nRoot Token: ${vault.rootToken}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
