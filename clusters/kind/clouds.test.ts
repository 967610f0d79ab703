import { expect, test } from "vitest";
import { CLOUDS_NAMESPACE, cloudManifests, withCloudNames } from "./clouds.ts";

const COREFILE = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    forward . /etc/resolv.conf
}
`;
const CLOUDS = [
  { name: "azure", hosts: ["login\\.microsoftonline\\.com", "[a-z0-9-]+\\.vault\\.azure\\.net"] },
  { name: "gcp", hosts: ["[a-z0-9.-]+\\.googleapis\\.com"] },
] as const;

test("the clouds' names lead to their fakes, each answered under the name that was asked for", () => {
  const changed = withCloudNames(COREFILE, CLOUDS);
  expect(changed.match(/rewrite stop \{/g)).toHaveLength(3);
  expect(changed.match(/answer auto/g)).toHaveLength(3);
  const [, pattern = "", target] = /name regex (\S+googleapis\S+) (\S+)/.exec(changed) ?? [];
  expect(target).toBe(`gcp.${CLOUDS_NAMESPACE}.svc.cluster.local`);
  const rule = new RegExp(pattern);
  expect(["secretmanager.googleapis.com.", "sts.googleapis.com"].every((name) => rule.test(name))).toBe(true);
  expect(["googleapis.com.evil.test.", "example.com."].some((name) => rule.test(name))).toBe(false);
  // What the file said before stands after the rules.
  expect(changed.indexOf("rewrite")).toBeLessThan(changed.indexOf("kubernetes cluster.local"));
});

test("names that are there already are replaced, and go again without a trace", () => {
  const once = withCloudNames(COREFILE, CLOUDS);
  expect(withCloudNames(once, CLOUDS)).toBe(once);
  expect(withCloudNames(once, [])).toBe(COREFILE);
});

test("a configuration without a server for all names is refused", () => {
  expect(() => withCloudNames("example.com:53 {\n}\n", CLOUDS)).toThrow(/no server block/);
});

test("a cloud's names end at its TLS port, this machine at its control API, and nowhere else", () => {
  const tls = { certPem: "CERT", keyPem: "KEY" };
  const cloud = { name: "aws", image: "fake", hosts: [], nodePort: 30_821, tls } as const;
  const objects = cloudManifests(cloud, "CA", { tls: 8443, plain: 8081, control: 8080 });
  const services = objects.filter(({ kind }) => kind === "Service").map((one) => one["spec"]);
  expect(services).toMatchObject([
    {
      ports: [
        { port: 443, targetPort: 8443 },
        { port: 80, targetPort: 8081 },
      ],
    },
    { type: "NodePort", ports: [{ targetPort: 8080, nodePort: 30_821 }] },
  ]);
  expect(services[0]).not.toHaveProperty("type");
  expect(objects[0]).toMatchObject({ kind: "Secret", stringData: { "tls.crt": "CERT", "ca.crt": "CA" } });
});
