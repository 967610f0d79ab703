import { MountproofError } from "../../../core/index.ts";
import type { VaultAdmin } from "../../../fakes/vault/index.ts";

/**
 * Runs a shell script of `vault` commands as the CLI would send them: auth enable, write, policy write and kv put.
 * Anything else is refused, so that an example cannot hold a line that no scenario runs.
 */
export async function runVaultScript(
  script: string,
  admin: VaultAdmin,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { words, input } of commandsOf(script)) {
    const [program, ...rest] = words.map((word) =>
      word.replace(/"?\$([A-Z_]+)"?/g, (_, name: string) => variables[name] ?? ""),
    );
    if (program !== "vault") throw unknown(words);
    const [verb = "", noun = "", ...more] = rest;
    if (verb === "auth" && noun === "enable") await admin.write(`sys/auth/${more[0]}`, { type: more[0] });
    else if (verb === "policy" && noun === "write") await admin.write(`sys/policies/acl/${more[0]}`, { policy: input });
    else if (verb === "kv" && noun === "put") {
      const [mount = "", ...path] = (more[0] ?? "").split("/");
      await admin.write(`${mount}/data/${path.join("/")}`, { data: pairs(more.slice(1)) });
    } else if (verb === "write") await admin.write(noun, pairs(more));
    else throw unknown(words);
  }
}

type Command = { readonly words: readonly string[]; readonly input: string };

function commandsOf(script: string): Command[] {
  const commands: Command[] = [];
  const lines = script.replaceAll("\\\n", " ").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const mark = / - <<(\w+)$/.exec(line)?.[1];
    const input: string[] = [];
    if (mark !== undefined) for (at++; at < lines.length && lines[at] !== mark; at++) input.push(lines[at] ?? "");
    commands.push({ words: line.replace(/ - <<\w+$/, "").split(/\s+/), input: input.join("\n") });
  }
  return commands;
}

function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf("=");
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

function unknown(words: readonly string[]): MountproofError {
  return new MountproofError("unsupported", {
    message: `the example's line "${words.join(" ")}" is not run by any scenario`,
  });
}
