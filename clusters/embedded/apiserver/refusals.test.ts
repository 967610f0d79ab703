import { afterAll, beforeAll, expect, test } from "vitest";
import { Scope } from "../../../core/index.ts";
import { startServerRig } from "./testing/server-rig.ts";

const scope = new Scope("refusals");
let rig: Awaited<ReturnType<typeof startServerRig>>;
beforeAll(async () => {
  rig = await startServerRig(scope);
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kept" } };
  await rig.admin.raw("POST", "/api/v1/namespaces/default/configmaps", { body });
});
afterAll(() => scope[Symbol.asyncDispose]());

const MAPS = "/api/v1/namespaces/default/configmaps";
const UID = "11111111-1111-1111-1111-111111111111";

// As `npm run differential` met them on kube-apiserver 1.34.4.
test.each<[method: string, path: string, body: unknown, code: number, message: string]>([
  ["DELETE", `${MAPS}/kept?gracePeriodSeconds=x`, undefined, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  [
    "DELETE",
    `${MAPS}/kept`,
    { preconditions: { uid: UID } },
    409,
    `Operation cannot be fulfilled on ConfigMap "kept": the UID in the precondition (${UID}) does not match the UID in record (`,
  ],
  [
    "DELETE",
    `${MAPS}/kept`,
    { preconditions: { resourceVersion: "1" } },
    409,
    'on ConfigMap "kept": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (',
  ],
  ["GET", `${MAPS}/a%25b`, undefined, 400, `Name parameter invalid: "a%b": may not contain '%'`],
  ["GET", `${MAPS}?continue=x`, undefined, 400, "illegal base64 data at input byte 0"],
  ["GET", `${MAPS}?continue=eA`, undefined, 400, "invalid character 'x' looking for beginning of value"],
  ["GET", `${MAPS}?labelSelector=a%20b`, undefined, 400, "found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["GET", `${MAPS}?resourceVersion=abc`, undefined, 400, "invalid resource version: resourceVersion: Invalid value"],
  ["GET", `${MAPS}?watch=1&resourceVersion=abc`, undefined, 500, "resourceVersion: Invalid value"],
  ["POST", MAPS, "[]", 400, 'Kind string "json:\\"kind,omitempty\\"" } (5b5d)'],
  ["POST", MAPS, "", 400, "json parse error: unexpected end of JSON input (<empty>)"],
  ["POST", MAPS, `{"a":"${"b".repeat(40)}`, 400, `unexpected end of JSON input ({"a":"${"b".repeat(24)} ...)`],
  ["GET", "/api/v2", undefined, 404, "the server could not find the requested resource"],
])("%s %s with %j", async (method, path, body, code, message) => {
  const answer = await rig.admin.raw(method, path, body === undefined ? {} : { body: body as never });
  const status = JSON.parse(answer.body) as Record<string, unknown>;
  expect([answer.status, status["message"]]).toEqual([code, expect.stringContaining(message)]);
  const order = ["kind", "apiVersion", "metadata", "status", "message", "reason", "details", "code"];
  expect(Object.keys(status), "in the order in which Go writes them").toEqual(
    order.filter((name) => Object.hasOwn(status, name)),
  );
  expect((await rig.admin.raw("GET", `${MAPS}/kept`)).status, "nothing was deleted").toBe(200);
});

test("of a pod only so much may change", async () => {
  const path = "/api/v1/namespaces/default/pods";
  const spec = {
    containers: [{ name: "c", image: "pause" }],
    terminationGracePeriodSeconds: 10,
    activeDeadlineSeconds: 60,
    tolerations: [{ key: "a", operator: "Exists" }],
  };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await rig.admin.raw("POST", "/api/v1/namespaces/default/serviceaccounts", { body: account });
  await rig.admin.raw("POST", path, { body: { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec } });
  const patched = async (change: object): Promise<[number, string]> => {
    const answer = await rig.admin.raw("PATCH", `${path}/p`, {
      body: { spec: change },
      contentType: "application/merge-patch+json",
    });
    return [answer.status, String((JSON.parse(answer.body) as { message?: string }).message)];
  };
  expect(await patched({ terminationGracePeriodSeconds: 5 })).toEqual([
    422,
    expect.stringContaining("pod updates may not change fields"),
  ]);
  expect(await patched({ activeDeadlineSeconds: 61 })).toEqual([
    422,
    expect.stringContaining("must be less than or equal to previous value"),
  ]);
  expect(await patched({ activeDeadlineSeconds: null })).toEqual([
    422,
    expect.stringContaining("must not update from a positive integer to nil value"),
  ]);
  expect(await patched({ tolerations: [] })).toEqual([
    422,
    expect.stringContaining("existing toleration can not be modified except its tolerationSeconds"),
  ]);
  expect((await patched({ activeDeadlineSeconds: 30 }))[0]).toBe(200);
  // Admission has added some of its own since.
  const { tolerations } = (JSON.parse((await rig.admin.raw("GET", `${path}/p`)).body) as { spec: typeof spec }).spec;
  expect((await patched({ tolerations: [...tolerations, { key: "b", operator: "Exists" }] }))[0]).toBe(200);
});
