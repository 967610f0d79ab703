import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grpcOverHttp2 } from "../../net/grpc/index.ts";
import { SecretManagerService } from "../../wire/gen/google_secretmanager_pb.ts";
import { accessPath, ask, clock, GcpRig, reader } from "./testing/rig.ts";

let rig: GcpRig;
beforeAll(async () => {
  rig = await GcpRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

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
  const large = { token: "root", body: { labels: { a: "x".repeat(4_000_000) } } };
  expect(await ask(google, "POST", "/v1/projects/p/secrets?secretId=s", large)).toMatchObject({
    status: 400,
    body: { error: { status: "INVALID_ARGUMENT" } },
  });
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
