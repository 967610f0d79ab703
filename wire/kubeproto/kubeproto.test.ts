import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMountproofError } from "../../core/index.ts";
import { loadKubeProto, type TypedObject } from "./index.ts";

type Body = { from: string; step: number; side: string; kind: string; base64: string };
type Created = { kind: string; name: string; request: string; response: string; json: TypedObject };

const codec = await loadKubeProto();
const fixture = <T>(name: string): T[] =>
  readFileSync(join(import.meta.dirname, "fixtures", name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
const facts = process.env["MOUNTPROOF_FACTS"] ?? join(import.meta.dirname, "../../../shared/facts");

describe("bodies recorded between kubectl, Helm and kube-apiserver", () => {
  for (const body of fixture<Body>("bodies.ndjson"))
    it(`decodes and encodes again byte for byte: ${body.side} ${body.kind} (${body.from}, step ${body.step})`, () => {
      const bytes = Buffer.from(body.base64, "base64");
      const object = codec.decode(bytes);
      expect(object.kind).toBe(body.kind);
      expect(Buffer.from(codec.encode(object)).toString("base64")).toBe(body.base64);
    });

  for (const { kind, name, request, response, json } of fixture<Created>("created.ndjson")) {
    it(`says the same of ${kind} "${name}" as the server's JSON`, () => {
      expect(plain(codec.decode(Buffer.from(response, "base64")), json)).toEqual(plain(json, json));
    });

    it(`finds in the request of ${kind} "${name}" only what the server's JSON holds, too`, () => {
      const asked = codec.decode(Buffer.from(request, "base64"));
      const { status: _, ...rest } = asked;
      expect(plain(json, json)).toMatchObject(plain(rest, json) as object);
    });
  }

  it.skipIf(!existsSync(join(facts, "kube-recordings")))("agree in the full recordings, too", () => {
    const differing: string[] = [];
    let all = 0;
    for (const file of readdirSync(join(facts, "kube-recordings")).filter((name) => name.endsWith(".ndjson")))
      for (const line of readFileSync(join(facts, "kube-recordings", file), "utf8")
        .trim()
        .split("\n")) {
        const { request, response } = JSON.parse(line) as Record<string, { body?: { base64?: string } } | undefined>;
        for (const base64 of [request?.body?.base64, response?.body?.base64]) {
          if (base64 === undefined) continue;
          all++;
          try {
            const again = Buffer.from(codec.encode(codec.decode(Buffer.from(base64, "base64")))).toString("base64");
            if (again !== base64) differing.push(`${file}: bytes differ`);
          } catch (error) {
            differing.push(`${file}: ${(error as Error).message}`);
          }
        }
      }
    expect(all).toBeGreaterThan(150);
    // autoscaling/v2 is not served, so the facts hold no fields of it.
    expect(differing.filter((text) => !text.includes("autoscaling/v2"))).toEqual([]);
  });
});

/** Leaves out what a controller wrote later and what the recorder replaced by placeholders. */
function plain(value: unknown, beside: unknown): unknown {
  if (Array.isArray(value)) return value.map((item, at) => plain(item, Array.isArray(beside) ? beside[at] : undefined));
  if (typeof value === "object" && value !== null) {
    const other = (beside ?? {}) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== "managedFields" && name !== "status" && name !== "annotations")
        .map(([name, inner]) => [name, plain(inner, other[name])]),
    );
  }
  return typeof beside === "string" && /<(uid|rv|time|jwt)/.test(beside) ? beside : value;
}

describe("what protobuf means in Kubernetes", () => {
  const roundTrip = (object: TypedObject): TypedObject => codec.decode(codec.encode(object));

  it("keeps a zero behind a pointer and drops a zero Go always writes", () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", generation: 0, generateName: "" },
      spec: { replicas: 0, minReadySeconds: 0, paused: false },
    };
    const read = roundTrip(deployment);
    expect(read["metadata"]).toEqual({ name: "web" });
    expect(read["spec"]).toMatchObject({ replicas: 0 });
    expect(read["spec"]).not.toHaveProperty("minReadySeconds");
    expect(read["spec"]).not.toHaveProperty("paused");
  });

  it("lifts inlined messages out: volume sources, probes, references", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: {
        automountServiceAccountToken: false,
        containers: [
          {
            name: "c",
            resources: { limits: { cpu: "500m" } },
            livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 5 },
            readinessProbe: { tcpSocket: { port: 8080 } },
            env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: false } } }],
            envFrom: [{ configMapRef: { name: "cm" } }],
          },
        ],
        volumes: [
          { name: "e", emptyDir: {} },
          { name: "csi", csi: { driver: "d", readOnly: true, volumeAttributes: { a: "b" } } },
          {
            name: "p",
            projected: {
              sources: [
                { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
                { configMap: { name: "x" } },
              ],
              defaultMode: 420,
            },
          },
        ],
        securityContext: { runAsUser: 0 },
      },
    };
    expect(roundTrip(pod)).toEqual({ ...pod, status: {} });
  });

  it("reads every group's DeleteOptions", () => {
    for (const apiVersion of ["v1", "apps/v1", "secrets-store.csi.x-k8s.io/v1"])
      expect(roundTrip({ apiVersion, kind: "DeleteOptions", gracePeriodSeconds: 0 })).toEqual({
        apiVersion,
        kind: "DeleteOptions",
        gracePeriodSeconds: 0,
      });
  });

  it("knows JSON's own types: times, raw fields, extra values, schema unions", () => {
    const review = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token: "t" },
      status: { authenticated: true, user: { username: "u", extra: { "example.com/a": ["1", "2"] } } },
    };
    expect(roundTrip(review)).toEqual(review);
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: "l",
        creationTimestamp: "2026-01-02T03:04:05Z",
        managedFields: [{ manager: "m", fieldsType: "FieldsV1", fieldsV1: { "f:spec": {} } }],
      },
      spec: { renewTime: "2026-01-02T03:04:05.000678Z", leaseTransitions: 0 },
    };
    expect(roundTrip(lease)).toEqual(lease);
    const schema = {
      properties: {
        a: { items: { type: "string" }, additionalProperties: false },
        b: { additionalProperties: { type: "integer", minimum: 0.5 }, default: { x: [1] } },
        c: { additionalProperties: true, enum: ["x", 1] },
      },
    };
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      spec: { versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }] },
    };
    expect(roundTrip(crd)["spec"]).toMatchObject(crd.spec);
  });

  it("keeps bytes and map keys as they are", () => {
    const object: TypedObject = { apiVersion: "v1", kind: "Secret", data: { empty: "", bin: "AP8=" }, metadata: {} };
    Object.defineProperty(object["data"], "__proto__", { value: "YQ==", enumerable: true });
    const data = roundTrip(object)["data"] as object;
    expect(Object.entries(data).sort()).toEqual([
      ["__proto__", "YQ=="],
      ["bin", "AP8="],
      ["empty", ""],
    ]);
  });

  it("any Secret and ConfigMap comes back as it was", () => {
    const name = fc.stringMatching(/^[a-z]{1,9}$/);
    const dictionary = fc.dictionary(name, fc.string({ unit: "grapheme" }), { minKeys: 1, noNullPrototype: true });
    const binary = fc.dictionary(
      name,
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64")),
      { minKeys: 1, noNullPrototype: true },
    );
    const metadata = fc.record(
      {
        name,
        labels: dictionary,
        finalizers: fc.array(name, { minLength: 1 }),
        generation: fc.integer({ min: 1, max: 2 ** 50 }),
        ownerReferences: fc.array(
          fc.record({ apiVersion: name, kind: name, name, uid: name, controller: fc.boolean() }),
          { minLength: 1 },
        ),
      },
      { requiredKeys: ["name"], noNullPrototype: true },
    );
    const object = fc.oneof(
      fc.record(
        { apiVersion: fc.constant("v1"), kind: fc.constant("Secret"), metadata, data: binary, immutable: fc.boolean() },
        { requiredKeys: ["apiVersion", "kind", "metadata"], noNullPrototype: true },
      ),
      fc.record(
        {
          apiVersion: fc.constant("v1"),
          kind: fc.constant("ConfigMap"),
          metadata,
          data: dictionary,
          binaryData: binary,
        },
        { requiredKeys: ["apiVersion", "kind", "metadata"], noNullPrototype: true },
      ),
    );
    fc.assert(
      fc.property(object, (one) => {
        expect(roundTrip(one)).toEqual(one);
      }),
    );
  });
});

describe("bytes that are not a Kubernetes object", () => {
  it("are refused with one kind of error, whatever they are", () => {
    const good = Buffer.from(
      codec.encode({ apiVersion: "v1", kind: "Pod", spec: { containers: [{ name: "c" }] } } as TypedObject),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        try {
          codec.decode(bytes.subarray(0, cut));
        } catch (error) {
          expect(isMountproofError(error, "invalid_argument", "unsupported")).toBe(true);
        }
      }),
    );
  });

  it("do not exhaust the stack", () => {
    let schema: Record<string, unknown> = {};
    for (let depth = 0; depth < 300; depth++) schema = { not: schema };
    const deep = { versions: [{ name: "v1", schema: { openAPIV3Schema: schema } }] };
    const bytes = codec.encode({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      spec: deep,
    } as TypedObject);
    expect(() => codec.decode(bytes)).toThrow(/nests deeper/);
  });

  it("name the kind that is not served", () => {
    expect(codec.knows("v1", "Secret")).toBe(true);
    expect(codec.knows("example.com/v1", "Thing")).toBe(false);
    expect(() => codec.encode({ apiVersion: "example.com/v1", kind: "Thing" })).toThrow(/"Thing"/);
  });
});
