import type { KubeObject } from "../../../../kube/types.ts";
import type { FieldSet } from "./field-set.ts";
import { entriesOf } from "./managed-fields.ts";

/** As many different sets are remembered; pods of one template have the same few. */
const KEPT = 1024;

/**
 * Finds the one that stands for all equal sets: the fields that a kubelet owns of ten thousand pods, or of their events,
 * are the same, and take up more than the objects' own.
 */
export class FieldSets {
  readonly #byText = new Map<string, FieldSet>();
  readonly #known = new WeakSet<FieldSet>();

  /** The ownership of an object that is to be kept, with sets that others have kept before; what it has when it has none. */
  ownershipOf(object: KubeObject): Pick<KubeObject["metadata"], "managedFields"> {
    if (object.metadata.managedFields === undefined) return {};
    return {
      managedFields: entriesOf(object).map((entry) =>
        entry.fieldsV1 === undefined ? entry : { ...entry, fieldsV1: this.shared(entry.fieldsV1) },
      ),
    };
  }

  /** The same set; the very same for all that are equal, in the same order. */
  shared(set: FieldSet): FieldSet {
    if (this.#known.has(set)) return set;
    const text = JSON.stringify(set);
    const found = this.#byText.get(text);
    if (found !== undefined) return found;
    if (this.#byText.size >= KEPT) this.#byText.clear();
    this.#byText.set(text, set);
    this.#known.add(set);
    return set;
  }
}
