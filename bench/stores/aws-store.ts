/**
 * The fake AWS with what is around it — the tokens' issuer, the API server that knows the account's role — as a process
 * of its own, as a store is: a provider beside it in one process would be measured with it. Told by messages how many
 * milliseconds away it is; ends with its channel.
 */
import { RealClock } from "../../core/index.ts";
import { FakeAws } from "../../fakes/aws/index.ts";
import {
  type ActiveFault,
  createCertificateAuthority,
  createSigningKey,
  type RunningHttpServer,
  startHttpServer,
} from "../../net/index.ts";

/** What the provider's side needs of it. */
export type AwsStoreFacts = {
  readonly port: number;
  readonly caPem: string;
  readonly issuerUrl: string;
  /** PKCS #8, of the issuer's key. */
  readonly keyPem: string;
  readonly kubernetesUrl: string;
};

const [region = "", subject = "", objects = ""] = process.argv.slice(2);
process.once("disconnect", () => process.exit(0));
const clock = new RealClock();
const [authority, key] = await Promise.all([createCertificateAuthority({ clock }), createSigningKey()]);
const issuer: RunningHttpServer = await startHttpServer({
  clock,
  name: "issuer",
  tls: await authority.issue({ commonName: "issuer", ipAddresses: ["127.0.0.1"] }),
  handler: (exchange) =>
    exchange.json(200, exchange.path === "/jwks" ? { keys: [key.jwk] } : { jwks_uri: `${issuer.url}/jwks` }),
});
const tls = await authority.issue({ commonName: "amazonaws.com", dnsNames: [`*.${region}.amazonaws.com`] });
const store = await new FakeAws({ clock, tls }).start();
store.admin.trustIssuer({ url: issuer.url, caPem: authority.certPem });
store.admin.policy("reader", {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "secretsmanager:*", Resource: "*" }],
});
const role = store.admin.role("app", store.admin.trustFor(issuer.url, subject), ["reader"]);
for (let at = 0; at < Number(objects); at++)
  store.admin.secret(region, `s${at}`, { string: "a value of ordinary length" });
const kubernetes = await startHttpServer({
  clock,
  name: "API server",
  handler: (exchange) =>
    exchange.json(200, { metadata: { name: "app", annotations: { "eks.amazonaws.com/role-arn": role } } }),
});

let fault: ActiveFault | undefined;
process.on("message", (ms: number) => {
  fault?.remove();
  fault = store.faults.add({ effect: { kind: "latency", ms } });
  process.send?.("away");
});
const facts: AwsStoreFacts = {
  port: store.port,
  caPem: authority.certPem,
  issuerUrl: issuer.url,
  keyPem: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  kubernetesUrl: kubernetes.url,
};
process.send?.(facts);
