import { create } from "@bufbuild/protobuf";
import { MountproofError } from "../../../core/index.ts";
import type { Policies, RunningFakeGcp } from "../../../fakes/gcp/index.ts";
import { type Binding, BindingSchema } from "../../../wire/gen/google_iam_pb.ts";

type Options = Readonly<Record<string, string>>;

/**
 * Runs a shell script of `gcloud` commands by what they do at Google: secrets and their policies, service accounts and
 * theirs. Anything else is refused, so that an example cannot hold a line that no scenario runs.
 */
export function runGcloudScript(script: string, google: RunningFakeGcp, variables: Options): void {
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
    if (program !== "gcloud" || !run(plain, options, variables[given ?? ""] ?? "", google))
      throw new MountproofError("unsupported", { message: `the example's line "${line}" is not run by any scenario` });
  }
}

/** @returns false for a command that is not known */
function run(words: readonly string[], options: Options, input: string, google: RunningFakeGcp): boolean {
  const { project = "" } = options;
  const subject = words.at(-1) ?? "";
  switch (words.slice(0, -1).join(" ")) {
    case "secrets create":
      google.seed({ secrets: { [`projects/${project}/secrets/${subject}`]: { versions: [input] } } });
      return options["replication-policy"] === "automatic" && options["data-file"] === "-";
    case "iam service-accounts create":
      google.state.accounts.add(`${subject}@${project}.iam.gserviceaccount.com`);
      return true;
    case "secrets add-iam-policy-binding": {
      const { number = "" } = google.state.projects.find(project) ?? {};
      bind(google.state.policies, `projects/${number}/secrets/${subject}`, options);
      return true;
    }
    case "iam service-accounts add-iam-policy-binding":
      bind(google.state.policies, `serviceAccounts/${subject}`, options);
      return true;
    default:
      return false;
  }
}

/** As gcloud does it: read, add, write back. */
function bind(policies: Policies, resource: string, { role = "", member = "" }: Options): void {
  const { bindings, etag, version } = policies.get(resource, 3);
  const added: Binding = create(BindingSchema, { role, members: [member] });
  policies.set(resource, { version, bindings: [...bindings, added], ...(bindings.length > 0 && { etag }) });
}
