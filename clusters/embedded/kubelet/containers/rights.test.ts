import { expect, test } from "vitest";
import type { Container, Pod } from "../types.ts";
import { type ImageUser, requireNonRoot, rightsOf, withRights } from "./rights.ts";

type Own = NonNullable<Container["securityContext"]>;
type Shared = NonNullable<Pod["spec"]["securityContext"]>;
const container = (securityContext: Own): Container => ({ name: "c", image: "app", securityContext });
const pod = (securityContext: Shared): Pod =>
  ({ metadata: { namespace: "ns", name: "p", uid: "u" }, spec: { containers: [], securityContext } }) as unknown as Pod;
const rights = (own: Own, shared: Shared = {}, image?: ImageUser) => rightsOf(pod(shared), container(own), image);

test.each<[Own, Shared, ImageUser | undefined, object]>([
  [{}, {}, undefined, { uid: 0, gid: 0, groups: [] }],
  [{}, {}, { uid: 100, gid: 1000 }, { uid: 100, gid: 1000 }],
  [{}, { runAsUser: 7 }, { uid: 100, gid: 1000 }, { uid: 7, gid: 0 }],
  [{ runAsUser: 8, runAsGroup: 9 }, { runAsUser: 7, runAsGroup: 7 }, undefined, { uid: 8, gid: 9 }],
  [{ runAsGroup: 9 }, {}, { uid: 100, gid: 1000 }, { uid: 100, gid: 9 }],
  [{}, { fsGroup: 5, supplementalGroups: [6, 5] }, undefined, { groups: [5, 6] }],
])("container %j in pod %j of image %j is %j", (own, shared, image, expected) => {
  expect(rights(own, shared, image)).toMatchObject(expected);
});

const capabilities = (own: Own): unknown => rights(own).capabilities;
test("capabilities are containerd's, less and more as the container says", () => {
  expect(capabilities({})).toEqual(expect.arrayContaining(["CHOWN", "NET_BIND_SERVICE"]));
  expect(capabilities({})).not.toContain("SYS_ADMIN");
  expect(capabilities({ privileged: true, capabilities: { drop: ["ALL"] } })).toBe("all");
  expect(capabilities({ capabilities: { drop: ["ALL"], add: ["net_bind_service"] } })).toEqual(["NET_BIND_SERVICE"]);
  expect(capabilities({ capabilities: { add: ["ALL"], drop: ["SYS_ADMIN"] } })).toContain("BPF");
  expect(capabilities({ capabilities: { add: ["ALL"], drop: ["SYS_ADMIN"] } })).not.toContain("SYS_ADMIN");
  // runc passes over what it does not know.
  expect(capabilities({ capabilities: { drop: ["ALL"], add: ["CAP_CHOWN", "FLY"] } })).toEqual([]);
});

const why = (own: Own, shared: Shared = {}, image?: ImageUser): string => {
  try {
    requireNonRoot(pod(shared), container(own), image);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};
test("a container that must not be root is refused in kubelet's words", () => {
  const where = '(pod: "p_ns(u)", container: c)';
  const byImage = `container has runAsNonRoot and image will run as root ${where}`;
  expect(why({ runAsNonRoot: true })).toBe(byImage);
  expect(why({}, { runAsNonRoot: true }, { uid: 0 })).toBe(byImage);
  expect(why({ runAsUser: 0 }, { runAsNonRoot: true })).toBe(`container's runAsUser breaks non-root policy ${where}`);
  expect(why({ runAsNonRoot: false }, { runAsNonRoot: true })).toBe("");
  expect(why({ runAsNonRoot: true }, { runAsUser: 100 })).toBe("");
  expect(why({ runAsNonRoot: true }, {}, { uid: 100 })).toBe("");
});

test("only what can be changed here is asked for", () => {
  const can = { groups: false, capabilities: false, setpriv: "/bin/setpriv" };
  expect(withRights(rights({}), can)).toEqual([]);
  expect(withRights(rights({}, { fsGroup: 5 }), can)).toEqual([]);
  expect(withRights(rights({ runAsUser: 1 }), can)).toEqual([
    "/bin/setpriv",
    ...["--reuid", "1", "--regid", "0", "--keep-groups"],
  ]);
  expect(
    withRights(rights({ privileged: true }, { fsGroup: 5 }), { ...can, groups: true, capabilities: true }),
  ).toEqual([...["/bin/setpriv", "--groups", "5"]]);
});
