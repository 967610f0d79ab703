import { invalid, permissionDenied } from "./status.ts";

/** A project by its id; Google's answers name it by its number. */
export type Project = { readonly id: string; readonly number: string };

/** The projects there are. Their numbers are made of their ids, so that a run names them alike each time. */
export class Projects {
  readonly #known = new Map<string, Project>();

  add(id: string, number: string = numberOf(id)): Project {
    const project = { id, number };
    this.#known.set(id, project);
    this.#known.set(number, project);
    return project;
  }

  find(idOrNumber: string): Project | undefined {
    return this.#known.get(idOrNumber);
  }

  /** @throws GrpcError PERMISSION_DENIED: Google does not tell strangers which projects there are */
  get(idOrNumber: string, permission: string): Project {
    const project = this.#known.get(idOrNumber);
    if (project === undefined) throw permissionDenied(permission, `projects/${idOrNumber}`);
    return project;
  }
}

function numberOf(id: string): string {
  let mixed = 0x811c9dc5;
  for (const byte of Buffer.from(id)) mixed = Math.imul(mixed ^ byte, 0x01000193) >>> 0;
  return String(100_000_000_000 + mixed);
}

/** What a request's name is made of. */
export type ResourceName = {
  readonly project: string;
  /** Undefined for what is not regional. */
  readonly location: string | undefined;
  /** The rest, by collection: `{ secrets: "s", versions: "latest" }`. */
  readonly ids: Readonly<Record<string, string>>;
};

const ID = /^[^/]+$/;

/**
 * Takes `projects/P[/locations/L]/COLLECTION/ID…` apart.
 * @throws GrpcError INVALID_ARGUMENT for a name of another form
 */
export function parseName(name: string, ...collections: readonly string[]): ResourceName {
  const parts = name.split("/");
  const take = (collection: string): string | undefined => {
    if (parts[0] !== collection || !ID.test(parts[1] ?? "")) return undefined;
    return parts.splice(0, 2)[1];
  };
  const project = take("projects");
  const location = take("locations");
  const ids: Record<string, string> = {};
  for (const collection of collections) {
    const id = take(collection);
    if (id === undefined) break;
    ids[collection] = id;
  }
  if (project === undefined || parts.length > 0 || Object.keys(ids).length < collections.length)
    throw invalid(
      `The provided resource name ${JSON.stringify(name)} is not of the form projects/*${collections.map((one) => `/${one}/*`).join("")}.`,
    );
  return { project, location, ids };
}

/** Where a resource lives, by number: `projects/1[/locations/L]`. */
export function parentOf(project: Project, location: string | undefined): string {
  return location === undefined ? `projects/${project.number}` : `projects/${project.number}/locations/${location}`;
}
