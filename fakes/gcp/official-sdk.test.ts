import { ParameterManagerClient } from "@google-cloud/parametermanager";
import { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import { credentials } from "@grpc/grpc-js";
import { OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningFakeGcp } from "./index.ts";
import { GcpRig } from "./testing/rig.ts";

let rig: GcpRig;
let google: RunningFakeGcp;
let plain: RunningFakeGcp;
beforeAll(async () => {
  rig = await GcpRig.start();
  [google, plain] = [await rig.google({}, { tls: await rig.tls("localhost") }), await rig.google()];
});
afterAll(() => rig[Symbol.asyncDispose]());

/** As an application would be told to find it: another address, another CA, a token. */
function settings(token = "root") {
  const bearer = credentials.createFromMetadataGenerator((_, done) =>
    import("@grpc/grpc-js").then(({ Metadata }) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${token}`);
      done(null, metadata);
    }),
  );
  return {
    apiEndpoint: "localhost",
    port: google.port,
    projectId: "p",
    // Without one it looks for a metadata server on the machine's own network.
    authClient: new OAuth2Client() as never,
    sslCreds: credentials.combineChannelCredentials(credentials.createSsl(Buffer.from(rig.authority.certPem)), bearer),
  };
}

describe("Google's own client for Secret Manager", () => {
  test("makes, fills, reads, lists, disables and deletes over gRPC", async () => {
    const client = new SecretManagerServiceClient(settings());
    const [secret] = await client.createSecret({
      parent: "projects/p",
      secretId: "sdk",
      secret: { replication: { automatic: {} }, labels: { app: "x" } },
    });
    expect(secret.name).toBe("projects/1234/secrets/sdk");
    const [version] = await client.addSecretVersion({
      parent: secret.name ?? "",
      payload: { data: Buffer.from("one") },
    });
    expect(version.state).toBe("ENABLED");
    const [answer] = await client.accessSecretVersion({ name: "projects/p/secrets/sdk/versions/latest" });
    expect(answer.payload?.data?.toString()).toBe("one");
    expect((await client.listSecrets({ parent: "projects/p" }))[0].map(({ name }) => name)).toEqual([secret.name]);
    await client.setIamPolicy({
      resource: secret.name ?? "",
      policy: { bindings: [{ role: "roles/secretmanager.viewer", members: ["allUsers"] }] },
    });
    const [policy] = await client.getIamPolicy({ resource: secret.name ?? "" });
    expect(policy.bindings?.[0]).toMatchObject({ role: "roles/secretmanager.viewer", members: ["allUsers"] });
    await client.disableSecretVersion({ name: version.name ?? "" });
    await expect(client.accessSecretVersion({ name: version.name ?? "" })).rejects.toMatchObject({
      code: 9,
      details: expect.stringContaining("is in DISABLED state"),
    });
    await client.destroySecretVersion({ name: version.name ?? "" });
    await client.deleteSecret({ name: secret.name ?? "" });
    await expect(client.getSecret({ name: secret.name ?? "" })).rejects.toMatchObject({ code: 5 });
    await client.close();
  }, 20_000);

  test("lists versions page by page, enables again what was disabled, and destroys for good", async () => {
    const client = new SecretManagerServiceClient(settings());
    const [{ name = "" }] = await client.createSecret({
      parent: "projects/p",
      secretId: "life",
      secret: { replication: { automatic: {} } },
    });
    const parent = name ?? "";
    for (const value of ["one", "two", "three"])
      await client.addSecretVersion({ parent, payload: { data: Buffer.from(value) } });
    const pages: (string | null | undefined)[][] = [];
    let pageToken = "";
    do {
      const [versions, , page] = await client.listSecretVersions(
        { parent, pageSize: 2, pageToken },
        { autoPaginate: false },
      );
      pages.push(versions.map((version) => version.name?.split("/").at(-1)));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(pages).toEqual([["3", "2"], ["1"]]);
    const first = `${parent}/versions/1`;
    await client.disableSecretVersion({ name: first });
    expect((await client.enableSecretVersion({ name: first }))[0].state).toBe("ENABLED");
    expect((await client.accessSecretVersion({ name: first }))[0].payload?.data?.toString()).toBe("one");
    const [destroyed] = await client.destroySecretVersion({ name: first });
    expect([destroyed.state, destroyed.destroyTime === null]).toEqual(["DESTROYED", false]);
    await expect(client.enableSecretVersion({ name: first })).rejects.toMatchObject({
      code: 9,
      details: expect.stringContaining("is in DESTROYED state"),
    });
    await expect(
      client.addSecretVersion({ parent, payload: { data: Buffer.from("x"), dataCrc32c: "1" } }),
    ).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining("CRC32C"),
    });
    await client.close();
  }, 20_000);

  test("updates labels and aliases, holds to an etag, tells permissions, and refuses what is not there", async () => {
    const client = new SecretManagerServiceClient(settings());
    const [secret] = await client.createSecret({
      parent: "projects/p",
      secretId: "kept",
      secret: { replication: { automatic: {} }, labels: { app: "x" } },
    });
    const name = secret.name ?? "";
    await client.addSecretVersion({ parent: name, payload: { data: Buffer.from("one") } });
    const change = { name, labels: { app: "y" }, versionAliases: { stable: 1 } };
    const [updated] = await client.updateSecret({
      secret: change,
      updateMask: { paths: ["labels", "version_aliases"] },
    });
    expect(updated.labels).toEqual({ app: "y" });
    const [aliased] = await client.accessSecretVersion({ name: `${name}/versions/stable` });
    expect(aliased.name).toBe(`${name}/versions/1`);
    await expect(client.deleteSecret({ name, etag: secret.etag ?? "" })).rejects.toMatchObject({ code: 9 });
    const permissions = ["secretmanager.versions.access", "secretmanager.secrets.delete"];
    expect((await client.testIamPermissions({ resource: name, permissions }))[0].permissions).toEqual(permissions);
    await expect(
      client.createSecret({ parent: "projects/p", secretId: "kept", secret: { replication: { automatic: {} } } }),
    ).rejects.toMatchObject({ code: 6 });
    for (const call of [
      () => client.listSecrets({ parent: "projects/p", filter: "labels.app=y" }),
      () => client.updateSecret({ secret: { name }, updateMask: { paths: ["rotation"] } }),
      () =>
        client.createSecret({
          parent: "projects/p",
          secretId: "t",
          secret: { replication: { automatic: {} }, topics: [{ name: "projects/p/topics/t" }] },
        }),
    ])
      await expect(call()).rejects.toMatchObject({ code: 12 });
    await client.close();
  }, 20_000);

  test("unpacks the reason of a refusal", async () => {
    const client = new SecretManagerServiceClient(settings("nobody"));
    await expect(client.getSecret({ name: "projects/p/secrets/none" })).rejects.toMatchObject({
      code: 16,
      reason: "ACCESS_TOKEN_INVALID",
      domain: "googleapis.com",
    });
    await client.close();
  }, 20_000);

  test("reads over plain HTTP, too", async () => {
    plain.seed({ secrets: { "projects/p/secrets/rest": { versions: ["over REST"] } } });
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: "root", expiry_date: Date.parse("2100-01-01") });
    const client = new SecretManagerServiceClient({
      apiEndpoint: "127.0.0.1",
      port: plain.port,
      protocol: "http",
      fallback: true,
      projectId: "p",
      authClient: authClient as never,
    });
    const [answer] = await client.accessSecretVersion({ name: "projects/p/secrets/rest/versions/1" });
    expect(answer.payload?.data?.toString()).toBe("over REST");
    await expect(client.getSecret({ name: "projects/p/secrets/none" })).rejects.toMatchObject({ code: 5 });
    await client.close();
  }, 20_000);
});

test("Google's own client for Parameter Manager makes and renders over gRPC", async () => {
  google.seed({ secrets: { "projects/p/secrets/ref": { versions: ["hush"] } } });
  const client = new ParameterManagerClient(settings());
  const parent = "projects/p/locations/global";
  const [parameter] = await client.createParameter({ parent, parameterId: "q", parameter: { format: "JSON" } });
  google.seed({
    secrets: {
      "projects/p/secrets/ref": {
        policy: [
          {
            role: "roles/secretmanager.secretAccessor",
            members: [parameter.policyMember?.iamPolicyUidPrincipal ?? ""],
          },
        ],
      },
    },
  });
  const text = '{"k":"__REF__(//secretmanager.googleapis.com/projects/p/secrets/ref/versions/1)"}';
  await client.createParameterVersion({
    parent: parameter.name ?? "",
    parameterVersionId: "v1",
    parameterVersion: { payload: { data: Buffer.from(text) } },
  });
  const [rendered] = await client.renderParameterVersion({ name: `${parameter.name}/versions/v1` });
  expect(rendered.renderedPayload?.toString()).toBe('{"k":"hush"}');
  const version = `${parameter.name}/versions/v1`;
  await client.updateParameterVersion({
    parameterVersion: { name: version, disabled: true },
    updateMask: { paths: ["disabled"] },
  });
  await expect(client.renderParameterVersion({ name: version })).rejects.toMatchObject({ code: 9 });
  expect((await client.listParameterVersions({ parent: parameter.name ?? "" }))[0].map(({ name }) => name)).toEqual([
    version,
  ]);
  expect((await client.listParameters({ parent }))[0].map(({ name }) => name)).toContain(parameter.name);
  await client.deleteParameterVersion({ name: version });
  await client.deleteParameter({ name: parameter.name ?? "" });
  await expect(client.getParameter({ name: parameter.name ?? "" })).rejects.toMatchObject({ code: 5 });
  await client.close();
}, 20_000);
