import type { MountproofWorld } from "../../world.ts";
import { clusterUnderTest } from "./remote.ts";

const NAMES = { aws: "AWS", azure: "Azure", gcp: "Google" } as const;

/**
 * The control API of the fake cloud in the cluster that the run was pointed at; undefined where the run makes its own
 * cluster, and its clouds with it. A cluster without one skips the case.
 */
export function cloudOf(world: MountproofWorld, cloud: keyof typeof NAMES): string | undefined {
  const target = clusterUnderTest(world);
  if (target === undefined) return undefined;
  const url = target.settings.clouds?.[cloud];
  return (
    url ??
    world.skip(
      `needs a ${NAMES[cloud]} whose names the cluster's pods know: tier E2 brings a fake one, stores.${cloud} in --cluster-settings says how yours is set up`,
    )
  );
}
