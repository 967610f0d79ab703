import type { Layout } from "../layout.ts";
import type { ProviderSubject } from "./subject.ts";

/** The providers of this project that PROVIDER-GRPC examines when no other is given. */
export function referenceProviders(_layout: Layout): readonly ProviderSubject[] {
  return [];
}
