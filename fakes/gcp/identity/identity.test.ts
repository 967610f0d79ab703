import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSigningKey, signJwt } from "../../../net/index.ts";
import { APP, accessPath, ask, clock, GcpRig, LATER_S, LONG_AGO_S, reader, trade } from "../testing/rig.ts";

let rig: GcpRig;
beforeAll(async () => {
  rig = await GcpRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

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
