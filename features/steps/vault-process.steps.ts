import { Given, Then, When } from "@cucumber/cucumber";
import { answers } from "../../suite/index.ts";
import { Health } from "../../wire/gen/health_pb.ts";
import { GrpcError, grpcClient } from "../../wire/grpc/index.ts";
import { check, checkSame } from "../check.ts";
import { vaultProvider } from "../world/vault/index.ts";
import { vaultProviderProcess } from "../world/vault/process.ts";
import type { MountproofWorld as W } from "../world.ts";

Given("the Vault provider runs as a process", async function (this: W) {
  await this.use(vaultProviderProcess).start();
});
Given("a stale file where the Vault provider's socket shall stand", async function (this: W) {
  await this.use(vaultProviderProcess).leaveFile();
});
When("the Vault provider is run outside of a cluster", async function (this: W) {
  this.use(vaultProviderProcess).ended = await this.use(vaultProviderProcess).runWithoutCluster();
});
When("gRPC's health check asks the Vault provider", async function (this: W) {
  const facet = this.use(vaultProvider);
  await facet.provider.askVersion();
  using client = grpcClient(Health, { clock: this.clock, target: { path: await facet.provider.socket() } });
  const asked = client.check({ service: "" }, { deadlineMs: 5000 }).then(
    () => "OK",
    (error: unknown) => (error instanceof GrpcError ? error.codeName : String(error)),
  );
  facet.healthCheck = await this.settle(asked, 5000);
});
Then("the Vault provider's health check fails with {string}", function (this: W, code: string) {
  checkSame(this.use(vaultProvider).healthCheck, code, "the health check");
});
Then("the Vault provider answers {string} with {int}", async function (this: W, path: string, status: number) {
  checkSame(await this.use(vaultProviderProcess).health(path), status, path);
});
Then("the Vault provider answers on its socket", async function (this: W) {
  const isThere = await answers(this.run.clock, await this.use(vaultProviderProcess).socket());
  check(isThere, "the provider answers", { expected: "an answer", got: "none" });
});
Then("the Vault provider ends with status {int}, saying {string}", function (this: W, status: number, text: string) {
  const { code, said } = this.use(vaultProviderProcess).ended;
  checkSame(code, status, "exit status");
  check(said.includes(text), "what it says", { expected: text, got: said });
});
