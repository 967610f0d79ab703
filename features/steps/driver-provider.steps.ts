import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { codeOfName, GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import type { Reply, Script } from "../../wire/scripted-provider.ts";
import { check, checkSame } from "../check.ts";
import { answerWith, fileRows, pathOf } from "../world/driver/answers.ts";
import { leaveDeadSocket } from "../world/driver/dead-socket.ts";
import { driver } from "../world/driver/index.ts";
import { TOKENS, tokens } from "../world/driver/tokens.ts";
import type { MountproofWorld as W } from "../world.ts";

// What the scripted provider answers.

async function provides(world: W, ...scripts: Script[]): Promise<void> {
  await world.use(driver).provides(...scripts);
}

Given(
  "a provider that returns the file {string} holding {string}",
  async function (this: W, path: string, text: string) {
    await provides(this, answerWith([{ path, text }]));
  },
);
Given(
  "a provider that returns the file {string} with the mode {word}",
  async function (this: W, path: string, mode: string) {
    await provides(this, answerWith([{ path, text: "first", mode }]));
  },
);
Given("a provider that returns the files:", async function (this: W, table: DataTable) {
  await provides(this, answerWith(fileRows(table, this.use(driver))));
});
Given(
  /^a provider that returns the file "good" holding "one" and a file at (.+)$/,
  async function (this: W, what: string) {
    await provides(
      this,
      answerWith([
        { path: "good", text: "one" },
        { path: pathOf(what), text: "bad" },
      ]),
    );
  },
);
Given(
  "a provider that returns the file {string} and the error code {string}",
  async function (this: W, path: string, code: string) {
    await provides(this, { ...answerWith([{ path, text: "first" }]), error: { code } } as Reply);
  },
);
Given("a provider that returns the file {string} without object versions", async function (this: W, path: string) {
  await provides(this, { ...answerWith([{ path, text: "first" }]), objectVersion: [] });
});
Given("a provider that returns a file of {int} MiB", async function (this: W, size: number) {
  const contents = randomBytes(size * 1024 * 1024);
  await provides(this, {
    files: [{ path: "large", mode: 0o644, contents }],
    objectVersion: [{ id: "a", version: "1" }],
  });
});
Given("a provider that returns two files of the same version, a new one at each call", async function (this: W) {
  let version = 0;
  await provides(this, (): Reply => {
    const text = `${++version}`.repeat(10_000);
    return answerWith([
      { path: "a", text },
      { path: "b", text },
    ]);
  });
});
Given("a provider that answers {string} with {string}", async function (this: W, code: string, text: string) {
  await provides(this, new GrpcError(codeOfName(code) ?? GrpcStatus.UNKNOWN, text));
});
Given(
  "a provider that answers {string} {int} times before it returns the file {string}",
  async function (this: W, code: string, times: number, path: string) {
    const refusal = new GrpcError(codeOfName(code) ?? GrpcStatus.UNKNOWN, "not yet");
    await provides(this, ...Array.from({ length: times }, () => refusal), answerWith([{ path, text: "first" }]));
  },
);
Given("a provider that writes the file {string} into the target path itself", async function (this: W, name: string) {
  await provides(this, ({ targetPath }): Reply => {
    writeFileSync(join(targetPath, name), "written by the provider");
    return { files: [], objectVersion: [{ id: "a", version: "1" }] };
  });
});
Given(
  "the provider serves in both provider directories, with {string} in the one and {string} in the additional one",
  async function (this: W, first: string, second: string) {
    await provides(this, answerWith([{ path: "password", text: first }]));
    (await this.use(driver).additionalProvider()).answers(answerWith([{ path: "password", text: second }]));
  },
);
Given("the provider answers {string} when it is asked for its version", function (this: W, code: string) {
  const failure = new GrpcError(codeOfName(code) ?? GrpcStatus.UNKNOWN, "not well");
  this.use(driver).provider().failsVersion(failure);
});
Given("the provider is stopped", async function (this: W) {
  await this.use(driver).provider().stop();
});
When("the provider is started again", async function (this: W) {
  await this.use(driver).provider().start();
});
Given("a provider socket on which nobody listens", async function (this: W) {
  await this.use(driver).provider().stop();
  await leaveDeadSocket(join(this.use(driver).providerFolder, "scripted.sock"));
});

// What the provider was asked.

Then("the provider was not called", function (this: W) {
  checkSame(this.use(driver).provider().mounts.length, 0, "Mount calls");
});
Then("the provider was called once", function (this: W) {
  checkSame(this.use(driver).provider().mounts.length, 1, "Mount calls");
});
Then("the provider was called {int} times", function (this: W, count: number) {
  checkSame(this.use(driver).provider().mounts.length, count, "Mount calls");
});
Then("the provider was asked with the permission {string}", function (this: W, permission: string) {
  checkSame(asked(this).permission, permission, "permission");
});
Then("the provider was asked with the secrets {string}", function (this: W, secrets: string) {
  checkSame(asked(this).secrets, secrets, "secrets");
});
Then("the provider was asked with exactly these secrets", function (this: W) {
  const { digest, sentSecrets } = this.use(driver);
  const secrets = (JSON.parse(asked(this).secrets) ?? {}) as Record<string, string>;
  const shown = (map: Readonly<Record<string, string>>): string[] =>
    Object.entries(map).map(([key, value]) => `${key} ${digest(Buffer.from(value))}`);
  checkSame(shown(secrets).sort(), shown(sentSecrets).sort(), "secrets");
});
Then("the provider was asked for the volume's own target path", function (this: W) {
  checkSame(asked(this).targetPath, this.use(driver).volumes.target(), "target path");
});
Then("the provider was asked without object versions", function (this: W) {
  checkSame(asked(this).currentObjectVersion.length, 0, "object versions");
});
Then("the provider was asked with the authority {string}", function (this: W, authority: string) {
  checkSame(this.use(driver).provider().mounts.at(-1)?.authority, authority, "authority");
});
Then(
  "the provider was asked for its version {int} times with {string}",
  function (this: W, count: number, version: string) {
    const versions = this.use(driver)
      .provider()
      .calls.flatMap((call) => (call.method === "Version" ? [call.request.version] : []));
    checkSame(
      versions,
      Array.from({ length: count }, () => version),
      "Version calls",
    );
  },
);
Then("the provider's attributes hold the tokens {string}", function (this: W, name: string) {
  checkSame(attributes(this)[TOKENS], tokens(name), "tokens in the attributes");
});
Then("the provider's attributes hold no tokens", function (this: W) {
  checkSame(TOKENS in attributes(this), false, "tokens in the attributes");
});
Then("the provider's secrets hold the tokens {string}", function (this: W, name: string) {
  checkSame((JSON.parse(asked(this).secrets) as Record<string, string>)[TOKENS], tokens(name), "tokens in the secrets");
});
function asked(world: W) {
  const request = world.use(driver).provider().mounts.at(-1)?.request;
  check(request !== undefined, "the provider was called", { expected: "a Mount call", got: "none" });
  return request;
}
function attributes(world: W): Record<string, string> {
  return JSON.parse(asked(world).attributes) as Record<string, string>;
}
