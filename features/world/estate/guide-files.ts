import { check, checkSame } from "../../check.ts";
import type { MountproofWorld } from "../../world.ts";
import { estate } from "./index.ts";

const APP = { namespace: "production", name: "app-with-secrets" };

/**
 * Every pod of the guides' application, of which there is one at least, has these files and no others below its mount,
 * with these contents by path.
 */
export async function checkGuideFiles(
  world: MountproofWorld,
  wanted: Iterable<readonly [string, string]>,
): Promise<void> {
  const facet = world.use(estate);
  const { digester } = world.run;
  const cluster = await facet.cluster();
  const expected = [...wanted].map(([path, value]) => [path, digester.digest(value)]).sort();
  const pods = await facet.pods(APP.namespace, APP.name);
  check(pods.length > 0, "the application has pods", { expected: "one at least", got: "none" });
  for (const { metadata } of pods) {
    const pod = { namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
    const got = (await cluster.readFiles(pod, "/mnt/secrets")).map(({ path, content }) => [
      path,
      digester.digest(content),
    ]);
    checkSame(got.sort(), expected, `what ${metadata.name} reads`);
  }
}
