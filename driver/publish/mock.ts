import type { Rules } from "../behaviour.ts";
import type { Volume } from "./volume.ts";

const MOCK_PROVIDER = "mock_provider";

/** B15: upstream's door for csi-sanity, open to every pod. */
export function asksForMock({ context }: Volume, rules: Rules): boolean {
  return rules.has("B15") && context["providerName"]?.toLowerCase() === MOCK_PROVIDER;
}
