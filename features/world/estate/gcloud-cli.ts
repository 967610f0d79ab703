import { MountproofError } from "../../../core/index.ts";
import type { GcpTold } from "../../../fakes/gcp/index.ts";

type Options = Readonly<Record<string, string>>;

/**
 * Runs a shell script of `gcloud` commands by what they do at Google: secrets and their policies, service accounts and
 * theirs. Anything else is refused, so that an example cannot hold a line that no scenario runs.
 */
export async function runGcloudScript(script: string, google: GcpTold, variables: Options): Promise<void> {
  for (const raw of script.replaceAll("\\\n", " ").split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, given, piped] = /^printf '%s' "\$([A-Z_]+)" \| (.+)$/.exec(line) ?? [];
    const words = [...(piped ?? line).matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
    const options = Object.fromEntries(
      words
        .filter((word) => word.startsWith("--"))
        .map((word) => [word.slice(2, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    );
    const [program, ...plain] = words.filter((word) => !word.startsWith("--"));
    if (program !== "gcloud" || !(await run(plain, options, variables[given ?? ""] ?? "", google)))
      throw new MountproofError("unsupported", { message: `the example's line "${line}" is not run by any scenario` });
  }
}

/** @returns false for a command that is not known */
async function run(words: readonly string[], options: Options, input: string, google: GcpTold): Promise<boolean> {
  const { project = "", role = "", member = "" } = options;
  const subject = words.at(-1) ?? "";
  switch (words.slice(0, -1).join(" ")) {
    case "secrets create":
      await google.seed({ secrets: { [`projects/${project}/secrets/${subject}`]: { versions: [input] } } });
      return options["replication-policy"] === "automatic" && options["data-file"] === "-";
    case "iam service-accounts create":
      await google.seed({ serviceAccounts: { [`${subject}@${project}.iam.gserviceaccount.com`]: {} } });
      return true;
    case "secrets add-iam-policy-binding":
      await google.grantSecret(project, subject, role, member);
      return true;
    case "iam service-accounts add-iam-policy-binding":
      await google.grantAccount(subject, role, member);
      return true;
    default:
      return false;
  }
}
