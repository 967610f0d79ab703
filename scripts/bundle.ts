import { cp, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** What a part's image starts. */
const PARTS: Readonly<Record<string, { readonly module: string; readonly run: string }>> = {
  driver: { module: "driver/main.ts", run: "runDriver" },
  "provider-aws": { module: "providers/aws/main.ts", run: "runAwsProvider" },
  "provider-azure": { module: "providers/azure/main.ts", run: "runAzureProvider" },
  "provider-gcp": { module: "providers/gcp/main.ts", run: "runGcpProvider" },
  "fake-aws": { module: "fakes/aws/main.ts", run: "runFakeAws" },
  "fake-azure": { module: "fakes/azure/main.ts", run: "runFakeAzure" },
  "fake-gcp": { module: "fakes/gcp/main.ts", run: "runFakeGcp" },
  recorder: { module: "clusters/embedded/kubelet/testing/recorder.ts", run: "runRecorder" },
  "fake-vault": { module: "fakes/vault/main.ts", run: "runFakeVault" },
  "provider-vault": { module: "providers/vault/main.ts", run: "runVaultProvider" },
};
const NATIVE = /^(koffi|@koromix\/)/;
const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Puts one part with all that it needs, and nothing else, into a folder: the context of its image.
 * @param part `driver`, `recorder`, or `fake-` or `provider-` and the store's name
 */
export async function bundle(part: string, folder: string): Promise<void> {
  const found = PARTS[part];
  if (found === undefined) throw new Error(`there is no part "${part}"; there are: ${Object.keys(PARTS).join(", ")}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const entry = join(folder, "entry.mjs");
  const path = (module: string): string => JSON.stringify(join(root, module));
  // The heap first, then what fills it.
  await writeFile(
    entry,
    `import { keepHeapSmall } from ${path("core/small-heap.ts")};
keepHeapSmall();
const { ${found.run} } = await import(${path(found.module)});
process.exit(await ${found.run}(process.argv.slice(2)));
`,
  );
  const made = await rolldown({
    input: { main: entry },
    platform: "node",
    external: NATIVE,
    resolve: { alias: {} },
    logLevel: "warn",
  });
  const { output } = await made.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", minify: true });
  await made.close();
  await rm(entry);
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
  // A native module cannot be bundled: it comes along as it is installed, for this machine's system.
  const isNative = output.some(
    (chunk) => chunk.type === "chunk" && [...chunk.imports, ...chunk.dynamicImports].some((name) => NATIVE.test(name)),
  );
  if (isNative) await copyNative(join(folder, "node_modules"));
}

async function copyNative(target: string): Promise<void> {
  const modules = join(dirname(createRequire(import.meta.url).resolve("koffi")), "..");
  // What runs is a few scripts: the rest of the package is its C++ sources and its manual.
  await cp(join(modules, "koffi"), join(target, "koffi"), {
    recursive: true,
    filter: async (path) =>
      !/\/(vendor|doc)$/.test(path) && ((await lstat(path)).isDirectory() || /\.(c?js|json)$/.test(path)),
  });
  await cp(join(modules, "@koromix"), join(target, "@koromix"), { recursive: true, dereference: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [part = "", folder = join("dist", "images", part)] = process.argv.slice(2);
  await bundle(part, folder);
  process.stdout.write(`${folder} is the context of the image of ${part}: see deploy/images/\n`);
}
