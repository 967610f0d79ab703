import { MountproofError } from "../../../core/index.ts";
import type { AwsAccount } from "../../../fakes/aws/index.ts";

type Command = { readonly words: readonly string[]; readonly input: string; readonly into: string };

/**
 * Runs a shell script of `aws` commands as the CLI would send them: `iam` and `secretsmanager`, with documents from
 * files of the example or of the script's own making. Anything else is refused, so that an example cannot hold a line
 * that no scenario runs.
 */
export async function runAwsScript(
  script: string,
  admin: AwsAccount["admin"],
  variables: Readonly<Record<string, string>>,
  readFile: (name: string) => Promise<string>,
): Promise<void> {
  const made = new Map<string, string>();
  const filled = (text: string): string =>
    text.replace(/\$\{?([A-Z_]+)\}?/g, (_, name: string) => variables[name] ?? "");
  for (const { words, input, into } of commandsOf(script)) {
    if (words[0] === "cat" && into !== "") {
      made.set(into, filled(input));
      continue;
    }
    const [program, service, verb = "", ...rest] = words.map(filled);
    if (program !== "aws" || (service !== "iam" && service !== "secretsmanager")) throw unknown(words);
    const options = await optionsOf(rest, words, async (name) => made.get(name) ?? (await readFile(name)));
    const operation = pascal(verb);
    const { Region, ...parameters } = options;
    if (service === "iam") admin.iam(operation, parameters);
    else admin.call("secretsmanager", Region ?? "", operation, parameters);
  }
}

/** `--policy-name X` as `PolicyName`; a list's one member as the query protocol numbers it. */
async function optionsOf(
  words: readonly string[],
  command: readonly string[],
  readFile: (name: string) => Promise<string>,
): Promise<Record<string, string>> {
  const options: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) {
    const [name = "", value] = [words[at], words[at + 1]];
    if (!name.startsWith("--") || value === undefined) throw unknown(command);
    const read = value.startsWith("file://") ? await readFile(value.slice("file://".length)) : value;
    options[NAMES[name] ?? pascal(name.slice(2))] = read;
  }
  return options;
}

/** Options whose names the CLI does not form by rule. */
const NAMES: Readonly<Record<string, string>> = { "--client-id-list": "ClientIDList.member.1" };

/** `create-open-id-connect-provider` is `CreateOpenIDConnectProvider`. */
function pascal(text: string): string {
  const joined = text
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
  return joined.replace("OpenIdConnect", "OpenIDConnect");
}

function commandsOf(script: string): Command[] {
  const commands: Command[] = [];
  const lines = script.replaceAll("\\\n", " ").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, into = "", mark] = / > (\S+) <<(\w+)$/.exec(line) ?? [];
    const input: string[] = [];
    if (mark !== undefined) for (at++; at < lines.length && lines[at] !== mark; at++) input.push(lines[at] ?? "");
    const words = [...line.replace(/ > \S+ <<\w+$/, "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
    commands.push({ words: words.map(([, a, b, c]) => a ?? b ?? c ?? ""), input: input.join("\n"), into });
  }
  return commands;
}

function unknown(words: readonly string[]): MountproofError {
  return new MountproofError("unsupported", {
    message: `the example's line "${words.join(" ")}" is not run by any scenario`,
  });
}
