import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificateAuthority, readPfx } from "../../net/index.ts";
import { AzureRig, TENANT } from "./testing/rig.ts";

let rig: AzureRig;
let token: string;
beforeAll(async () => {
  rig = await AzureRig.start();
  token = await rig.accessToken();
});
afterAll(() => rig[Symbol.asyncDispose]());

const errorOf = (json: Readonly<Record<string, unknown>>) =>
  json["error"] as { code: string; message: string; innererror?: { code: string } };

describe("who asks", () => {
  test("without a token is told where to get one", async () => {
    const { status, headers } = await rig.vault("/secrets/db");
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBe(
      `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://vault.azure.net"`,
    );
  });

  test("with a forged token, or one for something else, is told why", async () => {
    const [head, body = "", signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Record<string, unknown>;
    const forged = Buffer.from(JSON.stringify({ ...claims, oid: "admin" })).toString("base64url");
    const answer = await rig.vault("/secrets/db", { token: `${head}.${forged}.${signature}` });
    expect(answer.status).toBe(401);
    expect(errorOf(answer.json).message).toContain("Error validating token");
  });

  test("but has no permission is told which is missing, by policy or by role", async () => {
    rig.azure.state.directory.put(TENANT, { clientId: "stranger", clientSecrets: ["x"] });
    const { body } = await rig.token({ client_id: "stranger", client_secret: "x" });
    const other = String((JSON.parse(body.toString("utf8")) as { access_token: string }).access_token);
    const denied = await rig.vault("/secrets/db", { token: other });
    expect(denied.status).toBe(403);
    expect(errorOf(denied.json)).toMatchObject({ code: "Forbidden", innererror: { code: "AccessDenied" } });
    expect(errorOf(denied.json).message).toContain("does not have secrets get permission on key vault 'app-kv;");
    const { access } = rig.azure.vault("app-kv");
    access.isRbac = true;
    expect(errorOf((await rig.vault("/secrets/db", { token: other })).json).innererror?.code).toBe("ForbiddenByRbac");
    const objectId = rig.azure.state.directory.identity("stranger").objectId;
    access.roles.push({ objectId, role: "Key Vault Secrets User", scope: "/secrets/db" });
    expect((await rig.vault("/secrets/db", { token: other })).status).toBe(200);
    expect((await rig.vault("/secrets/db2", { token: other })).status).toBe(403);
    access.isRbac = false;
  });
});

describe("secrets", () => {
  test("have versions: the newest is the current one, and each is found by its id, with and without a last slash", async () => {
    await rig.vault("/secrets/v", { token, method: "PUT", body: { value: "1" } });
    const second = await rig.vault("/secrets/v", { token, method: "PUT", body: { value: "2", contentType: "t" } });
    const [first, current] = [
      await rig.vault("/secrets/v/versions", { token }),
      await rig.vault("/secrets/v/", { token }),
    ];
    expect((first.json["value"] as unknown[]).length).toBe(2);
    expect(JSON.stringify(first.json)).not.toContain('"value":"1"');
    expect(current.json).toMatchObject({ value: "2", contentType: "t", id: second.json["id"] });
    const [oldest] = first.json["value"] as [{ id: string }];
    expect((await rig.vault(new URL(oldest.id).pathname, { token })).json["value"]).toBe("1");
  });

  test("that are disabled, missing or badly named are refused in Key Vault's words", async () => {
    rig.azure.vault("app-kv").setSecret("off", { value: "x", attributes: { enabled: false } });
    const off = await rig.vault("/secrets/off", { token });
    expect([off.status, errorOf(off.json).innererror?.code]).toEqual([403, "SecretDisabled"]);
    const missing = await rig.vault("/secrets/nope", { token });
    expect([missing.status, errorOf(missing.json).code]).toEqual([404, "SecretNotFound"]);
    expect((await rig.vault("/secrets/a_b", { token })).status).toBe(400);
    expect((await rig.vault("/secrets/db?x=1", { token })).status).toBe(400);
  });

  test("outside of their time are given all the same, as Key Vault does", async () => {
    rig.azure.vault("app-kv").setSecret("late", { value: "x", attributes: { exp: 1 } });
    expect((await rig.vault("/secrets/late", { token })).status).toBe(200);
  });

  test("that were deleted keep their name until they are recovered or purged", async () => {
    const vault = rig.azure.vault("app-kv");
    vault.setSecret("gone", "1");
    expect((await rig.vault("/secrets/gone", { token, method: "DELETE" })).json["recoveryId"]).toContain(
      "/deletedsecrets/gone",
    );
    expect((await rig.vault("/secrets/gone", { token })).status).toBe(404);
    const again = await rig.vault("/secrets/gone", { token, method: "PUT", body: { value: "2" } });
    expect([again.status, errorOf(again.json).innererror?.code]).toEqual([409, "ObjectIsDeletedButRecoverable"]);
    expect((await rig.vault("/deletedsecrets/gone/recover", { token, method: "POST", body: {} })).status).toBe(200);
    expect((await rig.vault("/secrets/gone", { token })).json["value"]).toBe("1");
    await rig.vault("/secrets/gone", { token, method: "DELETE" });
    expect((await rig.vault("/deletedsecrets/gone", { token, method: "DELETE" })).status).toBe(204);
    expect((await rig.vault("/deletedsecrets/gone", { token })).status).toBe(404);
  });

  test("come in pages", async () => {
    for (let i = 0; i < 30; i++) rig.azure.vault("app-kv").setSecret("many", String(i));
    const first = await rig.vault("/secrets/many/versions", { token });
    expect((first.json["value"] as unknown[]).length).toBe(25);
    const next = new URL(String(first.json["nextLink"]));
    const second = await rig.vault(`${next.pathname}${next.search}`, { token });
    expect([(second.json["value"] as unknown[]).length, second.json["nextLink"]]).toEqual([5, null]);
  });
});

describe("keys and certificates", () => {
  test("a key shows its public half alone", async () => {
    const made = await rig.vault("/keys/k/create", { token, method: "POST", body: { kty: "EC", crv: "P-384" } });
    const { key } = made.json as { key: Record<string, string> };
    expect(key).toMatchObject({ kty: "EC", crv: "P-384" });
    expect(key["d"]).toBeUndefined();
    expect(createPublicKey({ key, format: "jwk" }).asymmetricKeyDetails).toEqual({ namedCurve: "secp384r1" });
  });

  test.each(["application/x-pkcs12", "application/x-pem-file"])(
    "an imported certificate brings its secret as %s, with key and chain",
    async (contentType) => {
      const name = contentType.endsWith("12") ? "pfx" : "pem";
      const root = await createCertificateAuthority({ clock: rig.clock });
      const leaf = await root.issue({ commonName: "app.example" });
      const value = `${leaf.keyPem}${leaf.certPem}${root.certPem}`;
      const body = { value, policy: { secret_props: { contentType } } };
      const made = await rig.vault(`/certificates/${name}/import`, { token, method: "POST", body });
      expect(made.status).toBe(200);
      const { json } = await rig.vault(`/certificates/${name}`, { token });
      expect(Buffer.from(String(json["cer"]), "base64")).toEqual(new X509Certificate(leaf.certPem).raw);
      const secret = (await rig.vault(`/secrets/${name}`, { token })).json;
      expect(secret).toMatchObject({ contentType, managed: true, kid: json["kid"] });
      if (name === "pfx") {
        const { keys, certificates } = readPfx(Buffer.from(String(secret["value"]), "base64"), "classic");
        expect(certificates).toEqual([leaf, root].map(({ certPem }) => new X509Certificate(certPem).raw));
        expect(keys).toEqual([createPrivateKey(leaf.keyPem).export({ type: "pkcs8", format: "der" })]);
      } else expect(String(secret["value"])).toContain("-----BEGIN PRIVATE KEY-----");
    },
  );

  test("operations that are not served say so in the store's own form", async () => {
    for (const [path, method] of [
      ["/keys/k/sign", "POST"],
      ["/secrets/db/rotate", "POST"],
      ["/certificates/contacts/policy", "GET"],
      ["/certificates/contacts", "PUT"],
      ["/storage", "GET"],
    ] as const) {
      const answer = await rig.vault(path, { token, method, body: {} });
      expect([path, answer.status, errorOf(answer.json).code]).toEqual([path, 501, "NotImplemented"]);
    }
  });
});
