import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c } from "../../../core/index.ts";
import { grpcOverHttp2 } from "../../../net/grpc/index.ts";
import { SecretManagerService } from "../../../wire/gen/google_secretmanager_pb.ts";
import { APP, accessPath, ask, clock, dialerTo, GcpRig, reader, trade } from "../testing/rig.ts";

let rig: GcpRig;
beforeAll(async () => {
  rig = await GcpRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

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
