import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";

// A cluster of somebody's, by its kubeconfig, and clouds that are his own: `mountproof up` and its stores, which the run
// is told nothing of but the commands that set them up.

const bin = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-own-"));
});
afterAll(async () => {
  await mountproof("down");
  await rm(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };
function mountproof(...args: string[]): Promise<Ended> {
  const env = { ...process.env, MOUNTPROOF_STATE: join(folder, "state"), TMPDIR: folder };
  return new Promise((resolve) =>
    execFile(process.execPath, [bin, ...args], { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
    ),
  );
}

/** What the user's set-up does: the guide's objects under the user's names, for the case's namespace. */
const SEED = `
const [cloud, url] = process.argv.slice(2);
const { DB_PASSWORD, API_KEY, OIDC_ISSUER, OIDC_PROVIDER, CLIENT_ID, NAMESPACE } = process.env;
const subject = "system:serviceaccount:" + NAMESPACE + ":app-service-account";
const statement = (Action, rest) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, ...rest }] });
const federated = "arn:aws:iam::111122223333:oidc-provider/" + OIDC_PROVIDER;
const equal = { [OIDC_PROVIDER + ":sub"]: subject, [OIDC_PROVIDER + ":aud"]: "sts.amazonaws.com" };
const tenant = "9b1d2f34-5c67-4a8e-9f01-23456789abcd";
const credential = { name: "app", issuer: OIDC_ISSUER, subject, audiences: ["api://AzureADTokenExchange"] };
const google = "team@my-project.iam.gserviceaccount.com";
const policy = [{ role: "roles/secretmanager.secretAccessor", members: ["serviceAccount:" + google] }];
const borrower = "serviceAccount:my-project.svc.id.goog[" + NAMESPACE + "/app-service-account]";
const seed = {
  aws: {
    roles: {
      "team-role": {
        trust: statement("sts:AssumeRoleWithWebIdentity", { Principal: { Federated: federated }, Condition: { StringEquals: equal } }),
        inline: { read: statement(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], { Resource: "*" }) },
      },
    },
    secrets: { "us-east-1": { "my-app-db-password": DB_PASSWORD, "my-app-api-key": API_KEY } },
  },
  azure: {
    tenants: { [tenant]: [{ clientId: CLIENT_ID, kind: "userAssigned", federatedCredentials: [credential] }] },
    vaults: {
      "team-keyvault": {
        tenant,
        accessPolicies: [{ clientId: CLIENT_ID, secrets: ["get"] }],
        secrets: { "db-password": DB_PASSWORD, "api-key": API_KEY },
      },
    },
  },
  gcp: {
    serviceAccounts: { [google]: { policy: [{ role: "roles/iam.workloadIdentityUser", members: [borrower] }] } },
    secrets: {
      "projects/my-project/secrets/team-db-password": { versions: [DB_PASSWORD], policy },
      "projects/my-project/secrets/team-api-key": { versions: [API_KEY], policy },
    },
  },
};
const body = JSON.stringify(seed[cloud]);
const answer = await fetch(url + "/_mountproof/seed", { method: "POST", body });
if (!answer.ok) throw new Error(await answer.text());
`;

test("the guides of AWS, Azure and Google run before stores of the user's own", { timeout: 300_000 }, async () => {
  const kubeconfig = join(folder, "kubeconfig");
  const clouds = "aws,azure,gcp";
  const up = await mountproof("up", "--detach", "--stores", clouds, "--providers", clouds, "--kubeconfig", kubeconfig);
  expect(up).toMatchObject({ code: 0, stderr: "" });
  const { stores, environment } = JSON.parse((await mountproof("status", "--json")).stdout) as {
    stores: { name: string; url: string }[];
    environment: Record<string, string>;
  };
  await writeFile(join(folder, "seed.mjs"), SEED);
  const setup = (cloud: string): string => {
    const url = stores.find(({ name }) => name === cloud)?.url;
    return `NODE_EXTRA_CA_CERTS='${environment["NODE_EXTRA_CA_CERTS"]}' '${process.execPath}' seed.mjs ${cloud} ${url}`;
  };
  const settings = join(folder, "settings.yaml");
  const own = {
    aws: { setup: setup("aws"), names: { "my-app-role": "team-role" } },
    azure: { setup: setup("azure"), names: { "my-keyvault": "team-keyvault" } },
    gcp: {
      setup: setup("gcp"),
      cleanup: "echo $NAMESPACE >> cleaned",
      names: { "my-app-db-password": "team-db-password", "my-app-api-key": "team-api-key", "my-app@": "team@" },
    },
  };
  await writeFile(settings, stringify({ stores: own }));
  const run = (...ids: string[]): Promise<Ended> =>
    mountproof(
      ...["run", "--kubeconfig", kubeconfig, "--cluster-settings", settings, "--plain"],
      ...["--out", join(folder, "report"), ...ids.flatMap((id) => ["--id", id])],
    );
  const { stdout } = await run(
    "GUIDE-AWS-06",
    "GUIDE-AWS-04",
    "GUIDE-AZ-06",
    "GUIDE-GCP-06",
    "GUIDE-GCP-02",
    "GUIDE-GCP-04",
  );
  expect(stdout).toContain("5 passed, 0 failed, 1 skipped");
  expect(stdout).toContain("skipped: the cluster's Google is somebody's own");
  expect((await readFile(join(folder, "cleaned"), "utf8")).trim().split("\n")).toHaveLength(3);

  // What the set-up cannot do is nobody's failure: the run ends, and says which command it was.
  const failing = { aws: { setup: "echo no credentials for $DB_PASSWORD; exit 7" } };
  await writeFile(settings, stringify({ stores: failing }));
  const failed = await run("GUIDE-AWS-06");
  expect(failed.code).toBe(3);
  expect(failed.stderr).toContain("stores.aws.setup of the cluster's settings ended with 7: no credentials for");
  expect(failed.stderr).toContain("run by hand in");
});
