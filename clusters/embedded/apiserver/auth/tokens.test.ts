import { beforeAll, describe, expect, it } from "vitest";
import { minutes, seconds, seededRandom, VirtualClock } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { createSigningKey, decodeJwt, type SigningKey } from "../../../../net/jwt.ts";
import { Authenticator } from "./authenticator.ts";
import { createToken } from "./reviews/token-request.ts";
import { reviewToken } from "./reviews/token-review.ts";
import { ServiceAccountTokens } from "./service-account-tokens.ts";

const ISSUER = "https://kubernetes.default.svc";
let key: SigningKey;
beforeAll(async () => {
  key = await createSigningKey();
});

function world(anonymous = false) {
  const clock = new VirtualClock(Date.parse("2026-01-02T03:04:05Z"));
  const objects = new Map<string, KubeObject>();
  const put = (resource: string, namespace: string, name: string, uid: string, spec: object = {}): KubeObject => {
    const object = { apiVersion: "v1", kind: "x", metadata: { name, namespace, uid }, spec };
    objects.set(`${resource}/${namespace}/${name}`, object);
    return object;
  };
  put("serviceaccounts", "ns", "app", "sa-uid");
  put("nodes", "", "node-1", "node-uid");
  put("pods", "ns", "web", "pod-uid", { serviceAccountName: "app", nodeName: "node-1" });
  const view = {
    find: (resource: string, namespace: string, name: string) => objects.get(`${resource}/${namespace}/${name}`),
  };
  const tokens = new ServiceAccountTokens({
    clock,
    random: seededRandom(1),
    objects: view,
    issuer: ISSUER,
    audiences: [ISSUER],
    signingKey: async () => key,
  });
  const authenticator = new Authenticator({
    tokens,
    anonymous,
    staticTokens: new Map([["s3cret", { name: "admin", uid: "admin-uid", groups: ["system:masters"] }]]),
  });
  const request = async (spec: object, name = "app"): Promise<string> => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec };
    const made = await createToken({ clock, objects: view, tokens }, { namespace: "ns", name }, body);
    return (made["status"] as { token: string }).token;
  };
  const review = async (token: string, audiences?: string[]) =>
    (
      await reviewToken(authenticator, tokens.audiences, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        metadata: {},
        spec: { token, ...(audiences && { audiences }) },
      })
    )["status"];
  return { clock, objects, put, tokens, authenticator, request, review, view };
}

const forPod = (uid?: string) => ({
  boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web", ...(uid && { uid }) },
});

describe("TokenRequest", () => {
  it("grants what was asked, bound to pod and node", async () => {
    const { request } = world();
    const { header, claims } = decodeJwt(await request({ audiences: ["vault"], expirationSeconds: 600, ...forPod() }));
    const now = Date.parse("2026-01-02T03:04:05Z") / 1000;
    expect(header).toEqual({ alg: "RS256", kid: key.kid });
    expect(claims).toEqual({
      aud: ["vault"],
      exp: now + 600,
      iat: now,
      nbf: now,
      iss: ISSUER,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sub: "system:serviceaccount:ns:app",
      "kubernetes.io": {
        namespace: "ns",
        node: { name: "node-1", uid: "node-uid" },
        pod: { name: "web", uid: "pod-uid" },
        serviceaccount: { name: "app", uid: "sa-uid" },
      },
    });
  });

  it("defaults to an hour and the server's audience, and shows both", async () => {
    const { clock, tokens, view } = world();
    const made = await createToken(
      { clock, objects: view, tokens },
      { namespace: "ns", name: "app" },
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {} },
    );
    expect(made).toMatchObject({
      metadata: { name: "app", namespace: "ns", uid: "sa-uid", creationTimestamp: "2026-01-02T03:04:05Z" },
      spec: { audiences: [ISSUER], expirationSeconds: 3600, boundObjectRef: null },
      status: { expirationTimestamp: "2026-01-02T04:04:05Z" },
    });
  });

  it("extends a pod's own token of 3607 s to a year, as kubelet's clients rely on", async () => {
    const { request } = world();
    const own = decodeJwt(await request({ expirationSeconds: 3607, ...forPod() })).claims;
    expect(Number(own["exp"]) - Number(own["iat"])).toBe(31_536_000);
    expect(own["kubernetes.io"]).toMatchObject({ warnafter: Number(own["iat"]) + 3607 });
    const vaults = decodeJwt(await request({ audiences: ["vault"], expirationSeconds: 3607, ...forPod() })).claims;
    expect(Number(vaults["exp"]) - Number(vaults["iat"])).toBe(3607);
  });

  it("refuses as a real server does", async () => {
    const { put, request } = world();
    await expect(request({}, "ghost")).rejects.toMatchObject({
      status: {
        code: 404,
        message: 'serviceaccounts "ghost" not found',
        details: { name: "ghost", kind: "serviceaccounts" },
      },
    });
    await expect(request({ expirationSeconds: 60 })).rejects.toMatchObject({
      status: {
        code: 422,
        message:
          'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      },
    });
    await expect(request({ ...forPod("other") })).rejects.toMatchObject({ status: { code: 409, reason: "Conflict" } });
    await expect(request({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } })).rejects.toMatchObject({
      status: { code: 404, message: 'pods "none" not found' },
    });
    put("serviceaccounts", "ns", "other", "o");
    await expect(request(forPod(), "other")).rejects.toMatchObject({ status: { code: 400 } });
  });
});

describe("TokenReview", () => {
  it("says who it is and for whom the token is meant", async () => {
    const { request, review } = world();
    expect(await review(await request({ audiences: ["a1"], ...forPod() }), ["a1", "a2"])).toEqual({
      authenticated: true,
      user: {
        username: "system:serviceaccount:ns:app",
        uid: "sa-uid",
        groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
        extra: {
          "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=/)],
          "authentication.kubernetes.io/node-name": ["node-1"],
          "authentication.kubernetes.io/node-uid": ["node-uid"],
          "authentication.kubernetes.io/pod-name": ["web"],
          "authentication.kubernetes.io/pod-uid": ["pod-uid"],
        },
      },
      audiences: ["a1"],
    });
  });

  it("refuses with the recorded texts", async () => {
    const { request, review } = world();
    expect(await review("garbage")).toEqual({ user: {}, error: "invalid bearer token" });
    expect(await review(await request({ audiences: ["a1"] }), ["other"])).toEqual({
      user: {},
      error: '[invalid bearer token, token audiences ["a1"] is invalid for the target audiences ["other"]]',
    });
    await expect(review("")).rejects.toMatchObject({
      status: { code: 400, message: "token is required for TokenReview in authentication" },
    });
  });

  it("knows a token of another issuer or key for none of its own", async () => {
    const other = world();
    const stolen = await other.request({});
    const { review, tokens } = world();
    expect(await review(`${stolen.slice(0, -6)}AAAAAA`)).toMatchObject({ error: expect.stringContaining("signature") });
    expect(tokens.issuer).toBe(ISSUER);
  });

  it("follows the cluster's clock, with a minute of leeway", async () => {
    const { clock, request, review } = world();
    const token = await request({ expirationSeconds: 600 });
    await clock.advance(minutes(11));
    expect(await review(token)).toMatchObject({ authenticated: true });
    await clock.advance(seconds(1));
    expect(await review(token)).toEqual({
      user: {},
      error: "[invalid bearer token, service account token has expired]",
    });
  });

  it("ends with pod, ServiceAccount and uid", async () => {
    const { clock, objects, put, request, review } = world();
    const token = await request({ ...forPod() });
    const pod = objects.get("pods/ns/web");
    expect(await review(token)).toMatchObject({ authenticated: true });
    objects.set("pods/ns/web", {
      ...(pod as KubeObject),
      metadata: { ...pod?.metadata, deletionTimestamp: "2026-01-02T03:04:35Z" },
    });
    await clock.advance(seconds(90));
    expect(await review(token)).toMatchObject({ authenticated: true });
    await clock.advance(seconds(1));
    expect(await review(token)).toMatchObject({ error: expect.stringContaining("has been invalidated") });
    put("pods", "ns", "web", "reborn");
    expect(await review(token)).toMatchObject({ error: expect.stringContaining("pod UID (reborn) does not match") });
    objects.delete("pods/ns/web");
    expect(await review(token)).toMatchObject({ error: expect.stringContaining('pods "web" not found') });
    const unbound = await request({});
    put("serviceaccounts", "ns", "app", "reborn");
    expect(await review(unbound)).toMatchObject({ error: expect.stringContaining("service account UID (reborn)") });
  });
});

describe("an authenticator", () => {
  it("takes fixed tokens, ServiceAccount tokens and client certificates", async () => {
    const { authenticator, request } = world();
    expect(await authenticator.authenticate({ authorization: "Bearer s3cret" })).toEqual({
      name: "admin",
      uid: "admin-uid",
      groups: ["system:masters", "system:authenticated"],
    });
    const token = await request({});
    const once = await authenticator.authenticate({ authorization: `bearer ${token}` });
    expect(once.name).toBe("system:serviceaccount:ns:app");
    expect(await authenticator.authenticate({ authorization: `Bearer ${token}` })).toBe(once);
    expect(
      await authenticator.authenticate({
        clientCertificate: { commonName: "system:node:n1", organizations: ["system:nodes"] },
      }),
    ).toMatchObject({ name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] });
  });

  it("answers 401 to what is wrong, and to nothing unless anonymous requests are on", async () => {
    const closed = world().authenticator;
    const open = world(true).authenticator;
    const status = { code: 401, reason: "Unauthorized", message: "Unauthorized" };
    await expect(closed.authenticate({})).rejects.toMatchObject({ status });
    await expect(closed.authenticate({ authorization: "Bearer wrong" })).rejects.toMatchObject({ status });
    await expect(open.authenticate({ authorization: "Bearer wrong" })).rejects.toMatchObject({ status });
    expect(await open.authenticate({})).toMatchObject({ name: "system:anonymous" });
  });

  it("does not take a token that is meant for somebody else", async () => {
    const { authenticator, request } = world();
    const token = await request({ audiences: ["vault"] });
    await expect(authenticator.authenticate({ authorization: `Bearer ${token}` })).rejects.toMatchObject({
      status: { code: 401 },
    });
  });
});
