import type { DefineCommand } from "./define-command.ts";

/** `mountproof doctor`: what this machine can run, and why it cannot run the rest. */
export const defineDoctor: DefineCommand = (program) => {
  program
    .command("doctor")
    .description("say what this machine can run, and why it cannot run the rest")
    .option("--json", "print JSON")
    .action(async (flags: { json?: boolean }) => {
      const { probeEnvironment } = await import("../suite/environment.ts");
      const facts = await probeEnvironment(["mounts", "namespaces", "docker", "kind"]);
      const has = (need: string): boolean => facts.some((fact) => fact.need === need && fact.available);
      const why = (need: string): string => facts.find((fact) => fact.need === need)?.detail ?? "";
      const tiers = [
        { tier: "E0", runs: true, detail: "embedded cluster and fakes; needs Node alone" },
        {
          tier: "E1",
          runs: has("docker"),
          detail: has("docker") ? "LocalStack and Vault in containers" : why("docker"),
        },
        {
          tier: "E2",
          runs: has("docker") && has("kind"),
          detail: has("docker") && has("kind") ? "kind" : why(has("docker") ? "kind" : "docker"),
        },
        { tier: "E3", runs: false, detail: "needs a kubeconfig and cloud credentials" },
      ];
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify({ node: process.versions.node, facts, tiers }, null, 2)}\n`);
        return;
      }
      const lines = [
        `Node ${process.versions.node} on ${process.platform}-${process.arch}`,
        ...facts.map((fact) => `${fact.available ? "yes" : "no "} ${fact.name}: ${fact.detail}`),
        ...tiers.map(({ tier, runs, detail }) => `${runs ? "yes" : "no "} tier ${tier}: ${detail}`),
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    });
};
