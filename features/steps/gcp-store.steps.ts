import { Given } from "@cucumber/cucumber";
import { createCertificateAuthority } from "../../net/index.ts";
import { check } from "../check.ts";
import { type GcpFacet, googleStore, MEMBER, readBy, secretNamed, storedName } from "../world/gcp/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): GcpFacet => world.use(googleStore);
const ACCESS = "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion";
const RENDER = "/google.cloud.parametermanager.v1.ParameterManager/RenderParameterVersion";
const EXCHANGE = "/v1/identitybindingtoken";

// What it holds.

Given("Secret Manager holds {string}", function (this: W, name: string) {
  facet(this).holds(secretNamed(name), facet(this).value(name));
});
Given("Secret Manager holds {string} in two versions", function (this: W, name: string) {
  facet(this).holds(secretNamed(name), facet(this).value(`${name} 1`));
  facet(this).holds(secretNamed(name), facet(this).value(name));
});
Given("Secret Manager holds {string} saying {string}", function (this: W, name: string, text: string) {
  facet(this).holds(secretNamed(name), text.replaceAll("\\n", "\n"));
});
Given("Secret Manager holds {string} with the bytes {string}", function (this: W, name: string, hex: string) {
  facet(this).holds(secretNamed(name), Buffer.from(hex, "hex"));
});
Given("Secret Manager holds no {string}", function (this: W, name: string) {
  facet(this).google.state.secrets.delete(storedName(name));
  // Whoever may read all of a project is told that there is nothing.
  facet(this).seed({ policies: { p: readBy(MEMBER) } });
});
Given("the payload of {string} is damaged on its way from Google", function (this: W, name: string) {
  const version = facet(this).google.state.secrets.get(storedName(name)).versions.at(-1);
  if (version !== undefined) version.data = Buffer.from("damaged"); // the checksum stays that of what was stored
});
Given("Secret Manager lets {string} read {string}", function (this: W, email: string, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: readBy(`serviceAccount:${email}`) } } });
});
Given("Secret Manager lets nobody read {string}", function (this: W, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: [] } } });
});
Given("Secret Manager lets the pod read {string}", function (this: W, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: readBy(MEMBER) } } });
});
Given("Secret Manager lets the pod read {string} while {string}", function (this: W, name: string, expression: string) {
  const policy = readBy(MEMBER).map((one) => ({ ...one, condition: { expression, title: "while" } }));
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy } } });
});
Given(
  /^the newest version of "([^"]*)" at Google is (enabled|disabled|destroyed)$/,
  async function (this: W, name: string, state: string) {
    const { google } = facet(this);
    const version = google.state.secrets.get(storedName(name)).versions.at(-1);
    check(version !== undefined, "there is a version", { expected: "one", got: "none" });
    version.state = { enabled: 1, disabled: 2, destroyed: 3 }[state] as typeof version.state;
  },
);
Given("Parameter Manager holds {string} saying {string}", function (this: W, name: string, text: string) {
  holdsParameter(this, name, text);
});
Given(
  "Parameter Manager holds {string} with the password of {string}",
  function (this: W, name: string, secret: string) {
    const reference = `__REF__(//secretmanager.googleapis.com/${secretNamed(secret)}/versions/latest)`;
    holdsParameter(this, name, JSON.stringify({ password: reference }));
    const [, , , location = "", , parameter = ""] = name.split("/");
    const full = `projects/1234/locations/${location}/parameters/${parameter}`;
    const { uid } = facet(this).google.state.parameters.get(full);
    const member = `principal://parametermanager.googleapis.com/projects/1234/uid/locations/${location}/parameters/${uid}`;
    facet(this).seed({ secrets: { [secretNamed(secret)]: { policy: readBy(member) } } });
  },
);
function holdsParameter(world: W, name: string, text: string): void {
  const [parameter = "", version = ""] = name.split("/versions/");
  facet(world).seed({
    policies: { p: [{ role: "roles/parametermanager.parameterAccessor", members: [MEMBER] }] },
    parameters: { [parameter]: { format: "JSON", versions: { [version]: text } } },
  });
}

// What goes wrong there.

const PATHS: Readonly<Record<string, string>> = {
  "Secret Manager": ACCESS,
  "Parameter Manager": RENDER,
  "Google's token exchange": EXCHANGE,
};
const NAMED = "(Secret Manager|Parameter Manager|Google's token exchange)";
Given(
  new RegExp(`^${NAMED} answers (\\d+)( once)? saying "([^"]*)"$`),
  function (this: W, what: string, status: string, once: string | null, message: string) {
    const body = JSON.stringify({
      error: what === "Google's token exchange" ? "told_so" : { code: Number(status), message },
    });
    facet(this).google.faults.add({
      match: { path: PATHS[what] ?? "" },
      ...(once !== null && { times: 1 }),
      effect: { kind: "status", status: Number(status), headers: { "content-type": "application/json" }, body },
    });
  },
);
Given(new RegExp(`^${NAMED} does not answer$`), function (this: W, what: string) {
  facet(this).google.faults.add({ match: { path: PATHS[what] ?? "" }, effect: { kind: "hang" } });
});
Given(new RegExp(`^${NAMED} takes (\\d+) seconds?$`), function (this: W, what: string, count: string) {
  facet(this).google.faults.add({
    match: { path: PATHS[what] ?? "" },
    effect: { kind: "latency", ms: Number(count) * 1000 },
  });
});
Given(new RegExp(`^${NAMED} cuts the connection$`), function (this: W, what: string) {
  facet(this).google.faults.add({ match: { path: PATHS[what] ?? "" }, effect: { kind: "reset" } });
});
Given("Google answers as usual again", function (this: W) {
  facet(this).servers.restore();
});
Given("Google is down", function (this: W) {
  facet(this).servers.goDown();
});
Given("Google shows a certificate of an unknown authority", async function (this: W) {
  const stranger = await this.run.once("somebody's CA", () =>
    createCertificateAuthority({ clock: this.run.clock, commonName: "somebody" }),
  );
  await facet(this).servers.replace(await stranger.issue({ commonName: "google", dnsNames: ["*.googleapis.com"] }));
});
