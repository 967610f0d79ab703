import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RealClock, Scope } from "../../core/index.ts";
import { createCertificateAuthority, createHttpClient, type HttpClient, startHttpServer } from "../../net/index.ts";
import { FakeAws, openRemoteAws } from "../aws/index.ts";
import { FakeAzure, openRemoteAzure } from "../azure/index.ts";
import { FakeGcp, openRemoteGcp } from "../gcp/index.ts";
import { type ContainerParts, runFakeContainer } from "./index.ts";

const clock = new RealClock();
const scope = new Scope("containers");
let folder: string;
let http: HttpClient;

/** A port that nobody has. */
async function freePort(): Promise<number> {
  await using server = await startHttpServer({ clock, name: "free port", handler: () => {} });
  return server.port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-container-"));
  const authority = await createCertificateAuthority({ clock, commonName: "clouds" });
  const leaf = await authority.issue({ commonName: "cloud", dnsNames: ["*.example.com", "localhost"] });
  await writeFile(join(folder, "tls.crt"), leaf.certPem);
  await writeFile(join(folder, "tls.key"), leaf.keyPem);
  await writeFile(join(folder, "ca.crt"), authority.certPem);
  http = scope.use(createHttpClient({ clock, caPem: authority.certPem }));
});
afterAll(async () => {
  await scope[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a fake as its container would; ends with the signal that ends a container. */
async function serve(name: string, start: (parts: ContainerParts) => Promise<AsyncDisposable>) {
  const [tls, plain, control] = [await freePort(), await freePort(), await freePort()];
  let isServing: () => void = () => {};
  const serving = new Promise<void>((resolve) => {
    isServing = resolve;
  });
  const ended = runFakeContainer(
    name,
    async (parts) => {
      const store = await start(parts);
      isServing();
      return store;
    },
    {
      MOUNTPROOF_TLS: folder,
      MOUNTPROOF_TLS_PORT: String(tls),
      MOUNTPROOF_PLAIN_PORT: String(plain),
      MOUNTPROOF_CONTROL_PORT: String(control),
    },
  );
  await Promise.race([serving, ended]);
  const url = `http://127.0.0.1:${control}`;
  while ((await http.request({ method: "GET", url: `${url}/healthz` }).catch(() => ({ status: 0 }))).status !== 200);
  return {
    url,
    cloud: `https://localhost:${tls}`,
    end: async () => {
      process.emit("SIGTERM");
      return await ended;
    },
  };
}

describe("a fake AWS in a container", () => {
  let running: Awaited<ReturnType<typeof serve>>;
  beforeEach(async () => {
    running = await serve("aws", (parts) => new FakeAws({ ...parts, control: true }).start());
    return async () => expect(await running.end()).toBe(0);
  });

  test("is told in order, tells a refusal to who waits, and begins anew for the next", async () => {
    await using aws = await openRemoteAws(running.url, "111122223333", clock);
    aws.admin.secret("us-east-1", "a", { string: "x" });
    const Statement = { Effect: "Allow", Action: "secretsmanager:*", Resource: "*" };
    aws.admin.policy("p", { Version: "2012-10-17", Statement });
    await aws.settled();
    aws.admin.call("secretsmanager", "us-east-1", "CreateSecret", { Name: "a", SecretString: "y" });
    await expect(aws.settled()).rejects.toThrow(/ResourceExistsException/);
    await using next = await openRemoteAws(running.url, "111122223333", clock);
    next.admin.call("secretsmanager", "us-east-1", "CreateSecret", { Name: "a", SecretString: "y" });
    await next.settled();
  });

  test("is not told what no administrator does", async () => {
    await using aws = await openRemoteAws(running.url, "111122223333", clock);
    await expect(aws.tell("constructor", [])).rejects.toThrow(/is not told "constructor".*it is told: call, iam/);
  });
});

test("a fake Azure in a container takes what steps say of identities and vaults, and fails on demand", async () => {
  const running = await serve("azure", async (parts) =>
    new FakeAzure({ ...parts, metadataListen: parts.plainListen, control: true }).start(),
  );
  await using azure = await openRemoteAzure(running.url, clock);
  const { told } = azure;
  await told.seed({ tenants: { t: [{ clientId: "c" }] }, vaults: { v: { tenant: "t", secrets: { s: "x" } } } });
  await told.allow("v", "c", ["get"]);
  await told.federate("c", { name: "f", issuer: "https://i", subject: "s", audiences: ["a"] });
  await told.refederate("c", "other");
  await told.enableSecret("v", "s", false);
  await told.allowNobody("v");
  await expect(told.allow("v", "nobody", ["get"])).rejects.toThrow(/no tenant has the client "nobody"/);
  const metadata = { method: "GET", url: `${running.cloud}/t/v2.0/.well-known/openid-configuration` };
  expect((await http.request(metadata)).status).toBe(200);
  await azure.faults.add({ effect: { kind: "status", status: 503 } });
  expect((await http.request(metadata)).status).toBe(503);
  await azure.faults.clear();
  expect((await http.request(metadata)).status).toBe(200);
  expect(await running.end()).toBe(0);
});

test("a fake Google in a container takes what gcloud would tell it", async () => {
  const running = await serve("gcp", async (parts) => new FakeGcp({ ...parts, control: true }).start());
  await using google = await openRemoteGcp(running.url, clock);
  const { told } = google;
  await told.seed({ projects: { p: {} }, secrets: { "projects/p/secrets/s": { versions: ["x"] } } });
  const email = "a@p.iam.gserviceaccount.com";
  await told.seed({ serviceAccounts: { [email]: {} } });
  await told.grantSecret("p", "s", "roles/secretmanager.secretAccessor", `serviceAccount:${email}`);
  await told.grantAccount(email, "roles/iam.workloadIdentityUser", "serviceAccount:p.svc.id.goog[n/a]");
  await expect(told.grantSecret("none", "s", "r", "m")).rejects.toThrow(/there is no project "none"/);
  expect(await running.end()).toBe(0);
});

test("a container without a certificate says which file it wants, and ends", async () => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    const code = await runFakeContainer("aws", () => Promise.reject(new Error("not reached")), {
      MOUNTPROOF_TLS: join(folder, "nowhere"),
    });
    expect(code).toBe(1);
  } finally {
    process.stderr.write = write;
  }
  expect(written.join("")).toMatch(/the certificate ".*nowhere\/tls\.crt" cannot be read/);
});
