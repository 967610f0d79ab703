import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpResponse } from "../../net/index.ts";
import { AzureRig, jsonOf, SUBJECT, TENANT } from "./testing/rig.ts";

let rig: AzureRig;
beforeAll(async () => {
  rig = await AzureRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** `401 invalid_client AADSTS700213` */
function refusal(response: HttpResponse): string {
  const {
    error,
    error_description: text,
    error_codes: codes,
  } = jsonOf(response) as {
    error?: string;
    error_description?: string;
    error_codes?: number[];
  };
  expect(text).toContain(`AADSTS${codes?.[0]}: `);
  return `${response.status} ${error} ${codes?.[0]}`;
}

describe("a client secret", () => {
  test("brings a token for Key Vault", async () => {
    const answer = jsonOf(await rig.token({ client_secret: "s3cret" }));
    expect(answer).toMatchObject({ token_type: "Bearer", expires_in: 3599 });
  });

  test.each([
    [{ client_secret: "wrong" }, "401 invalid_client 7000215"],
    [{ client_secret: "old" }, "401 invalid_client 7000222"],
    [{}, "401 invalid_client 7000218"],
    [{ client_secret: "s3cret", client_id: "nobody" }, "400 unauthorized_client 700016"],
    [{ client_secret: "s3cret", scope: "https://graph.microsoft.com/.default" }, "400 invalid_resource 500011"],
    [{ client_secret: "s3cret", scope: "openid" }, "400 invalid_scope 1002012"],
    [{ client_secret: "s3cret", grant_type: "password" }, "400 unsupported_grant_type 70003"],
    [{ client_secret: "s3cret", client_id: "" }, "400 invalid_request 900144"],
  ])("%j is refused: %s", async (form, expected) => {
    expect(refusal(await rig.token(form as Record<string, string>))).toBe(expected);
  });

  test("a tenant that is not there is named", async () => {
    expect(refusal(await rig.token({ client_secret: "s3cret" }, "elsewhere"))).toBe("400 invalid_tenant 90002");
  });
});

describe("a projected ServiceAccount token", () => {
  test("acts as the identity whose federated credential it matches", async () => {
    expect(jsonOf(await rig.withAssertion(rig.assertion()))).toMatchObject({ token_type: "Bearer" });
  });

  test("each claim must match, and the answer names which does not", async () => {
    expect(refusal(await rig.withAssertion(rig.assertion({ iss: "https://other.test" })))).toBe(
      "401 invalid_client 700211",
    );
    expect(refusal(await rig.withAssertion(rig.assertion({ aud: ["vault"] })))).toBe("401 invalid_client 700212");
    const other = SUBJECT.replace("production", "staging");
    const answer = await rig.withAssertion(rig.assertion({ sub: other }));
    expect(refusal(answer)).toBe("401 invalid_client 700213");
    expect(answer.body.toString("utf8")).toContain(`subject '${other}'`);
  });

  test("must be of now, give or take five minutes", async () => {
    const now = Math.floor(rig.clock.now() / 1000);
    expect(refusal(await rig.withAssertion(rig.assertion({ exp: now - 301 })))).toBe("401 invalid_client 700024");
    expect(refusal(await rig.withAssertion(rig.assertion({ nbf: now + 301 })))).toBe("401 invalid_client 700024");
    expect((await rig.withAssertion(rig.assertion({ exp: now - 200 }))).status).toBe(200);
  });

  test("must be signed by the issuer: a forged one and one of an unknown key are refused", async () => {
    const forged = rig.assertion({}, { kid: rig.key.kid, privateKey: rig.forger.privateKey });
    expect(refusal(await rig.withAssertion(forged))).toBe("401 invalid_client 50013");
    const unknown = await rig.withAssertion(rig.assertion({}, rig.forger));
    expect(refusal(unknown)).toBe("401 invalid_client 50013");
    expect(unknown.body.toString("utf8")).toContain("The key was not found");
    expect(refusal(await rig.withAssertion("no.jwt"))).toBe("401 invalid_client 50027");
  });

  test("a key that the issuer has rotated in is met", async () => {
    rig.published = [rig.key, rig.forger];
    expect((await rig.withAssertion(rig.assertion({}, rig.forger))).status).toBe(200);
    rig.published = [rig.key];
  });
});

describe("discovery", () => {
  const get = (path: string): Promise<HttpResponse> =>
    rig.http.request({ method: "GET", url: `https://login.microsoftonline.com${path}` });

  test("knows the clouds' hosts and refuses others", async () => {
    const query = (host: string): string =>
      `/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(`https://${host}/t/oauth2/v2.0/authorize`)}`;
    const { metadata } = jsonOf(await get(query("login.microsoftonline.com"))) as { metadata: [{ aliases: string[] }] };
    expect(metadata[0].aliases).toContain("login.windows.net");
    expect(refusal(await get(query("evil.test")))).toBe("400 invalid_instance 50049");
  });

  test("names the endpoints of a tenant, and the keys its tokens are signed with", async () => {
    const found = jsonOf(await get(`/${TENANT}/v2.0/.well-known/openid-configuration`));
    expect(found["token_endpoint"]).toBe(`https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`);
    const { keys } = jsonOf(await get(`/${TENANT}/discovery/v2.0/keys`)) as { keys: unknown[] };
    expect(keys.length).toBe(1);
    expect(refusal(await get("/other/v2.0/.well-known/openid-configuration"))).toBe("400 invalid_tenant 90002");
    expect(refusal(await get(`/${TENANT}/oauth2/v2.0/token`))).toBe("400 invalid_request 900561");
  });
});

describe("the metadata service", () => {
  const ask = async (path: string, headers: Record<string, string> = { metadata: "true" }): Promise<HttpResponse> =>
    await rig.http.request({ method: "GET", url: `http://169.254.169.254${path}`, headers });
  const TOKEN = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

  test("gives tokens for identities of the machine, by client id or the only one", async () => {
    expect(jsonOf(await ask(TOKEN))).toMatchObject({ client_id: "node", expires_in: "86399" });
    expect(jsonOf(await ask(`${TOKEN}&client_id=node`))).toMatchObject({ client_id: "node" });
    expect((await ask(`${TOKEN}&client_id=app`)).status).toBe(400);
  });

  test("wants its header, and refuses what is forwarded", async () => {
    expect((await ask(TOKEN, {})).status).toBe(400);
    expect((await ask(TOKEN, { metadata: "true", "x-forwarded-for": "1.2.3.4" })).status).toBe(400);
    expect((await ask("/metadata/instance")).status).toBe(404);
  });

  test("App Service's endpoint wants its secret", async () => {
    const path = TOKEN.replace("/metadata/identity/oauth2/token", "/msi/token");
    expect((await ask(path)).status).toBe(401);
    expect((await ask(path, { "x-identity-header": "header-secret" })).status).toBe(200);
  });
});
