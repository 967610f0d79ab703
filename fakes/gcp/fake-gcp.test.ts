import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c } from "../../core/index.ts";
import { grpcOverHttp2 } from "../../net/grpc/index.ts";
import { createSigningKey, signJwt } from "../../net/index.ts";
import { SecretManagerService } from "../../wire/gen/google_secretmanager_pb.ts";
import { ask, clock, dialerTo, GcpRig, LATER_S, LONG_AGO_S, trade } from "./testing/rig.ts";

let rig: GcpRig;
beforeAll(async () => {
  rig = await GcpRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

const APP = "serviceAccount:p.svc.id.goog[production/app]";
const reader = (member: string) => [{ role: "roles/secretmanager.secretAccessor", members: [member] }];
const accessPath = (secret: string, version = "latest"): string =>
  `/v1/projects/p/secrets/${secret}/versions/${version}:access`;

describe("the token exchange", () => {
  test("knows a pod by its cluster's own pool, and lets it read what the policy says", async () => {
    const google = await rig.google({
      secrets: { "projects/p/secrets/s": { versions: ["one", "two"], policy: reader(APP) } },
    });
    const { status, body } = await trade(google, rig.token());
    expect([status, body["token_type"], body["expires_in"]]).toEqual([200, "Bearer", expect.any(Number)]);
    const token = String(body["access_token"]);
    const { body: read } = await ask(google, "GET", accessPath("s"), { token });
    expect(read).toMatchObject({
      name: "projects/1234/secrets/s/versions/2",
      payload: { data: Buffer.from("two").toString("base64") },
    });
    expect(google.journal.entries({ operation: `GET ${accessPath("s")}` })[0]?.detail).toMatchObject({
      caller: APP,
      code: "OK",
    });
  });

  test.each<[string, () => Promise<string> | string, string]>([
    [
      "another audience",
      () => rig.token({ aud: ["vault"] }),
      "The audience in ID Token [vault] does not match the expected audience p.svc.id.goog.",
    ],
    [
      "another issuer",
      () => rig.token({ iss: "https://elsewhere.test" }),
      "The issuer in ID Token https://elsewhere.test does not match",
    ],
    [
      "an expired token",
      () => rig.token({ iat: LONG_AGO_S, nbf: LONG_AGO_S, exp: LONG_AGO_S + 600 }),
      `ID Token issued at ${LONG_AGO_S} is stale to sign-in.`,
    ],
    [
      "a token of the future",
      () => rig.token({ nbf: LATER_S, exp: LATER_S + 600 }),
      `ID Token is not valid before ${LATER_S}`,
    ],
    [
      "a forged signature",
      async () => rig.token({}, { ...(await createSigningKey()), kid: rig.key.kid }),
      "Unable to verify the ID Token signature.",
    ],
    [
      "a key nobody published",
      async () => rig.token({}, await createSigningKey()),
      "Unable to verify the ID Token signature.",
    ],
    ["what is no JWT", () => "nonsense", "Unable to parse the ID Token."],
  ])("refuses %s with invalid_grant and says why", async (_what, token, why) => {
    const google = await rig.google();
    const { status, body } = await trade(google, await token());
    expect([status, body["error"]]).toEqual([400, "invalid_grant"]);
    expect(body["error_description"]).toContain(why);
  });

  test("refuses a pool, cluster or provider that is not there with invalid_target", async () => {
    const google = await rig.google();
    for (const audience of [
      "identitynamespace:p.svc.id.goog:https://container.googleapis.com/v1/projects/p/locations/l/clusters/other",
      "identitynamespace:other.svc.id.goog:https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
      "//iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/x/providers/y",
    ])
      expect((await trade(google, rig.token(), audience)).body["error"]).toBe("invalid_target");
  });

  test("maps a token of any issuer by its provider's attributes, and turns away what the condition does", async () => {
    const name = "projects/1234/locations/global/workloadIdentityPools/pool/providers/k8s";
    const google = await rig.google({
      providers: {
        [name]: {
          issuer: rig.issuer.url,
          attributeMapping: {
            "google.subject": "assertion.sub.extract('system:serviceaccount:{s}')",
            "attribute.namespace": "assertion['kubernetes.io']['namespace']",
          },
          attributeCondition: "attribute.namespace != 'forbidden'",
        },
      },
      secrets: {
        "projects/p/secrets/s": {
          versions: ["x"],
          policy: reader(
            "principalSet://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/pool/attribute.namespace/production",
          ),
        },
      },
    });
    const claims = (namespace: string) => ({
      aud: [`https://iam.googleapis.com/${name}`],
      "kubernetes.io": { namespace },
    });
    const audience = `//iam.googleapis.com/${name}`;
    const { body } = await trade(google, rig.token(claims("production")), audience);
    expect((await ask(google, "GET", accessPath("s"), { token: String(body["access_token"]) })).status).toBe(200);
    const turned = await trade(google, rig.token(claims("forbidden")), audience);
    expect(turned).toMatchObject({ status: 401, body: { error: "unauthorized_client" } });
  });
});

describe("service accounts", () => {
  const GSA = "gsa@p.iam.gserviceaccount.com";
  const lend = { role: "roles/iam.workloadIdentityUser", members: [APP] };
  const generate = (email: string): string => `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
  const body = { scope: ["https://www.googleapis.com/auth/cloud-platform"] };

  test("lend their rights to whom their policy names, and to nobody else", async () => {
    const google = await rig.google({
      serviceAccounts: { [GSA]: { policy: [lend] } },
      secrets: { "projects/p/secrets/s": { versions: ["x"], policy: reader(`serviceAccount:${GSA}`) } },
    });
    const federated = String((await trade(google, rig.token())).body["access_token"]);
    expect((await ask(google, "GET", accessPath("s"), { token: federated })).status).toBe(403);
    const lent = await ask(google, "POST", generate(GSA), { token: federated, body });
    expect((await ask(google, "GET", accessPath("s"), { token: String(lent.body["accessToken"]) })).status).toBe(200);
    const stranger = String(
      (await trade(google, rig.token({ sub: "system:serviceaccount:production:other" }))).body["access_token"],
    );
    const denied = await ask(google, "POST", generate(GSA), { token: stranger, body });
    expect(denied).toMatchObject({
      status: 403,
      body: {
        error: {
          status: "PERMISSION_DENIED",
          details: [{ reason: "IAM_PERMISSION_DENIED", domain: "iam.googleapis.com" }],
        },
      },
    });
  });

  test("lend through a chain of delegates, each of which must be allowed to", async () => {
    const other = "d@p.iam.gserviceaccount.com";
    const google = await rig.google({
      serviceAccounts: {
        [GSA]: { policy: [{ role: "roles/iam.serviceAccountTokenCreator", members: [`serviceAccount:${other}`] }] },
        [other]: { policy: [{ role: "roles/iam.serviceAccountTokenCreator", members: [APP] }] },
      },
    });
    const token = String((await trade(google, rig.token())).body["access_token"]);
    const delegates = [`projects/-/serviceAccounts/${other}`];
    expect((await ask(google, "POST", generate(GSA), { token, body: { ...body, delegates } })).status).toBe(200);
    expect((await ask(google, "POST", generate(GSA), { token, body })).status).toBe(403);
  });

  test("give tokens for a signature by their key", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const google = await rig.google({ serviceAccounts: { [GSA]: { keys: { k1: pem } } } });
    const now = Math.floor(clock.now() / 1000);
    const assertion = (kid: string): string => signJwt({ iss: GSA, iat: now, exp: now + 3600 }, { kid, privateKey });
    const redeem = (kid: string) =>
      ask(google, "POST", "/token", {
        body: { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion(kid) },
      });
    expect((await redeem("k1")).status).toBe(200);
    expect((await redeem("k2")).body).toEqual({ error: "invalid_grant", error_description: "Invalid JWT Signature." });
  });
});

describe("secrets", () => {
  const root = { token: "root" };
  const data = (text: string) => ({ payload: { data: Buffer.from(text).toString("base64") } });

  test("live and die over plain HTTP as Google has it", async () => {
    const google = await rig.google();
    const make = () =>
      ask(google, "POST", "/v1/projects/p/secrets?secretId=s", { ...root, body: { replication: { automatic: {} } } });
    expect((await make()).body).toMatchObject({ name: "projects/1234/secrets/s", replication: { automatic: {} } });
    expect(await make()).toMatchObject({ status: 409, body: { error: { status: "ALREADY_EXISTS" } } });
    const none = await ask(google, "GET", accessPath("s"), root);
    expect(none.body).toMatchObject({
      error: {
        code: 404,
        message: "Secret [projects/1234/secrets/s] not found or has no versions.",
        status: "NOT_FOUND",
      },
    });
    for (const value of ["one", "two", "three"])
      await ask(google, "POST", "/v1/projects/p/secrets/s:addVersion", { ...root, body: data(value) });
    await ask(google, "POST", "/v1/projects/p/secrets/s/versions/2:disable", { ...root, body: {} });
    await ask(google, "POST", "/v1/projects/p/secrets/s/versions/3:destroy", { ...root, body: {} });
    const [first, second, latest] = await Promise.all(
      ["1", "2", "latest"].map((id) => ask(google, "GET", accessPath("s", id), root)),
    );
    expect(first?.body).toMatchObject({ payload: { dataCrc32c: String(crc32c(Buffer.from("one"))) } });
    expect(second?.body).toMatchObject({
      error: {
        status: "FAILED_PRECONDITION",
        message: "Secret Version [projects/1234/secrets/s/versions/2] is in DISABLED state.",
      },
    });
    expect(latest?.body).toMatchObject({
      error: { message: "Secret Version [projects/1234/secrets/s/versions/3] is in DESTROYED state." },
    });
    await ask(google, "POST", "/v1/projects/p/secrets/s/versions/2:enable", { ...root, body: {} });
    expect((await ask(google, "GET", accessPath("s", "2"), root)).status).toBe(200);
    const { body: listed } = await ask(google, "GET", "/v1/projects/p/secrets/s/versions?pageSize=2", root);
    expect(listed).toMatchObject({ totalSize: 3, nextPageToken: expect.any(String) });
    expect((listed["versions"] as { state: string }[]).map(({ state }) => state)).toEqual(["DESTROYED", "ENABLED"]);
    expect((await ask(google, "DELETE", "/v1/projects/p/secrets/s", root)).status).toBe(200);
    expect((await ask(google, "GET", "/v1/projects/p/secrets/s", root)).status).toBe(404);
  });

  test.each<[string, string, unknown, number, string]>([
    [
      "a payload over 64 KiB",
      "/v1/projects/p/secrets/s:addVersion",
      { payload: { data: Buffer.alloc(65_537).toString("base64") } },
      400,
      "65537 bytes",
    ],
    [
      "a wrong checksum",
      "/v1/projects/p/secrets/s:addVersion",
      { payload: { data: "YQ==", dataCrc32c: "1" } },
      400,
      "CRC32C",
    ],
    ["an unknown field", "/v1/projects/p/secrets?secretId=t", { nonsense: 1 }, 400, "nonsense"],
    [
      "a topic",
      "/v1/projects/p/secrets?secretId=t",
      { replication: { automatic: {} }, topics: [{ name: "x" }] },
      501,
      "not served",
    ],
    ["a secret without replication", "/v1/projects/p/secrets?secretId=t", {}, 400, "Missing secret.replication"],
    [
      "a conditional policy of version 1",
      "/v1/projects/p/secrets/s:setIamPolicy",
      {
        policy: {
          bindings: [{ role: "roles/secretmanager.viewer", members: ["allUsers"], condition: { expression: "true" } }],
        },
      },
      400,
      "version 3",
    ],
    [
      "a role that is none",
      "/v1/projects/p/secrets/s:setIamPolicy",
      { policy: { bindings: [{ role: "roles/none", members: ["allUsers"] }] } },
      400,
      "roles/none",
    ],
  ])("refuse %s", async (_what, path, body, status, text) => {
    const google = await rig.google({ secrets: { "projects/p/secrets/s": { versions: ["x"] } } });
    const answer = await ask(google, "POST", path, { ...root, body });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(text);
  });

  test("are there for whom a condition lets through, while it holds", async () => {
    const expression = (text: string) => ({
      secrets: {
        "projects/p/secrets/s": {
          versions: ["1", "2"],
          policy: [{ ...reader(APP)[0], condition: { expression: text } }],
        },
      },
    });
    const statusWith = async (text: string, version = "latest"): Promise<number> => {
      const google = await rig.google(expression(text) as never);
      const token = String((await trade(google, rig.token())).body["access_token"]);
      return (await ask(google, "GET", accessPath("s", version), { token })).status;
    };
    expect(await statusWith("resource.name.endsWith('/versions/2')")).toBe(200);
    expect(await statusWith("resource.name.endsWith('/versions/2')", "1")).toBe(403);
    expect(
      await statusWith(
        "resource.type == 'secretmanager.googleapis.com/SecretVersion' && request.time < timestamp('2000-01-01T00:00:00Z')",
      ),
    ).toBe(403);
    expect(await statusWith("request.time > timestamp('2000-01-01T00:00:00Z') || resource.nothing")).toBe(200);
  });

  test("say nothing to strangers of what is there", async () => {
    const google = await rig.google({ secrets: { "projects/p/secrets/s": { versions: ["x"] } } });
    const token = String((await trade(google, rig.token())).body["access_token"]);
    const [there, missing] = [
      await ask(google, "GET", accessPath("s"), { token }),
      await ask(google, "GET", accessPath("none"), { token }),
    ];
    expect(JSON.stringify(there.body).replaceAll("/s/", "/none/")).toBe(JSON.stringify(missing.body));
    expect(there.body).toMatchObject({
      error: {
        message:
          "Permission 'secretmanager.versions.access' denied for resource 'projects/p/secrets/s/versions/latest' (or it may not exist).",
      },
    });
    expect((await ask(google, "GET", accessPath("s"))).body).toMatchObject({
      error: { code: 401, details: [{ reason: "CREDENTIALS_MISSING" }] },
    });
    expect((await ask(google, "GET", accessPath("s"), { token: "ya29.x" })).body).toMatchObject({
      error: { details: [{ reason: "ACCESS_TOKEN_INVALID" }] },
    });
  });

  test("of a region are served by its host alone", async () => {
    const google = await rig.google(
      { secrets: { "projects/p/locations/us-central1/secrets/s": { versions: ["x"] } } },
      { tls: await rig.tls("secretmanager.googleapis.com", "secretmanager.us-central1.rep.googleapis.com") },
    );
    const read = async (host: string): Promise<number> => {
      using client = grpcOverHttp2(SecretManagerService, {
        clock,
        host,
        port: 443,
        caPem: rig.authority.certPem,
        dialer: dialerTo(google),
      });
      const name = "projects/p/locations/us-central1/secrets/s/versions/1";
      return await client.accessSecretVersion({ name }, { metadata: { authorization: "Bearer root" } }).then(
        () => 0,
        ({ code }: { code: number }) => code,
      );
    };
    expect(await read("secretmanager.us-central1.rep.googleapis.com")).toBe(0);
    expect(await read("secretmanager.googleapis.com")).toBe(3);
  });
});

describe("parameters", () => {
  const render = "/v1/projects/p/locations/global/parameters/q/versions/v1:render";
  const template =
    '{"user": "app", "password": "__REF__(//secretmanager.googleapis.com/projects/p/secrets/s/versions/latest)"}';

  test("render the secrets that they may read themselves", async () => {
    const google = await rig.google({
      secrets: { "projects/p/secrets/s": { versions: ['pa"ss'] } },
      parameters: { "projects/p/locations/global/parameters/q": { format: "JSON", versions: { v1: template } } },
    });
    expect((await ask(google, "GET", render, { token: "root" })).status).toBe(403);
    const { body } = await ask(google, "GET", "/v1/projects/p/locations/global/parameters/q", { token: "root" });
    const { iamPolicyUidPrincipal } = body["policyMember"] as { iamPolicyUidPrincipal: string };
    google.seed({ secrets: { "projects/p/secrets/s": { policy: reader(iamPolicyUidPrincipal) } } });
    const rendered = await ask(google, "GET", render, { token: "root" });
    expect(JSON.parse(Buffer.from(String(rendered.body["renderedPayload"]), "base64").toString())).toEqual({
      user: "app",
      password: 'pa"ss',
    });
  });

  test("are made, listed, disabled and deleted over plain HTTP", async () => {
    const google = await rig.google();
    const root = { token: "root" };
    const at = "/v1/projects/p/locations/global/parameters";
    expect(
      (await ask(google, "POST", `${at}?parameter_id=q`, { ...root, body: { format: "YAML" } })).body,
    ).toMatchObject({ format: "YAML" });
    const payload = { payload: { data: Buffer.from("a: 1").toString("base64") } };
    expect(
      (await ask(google, "POST", `${at}/q/versions?parameterVersionId=v1`, { ...root, body: payload })).status,
    ).toBe(200);
    expect((await ask(google, "GET", `${at}/q/versions`, root)).body).toMatchObject({
      parameterVersions: [{ name: expect.stringContaining("/versions/v1") }],
    });
    await ask(google, "PATCH", `${at}/q/versions/v1?updateMask=disabled`, { ...root, body: { disabled: true } });
    expect((await ask(google, "GET", `${at}/q/versions/v1:render`, root)).status).toBe(400);
    expect((await ask(google, "DELETE", `${at}/q`, root)).status).toBe(400);
    await ask(google, "DELETE", `${at}/q/versions/v1`, root);
    expect((await ask(google, "DELETE", `${at}/q`, root)).status).toBe(200);
  });
});

test("the metadata server tells what it was told, to who asks as Google's clients do", async () => {
  const google = await rig.google({
    metadata: { projectId: "p", attributes: { "cluster-name": "c" }, serviceAccount: "node@p.iam.gserviceaccount.com" },
  });
  const get = (path: string, flavor = "Google") =>
    fetch(`${google.url}/computeMetadata/v1/${path}`, { headers: { "metadata-flavor": flavor } });
  expect(await (await get("project/project-id")).text()).toBe("p");
  expect(await (await get("instance/attributes/cluster-name")).text()).toBe("c");
  expect((await get("instance/attributes/none")).status).toBe(404);
  expect((await get("project/project-id", "no")).status).toBe(403);
  const { access_token: token } = (await (await get("instance/service-accounts/default/token")).json()) as {
    access_token: string;
  };
  google.seed({
    secrets: {
      "projects/p/secrets/s": { versions: ["x"], policy: reader("serviceAccount:node@p.iam.gserviceaccount.com") },
    },
  });
  expect((await ask(google, "GET", accessPath("s"), { token })).status).toBe(200);
});

test("faults come in Google's own terms, over gRPC and over plain HTTP", async () => {
  const google = await rig.google({ secrets: { "projects/p/secrets/s": { versions: ["x"] } } });
  using client = grpcOverHttp2(SecretManagerService, { clock, host: google.host, port: google.port, plaintext: true });
  const read = () =>
    client.accessSecretVersion(
      { name: "projects/p/secrets/s/versions/1" },
      { metadata: { authorization: "Bearer root" } },
    );
  expect(Buffer.from((await read()).payload?.data ?? []).toString()).toBe("x");
  const cases: [number, number][] = [
    [429, 8],
    [503, 14],
    [403, 7],
  ];
  for (const [status, code] of cases) {
    using _ = google.faults.add({ effect: { kind: "status", status, body: '{"error":{"message":"out of order"}}' } });
    await expect(read()).rejects.toMatchObject({ code, details: "out of order" });
    expect((await ask(google, "GET", accessPath("s"), { token: "root" })).status).toBe(status);
  }
  for (const [effect, code] of [
    [{ kind: "reset" }, 14],
    [{ kind: "content-type", contentType: "text/html" }, 2],
    [{ kind: "partial-body", bytes: 3 }, 14],
  ] as const) {
    using _ = google.faults.add({ effect });
    await expect(read()).rejects.toMatchObject({ code });
  }
  expect((await read()).name).toBe("projects/1234/secrets/s/versions/1");
});

test("what is not served says so, in the shape of the protocol", async () => {
  const google = await rig.google();
  expect(await ask(google, "GET", "/v1/projects/p/secrets?filter=name:x", { token: "root" })).toMatchObject({
    status: 501,
    body: { error: { status: "UNIMPLEMENTED" } },
  });
  expect((await ask(google, "GET", "/v1/nothing", { token: "root" })).status).toBe(404);
});

test("the control API seeds, breaks and tells", async () => {
  const google = await rig.google({}, { control: true });
  expect(
    (
      await ask(google, "POST", "/_mountproof/seed", {
        body: { secrets: { "projects/p/secrets/s": { versions: ["x"] } } },
      })
    ).status,
  ).toBe(200);
  const wrong = await ask(google, "POST", "/_mountproof/seed", { body: { nonsense: true } });
  expect([wrong.status, JSON.stringify(wrong.body)]).toEqual([400, expect.stringContaining("nonsense")]);
  expect((await ask(google, "GET", accessPath("s"), { token: "root" })).status).toBe(200);
});
