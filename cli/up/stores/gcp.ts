import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GcpSeed } from "../../../fakes/gcp/index.ts";
import { EXAMPLE_ACCOUNT, type RunningStore, type StoreParts } from "./store.ts";

const PROJECT = "my-project";
const ACCOUNT = `my-app@${PROJECT}.iam.gserviceaccount.com`;
const NUMBER = "123456789012";
const CLUSTER = { project: PROJECT, location: "us-central1", name: "mountproof" } as const;
const REGIONS = ["us-central1", "us-east1", "us-west1", "europe-west1", "europe-west3", "asia-east1"] as const;

/** Google behind its own names, in whose project the cluster runs, and the machines' metadata. */
export async function startGcp(parts: StoreParts): Promise<RunningStore> {
  const { clock, journal, scope, authority, names, dialer, cluster, seed, folder } = parts;
  const { FakeGcp } = await import("../../../fakes/gcp/index.ts");
  const regional = REGIONS.map((region) => `*.${region}.rep.googleapis.com`);
  const google = scope.use(
    await new FakeGcp({
      clock,
      journal,
      dialer,
      control: true,
      issuerCaPem: cluster.issuer.caPem,
      tls: await authority.issue({
        commonName: "googleapis.com",
        dnsNames: ["*.googleapis.com", ...regional, "localhost"],
        ipAddresses: ["127.0.0.1"],
      }),
    }).start(),
  );
  names.lead("*.googleapis.com", { host: google.host, port: google.port });
  // The metadata server is asked without TLS, at an address that other clouds have, too: by its name here.
  const plain = scope.use(await google.listenToo({}));
  names.lead("metadata.google.internal", { host: plain.host, port: plain.port });
  google.seed((seed as GcpSeed | undefined) ?? exampleSeed(cluster.issuer.url));
  // gcloud takes a token by file alone.
  const token = join(folder, "gcp-access-token");
  await writeFile(token, google.rootToken, { mode: 0o600 });
  return {
    name: "gcp",
    url: google.url,
    hints: [`secrets: projects/${PROJECT}/secrets/…, access token: ${google.rootToken}`],
    environment: { CLOUDSDK_CORE_PROJECT: PROJECT, CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token },
  };
}

/**
 * What `examples/gcp/gcp-setup.sh` does: a project with secrets that a service account may read, which the examples'
 * ServiceAccount may borrow.
 */
function exampleSeed(issuer: string): GcpSeed {
  const { namespace, name } = EXAMPLE_ACCOUNT;
  const borrower = `serviceAccount:${PROJECT}.svc.id.goog[${namespace}/${name}]`;
  const lend = [{ role: "roles/iam.workloadIdentityUser", members: [borrower] }];
  const policy = [{ role: "roles/secretmanager.secretAccessor", members: [`serviceAccount:${ACCOUNT}`] }];
  return {
    projects: { [PROJECT]: { number: NUMBER } },
    clusters: [{ ...CLUSTER, issuer }],
    serviceAccounts: { [ACCOUNT]: { policy: lend } },
    secrets: {
      [`projects/${PROJECT}/secrets/my-app-db-password`]: { versions: ["example-password"], policy },
      [`projects/${PROJECT}/secrets/my-app-api-key`]: { versions: ["example-key"], policy },
    },
    metadata: {
      projectId: PROJECT,
      zone: `${CLUSTER.location}-a`,
      attributes: { "cluster-location": CLUSTER.location, "cluster-name": CLUSTER.name },
    },
  };
}
