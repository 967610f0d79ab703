import { readFile } from "node:fs/promises";
import { goJsonError } from "../../core/go/index.ts";
import { messageOf } from "../../core/index.ts";
import type { Metadata } from "./metadata.ts";
import { DEFAULTS, type GcpProviderSpec, variable } from "./spec.ts";

/** Which identity pool vouches for the cluster's ServiceAccounts. */
export type IdentityPool = {
  /** Empty where the audience itself is asked for. */
  readonly pool: string;
  /** What the token exchange is told. */
  readonly audience: string;
  /** Where the credentials file says the exchange is. */
  readonly tokenUrl?: string;
};

/**
 * GKE's own pool out of the environment or the metadata server, else the one that a credentials file names.
 * @throws Error; in `upstream` it tells of the file alone, as the real provider does
 */
export async function identityPool(
  spec: GcpProviderSpec,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<IdentityPool> {
  try {
    return await gkePool(spec, metadata, signal);
  } catch (gke) {
    if (signal.aborted) throw gke;
    try {
      return await fleetPool(spec);
    } catch (fleet) {
      if (spec.behaviour === "upstream") throw fleet;
      throw new Error(
        `no identity pool: GKE's cannot be told (${messageOf(gke)}), and GOOGLE_APPLICATION_CREDENTIALS names none (${messageOf(fleet)})`,
      );
    }
  }
}

async function gkePool(spec: GcpProviderSpec, metadata: Metadata, signal: AbortSignal): Promise<IdentityPool> {
  const project = variable(spec, "PROJECT") || (await metadata.projectId(signal));
  const location =
    variable(spec, "CLUSTER_LOCATION") || (await metadata.get("instance/attributes/cluster-location", signal));
  const name = variable(spec, "CLUSTER_NAME") || (await metadata.get("instance/attributes/cluster-name", signal));
  const endpoint = variable(spec, "GKE_WORKLOAD_IDENTITY_ENDPOINT") || DEFAULTS.workloadIdentityEndpoint;
  const pool = `${project}.svc.id.goog`;
  const provider = `${endpoint}/projects/${project}/locations/${location}/clusters/${name}`;
  return { pool, audience: `identitynamespace:${pool}:${provider}` };
}

type CredentialsFile = { readonly type?: string; readonly audience?: string; readonly token_url?: string };

async function fleetPool(spec: GcpProviderSpec): Promise<IdentityPool> {
  const path = variable(spec, "GOOGLE_APPLICATION_CREDENTIALS");
  const text = path === "" ? "" : await spec.clock.activity.track("reads credentials", () => readCredentials(path));
  const problem = goJsonError(text);
  if (problem !== undefined) throw new Error(problem);
  const file = (JSON.parse(text) ?? {}) as CredentialsFile;
  if (file.type !== "external_account")
    throw new Error(`google: unexpected credentials type: ${file.type ?? ""}, expected: external_account`);
  const audience = file.audience ?? "";
  const found = { ...(file.token_url !== undefined && { tokenUrl: file.token_url }) };
  const [, pool, provider] = /^[^:]*:([^:]*):(.*)$/s.exec(audience) ?? [];
  if (pool === undefined || provider === undefined) return { pool: "", audience, ...found };
  return { pool, audience: `identitynamespace:${pool}:${provider}`, ...found };
}

async function readCredentials(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file or directory" : messageOf(error);
    throw new Error(
      `google: error getting credentials using GOOGLE_APPLICATION_CREDENTIALS environment variable: open ${path}: ${why}`,
    );
  }
}
